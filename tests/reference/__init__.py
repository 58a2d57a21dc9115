"""Networks that run: a small interpreter of layer graphs, their derivatives, and points of the balls to compare bounds with."""
