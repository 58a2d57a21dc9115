"""Leading terms, and where the regime changes."""
