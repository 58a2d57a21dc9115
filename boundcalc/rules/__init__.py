"""The calculus of jets."""
