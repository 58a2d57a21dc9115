"""What a calculus has to say, and no more: which jet each source has, the rule of each primitive, what of a jet a loop
carries, and which figures the output asks for.

`calculus/trace.py` runs any calculus over the primitive graph: the arena, the seeds of blocks, loops, and the layer that makes
something infinite are its business. A jet is whatever the calculus wants to know of a node: four numbers in `euclidean`;
in several norms a table of them by norm, each with the way it was reached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, TypeVar

from boundcalc.calculus.extended import Extended
from boundcalc.calculus.primitives import Bilinear, Constant, Linear, Map, Parameter, Source
from boundcalc.calculus.quantities import Figures
from boundcalc.program.ir import Arena, Scalar

J = TypeVar("J")  # a jet


class Calculus(Protocol[J]):
    """The rules of one calculus, in one arena, with its options. The rules append to the arena and have no other effect."""

    @property
    def arena(self) -> Arena: ...

    @property
    def alike(self) -> Mapping[str, str]:
        """Components that may be another one, named before them: where they are, in every pass, a loop carries one state
        for both."""
        ...

    def source(self, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> J:
        """Something with this bound of its norm, whose derivative by itself has this norm: 1 or a seed if it is
        differentiated by, else 0."""
        ...

    def linear(self, rule: Linear, of: J) -> J: ...
    def bilinear(self, rule: Bilinear, left: J, right: J) -> J: ...
    def map(self, rule: Map, of: J) -> J: ...
    def sum(self, terms: Sequence[J]) -> J: ...
    def concat(self, terms: Sequence[J]) -> J: ...

    def components(self, jet: J) -> Mapping[str, Extended]:
        """All numbers of a jet, by name: a loop carries those that change from pass to pass. Every jet of a state has the
        same names in the same order."""
        ...

    def jet(self, components: Mapping[str, Extended]) -> J:
        """The jet with these components."""
        ...

    def figures(self, jet: J) -> Figures:
        """What a person asks for: a bound of every quantity, in the norm in which the output is measured."""
        ...
