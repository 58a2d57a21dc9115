"""The layer graph, one format a file."""
