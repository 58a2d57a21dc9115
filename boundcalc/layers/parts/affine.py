"""B(V, z) + bias, with both arrays in one ball or in one each."""

from __future__ import annotations

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.catalogue import gains
from boundcalc.catalogue.published import Published
from boundcalc.graph.kind import Lowering
from boundcalc.layers.parts.maps import constants_of


def lower_affine(norm: sympy.Expr, positions: sympy.Expr, of: int, lowering: Lowering) -> int:
    """One ball: (V, bias) -> B(V, z) + bias has operator norm sqrt(b^2 m^2 + n P) (Cauchy-Schwarz)."""
    weight, bias = lowering.arrays["weight"], lowering.arrays.get("bias")
    copies = gains.repeat_norm(lowering.batch * positions)
    spectral = {} if lowering.spectral is None else {"spectral": lowering.spectral}
    lowering.own(operator_norm=norm, **({} if bias is None else {"bias": copies}), **spectral)
    joint = bias is not None and weight.joint(bias)
    constant = copies if joint else sympy.S.Zero
    product = lowering.emit(Bilinear(weight.parameter, of, norm, constant, lowering.spectral))
    if bias is None or joint:
        return product
    return lowering.emit(Sum((product, lowering.emit(Linear(bias.parameter, copies)))))


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
