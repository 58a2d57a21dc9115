"""What would change a bound most: elasticities by the radii of balls and by symbols, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.options import Json
from boundcalc.studies.sensitivity import contributions, sensitivities

SMALLEST = 5e-4  # of an elasticity that is told


@dataclass(frozen=True, slots=True)
class Mover:
    """`what` changes: 1 % less of it changes the bound of `quantity` by about `elasticity` %."""

    quantity: str
    what: str
    elasticity: float

    @property
    def sentence(self) -> str:
        size = f"{abs(self.elasticity):.3g} %"
        change = "less" if self.elasticity > 0 else "more"
        return f"1 % less of {self.what} is about {size} {change} of {self.quantity}"

    def to_dict(self) -> dict[str, Json]:
        return {
            "quantity": self.quantity,
            "what": self.what,
            "elasticity": self.elasticity,
            "sentence": self.sentence,
        }


def movers(bounds: Bounds) -> list[Mover]:
    """The largest first, quantity by quantity; none while symbols that matter are free. Under mixed norms symbols only."""
    found = [mover for mover in _all(bounds) if abs(mover.elasticity) >= SMALLEST]
    order = {quantity.name: i for i, quantity in enumerate(bounds.figures)}
    return sorted(found, key=lambda mover: (order[mover.quantity], -abs(mover.elasticity)))


def _all(bounds: Bounds) -> Iterator[Mover]:
    for quantity, found in sensitivities(bounds, list(bounds.symbols)).items():
        for symbol, elasticity in found.elasticities.items():
            yield Mover(quantity, symbol, elasticity)
    if bounds.options.norms != "euclidean":
        return
    for quantity, balls in contributions(bounds).items():
        for ball, elasticity in balls.items():
            yield Mover(quantity, _called(bounds, ball), elasticity)


def _called(bounds: Bounds, ball: str) -> str:
    known = bounds.graph.balls.get(ball)
    return f"{ball}.radius" if known is None or known.center is None else f"the largest norm in the ball of {ball}"
