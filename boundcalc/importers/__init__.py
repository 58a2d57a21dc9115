"""What comes from outside: foreign networks as specs, and given arrays, measured with certainty."""
