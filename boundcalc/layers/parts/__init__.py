"""What several kinds share: windows over axes, maps known by their constants, affine maps."""
