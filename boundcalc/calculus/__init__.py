"""Primitives, and the rules that carry jets through them."""
