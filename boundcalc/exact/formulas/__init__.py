"""Functions of one variable that a person writes: read as text, enclosed with their derivatives, bounded on an interval or all reals."""
