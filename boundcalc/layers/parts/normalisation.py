"""Groups of entries, each centred and divided by its own deviation: what the normalisations share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Map
from boundcalc.calculus.views import NONE, Axes, View
from boundcalc.catalogue import gains
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.normalisations import normalisation
from boundcalc.graph.kind import At, Lowering
from boundcalc.graph.shape import Shape
from boundcalc.language.fields import Term
from boundcalc.layers.parts.gain import Most
from boundcalc.layers.parts.maps import lower_map, unknown_map


@dataclass(frozen=True, slots=True)
class Normalisation:
    """`entry`: the constants of the catalogue; None where eps is 0, and there are none. `centred`: the mean is subtracted."""

    kind: str
    form: str
    eps: sympy.Expr
    entry: Nonlinearity | None
    centred: bool

    @classmethod
    def of(
        cls, at: At, eps: Term, form: str, sizes: Mapping[str, sympy.Expr], *, centred: bool = True
    ) -> Normalisation:
        """`sizes`: how many groups of how many entries, as the catalogue calls them. Raises SpecError."""
        value = at.constant(eps, "eps")
        entry = normalisation(at.kind, form).instantiate(eps=value, **sizes) if at.known(value) != 0 else None
        return cls(at.kind, form, value, entry, centred)

    def lower(
        self, entry: Nonlinearity | None, groups: View, of: int, lowering: Lowering, shape: Shape | None = None
    ) -> int:
        """`entry`: `self.entry`, or the same with constants of the paper; `groups`: the axes whose indices say which group;
        `shape`: of the image, where it is not the layer's."""
        if entry is not None:
            return lower_map(entry, of, lowering, groups, shape=shape)
        lowering.own(lipschitz=None, smoothness=None)
        reason = f"{self.kind} with eps = 0 is not Lipschitz continuous: it is undefined where the variance is 0"
        return lowering.emit(Map(of, unknown_map(self.kind, reason), groups), shape)

    def most(self, entries: sympy.Expr, apart: Axes = NONE) -> Most | None:
        """What bounds the gain and shift; `entries`: of all groups that a gain is used in. Nothing is known without eps."""
        return None if self.entry is None else Most(gains.normalised_norm(entries), apart)

    def forward(self, z: Any, axes: Sequence[int], xp: Any) -> Any:
        """`axes`: those over which a group extends, the batch counted."""
        along = tuple(axes)
        centred = z - xp.mean(z, axis=along, keepdims=True) if self.centred else z
        variance = xp.mean(centred * centred, axis=along, keepdims=True)
        eps = float(self.eps)
        return centred / (xp.sqrt(variance + eps) if self.form == "sqrt" else eps + xp.sqrt(variance))
