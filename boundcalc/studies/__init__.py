"""One question a file, asked of compiled bounds, and `index.py`, the table that lists them."""
