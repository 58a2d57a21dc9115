"""Figures of a traced program: one block, a block for each ball, loops."""
