"""ONNX files as networks for the importers: their operators become those of the one table of operators."""
