"""B(V, z) + bias, with both arrays in one ball or in one each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.calculus.views import View, moved
from boundcalc.catalogue import gains
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.published import Published
from boundcalc.graph.kind import Learned, Lowering
from boundcalc.graph.shape import Shape
from boundcalc.layers.parts import weight_norm
from boundcalc.layers.parts.maps import constants_of


def lower_affine(
    norm: sympy.Expr,
    view: View,
    rows: Sequence[int],
    of: int,
    lowering: Lowering,
    image: Shape | None = None,
    normed: Nonlinearity | None = None,
) -> int:
    """One ball: (V, bias) -> B(V, z) + bias has operator norm sqrt(b^2 m^2 + n P) (Cauchy-Schwarz).

    view: how z is read; rows: the axes of the result that have a row of V for each index, and no copies of the bias; image: its
    shape, where it is not the layer's; normed: the map that makes V of a gain and a direction for each row.
    """
    shape = (lowering.batch, *(lowering.shape if image is None else image))
    added = frozenset(range(len(shape))).difference(rows)
    weight, bias = lowering.arrays.get("weight"), lowering.arrays.get("bias")
    copies = gains.repeat_norm(sympy.Mul(*(shape[axis] for axis in sorted(added))))
    bound = None if normed is not None else _smallest(lowering.operator_norms("weight", norm))
    spectral = {} if bound is None else {"spectral": bound}
    rest = {} if normed is None else {"lipschitz": normed.lipschitz.value, "smoothness": normed.smoothness.value}
    lowering.own(operator_norm=norm, **({} if bias is None else {"bias": copies}), **spectral, **rest)
    if normed is not None:
        left = weight_norm.lower_weights(normed, tuple(shape[axis] for axis in rows), lowering)
    else:
        assert weight is not None
        left = weight.parameter
    product = Bilinear(
        left,
        of,
        norm,
        left_norm=bound,
        is_matrix=normed is None,
        left_view=moved((row, i) for i, row in enumerate(rows)),
        right_view=view,
        added=added,
    )
    return with_bias(product, weight, bias, copies, lowering, image)


def with_bias(
    product: Bilinear,
    weight: Learned | None,
    bias: Learned | None,
    copies: sympy.Expr,
    lowering: Lowering,
    shape: Shape | None = None,
) -> int:
    """B(V, z) and a bias, whose operator norm is `copies`; `weight`: V, where it is a learned array; `shape`: of the image, where it
    is not the layer's."""
    if bias is None:
        return lowering.emit(product, shape)
    if weight is not None and weight.joint(bias):
        return lowering.emit(replace(product, constant=copies), shape)
    image = lowering.emit(product, shape)
    repeated = lowering.emit(Linear(bias.parameter, copies, view=View(copied=product.added)), shape)
    return lowering.emit(Sum((image, repeated)), shape)


def lower_published(
    row: Published, of: int, lowering: Lowering, values: dict[sympy.Symbol, sympy.Expr] | None = None
) -> int:
    """The paper's form: a bilinear map and a separate linear map of the bias, in the same vector of parameters."""
    constants = constants_of(row, lowering, values)
    assert constants.bilinear is not None
    assert constants.bias is not None
    weight, bias = lowering.arrays["weight"], lowering.arrays.get("bias")
    lowering.own(operator_norm=constants.bilinear, **({} if bias is None else {"bias": constants.bias}))
    bound = _smallest(lowering.operator_norms("weight", constants.bilinear))
    product = lowering.emit(Bilinear(weight.parameter, of, constants.bilinear, left_norm=bound, is_matrix=True))
    if bias is None:
        return product
    return lowering.emit(Sum((product, lowering.emit(Linear(bias.parameter, constants.bias)))))


def _smallest(bounds: Sequence[sympy.Expr]) -> sympy.Expr | None:
    return sympy.Min(*bounds) if bounds else None
