"""What each operator of ONNX becomes: operators of ATen, which the table of operators reads."""
