"""Numbers and expressions: exact arithmetic that never hangs, balls, decimals, the grammar, printing."""
