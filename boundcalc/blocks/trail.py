"""Which way a bound was reached: of every layer that it goes through, the norm and the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.calculus.protocol import Label
from boundcalc.program.ir import Scalar
from boundcalc.program.ways import Ways

Step = tuple[str, str, str]  # path, norm, rule


@dataclass(frozen=True, slots=True)
class Trail:
    """The sides of minima that are kept, what the calculus says of the nodes, and the values at which the sides were chosen."""

    ways: Ways
    labels: Mapping[int, Label]
    owners: Sequence[str]
    values: Mapping[sympy.Symbol, sympy.Expr]

    def steps(self, scalar: Scalar) -> list[Step]:
        """From the input to `scalar`; what belongs to no layer (inputs side by side) is left out."""
        found = (self.labels[i] for i in self.ways.needed([scalar.index]) if i in self.labels)
        ordered = sorted(set(found), key=lambda label: (label.at, label.norm.order, label.rule))
        steps = ((self.owners[label.at], str(label.norm), label.rule) for label in ordered)
        return list(dict.fromkeys(step for step in steps if step[0]))
