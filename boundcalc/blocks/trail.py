"""Which way a bound was reached: of every layer that it goes through, the norm and the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.calculus.protocol import Label
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.program.ir import Scalar
from boundcalc.program.ways import Ways

Step = tuple[str, str, str]  # path, norm, rule


@dataclass(frozen=True, slots=True, repr=False)
class Trail(Shown):
    """The sides of minima that are kept, what the calculus says of the nodes, and the values at which the sides were chosen."""

    ways: Ways
    labels: Mapping[int, Label]
    owners: Sequence[str]
    values: Mapping[sympy.Symbol, sympy.Expr]

    def _page_(self) -> Page:
        return Page("<ways through the norms: Bounds.way(bound)>")

    def steps(self, scalar: Scalar) -> list[Step]:
        """From the input to `scalar`; what belongs to no layer (inputs side by side) is left out."""
        return self._told(self.ways.needed([scalar.index]))

    def last(self, scalar: Scalar, path: str) -> list[Step]:
        """Those of one layer, the last before `scalar`."""
        stack, seen = [scalar.index], {scalar.index}
        while stack:
            index = stack.pop()
            if index not in self.labels or self.owners[self.labels[index].at] == path:
                fresh = [arg for arg in self.ways.arguments(index) if arg not in seen]
                seen.update(fresh)
                stack.extend(fresh)
        return [step for step in self._told(seen) if step[0] == path]

    def _told(self, indices: Iterable[int]) -> list[Step]:
        found = (self.labels[i] for i in indices if i in self.labels)
        ordered = sorted(set(found), key=lambda label: (label.at, label.norm.order, label.rule))
        steps = ((self.owners[label.at], str(label.norm), label.rule) for label in ordered)
        return list(dict.fromkeys(step for step in steps if step[0]))
