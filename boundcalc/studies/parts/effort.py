"""How hard an attack tries, unless somebody says so."""

TRIALS = 10  # places that the search starts from
SECONDS = 30.0  # after which no ascent begins
SEED = 0
