"""What comes from outside: given arrays, measured with certainty."""
