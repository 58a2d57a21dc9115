"""Numbers of ONNX in double precision. The file has attributes and numbers of one entry in single precision, rounded from what was
meant: the decimal, the fraction or the root that was."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from boundcalc.importers.graph import Array

DIGITS = 6  # of a decimal that is taken as it stands
LARGEST_ROOT = 4096  # of a head, or a layer, is the width a root is of
LARGEST_DENOMINATOR = 100
FLOATS = frozenset({TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16})


def meant(value: float) -> float:
    """The number that is this one in single precision: a short decimal, the root of a small whole number or its inverse, or a small
    fraction; otherwise the shortest decimal."""
    single = np.float32(value)
    if not np.isfinite(single) or float(single) != value:
        return value
    text = repr(single.item()) if single == 0 else str(single)
    decimal = float(text)
    if len(text.replace(".", "").replace("-", "").partition("e")[0].strip("0")) <= DIGITS:
        return decimal
    magnitude, sign = abs(float(single)), math.copysign(1, float(single))
    for square, root in ((magnitude**2, math.sqrt), (1 / magnitude**2, lambda whole: 1 / math.sqrt(whole))):
        whole = round(square)
        if 1 < whole <= LARGEST_ROOT and np.float32(root(whole)) == np.abs(single):
            return sign * root(whole)
    for known in (math.sqrt(2 / math.pi), math.pi, math.e, math.log(2)):
        if np.float32(known) == np.abs(single):
            return sign * known
    fraction = Fraction(magnitude).limit_denominator(LARGEST_DENOMINATOR)
    return sign * float(fraction) if np.float32(float(fraction)) == np.abs(single) else decimal


def array_of(tensor: TensorProto, *, exact: bool = False) -> Array:
    """Floating-point numbers in double precision, others as they are; one number in single precision as it was meant, unless it is to
    be exact: a weight, whose norm is certified."""
    found = np.asarray(numpy_helper.to_array(tensor))
    if tensor.data_type not in FLOATS:
        return found
    doubles = found.astype(np.float64)
    if not exact and doubles.size == 1 and tensor.data_type == TensorProto.FLOAT:
        doubles = np.full(doubles.shape, meant(float(doubles.flat[0])))
    return doubles


def tensor_of(array: Array, kind: int, name: str = "") -> TensorProto:
    """An array as a tensor of a type of ONNX."""
    return numpy_helper.from_array(np.array(array, dtype=helper.tensor_dtype_to_np_dtype(kind), order="C"), name)
