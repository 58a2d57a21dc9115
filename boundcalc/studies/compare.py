"""Which of several networks has the smaller bounds, by how much, and where in a hyperparameter that changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import combinations

from boundcalc.bounds.answer import readable, with_number
from boundcalc.bounds.options import Detail, Json
from boundcalc.bounds.pictured import height, require_values
from boundcalc.display.page import Table
from boundcalc.display.picture import Bars, Curve, Lines, Picture
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.studies.parts.asked import Asked, Progress
from boundcalc.studies.parts.crossing import Crossing, comparison, crossings, signs
from boundcalc.studies.parts.movable import Movable, movables
from boundcalc.studies.parts.networks import Network, infinite, missing, networks_of, ratio, table_of
from boundcalc.studies.parts.over import Over, number, read_over, rounded
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
        return rounded(middle, DIGITS)

    @property
    def enclosure(self) -> tuple[str, str]:
        return decimals.lower_decimal(number(self.crossing.low)), decimals.upper_decimal(number(self.crossing.high))

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
            "from": rounded(self.low),
            "to": rounded(self.high),
            "smallest": list(self.smallest),
        }


def compare(asked: Asked) -> Report:
    """The study of `compare A B ... [--over NAME=LOW:HIGH]`. Raises SpecError for what is no range, or a symbol of no spec."""
    networks = networks_of(asked)
    parts: list[Table | str] = [table_of(networks)]
    if len(networks) > 1:
        parts.append(_ratios(networks))
    notes = [note for network in networks for note in infinite(network)]
    found: list[Crossover] = []
    regimes: list[Regime] = []
    panels = partial(_bars, networks)
    text = asked.one("over")
    if text is None:
        notes += [note for network in networks for note in missing(network)]
    else:
        over = read_over(text, POINTS)
        moved = movables(asked, (over.name,), "--over")
        whole = any(each.is_whole(over.name) for each in moved)
        points = over.points(whole)
        found, regimes = _along(moved, over, points, whole, asked.progress)
        parts += _tables(found, regimes, over)
        notes += [HIDDEN.format(count=len(points))]
        panels = partial(_curves, moved, over, points, found)
    return Report(
        study="compare",
        specs=asked.labels,
        options=asked.bounds[0].options,
        subject="comparison of the bounds",
        parts=tuple(parts),
        rows=lambda: [{**network.to_dict(), **_ratios_of(network, networks[0])} for network in networks],
        notes=tuple(notes),
        picture=lambda: Picture(_title(asked), panels()),
        more=lambda: {
            "crossovers": [each.to_dict() for each in found],
            "regimes": [each.to_dict() for each in regimes],
        },
    )


def _ratios(networks: Sequence[Network]) -> Table:
    first = networks[0]
    names = [name for name in first.answers if any(name in network.answers for network in networks[1:])]
    rows = [
        [network.label, *(_shown(ratio(network.number(name), first.number(name))) for name in names)]
        for network in networks[1:]
    ]
    return Table((f"relative to {first.label}", *names), rows, names)


def _shown(number: Number | None) -> str:
    return "" if number is None else readable(number)


def _ratios_of(network: Network, first: Network) -> dict[str, Json]:
    """Of the bounds to those of the first network; null where there is none."""
    found = {name: ratio(network.number(name), first.number(name)) for name in network.answers}
    return {f"{n.replace(' ', '_')}_ratio": None if value is None else with_number(value) for n, value in found.items()}


def _along(
    moved: Sequence[Movable], over: Over, points: Sequence[Fraction], whole: bool, progress: Progress
) -> tuple[list[Crossover], list[Regime]]:
    """Where the networks cross, and which is the smallest in between."""
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
        parts.append(f"no crossover for {over.name} from {rounded(over.low)} to {rounded(over.high)}\n")
    cells = [
        [each.quantity, f"{over.name} from {rounded(each.low)} to {rounded(each.high)}", ", ".join(each.smallest)]
        for each in regimes
    ]
    return [*parts, Table(("bound", "regime", "smallest"), cells)]


def _title(asked: Asked) -> str:
    return ", ".join(asked.labels) + "\n" + asked.bounds[0].options.sentence("bounds", Detail.BOUNDS)


def _bars(networks: Sequence[Network]) -> tuple[Lines | Bars, ...]:
    """A bar for each network."""
    for network in networks:
        require_values(network.bounds)
    names = [name for name in networks[0].answers if all(name in network.answers for network in networks)]
    bars = tuple((name, [height(network.number(name)) or 0.0 for network in networks]) for name in names)
    return (Bars("", "log10 of the bound", [network.label for network in networks], bars),)


def _curves(
    moved: Sequence[Movable], over: Over, points: Sequence[Fraction], found: Sequence[Crossover]
) -> tuple[Lines | Bars, ...]:
    """Along the range a curve for each network, crossovers marked."""
    names = [name for name in moved[0].bounds.totals if all(name in each.bounds.totals for each in moved)]
    return tuple(
        Lines(
            name,
            over.name,
            "bound",
            tuple(
                Curve(
                    each.name,
                    [float(x) for x in points],
                    [height(each.numbers({over.name: x}).get(name)) for x in points],
                )
                for each in moved
            ),
            log_x=over.logarithmic,
            marks=[float(each.crossing.high) for each in found if each.quantity == name],
        )
        for name in names
    )
