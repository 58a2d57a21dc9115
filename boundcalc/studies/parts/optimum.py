"""The search for an optimum: as a geometric program where the bound is one, else locally; and whether there is any optimum at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import islice, product

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.program.ir import Scalar
from boundcalc.studies.parts.constraints import Constraint
from boundcalc.studies.parts.convex import Solved, Status, solve
from boundcalc.studies.parts.geometric import NotGeometric, geometric
from boundcalc.studies.parts.local import best, is_feasible
from boundcalc.studies.parts.monomials import GeometricProgram
from boundcalc.studies.parts.sides import Active, Listed, Sides
from boundcalc.studies.parts.surface import Margin, Surface, Values, logarithms

Vector = NDArray[np.float64]
NEAR, FAR = (
    math.log(1e6),
    math.log(1e12),
)  # how far from its start a variable is looked for, and once more where it goes far
AT_EDGE = 0.01
FLAT = 1e-6  # a relative change of the bound that is none
MOST_SIDES = 64  # choices of sides of minima, a geometric program each
DESCENTS = 10
SUSPECT = math.log(1e3)  # a variable that goes so far may go on for ever


class Outcome(Enum):
    """The value tells programs how the search ended."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True)
class Problem:
    """`program`: what the number of the bound comes from, where it is a closed form; `names`: what a person calls the variables;
    `until`: when local searches come to an end, by the monotonic clock."""

    surface: Surface
    program: Scalar | None
    constraints: Sequence[Constraint]
    names: Sequence[str]
    start: Vector
    maximise: bool
    until: float

    @property
    def variables(self) -> Sequence[sympy.Symbol]:
        return self.surface.variables

    def logs(self, values: Values) -> Vector:
        return logarithms(values[symbol] for symbol in self.variables)

    def height(self, logs: Vector) -> float:
        return self.surface.log(logs) * (-1 if self.maximise else 1)


@dataclass(frozen=True)
class Optimum:
    """`is_global`: of a geometric program, or the least of several `programs`; else `reason` says why it is none. `finding`: why
    there is no optimum."""

    outcome: Outcome
    logs: Vector | None
    is_global: bool
    reason: str = ""
    finding: str = ""
    programs: int = 1


def optimum(problem: Problem, progress: Callable[[int, int], None]) -> Optimum:
    programs, reason = _geometric(problem)

    def attempt(box: float, starts: Sequence[Vector]) -> Optimum:
        if not programs:
            return _local(problem, starts, box, reason, progress)
        found = _global(problem, programs, box, progress)
        if found.logs is None or found.is_global:
            return found
        again = _local(problem, [problem.start, found.logs], box, found.reason, progress)
        is_better = again.logs is not None and problem.height(again.logs) < problem.height(found.logs)
        return again if is_better else found

    first = attempt(NEAR, [problem.start])
    if first.logs is None:
        return attempt(FAR, [problem.start])
    if np.max(np.abs(first.logs - problem.start)) < SUSPECT:
        return first
    second = attempt(FAR, [problem.start, first.logs])
    if second.logs is None:
        return second
    direction = _endless(problem, first.logs, second.logs)
    if direction is None:
        return second
    finding = f"unbounded: {_tendency(problem.names, direction)}"
    return Optimum(Outcome.UNBOUNDED, None, second.is_global, second.reason, finding)


def _endless(problem: Problem, first: Vector, second: Vector) -> Vector | None:
    """Where variables go for ever, from optima in two boxes: to the edge of the larger one, or on the way that meets the constraints
    and leads to ever better points, or where nothing stops them and they make no difference any more."""
    margins, way = _margins(problem), second - problem.start
    if np.max(np.abs(way)) > FAR - AT_EDGE:
        return way
    for direction in (second - first, np.where(np.abs(first - problem.start) >= SUSPECT, first - problem.start, 0.0)):
        if np.max(np.abs(direction)) > 1 and _goes_on(problem, margins, second, direction):
            return direction
    drifting = _drift(problem, margins, second)
    return drifting if drifting.any() else None


_OUTCOMES = {
    Status.SOLVED: Outcome.SOLVED,
    Status.INFEASIBLE: Outcome.INFEASIBLE,
    Status.FAILED: Outcome.FAILED,
}
_FINDINGS = {
    Status.SOLVED: "",
    Status.INFEASIBLE: "infeasible: by the solver, no values within a factor of 1e12 of the start meet all constraints",
    Status.FAILED: "the solver found no optimum",
}


def _geometric(problem: Problem) -> tuple[Sequence[GeometricProgram], str]:
    """The geometric programs of which the bound is the least, or why there are none or too many."""
    if problem.program is None:
        return (), "the number comes from blocks"
    surface, maximise = problem.surface, problem.maximise

    def program(sides: Sides | None) -> GeometricProgram:
        return geometric(problem.program, surface.variables, surface.moving, problem.constraints, maximise, sides)

    try:
        if maximise:  # the largest value of a minimum is no largest value of a side
            return [program(None)], ""
        first = Listed()
        programs, known = [program(first)], math.prod(first.counts)
        if known > MOST_SIDES:
            return (), f"its minima have more than {MOST_SIDES} choices of sides"
        for sides in islice(product(*map(range, first.counts)), 1, None):
            programs.append(program(Listed(sides)))
        return programs, ""
    except NotGeometric as error:
        return (), str(error)


def _global(
    problem: Problem, programs: Sequence[GeometricProgram], box: float, progress: Callable[[int, int], None]
) -> Optimum:
    """The least of their optima."""
    found: list[Solved] = []
    for done, program in enumerate(programs):
        progress(done, len(programs))
        found.append(solve(program, problem.start, box))
    progress(len(programs), len(programs))
    best = min(found, key=lambda each: each.height)
    statuses = {each.status for each in found}
    if best.logs is None:
        status = Status.FAILED if Status.FAILED in statuses else Status.INFEASIBLE
        return Optimum(_OUTCOMES[status], None, True, finding=_FINDINGS[status])
    failed = "" if all(each.accurate for each in found if each.logs is not None) else "the solver missed its tolerance"
    failed = "the solver found no optimum for some sides of its minima" if Status.FAILED in statuses else failed
    return Optimum(Outcome.SOLVED, best.logs, not failed, failed, programs=len(programs))


def _descent(problem: Problem, box: float) -> Vector | None:
    """From the start on, the optimum of the geometric program of those sides of minima that are active: each is no worse than
    the one before. None where there is no such program."""
    surface, at = problem.surface, problem.start
    height = math.inf
    if problem.program is None or problem.maximise:
        return None
    for _ in range(DESCENTS):
        sides = Active(at.tolist())
        try:
            program = geometric(problem.program, surface.variables, surface.moving, problem.constraints, sides=sides)
        except NotGeometric:
            return None
        solved = solve(program, problem.start, box)
        if solved.logs is None or solved.height > height - FLAT:
            break
        at, height = solved.logs, solved.height
    return at if height < math.inf else None


def _margins(problem: Problem) -> Sequence[Margin]:
    return [Margin(constraint, problem.variables) for constraint in problem.constraints]


def _local(
    problem: Problem, starts: Sequence[Vector], box: float, reason: str, progress: Callable[[int, int], None]
) -> Optimum:
    """Where the constraints alone are a geometric program, it says whether there is a point at all."""
    surface, starts = problem.surface, list(starts)
    try:
        feasible = solve(geometric(None, surface.variables, surface.moving, problem.constraints), problem.start, box)
        if feasible.status is Status.INFEASIBLE:
            return Optimum(Outcome.INFEASIBLE, None, False, reason, _FINDINGS[feasible.status])
        if feasible.logs is not None:
            starts.append(feasible.logs)
    except NotGeometric:
        pass
    if (descended := _descent(problem, box)) is not None:
        starts.append(descended)
    found = best(surface, _margins(problem), starts, box, problem.maximise, problem.until, progress)
    if found is None:
        finding = "no values were found that meet all constraints, which need not mean that there are none"
        return Optimum(Outcome.INFEASIBLE, None, False, reason, finding)
    return Optimum(Outcome.SOLVED, found, False, reason)


def _goes_on(problem: Problem, margins: Sequence[Margin], point: Vector, direction: Vector) -> bool:
    """Whether the same way once more meets the constraints and leads to a better point."""
    beyond = point + direction
    return is_feasible(margins, beyond) and problem.height(beyond) < problem.height(point)


def _drift(problem: Problem, margins: Sequence[Margin], point: Vector) -> Vector:
    """How far the variables went that nothing stops any more and that make no difference any more; 0 for the others."""
    drift = np.zeros_like(point)
    for i, way in enumerate((point - problem.start).tolist()):
        if abs(way) > NEAR:
            beyond = point.copy()
            beyond[i] += math.copysign(SUSPECT, way)
            if is_feasible(margins, beyond) and abs(problem.height(beyond) - problem.height(point)) < FLAT:
                drift[i] = way
    return drift


def _tendency(names: Sequence[str], direction: Vector) -> str:
    """Where the variables go that move most."""
    most = np.max(np.abs(direction)) / 2
    moved = [(name, x) for name, x in zip(names, direction.tolist(), strict=True) if abs(x) >= most]
    found = [f"{name} {'goes to 0' if x < 0 else 'grows without limit'}" for name, x in moved[:4]]
    return ", ".join(found) + (", ..." if len(moved) > len(found) else "")
