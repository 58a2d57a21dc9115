"""The constants printed by Roulet and Harchaoui, to reproduce their numbers: not all of them are upper bounds.

A layer b(v, z) of the paper is bilinear plus a separate linear term in the bias; a layer without an entry here has no
published constant. What an entry leaves out (the image of zero, say) is not a constant of the paper: take it from the
sharp catalogue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import sympy
from sympy import Integer, Rational, ceiling, sqrt

from boundcalc.catalogue.symbols import batch, eps, kernel, size, stride

SOURCE = "V. Roulet and Z. Harchaoui, arXiv:2002.09051"


@dataclass(frozen=True, slots=True)
class Published:
    """Published constants of one kind of layer, in canonical symbols; None where there is none.

    bilinear, bias: norms of the bilinear map and of the linear map of the bias (parametric layers).
    lipschitz, smoothness, norm: of a map without parameters; smoothness None means infinite, as `reason` says.
    domain: where the paper's constant is meant. warnings: where it is known not to be an upper bound.
    """

    kind: str
    bilinear: sympy.Expr | None = None
    bias: sympy.Expr | None = None
    lipschitz: sympy.Expr | None = None
    smoothness: sympy.Expr | None = None
    norm: sympy.Expr | None = None
    reason: str = ""
    domain: str = ""
    warnings: tuple[str, ...] = ()
    source: str = SOURCE


_ENTRIES = (
    Published(
        "conv2d",
        bilinear=ceiling(kernel / stride),
        bias=sqrt(batch) * ceiling(kernel / stride),
        domain="square two-dimensional kernels, dilation 1",
        warnings=(
            "conv2d: the published constant of the bias, sqrt(batch) ceil(kernel/stride), is too small where there are "
            "more than ceil(kernel/stride)^2 output positions: the bias is added at every one, so its norm is "
            "sqrt(batch * positions)",
        ),
    ),
    Published("dense", bilinear=Integer(1), bias=sqrt(batch)),
    Published(
        "relu",
        lipschitz=Integer(1),
        reason="relu has a kink at 0: its derivative jumps",
    ),
    Published("softplus", lipschitz=Integer(1), smoothness=Rational(1, 4), domain="beta = 1"),
    Published("softmax", lipschitz=Integer(2), smoothness=Integer(4)),
    Published(
        "maxpool2d",
        lipschitz=Integer(1),
        reason="max pooling has kinks where two entries of a window tie: its derivative jumps",
        warnings=(
            "maxpool2d: the published Lipschitz constant 1 holds only where windows do not overlap (kernel <= stride)",
        ),
    ),
    Published("avgpool2d", lipschitz=Integer(1), smoothness=Integer(0)),
    Published(
        "batchnorm",
        lipschitz=2 / sqrt(eps),
        smoothness=2 / sqrt(batch) / eps,
        norm=size * batch,
        domain="form sqrt",
    ),
    Published("logistic", lipschitz=Integer(2), smoothness=Integer(2)),
)

PUBLISHED: Mapping[str, Published] = MappingProxyType({entry.kind: entry for entry in _ENTRIES})
