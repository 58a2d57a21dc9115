"""What people and programs read: text, LaTeX, Python source."""
