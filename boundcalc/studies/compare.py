"""Which of several networks has the smaller bounds, by how much, and where in a hyperparameter that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from flint import fmpq

from boundcalc.bounds.answer import short
from boundcalc.bounds.options import Json
from boundcalc.display.page import Table
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.studies.parts.asked import Asked, Progress
from boundcalc.studies.parts.crossing import Crossing, comparison, crossings, signs
from boundcalc.studies.parts.movable import Movable, movables
from boundcalc.studies.parts.networks import Network, infinite, missing, ratio, table_of
from boundcalc.studies.parts.over import Over, read_over
from boundcalc.studies.parts.report import Report

POINTS = 65  # of the range, unless said
DIGITS = 12  # of a crossing
HIDDEN = "between two of the {count} points an even number of crossings is not seen; a larger COUNT looks closer"


@dataclass(frozen=True, slots=True)
class Crossover:
    """Where in a symbol a bound of one network begins to exceed that of another: after `crossing` the other one is smaller."""

    quantity: str
    symbol: str
    smaller: str  # below the crossing
    then: str  # above it
    crossing: Crossing

    @property
    def at(self) -> str:
        middle = (self.crossing.low + self.crossing.high) / 2
        return short(decimals.nearest_decimal(_number(middle), DIGITS))

    @property
    def enclosure(self) -> tuple[str, str]:
        return decimals.lower_decimal(_number(self.crossing.low)), decimals.upper_decimal(_number(self.crossing.high))

    def to_dict(self) -> dict[str, Json]:
        return {
            "quantity": self.quantity,
            "symbol": self.symbol,
            "smaller": self.smaller,
            "then": self.then,
            "at": self.at,
            "enclosure": list(self.enclosure),
        }


@dataclass(frozen=True, slots=True)
class Regime:
    """Between two neighbours among the crossovers, and the ends of the range, these networks have the smallest bound."""

    quantity: str
    low: Fraction
    high: Fraction
    smallest: tuple[str, ...]

    def to_dict(self) -> dict[str, Json]:
        return {
            "quantity": self.quantity,
            "from": _decimal(self.low),
            "to": _decimal(self.high),
            "smallest": list(self.smallest),
        }


def compare(asked: Asked) -> Report:
    """The study of `compare A B ... [--over NAME=LOW:HIGH]`. Raises SpecError for what is no range, or a symbol of no spec."""
    networks = [Network(bounds) for bounds in asked.bounds]
    parts: list[Table | str] = [table_of(networks)]
    if len(networks) > 1:
        parts.append(_ratios(networks))
    notes = [note for network in networks for note in infinite(network)]
    found: list[Crossover] = []
    regimes: list[Regime] = []
    text = asked.one("over")
    if text is None:
        notes += [note for network in networks for note in missing(network)]
    else:
        over = read_over(text, POINTS)
        moved = movables(asked, (over.name,), "--over")
        whole = any(each.is_whole(over.name) for each in moved)
        found, regimes = _along(moved, over, whole, asked.progress)
        parts += _tables(found, regimes, over)
        notes += [HIDDEN.format(count=len(over.points(whole)))]
    return Report(
        study="compare",
        specs=tuple(bounds.name for bounds in asked.bounds),
        options=asked.bounds[0].options,
        subject="comparison of the bounds",
        parts=tuple(parts),
        rows=lambda: [{**network.to_dict(), "ratios": _ratios_of(network, networks[0])} for network in networks],
        notes=tuple(notes),
        more=lambda: {
            "crossovers": [each.to_dict() for each in found],
            "regimes": [each.to_dict() for each in regimes],
        },
    )


def _ratios(networks: Sequence[Network]) -> Table:
    first = networks[0]
    names = [name for name in first.answers if any(name in network.answers for network in networks[1:])]
    rows = [
        [network.bounds.name, *(ratio(network.number(name), first.number(name)) for name in names)]
        for network in networks[1:]
    ]
    return Table((f"relative to {first.bounds.name}", *names), rows, names)


def _ratios_of(network: Network, first: Network) -> dict[str, Json]:
    """Of the bounds to those of the first network, rounded up; null where there is none."""
    return {name: ratio(network.number(name), first.number(name)) or None for name in network.answers}


def _along(
    moved: Sequence[Movable], over: Over, whole: bool, progress: Progress
) -> tuple[list[Crossover], list[Regime]]:
    """Where the networks cross, and which is the smallest in between."""
    points = over.points(whole)
    names: list[str] = []
    for done, x in enumerate(points, 1):
        numbers = [each.numbers({over.name: x}) for each in moved]
        names = [name for name in (numbers[0] if done == 1 else names) if all(name in of for of in numbers)]
        progress(done, len(points))
    found: list[Crossover] = []
    regimes: list[Regime] = []
    for name in names:
        own = sorted(_crossovers(name, moved, over.name, points, whole), key=lambda each: each.crossing.low)
        found += own
        regimes += _regimes(name, moved, over, points, [each.crossing for each in own])
    return found, regimes


def _crossovers(
    quantity: str, moved: Sequence[Movable], symbol: str, points: Sequence[Fraction], whole: bool
) -> Iterator[Crossover]:
    for first, second in combinations(moved, 2):
        of = comparison(_at(first, symbol, quantity), _at(second, symbol, quantity))
        for crossing in crossings(signs(points, of), of, whole):
            below, above = (first, second) if crossing.before < 0 else (second, first)
            yield Crossover(quantity, symbol, below.name, above.name, crossing)


def _at(network: Movable, symbol: str, quantity: str) -> Callable[[Fraction], Number]:
    return lambda x: network.numbers({symbol: x})[quantity]


def _regimes(
    quantity: str, moved: Sequence[Movable], over: Over, points: Sequence[Fraction], between: Sequence[Crossing]
) -> Iterator[Regime]:
    starts = [points[0], *(crossing.high for crossing in between)]
    ends = [*(crossing.low for crossing in between), points[-1]]
    current: Regime | None = None
    for low, high in zip(starts, ends, strict=True):
        if low > high:
            continue  # two networks cross a third at one place
        inside = [x for x in points if low <= x <= high] or [low]
        smallest = _smallest(quantity, moved, over.name, inside[len(inside) // 2])
        if current is not None and current.smallest == smallest:
            current = Regime(quantity, current.low, high, smallest)
            continue
        if current is not None:
            yield current
        current = Regime(quantity, low, high, smallest)
    if current is not None:
        yield current


def _smallest(quantity: str, moved: Sequence[Movable], symbol: str, x: Fraction) -> tuple[str, ...]:
    """Those that no other is certainly below."""
    numbers = {each.name: each.numbers({symbol: x})[quantity] for each in moved}
    return tuple(name for name, own in numbers.items() if not any(other < own for other in numbers.values()))


def _tables(found: Sequence[Crossover], regimes: Sequence[Regime], over: Over) -> list[Table | str]:
    rows = [[each.quantity, each.smaller, f"{over.name} = {each.at}", each.then] for each in found]
    parts: list[Table | str] = []
    if rows:
        parts.append(Table(("bound", "smaller below", "crossover", "smaller above"), rows))
    else:
        parts.append(f"no crossover for {over.name} from {_decimal(over.low)} to {_decimal(over.high)}\n")
    cells = [
        [each.quantity, f"{over.name} from {_decimal(each.low)} to {_decimal(each.high)}", ", ".join(each.smallest)]
        for each in regimes
    ]
    return [*parts, Table(("bound", "regime", "smallest"), cells)]


def _decimal(x: Fraction) -> str:
    return short(decimals.nearest_decimal(_number(x), 6))


def _number(x: Fraction) -> fmpq:
    return fmpq(x.numerator, x.denominator)
