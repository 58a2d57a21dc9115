"""Groups of entries, each centred and divided by its own deviation: what the normalisations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Map
from boundcalc.calculus.views import View
from boundcalc.catalogue.index import NORMALISATIONS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.graph.kind import At, Lowering
from boundcalc.language.fields import Term
from boundcalc.layers.parts.maps import lower_map, unknown_map


@dataclass(frozen=True, slots=True)
class Normalisation:
    """`entry`: the constants of the catalogue; None where eps is 0, and there are none."""

    kind: str
    form: str
    eps: sympy.Expr
    entry: Nonlinearity | None

    @classmethod
    def of(cls, at: At, eps: Term, form: str, sizes: Mapping[str, sympy.Expr]) -> Normalisation:
        """`sizes`: how many groups of how many entries, as the catalogue calls them. Raises SpecError."""
        value = at.constant(eps, "eps")
        row = NORMALISATIONS[at.kind, form]
        return cls(at.kind, form, value, row.instantiate(eps=value, **sizes) if at.known(value) != 0 else None)

    def lower(self, entry: Nonlinearity | None, groups: View, of: int, lowering: Lowering) -> int:
        """`entry`: `self.entry`, or the same with constants of the paper; `groups`: the axes whose indices say which group."""
        if entry is not None:
            return lower_map(entry, of, lowering, groups)
        lowering.own(lipschitz=None, smoothness=None)
        reason = f"{self.kind} with eps = 0 is not Lipschitz continuous: it is undefined where the variance is 0"
        return lowering.emit(Map(of, unknown_map(self.kind, reason), groups))

    def forward(self, z: Any, axes: Sequence[int], xp: Any) -> Any:
        """`axes`: those over which a group extends, the batch counted."""
        along = tuple(axes)
        centred = z - xp.mean(z, axis=along, keepdims=True)
        variance = xp.mean(centred * centred, axis=along, keepdims=True)
        eps = float(self.eps)
        return centred / (xp.sqrt(variance + eps) if self.form == "sqrt" else eps + xp.sqrt(variance))
