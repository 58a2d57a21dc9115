"""The constants printed by Roulet and Harchaoui, to reproduce their numbers: not all of them are upper bounds.

A layer b(v, z) of the paper is bilinear plus a separate linear term in the bias; a layer without an entry here has no
published constant. What an entry leaves out (the image of zero, say) is not a constant of the paper: take it from the
sharp catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import cast

import sympy
from sympy import Integer, Rational, ceiling, sqrt
from sympy.logic.boolalg import Boolean

from boundcalc.catalogue.fact import replaced
from boundcalc.catalogue.symbols import batch, beta, eps, kernel, size, stride

SOURCE = "V. Roulet and Z. Harchaoui, arXiv:2002.09051"


@dataclass(frozen=True, slots=True)
class Published:
    """Published constants of one kind of layer, in canonical symbols; None where there is none.

    bilinear, bias: norms of the bilinear map and of the linear map of the bias (parametric layers).
    lipschitz, smoothness, norm: of a map without parameters; smoothness None means infinite, as `reason` says.
    domain: where the paper's constant is meant; outside: what it does not cover. warnings: where it is known not to be an upper bound.
    """

    kind: str
    bilinear: sympy.Expr | None = None
    bias: sympy.Expr | None = None
    lipschitz: sympy.Expr | None = None
    smoothness: sympy.Expr | None = None
    norm: sympy.Expr | None = None
    reason: str = ""
    domain: str = ""
    outside: str = ""
    warnings: tuple[str, ...] = ()
    source: str = SOURCE
    holds_if: Boolean = sympy.true  # where the constants were published for, in canonical symbols

    def at(self, values: Mapping[sympy.Symbol, sympy.Expr]) -> Published:
        """The constants with symbols replaced."""

        def valued(constant: sympy.Expr | None) -> sympy.Expr | None:
            return None if constant is None else replaced(constant, values)

        return replace(
            self,
            bilinear=valued(self.bilinear),
            bias=valued(self.bias),
            lipschitz=valued(self.lipschitz),
            smoothness=valued(self.smoothness),
            norm=valued(self.norm),
            holds_if=cast(Boolean, self.holds_if.xreplace(dict(values))),
        )


CONV2D = Published(
    "conv2d",
    bilinear=ceiling(kernel / stride),
    bias=sqrt(batch) * ceiling(kernel / stride),
    domain="square two-dimensional kernels, dilation 1",
    outside="kernels and strides that are not square, or a dilation",
    warnings=(
        "conv2d: the published constant of the bias, sqrt(batch) ceil(kernel/stride), is too small where there are "
        "more than ceil(kernel/stride)^2 output positions: the bias is added at every one, so its norm is "
        "sqrt(batch * positions)",
    ),
)

DENSE = Published("dense", bilinear=Integer(1), bias=sqrt(batch))

RELU = Published(
    "relu",
    lipschitz=Integer(1),
    reason="relu has a kink at 0: its derivative jumps",
)

SOFTPLUS = Published(
    "softplus",
    lipschitz=Integer(1),
    smoothness=Rational(1, 4),
    domain="beta = 1",
    outside="softplus with beta other than 1",
    holds_if=cast(Boolean, sympy.Eq(beta, 1)),
)

SOFTMAX = Published("softmax", lipschitz=Integer(2), smoothness=Integer(4))

MAXPOOL2D = Published(
    "maxpool2d",
    lipschitz=Integer(1),
    reason="max pooling has kinks where two entries of a window tie: its derivative jumps",
    warnings=(
        "maxpool2d: the published Lipschitz constant 1 holds only where windows do not overlap (kernel <= stride)",
    ),
)

AVGPOOL2D = Published("avgpool2d", lipschitz=Integer(1), smoothness=Integer(0))

BATCHNORM = Published(
    "batchnorm",
    lipschitz=2 / sqrt(eps),
    smoothness=2 / sqrt(batch) / eps,
    norm=size * batch,
    domain="form sqrt",
    outside="the additive form, or given statistics",
)

LOGISTIC = Published("logistic", lipschitz=Integer(2), smoothness=Integer(2))

_ENTRIES = (CONV2D, DENSE, RELU, SOFTPLUS, SOFTMAX, MAXPOOL2D, AVGPOOL2D, BATCHNORM, LOGISTIC)
PUBLISHED: Mapping[str, Published] = MappingProxyType({entry.kind: entry for entry in _ENTRIES})
