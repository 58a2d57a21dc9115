"""Specs of specs/ against the same architectures as modules of PyTorch, where it is installed (`make test-frameworks`)."""
