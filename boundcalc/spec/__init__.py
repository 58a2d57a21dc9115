"""From text to an architecture: reading, expressions, fields."""
