"""The best values of hyperparameters: symbols and fields, such as the radii of layers, that minimise (or maximise) a bound."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.bounds.answer import short
from boundcalc.bounds.options import Json
from boundcalc.display.page import Table
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.near import logarithm, quotient
from boundcalc.exact.printing import to_str
from boundcalc.mistakes import SpecError
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.convex import require_solvers
from boundcalc.studies.parts.effort import SECONDS
from boundcalc.studies.parts.optimum import Optimum, Outcome, Problem, optimum
from boundcalc.studies.parts.posed import Setting, posed, quantities_of, setting_of
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.rounding import NotExact, Values, exact_points
from boundcalc.studies.parts.surface import Margin
from boundcalc.studies.parts.variables import Point, placed_at

Vector = NDArray[np.float64]
DIGITS = 6
CHOSEN = "its closed form is chosen anew at other values"
AGAIN = 5  # searches from where the one before ended
SAME = 1e-9  # of logarithms of a bound
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
    """`point`: exact values that meet all constraints, or the start; None: there is none. `after`: the certified number there.
    `kept`: the values are those that the spec has. `late`: its search was cut short. `tight`: the bound that was searched is the one that the spec has there."""

    optimum: Optimum
    point: Point | None = None
    after: Number | None = None
    kept: bool = False
    late: bool = False
    tight: bool = True


def design(asked: Asked) -> Report:
    """The study of `design SPEC --minimise QUANTITY --vary PATTERN`. Raises SpecError, and ExtraMissingError without its libraries."""
    require_solvers()
    setting = setting_of(asked)
    return _report(setting, _solution(asked, setting))


def _solution(asked: Asked, setting: Setting) -> Solution:
    """Closed forms that are chosen at some values (under mixed norms by blocks) are bounds at others too, and chosen again where the
    search ended they are smaller: then it goes on from there."""
    bound, of_problem = quantities_of(setting.bounds)[setting.quantity], setting.problem.surface.bound
    if not bound.finite or not of_problem.finite:
        return Solution(_none(f"{setting.quantity} is infinite: {bound.reason or of_problem.reason}"))
    if (impossible := _impossible(setting)) is not None:
        return Solution(_none(f"infeasible: {impossible}"))
    best, found = None, _searched(asked, setting)
    for _ in range(AGAIN):
        if found.point is None or (best is not None and not _is_better(found.after, best.after, setting.maximise)):
            break
        best = found
        if found.tight or monotonic() > setting.problem.until:
            break
        moved = [replace(variable, start=found.point[variable.name]) for variable in setting.variables]
        found = _searched(
            asked, posed(asked, setting.bounds, setting.goal, setting.quantity, moved, setting.problem.until)
        )
    best = found if best is None else best
    if not best.optimum.is_global and monotonic() > setting.problem.until:
        best = replace(best, late=True)
    start_is_allowed = all(each.holds(setting.values(setting.start)) for each in setting.problem.constraints)
    if start_is_allowed and best.point is not None and not _is_better(best.after, setting.before, setting.maximise):
        return replace(best, point=setting.start, after=setting.before, kept=True)
    return best


def _impossible(setting: Setting) -> str | None:
    """Why a constraint never holds, where that can be seen of it."""
    for constraint in setting.said:
        if not constraint.symbols and not constraint.holds({}):
            return f"'{constraint.text}' does not hold, and no variable is in it"
        if constraint.high.is_zero and not constraint.low.is_zero:
            return f"'{constraint.text}' asks for a sum of positive numbers that is 0"
    return None


def _searched(asked: Asked, setting: Setting) -> Solution:
    problem = setting.problem
    found = optimum(problem, asked.progress)
    if found.logs is None:
        return Solution(found)
    try:
        exact, is_as_good = _shortest(problem, found.logs)
    except NotExact as error:
        return Solution(_none(f"no exact values near the numerical solution were proved to meet '{error}'"))
    by_name = dict(zip((v.name for v in setting.variables), (exact[s] for s in problem.variables), strict=True))
    try:
        again = asked.compiled(placed_at(setting.bounds.architecture, setting.variables, by_name))
    except SpecError as error:
        return Solution(_none(f"the spec does not allow the values that were found: {error.mistakes[0]}"))
    after = again.number(quantities_of(again)[setting.quantity])
    tight = after is not None and after > 0 and abs(logarithm(after) - problem.surface.log(problem.logs(exact))) < SAME
    if found.is_global and not (tight and is_as_good):
        reason = "values that meet the constraints exactly are a little worse" if tight else CHOSEN
        found = replace(found, is_global=False, reason=reason)
    return Solution(found, by_name, after, tight=tight)


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
            "before": _number(setting.before),
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
    if solution.late:
        notes.append(f"the search was cut short after {SECONDS:g} seconds: these values need not be a local optimum")
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
    before, after = setting.before, solution.after
    cells = ["" if x is None else short(decimals.upper_decimal(x, DIGITS)) for x in (before, after)]
    ratio = "" if before is None or after is None or not before > 0 else _ratio(before, after)
    return Table(
        ("", "before", "after", "ratio"), [[setting.quantity, *cells, ratio]], right=("before", "after", "ratio")
    )


def _ratio(before: Number, after: Number) -> str:
    found = quotient(after, before)
    return f"{found:.6g}" if math.isfinite(found) else ""
