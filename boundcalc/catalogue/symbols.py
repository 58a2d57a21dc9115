"""The canonical symbols of the catalogue's constants; `Nonlinearity.instantiate` replaces them by name."""

from __future__ import annotations

import sympy


def positive(name: str) -> sympy.Symbol:
    """The symbol of a positive real quantity."""
    return sympy.Symbol(name, positive=True)


# The argument of an elementwise function; a Dummy, so that no symbol of a user can be captured by it.
x = sympy.Dummy("x", real=True)

# Sizes: how many numbers a map acts on. All count the whole batch.
entries = positive("entries")  # entries of the array
rows = positive("rows")  # independent vectors that are normalised, or pushed through a softmax, one by one
classes = positive("classes")  # entries of each vector a softmax or a logistic loss acts on
channels = positive("channels")  # channels of a batch-norm: each is normalised over `count` entries
count = positive("count")  # M, the entries that one mean and one variance are taken over
batch = positive("batch")  # the samples a loss is averaged over
size = positive("size")  # delta in the paper: entries of the layer's output for one sample
kernel = positive("kernel")
stride = positive("stride")

# Hyperparameters, named as in torch.nn.functional.
eps = positive("eps")
beta = positive("beta")
alpha = sympy.Symbol("alpha", real=True)
negative_slope = sympy.Symbol("negative_slope", real=True)
min_val = sympy.Symbol("min_val", real=True)
max_val = sympy.Symbol("max_val", real=True)
mu = positive("mu")
lambd = sympy.Symbol("lambd", nonnegative=True)
gain = sympy.Symbol("gain", nonnegative=True)
least = positive("least")
scale = sympy.Symbol("scale", real=True)
shift = sympy.Symbol("shift", real=True)

# Of losses.
delta = positive("delta")
width = positive("width")
temperature = positive("temperature")
margin = positive("margin")
weight = positive("weight")
label_smoothing = sympy.Symbol("label_smoothing", nonnegative=True)

largest = positive("largest")  # the norm of vectors

# Norms of what a loss compares.
norm = sympy.Symbol("norm", nonnegative=True)  # of the prediction, the whole batch
labels = sympy.Symbol("labels", nonnegative=True)  # of the labels, the whole batch
