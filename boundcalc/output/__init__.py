"""What people and programs read: one format a file, and `index.py`, the table that lists them."""
