"""What a calculus has to say, and no more: which jet each source has, the rule of each primitive, what of a jet a loop
carries, and which figures the output asks for.

`calculus/trace.py` runs any calculus over the primitive graph: the arena, the seeds of blocks, loops, and the layer that makes
something infinite are its business. A jet is whatever the calculus wants to know of a node: four numbers in `euclidean`,
three for each norm that is asked for in `mixed`. Every rule is told which primitive it is about, by number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from boundcalc.calculus.extended import Extended
from boundcalc.calculus.norms import WHOLE, Norm
from boundcalc.calculus.primitives import Average, Bilinear, Concat, Constant, Linear, Map, Parameter, Source, Sum
from boundcalc.calculus.quantities import Figures
from boundcalc.program.ir import Arena, Scalar

J = TypeVar("J")  # a jet


@dataclass(frozen=True, slots=True)
class Component:
    """One number of a jet: of which quantity, in which norm."""

    quantity: str
    norm: Norm = WHOLE

    def __str__(self) -> str:
        return self.quantity if self.norm == WHOLE else f"{self.quantity} in {self.norm}"


Components = Mapping[Component, Extended]


@dataclass(frozen=True, slots=True)
class Label:
    """What a scalar is: by which rule, of which primitive, in which norm."""

    at: int
    norm: Norm
    rule: str


class Calculus(Protocol[J]):
    """The rules of one calculus, in one arena, with its options. The rules append to the arena and have no other effect on
    what they are given."""

    @property
    def arena(self) -> Arena: ...

    @property
    def labels(self) -> Mapping[int, Label]:
        """Of scalars that one of several ways goes through, by number; empty where there is one way."""
        ...

    @property
    def alike(self) -> Mapping[Component, Component]:
        """Components that may be another one, named before them: where they are, in every pass, a loop carries one state
        for both."""
        ...

    def source(self, at: int, of: Parameter | Source | Constant, norm: Scalar, first_order: Scalar) -> J:
        """Something with this bound of its norm, whose derivative by itself has this norm: 1 or a seed if it is
        differentiated by, else 0."""
        ...

    def linear(self, at: int, rule: Linear, of: J) -> J: ...
    def bilinear(self, at: int, rule: Bilinear, left: J, right: J) -> J: ...
    def map(self, at: int, rule: Map, of: J) -> J: ...
    def average(self, at: int, rule: Average, of: J) -> J: ...
    def sum(self, at: int, rule: Sum, terms: Sequence[J]) -> J: ...
    def concat(self, at: int, rule: Concat, terms: Sequence[J]) -> J: ...

    def carried(self, loop: int, state: int, jet: J | None) -> Components:
        """What a loop carries of a jet, all that is read of the state; of None, a state that starts at zero. A fixed point has
        one state."""
        ...

    def is_finite(self, jet: J) -> bool:
        """Whether all its numbers are."""
        ...

    def components(self, jet: J) -> Components:
        """All numbers of a jet, by name: a loop carries those that change from pass to pass. Every jet of a state has the
        same names in the same order."""
        ...

    def jet(self, components: Components) -> J:
        """The jet with these components."""
        ...

    def figures(self, at: int, jet: J) -> Figures:
        """What a person asks for: a bound of every quantity, in the norm in which the output is measured; nothing of what
        nobody measures."""
        ...
