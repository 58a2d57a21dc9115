"""The declared network as a function, and the search for what exceeds a bound."""
