"""Passes over loops: closed forms in the number of passes, fast powers, asymptotics."""
