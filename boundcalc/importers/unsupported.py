"""Operators that the language has no words for: all of a network at once, each with its place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from boundcalc.mistakes import Mistake, Place, SpecError


@dataclass(frozen=True, slots=True)
class Missing:
    """An operator that is not imported: its name, why not, where it is called: the path and the class of the module, file and
    line; `times`: in how many places of the graph that line does it."""

    operator: str
    reason: str
    module: str
    kind: str
    source: str
    times: int = 1

    def mistake(self, network: str) -> Mistake:
        where = f"{self.module or 'the network'} ({self.kind})" if self.kind else self.module or "the network"
        often = f", {self.times} times" if self.times > 1 else ""
        place = f" at {self.source}" if self.source else ""
        finding = f"the operator `{self.operator}` of {where}{place}{often} is not imported: {self.reason}"
        return Mistake(Place(network), finding, None, "unsupported")


class UnsupportedError(SpecError):
    """A network with operators that are not imported; `operators` are all of them. Nothing is made of the others."""

    def __init__(self, network: str, operators: Sequence[Missing]) -> None:
        self.network = network
        self.operators: tuple[Missing, ...] = tuple(operators)
        super().__init__([each.mistake(network) for each in self.operators])

    def __reduce__(self) -> tuple[type[UnsupportedError], tuple[str, tuple[Missing, ...]]]:
        return UnsupportedError, (self.network, self.operators)
