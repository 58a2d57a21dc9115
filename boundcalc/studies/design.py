"""The best values of hyperparameters: symbols and fields, such as the radii of layers, that minimise (or maximise) a bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.bounds.answer import short
from boundcalc.bounds.options import Json
from boundcalc.display.page import Table
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.printing import to_str
from boundcalc.mistakes import SpecError
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.convex import require_solvers
from boundcalc.studies.parts.optimum import Optimum, Outcome, Problem, optimum
from boundcalc.studies.parts.posed import Setting, quantities_of, setting_of
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.rounding import NotExact, Values, exact_points
from boundcalc.studies.parts.surface import Margin
from boundcalc.studies.parts.variables import Point, placed_at

Vector = NDArray[np.float64]
DIGITS = 6
WORSE = 1e-5  # relative, of the bound: what shorter values may cost
ROUNDED = 1e-3  # what rounding the values may change of the logarithm of a bound
GLOBAL = "a geometric program: the optimum is global, up to the solver's tolerance and rounding (CVXPY, Clarabel)"
LEAST = (
    "the least of {} geometric programs, one for each choice of sides of its minima: the optimum is global, up to "
    "the solver's tolerance and rounding (CVXPY, Clarabel)"
)
LOCAL = "the best local optimum that was found, from several starts (SciPy, SLSQP in logarithms)"


@dataclass(frozen=True)
class Solution:
    """`point`: exact values that meet all constraints, or the start; None: there is none. `after`: the certified number there."""

    optimum: Optimum
    before: Number | None
    point: Point | None = None
    after: Number | None = None
    kept: bool = False  # the values that the spec has


def design(asked: Asked) -> Report:
    """The study of `design SPEC --minimise QUANTITY --vary PATTERN`. Raises SpecError, and ExtraMissingError without its libraries."""
    require_solvers()
    setting = setting_of(asked)
    return _report(setting, _solution(asked, setting))


def _solution(asked: Asked, setting: Setting) -> Solution:
    bounds, problem = setting.bounds, setting.problem
    bound = quantities_of(bounds)[setting.quantity]
    if not bound.finite or not problem.surface.bound.finite:
        return Solution(_none(f"{setting.quantity} is infinite: {bound.reason or problem.surface.bound.reason}"), None)
    before = bounds.number(bound)
    for constraint in setting.said:
        if not constraint.symbols and not constraint.holds({}):
            return Solution(_none(f"infeasible: '{constraint.text}' does not hold, and no variable is in it"), before)
        if constraint.high.is_zero and not constraint.low.is_zero:
            return Solution(
                _none(f"infeasible: '{constraint.text}' asks for a sum of positive numbers that is 0"), before
            )
    found = optimum(problem, asked.progress)
    if found.logs is None:
        return Solution(found, before)
    start_is_allowed = all(each.holds(setting.values(setting.start)) for each in problem.constraints)
    try:
        exact, is_as_good = _shortest(problem, found.logs)
    except NotExact as error:
        return Solution(_none(f"no exact values near the numerical solution were proved to meet '{error}'"), before)
    by_name = dict(zip((v.name for v in setting.variables), (exact[s] for s in problem.variables), strict=True))
    try:
        again = asked.compiled(placed_at(bounds.architecture, setting.variables, by_name))
    except SpecError as error:
        return Solution(_none(f"the spec does not allow the values that were found: {error.mistakes[0]}"), before)
    after = again.number(quantities_of(again)[setting.quantity])
    if found.is_global and not _agrees(after, problem, found.logs):
        found = replace(found, is_global=False, reason="compiled with these values it is another bound")
    if found.is_global and not is_as_good:
        found = replace(found, is_global=False, reason="values that meet the constraints exactly are a little worse")
    if start_is_allowed and not _is_better(after, before, setting.maximise):
        return Solution(found, before, setting.start, before, kept=True)
    return Solution(found, before, by_name, after)


def _shortest(problem: Problem, logs: Vector) -> tuple[Values, bool]:
    """The shortest exact values that are as good as the numerical solution; else the best that are nearly, and False. Raises
    NotExact where there are none."""
    target = problem.height(logs)
    found: list[tuple[float, Values]] = []
    for values in exact_points(problem.variables, problem.constraints, logs):
        height = problem.height(problem.logs(values))
        if height <= target + WORSE:
            return values, True
        found.append((height, values))
    height, best = min(found, key=lambda pair: pair[0])
    if height > target + ROUNDED:
        raise NotExact(", ".join(constraint.text for constraint in problem.constraints))
    return best, False


def _agrees(after: Number | None, problem: Problem, logs: Vector) -> bool:
    """Whether the bound that was minimised is the one that the spec has there."""
    height = problem.surface.log(logs)
    return after is not None and after > 0 and abs(float(ball(after).log().mid()) - height) < ROUNDED


def _none(finding: str) -> Optimum:
    return Optimum(Outcome.INFEASIBLE, None, False, finding=finding)


def _is_better(after: Number | None, before: Number | None, maximise: bool) -> bool:
    """For certain."""
    if after is None or before is None:
        return before is None and after is not None
    return bool(after > before if maximise else after < before)


def _report(setting: Setting, solution: Solution) -> Report:
    goal = f"{setting.goal} {setting.quantity}"
    found = solution.optimum
    method = (
        (GLOBAL if found.programs == 1 else LEAST.format(found.programs))
        if found.is_global
        else f"no geometric program ({found.reason}): {LOCAL}"
        if found.reason
        else ""
    )
    constraints = [constraint.text for constraint in setting.said]
    subject = [f"subject to {text}" for text in constraints]
    parts: list[Table | str] = []
    if solution.point is None:
        parts = [found.finding]
    else:
        if solution.kept:
            parts.append("nothing better was found: the values stay as they are")
        parts += [_variable_table(setting, solution.point), _quantity_table(setting, solution)]
        parts += [method] if method else []
    return Report(
        study="design",
        specs=(setting.bounds.name,),
        options=setting.bounds.options,
        subject=", ".join([goal, *subject]),
        parts=tuple(parts),
        notes=(*setting.notes, *_notes(setting, solution)),
        rows=lambda: _rows(setting, solution),
        more=lambda: {
            **of_one(setting.bounds.name, setting.bounds.options),
            "quantity": setting.quantity,
            "goal": setting.goal,
            "constraints": constraints,
            "status": found.outcome.value,
            "finding": found.finding or None,
            "method": method or None,
            "global": found.is_global and found.outcome is Outcome.SOLVED,
            "kept": solution.kept,
            "before": _number(solution.before),
            "after": _number(solution.after),
        },
        answered=solution.point is not None,
    )


def _notes(setting: Setting, solution: Solution) -> list[str]:
    notes: list[str] = []
    if solution.point is None:
        return notes
    values = setting.values(setting.start)
    for constraint in setting.problem.constraints:
        if not constraint.holds(values):
            notes.append(f"the values before do not meet '{constraint.text}'")
    for constraint in setting.relied_on:
        if (
            Margin(constraint, setting.problem.variables).at(setting.problem.logs(setting.values(solution.point)))
            < ROUNDED
        ):
            notes.append(f"the values are at the edge of what the bound holds for: {constraint.text}")
    if any(not _is_shown(value) for value in solution.point.values()):
        notes.append("some values are rounded here; --format json has them exactly")
    if not setting.bounds.certified:
        notes.append("the numbers are no upper bounds under the published constants")
    return notes


def _rows(setting: Setting, solution: Solution) -> list[Mapping[str, Json]]:
    after = solution.point
    return [
        {"name": v.name, "before": to_str(v.start), "after": None if after is None else _exact(after[v.name])}
        for v in setting.variables
    ]


def _exact(value: sympy.Expr) -> str:
    """A decimal where it is one of moderate length, else the exact expression."""
    number = from_sympy(value)
    near = decimals.nearest_decimal(number, 15)
    return near if isinstance(value, sympy.Rational) and sympy.Rational(near) == value else to_str(value)


def _number(number: Number | None) -> Json:
    if number is None:
        return None
    low, high = decimals.enclosure(number)
    return {"number": high, "enclosure": [low, high], "log10": decimals.log10_upper(number)}


def _variable_table(setting: Setting, after: Point) -> Table:
    rows = [[v.name, _nearest(v.start), _nearest(after[v.name])] for v in setting.variables]
    return Table(("variable", "before", "after"), rows, right=("before", "after"))


def _is_shown(value: sympy.Expr) -> bool:
    """Whether what the table has is the value itself."""
    return isinstance(value, sympy.Rational) and sympy.Rational(_nearest(value)) == value


def _nearest(value: sympy.Expr) -> str:
    return short(decimals.nearest_decimal(from_sympy(value), DIGITS))


def _quantity_table(setting: Setting, solution: Solution) -> Table:
    before, after = solution.before, solution.after
    cells = ["" if x is None else short(decimals.upper_decimal(x, DIGITS)) for x in (before, after)]
    ratio = "" if before is None or after is None or not before > 0 else _ratio(before, after)
    return Table(
        ("", "before", "after", "ratio"), [[setting.quantity, *cells, ratio]], right=("before", "after", "ratio")
    )


def _ratio(before: Number, after: Number) -> str:
    found = float((ball(after) / ball(before)).mid())
    return f"{found:.6g}" if math.isfinite(found) else ""
