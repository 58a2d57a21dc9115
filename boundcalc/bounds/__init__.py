"""Compiled bounds: what a person asks of a program, and what the answer can do."""
