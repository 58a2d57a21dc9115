"""The search for an optimum: as a geometric program where the bound is one, else locally; and whether there is any optimum at all."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import sympy
from numpy.typing import NDArray

from boundcalc.program.ir import Scalar
from boundcalc.studies.parts.constraints import Constraint
from boundcalc.studies.parts.convex import Status, solve
from boundcalc.studies.parts.geometric import GeometricProgram, NotGeometric, geometric
from boundcalc.studies.parts.local import best, is_feasible
from boundcalc.studies.parts.surface import Margin, Surface

Vector = NDArray[np.float64]
NEAR, FAR = (
    math.log(1e6),
    math.log(1e12),
)  # how far from its start a variable is looked for, and once more where it goes far
FLAT = 1e-6  # a relative change of the bound that is none
SUSPECT = math.log(1e3)  # a variable that goes so far may go on for ever


class Outcome(Enum):
    """The value tells programs how the search ended."""

    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True)
class Problem:
    """`program`: what the number of the bound comes from, where it is a closed form; `names`: what a person calls the variables."""

    surface: Surface
    program: Scalar | None
    constraints: Sequence[Constraint]
    names: Sequence[str]
    start: Vector
    maximise: bool

    @property
    def variables(self) -> Sequence[sympy.Symbol]:
        return self.surface.variables

    def height(self, logs: Vector) -> float:
        return self.surface.log(logs) * (-1 if self.maximise else 1)


@dataclass(frozen=True)
class Optimum:
    """`is_global`: of a geometric program; else `reason` says why it is none. `finding`: why there is no optimum."""

    outcome: Outcome
    logs: Vector | None
    is_global: bool
    reason: str = ""
    finding: str = ""


def optimum(problem: Problem, progress: Callable[[int, int], None]) -> Optimum:
    program, reason = _geometric(problem)

    def attempt(box: float, starts: Sequence[Vector]) -> Optimum:
        if program is not None:
            solved = solve(program, problem.start, box)
            return Optimum(_OUTCOMES[solved.status], solved.logs, True, finding=_FINDINGS[solved.status])
        return _local(problem, starts, box, reason, progress)

    first = attempt(NEAR, [problem.start])
    if first.logs is None:
        return attempt(FAR, [problem.start])
    way = first.logs - problem.start
    if np.max(np.abs(way)) < SUSPECT:
        return first
    second = attempt(FAR, [problem.start, first.logs])
    if second.logs is None:
        return second
    margins = _margins(problem)
    for direction in (second.logs - first.logs, np.where(np.abs(way) >= SUSPECT, way, 0.0)):
        if np.max(np.abs(direction)) > 1 and _goes_on(problem, margins, second.logs, direction):
            finding = f"unbounded: {_tendency(problem.names, direction)}"
            return Optimum(Outcome.UNBOUNDED, None, second.is_global, second.reason, finding)
    drifting = _drift(problem, margins, second.logs)
    if drifting.any():
        finding = f"unbounded: {_tendency(problem.names, drifting)}"
        return Optimum(Outcome.UNBOUNDED, None, second.is_global, second.reason, finding)
    return second


_OUTCOMES = {
    Status.SOLVED: Outcome.SOLVED,
    Status.INFEASIBLE: Outcome.INFEASIBLE,
    Status.FAILED: Outcome.FAILED,
}
_FINDINGS = {
    Status.SOLVED: "",
    Status.INFEASIBLE: "infeasible: by the solver, no values meet all constraints",
    Status.FAILED: "the solver found no optimum",
}


def _geometric(problem: Problem) -> tuple[GeometricProgram | None, str]:
    """The geometric program, or why there is none."""
    if problem.program is None:
        return None, "the number comes from blocks"
    surface = problem.surface
    try:
        return geometric(problem.program, surface.variables, surface.moving, problem.constraints, problem.maximise), ""
    except NotGeometric as error:
        return None, str(error)


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
    found = best(surface, _margins(problem), starts, box, problem.maximise, progress)
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
