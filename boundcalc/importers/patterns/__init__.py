"""Several operators that are one layer: passes over a graph that put one operator in their place."""
