"""Architecture to layer graph, layer graph to primitives."""
