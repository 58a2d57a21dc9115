"""The vocabulary: one file for a kind or a family of kinds, and `index.py`, the table that lists them."""
