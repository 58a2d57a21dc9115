"""The bounds through the layers, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundcalc.bounds.missing import missing_values, no_numbers
from boundcalc.bounds.options import Detail
from boundcalc.display.picture import Curve, Lines, Picture
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.mistakes import SpecError

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds


def through_the_layers(bounds: Bounds) -> Picture:
    """Norm, l and L up to each layer. Raises SpecError where symbols have no value."""
    require_values(bounds)
    rows = list(bounds.layers.values())
    curves = tuple(
        Curve(name, range(len(rows)), [height(bounds.numbers.get(row.named[name])) for row in rows])
        for name in bounds.named
    )
    panel = Lines("", "layer", "bound up to the layer", curves, ticks=[row.path for row in rows])
    return Picture(titled(bounds), (panel,))


def titled(bounds: Bounds) -> str:
    """The spec's name, what the bounds are of, and the values of the symbols."""
    known = ", ".join(f"{name} = {value}" for name, value in bounds.symbol_values.items() if value is not None)
    return f"{bounds.name}: {bounds.options.sentence('bounds', Detail.BOUNDS)}" + (f"\n{known}" if known else "")


def height(number: Number | None) -> float | None:
    """log10 of a bound; None where it is 0, infinite or not known."""
    return None if number is None or number == 0 else decimals.log10_upper(number)


def require_values(bounds: Bounds) -> None:
    """Raises SpecError where a bound of the network is no number yet."""
    if free := missing_values(bounds):
        raise SpecError([no_numbers(bounds, free)])
