"""Programs as JavaScript in logarithms, for pages that compute bounds by themselves."""
