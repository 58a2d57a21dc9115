"""A file for each family of kinds; `index.py` lists them."""
