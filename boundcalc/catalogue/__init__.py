"""What is known: exact constants of activations, normalisations, linear maps, poolings and losses."""
