"""B(V, z) + bias, with both arrays in one ball or in one each."""

from __future__ import annotations

from dataclasses import replace

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.catalogue import gains
from boundcalc.catalogue.published import Published
from boundcalc.graph.kind import Learned, Lowering
from boundcalc.layers.parts.maps import constants_of


def lower_affine(norm: sympy.Expr, positions: sympy.Expr, of: int, lowering: Lowering) -> int:
    """One ball: (V, bias) -> B(V, z) + bias has operator norm sqrt(b^2 m^2 + n P) (Cauchy-Schwarz)."""
    weight, bias = lowering.arrays["weight"], lowering.arrays.get("bias")
    copies = gains.repeat_norm(lowering.batch * positions)
    spectral = {} if lowering.spectral is None else {"spectral": lowering.spectral}
    lowering.own(operator_norm=norm, **({} if bias is None else {"bias": copies}), **spectral)
    product = Bilinear(weight.parameter, of, norm, left_norm=lowering.spectral)
    return with_bias(product, weight, bias, copies, lowering)


def with_bias(product: Bilinear, weight: Learned, bias: Learned | None, copies: sympy.Expr, lowering: Lowering) -> int:
    """B(V, z) and a bias, whose operator norm is `copies`."""
    if bias is None:
        return lowering.emit(product)
    if weight.joint(bias):
        return lowering.emit(replace(product, constant=copies))
    return lowering.emit(Sum((lowering.emit(product), lowering.emit(Linear(bias.parameter, copies)))))


def lower_published(
    row: Published, of: int, lowering: Lowering, values: dict[sympy.Symbol, sympy.Expr] | None = None
) -> int:
    """The paper's form: a bilinear map and a separate linear map of the bias, in the same vector of parameters."""
    constants = constants_of(row, lowering, values)
    assert constants.bilinear is not None
    assert constants.bias is not None
    weight, bias = lowering.arrays["weight"], lowering.arrays.get("bias")
    lowering.own(operator_norm=constants.bilinear, **({} if bias is None else {"bias": constants.bias}))
    product = lowering.emit(Bilinear(weight.parameter, of, constants.bilinear, left_norm=lowering.spectral))
    if bias is None:
        return product
    return lowering.emit(Sum((product, lowering.emit(Linear(bias.parameter, constants.bias)))))
