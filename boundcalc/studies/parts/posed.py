"""What is asked of `design`: a quantity, what varies, and what is to hold, as a problem in the logarithms of the variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic

import sympy

from boundcalc.arguments import nearest
from boundcalc.blocks.figures import ByBlocks
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import without_value
from boundcalc.exact.balls import Number
from boundcalc.exact.intervals import is_wholeness
from boundcalc.exact.intervals import shown as shown_condition
from boundcalc.exact.values import substitute
from boundcalc.mistakes import Mistake, Place, SpecError, shown
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.constraints import Constraint, read_constraint, relied_on
from boundcalc.studies.parts.effort import SECONDS
from boundcalc.studies.parts.optimum import Problem
from boundcalc.studies.parts.surface import Surface, logarithms
from boundcalc.studies.parts.variables import Point, Variable, variables_of, varied

GOALS = ("minimise", "maximise")  # the questions of the study, of which one is asked


@dataclass(frozen=True)
class Setting:
    """What is asked: the quantity of the spec as it is, the variables, the same quantity as a function of them, the constraints."""

    bounds: Bounds
    goal: str
    quantity: str
    variables: Sequence[Variable]
    problem: Problem
    said: Sequence[Constraint]
    notes: Sequence[str]

    @property
    def maximise(self) -> bool:
        return self.problem.maximise

    @property
    def relied_on(self) -> Sequence[Constraint]:
        """What nobody said, and the bound needs."""
        return [each for each in self.problem.constraints if each not in self.said]

    @property
    def before(self) -> Number | None:
        """The certified number at the values that the spec has."""
        return self.bounds.number(quantities_of(self.bounds)[self.quantity])

    @property
    def start(self) -> Point:
        return {variable.name: variable.start for variable in self.variables}

    def values(self, point: Point) -> Mapping[sympy.Symbol, sympy.Expr]:
        by_symbol = zip(self.problem.variables, self.variables, strict=True)
        return {symbol: point[variable.name] for symbol, variable in by_symbol}


def quantities_of(bounds: Bounds) -> Mapping[str, Bound]:
    """What may be asked for: of the network, of its objective, of the network up to a layer."""
    return {**bounds.totals, **{bound.name: bound for bound in bounds.quantities}}


def setting_of(asked: Asked) -> Setting:
    goals = [(goal, name) for goal in GOALS for name in asked.all(goal)]
    if len(goals) != 1:
        remedy = "write one --minimise QUANTITY, or one --maximise QUANTITY"
        place = Place(" ".join(f"--{goal} {name}" for goal, name in goals) or "design")
        raise SpecError([Mistake(place, f"one quantity is asked for, not {len(goals)}", remedy, "quantity")])
    ((goal, said),) = goals
    bounds, place = asked.only, Place(f"--{goal} {said}")
    name = " ".join(said.split())
    known = quantities_of(bounds)
    if name not in known:
        remedy = nearest(name, "quantity", known)
        raise SpecError([Mistake(place, f"there is no bound {shown(said)}", remedy, "unknown_quantity")])
    patterns = [part.strip() for text in asked.all("vary") for part in text.split(",") if part.strip()]
    if not patterns:
        remedy = "--vary '**.radius', or the name of a symbol"
        raise SpecError([Mistake(Place("design"), "nothing is said to vary", remedy, "nothing_matches")])
    variables, notes = variables_of(bounds, patterns)
    if missing := [s for s in without_value(bounds.graph.conditions, bounds.values) if _is_needed(known[name], s)]:
        finding = f"{name} is a number only where all symbols have values; without one: {', '.join(missing)}"
        raise SpecError([Mistake(place, finding, f"give it one: --set {missing[0]}=1", "no_value")])
    return posed(asked, bounds, goal, name, variables, monotonic() + SECONDS, notes)


def posed(
    asked: Asked,
    bounds: Bounds,
    goal: str,
    name: str,
    variables: Sequence[Variable],
    until: float,
    notes: Sequence[str] = (),
) -> Setting:
    """The problem as a search from where the variables start. Raises SpecError for constraints."""
    opened = asked.compiled(varied(bounds.architecture, variables))
    problem, said = _problem(asked, opened, bounds, name, variables, goal == GOALS[1], until)
    return Setting(bounds, goal, name, variables, problem, said, notes)


def _is_needed(bound: Bound, symbol: str) -> bool:
    return any(str(each) == symbol for each in bound.free_symbols)


def _problem(
    asked: Asked, opened: Bounds, bounds: Bounds, name: str, variables: Sequence[Variable], maximise: bool, until: float
) -> tuple[Problem, Sequence[Constraint]]:
    bound, symbols = quantities_of(opened)[name], [opened.symbols[variable.symbol] for variable in variables]
    moving = _moving(opened, symbols)
    _refuse_pinned(opened, variables, moving)
    names = _names(bounds, opened, variables, moving)
    said = [read_constraint(text, names) for text in asked.all("subject")]
    surface = Surface(bound, symbols, moving)
    others = relied_on(opened.conditions, {s: moving[s] for s in moving if moving[s].free_symbols})
    return (
        Problem(
            surface=surface,
            program=None if isinstance(bound.figure, ByBlocks) else bound.program,
            constraints=[each for each in (*said, *others) if each.symbols and not each.low.is_zero],
            names=[variable.name for variable in variables],
            start=logarithms([variable.start for variable in variables]),
            maximise=maximise,
            until=until,
        ),
        said,
    )


def _refuse_pinned(opened: Bounds, variables: Sequence[Variable], moving: Mapping[sympy.Symbol, sympy.Expr]) -> None:
    """Raises SpecError for a variable of which the bound was compiled for one value."""
    for condition in opened.conditions:
        if not isinstance(condition, sympy.Eq) or is_wholeness(condition):
            continue
        moved = {str(s) for symbol in moving if symbol in condition.free_symbols for s in moving[symbol].free_symbols}
        for variable in variables:
            if variable.symbol in moved:
                finding = f"the bound holds only where {shown_condition(condition)}, so it is no function of '{variable.name}'"
                raise SpecError([Mistake(Place(f"--vary {variable.name}"), finding, "leave it out", "pinned")])


def _moving(opened: Bounds, symbols: Sequence[sympy.Symbol]) -> Mapping[sympy.Symbol, sympy.Expr]:
    """Every symbol that has a value, in those that vary: what the spec computes from them moves with them."""
    found: dict[sympy.Symbol, sympy.Expr] = {symbol: symbol for symbol in symbols}
    for symbol, value in opened.graph.conditions.declared.items():
        if symbol not in found:
            found[symbol] = substitute(value, found)
    return found


def _names(
    bounds: Bounds, opened: Bounds, variables: Sequence[Variable], moving: Mapping[sympy.Symbol, sympy.Expr]
) -> Mapping[str, sympy.Expr]:
    """What a constraint may name: symbols, and fields of layers that are no sizes, those that do not vary at their values."""
    found = {name: moving[s] for name in bounds.symbols if (s := opened.symbols[name]) in moving}
    own = {variable.name: opened.symbols[variable.symbol] for variable in variables}
    for path, field in bounds.graph.settable.items():
        if path in own:
            found[path] = own[path]
        elif not field.size:
            try:
                found[path] = substitute(field.value(bounds.graph.conditions.symbols), bounds.values)
            except SpecError:  # a word, such as that of a mode
                continue
    return {**found, **own}
