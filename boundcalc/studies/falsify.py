"""Whether some network of the spec exceeds a bound: the largest values that a search finds, beside the bounds."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from typing import TypeVar

from boundcalc.arguments import expect
from boundcalc.bounds.answer import short
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.options import Json
from boundcalc.calculus.quantities import QUANTITIES, Quantity
from boundcalc.display.page import Page, Table
from boundcalc.display.shown import Shown
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.falsification import witness as witnesses
from boundcalc.falsification.attack import Result, attack, replay
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT
from boundcalc.mistakes import ExtraMissingError, Mistake, Place, SpecError, shown
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.effort import SECONDS, SEED, TRIALS
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.subject import subject_of

_DIGITS = 5
N = TypeVar("N", int, float)


@dataclass(frozen=True, slots=True)
class Attacked:
    """A quantity: its bound (None: infinite, or nothing to bound) and what was found."""

    bound: Number | None
    result: Result

    def to_dict(self) -> dict[str, Json]:
        return {
            "bound": None if self.bound is None else decimals.upper_decimal(self.bound),
            "found": self.result.found,
            "ratio": None if self.result.ratio is None or math.isinf(self.result.ratio) else self.result.ratio,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Falsification(Shown):
    """What an attack found. `trials`: how many there were; 0 where a witness was replayed."""

    of: Bounds
    trials: int
    seed: int
    bounds: Mapping[str, Attacked]
    objective: Mapping[str, Attacked] | None
    layers: Mapping[str, Mapping[str, Attacked]]

    def _page_(self) -> Page:
        return self.report().page

    def _brief_(self) -> Page:
        ratios = ", ".join(f"{name} {_ratio(a)}" for name, a in self._of_network() if a.result.ratio is not None)
        verdict = f"{len(self.violations)} bounds are too small" if self.falsified else "nothing exceeds its bound"
        return Page(f"<Falsification of {self.of.name}: {verdict}; bound / found: {ratios or 'none is positive'}>")

    @cached_property
    def violations(self) -> list[tuple[str, Attacked]]:
        """The bounds that are exceeded, by what they bound; the worst first."""
        found = [(name, a) for name, a in self._named() if a.result.violated]
        return sorted(found, key=lambda pair: pair[1].result.ratio or 0.0)

    @property
    def falsified(self) -> bool:
        return bool(self.violations)

    @property
    def tightest(self) -> Attacked | None:
        """The bound that is exceeded most, if one is; else that of the network or its objective that is nearest to what was found."""
        candidates = self.violations or list(self._of_network())
        return min(
            (a for _, a in candidates if a.result.ratio is not None), key=lambda a: a.result.ratio or 0.0, default=None
        )

    def save(self, file: str) -> None:
        """Write the witness of `tightest` for `--witness`. Raises OSError, and ValueError where nothing was found."""
        tightest = self.tightest
        if tightest is None or tightest.result.witness is None:
            raise ValueError("there is no witness: no bound is a positive number")
        witnesses.save(file, tightest.result.witness.point, tightest.result.witness.direction)

    def to_dict(self) -> dict[str, Json]:
        """The JSON of `boundcalc falsify --format json`."""
        return self.report().to_dict()

    def report(self) -> Report:
        verdict = (
            [f"{name} is too small: {_shown(a)}" for name, a in self.violations]
            if self.falsified
            else ["nothing exceeds its bound"]
        )
        return Report(
            study="falsify",
            specs=(self.of.name,),
            options=self.of.options,
            subject=f"attack of the bounds in {self.trials} trials (seed {self.seed})"
            if self.trials
            else "bounds at a witness",
            parts=(self._network_table(), self._layer_table(), *verdict),
            rows=lambda: [{"of": name, **a.to_dict()} for name, a in self._named()],
            more=lambda: {**of_one(self.of.name, self.of.options), **self._data()},
            answered=not self.falsified,
        )

    def _named(self) -> list[tuple[str, Attacked]]:
        rows = ((f"{name} of '{path}'", a) for path, row in self.layers.items() for name, a in row.items())
        return [*self._of_network(), *rows]

    def _of_network(self) -> Iterator[tuple[str, Attacked]]:
        yield from ((f"the network's {name}", a) for name, a in self.bounds.items())
        yield from ((f"the objective's {name}", a) for name, a in (self.objective or {}).items())

    def _data(self) -> dict[str, Json]:
        kinds = {path: row.layer.label for path, row in self.of.layers.items()}
        return {
            "symbols": self.of.symbol_values,
            "conditions": [str(condition) for condition in self.of.conditions],
            "trials": self.trials,
            "seed": self.seed,
            "bounds": _dicts(self.bounds),
            "objective": None if self.objective is None else _dicts(self.objective),
            "layers": [{"path": path, "kind": kinds[path], **_dicts(row)} for path, row in self.layers.items()],
        }

    def _network_table(self) -> Table:
        rows = [[name, *_cells(a)] for name, a in self.bounds.items()]
        rows += [[f"objective {name}", *_cells(a)] for name, a in (self.objective or {}).items()]
        return Table(("", "bound", "found", "ratio"), rows, ("bound", "found", "ratio"))

    def _layer_table(self) -> Table:
        names = list(self.of.named)
        rows = [
            [path, *(_ratio(row[name]) if name in row else "" for name in names)] for path, row in self.layers.items()
        ]
        return Table(("bound / found", *names), rows, names)


def falsify(
    bounds: Bounds,
    *,
    trials: int = TRIALS,
    seconds: float = SECONDS,
    seed: int = SEED,
    witness: str | None = None,
    progress: Callable[[int], None] = lambda done: None,
) -> Falsification:
    """Search for networks of the spec, and inputs, that exceed a bound; with `witness`, look at the one in that file alone.

    trials: how many places the search starts from; seconds: no ascent begins after so many. progress: told how many trials are done.
    Outputs and layers are measured as their bounds are (the option `measure`).
    Raises SpecError for symbols without values and networks too large to attack, ExtraMissingError without autograd.
    """
    _natural(trials, "trials", 1)
    _natural(seed, "seed", 0)
    if not expect(seconds, (int, float), "seconds", "write a number") > 0:
        raise ValueError(f"seconds is a positive number, not {seconds!r}")
    subject, numbers = subject_of(bounds)
    if witness is None:
        if find_spec("autograd") is None:
            raise ExtraMissingError("falsify", "the attack of bounds", "autograd")
        results, done = attack(subject, numbers, trials, min(seconds, sys.float_info.max), seed, progress)
    else:
        place = witnesses.load(witness, subject.network.shapes, subject.domain)
        results, done = replay(subject, numbers, *place), 0

    def attacked(key: str, figures: Mapping[Quantity, Bound]) -> Mapping[str, Attacked]:
        return {
            quantity.name: Attacked(numbers[key, quantity.order], results[key, quantity.order])
            for quantity in QUANTITIES
            if quantity in figures
        }

    return Falsification(
        of=bounds,
        trials=done,
        seed=seed,
        bounds=attacked(OUTPUT, bounds.figures),
        objective=None if bounds.objective is None else attacked(OBJECTIVE, bounds.objective.figures),
        layers={path: attacked(path, row.figures) for path, row in bounds.layers.items() if path in subject.rows},
    )


def falsify_by(asked: Asked) -> Report:
    """The study of the command line: numbers and files as texts. Raises SpecError for what is no number."""
    trials = _read(asked, "trials", int, TRIALS, lambda n: n >= 1, "a whole number, at least 1", "10")
    found = falsify(
        asked.only,
        trials=trials,
        seconds=_read(asked, "seconds", float, SECONDS, _is_positive, "a positive number", "60"),
        seed=_read(asked, "seed", int, SEED, lambda n: n >= 0, "a whole number, at least 0", "1"),
        witness=asked.one("witness"),
        progress=lambda done: asked.progress(done, trials),
    )
    if (file := asked.one("save")) is not None:
        try:
            found.save(file)
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            raise SpecError([Mistake(Place(f"--save {file}"), f"nothing is written: {reason}")]) from None
    return found.report()


def _read(
    asked: Asked,
    name: str,
    kind: Callable[[str], N],
    default: N,
    fits: Callable[[N], bool],
    what: str,
    such_as: str,
) -> N:
    """The number that a text says; `what` numbers fit, in words."""
    text = asked.one(name)
    if text is None:
        return default
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or not fits(value):
        raise SpecError([Mistake(Place(f"--{name} {text}"), f"{shown(text)} is not {what}", f"--{name} {such_as}")])
    return value


def _is_positive(x: float) -> bool:
    return sys.float_info.min <= x < math.inf


def _natural(value: object, what: str, least: int) -> None:
    if expect(value, int, what, "write a whole number") < least:
        raise ValueError(f"{what} is at least {least}, not {value!r}")


def _dicts(quantities: Mapping[str, Attacked]) -> dict[str, Json]:
    return {name: attacked.to_dict() for name, attacked in quantities.items()}


def _shown(attacked: Attacked) -> str:
    bound, found, _ = _cells(attacked)
    return f"the bound is {bound}, and {found} is attained"


def _cells(attacked: Attacked) -> list[str]:
    bound = "" if attacked.bound is None else short(decimals.upper_decimal(attacked.bound, _DIGITS))
    return [bound, f"{attacked.result.found:.{_DIGITS}g}", _ratio(attacked)]


def _ratio(attacked: Attacked) -> str:
    return "" if attacked.result.ratio is None else f"{attacked.result.ratio:.4g}"
