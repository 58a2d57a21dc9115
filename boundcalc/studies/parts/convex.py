"""Geometric programs, solved by CVXPY in the logarithms of their variables, where they are convex. The one file that imports it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundcalc.mistakes import ExtraMissingError
from boundcalc.studies.parts.monomials import GeometricProgram, Monomial, Row

Vector = NDArray[np.float64]


class Status(Enum):
    SOLVED = "solved"
    INFEASIBLE = "infeasible"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Solved:
    """`logs`: of the variables that were asked for, where there is a solution; `height`: of what is minimised, there;
    `accurate`: whether the solver reached its tolerance."""

    status: Status
    logs: Vector | None = None
    height: float = math.inf
    accurate: bool = False


def require_solvers() -> None:
    """Raises ExtraMissingError without the libraries of the extra."""
    for library in ("cvxpy", "scipy"):
        if find_spec(library) is None:
            raise ExtraMissingError("design", "the optimum of a bound", library)


def solve(program: GeometricProgram, start: Vector, box: float) -> Solved:
    """The optimum among variables at most `box` away from `start`, in logarithms, to the solver's tolerance."""
    import cvxpy

    logs: Any = cvxpy.Variable(program.variables)
    own: Any = logs[: program.own]
    constraints: list[Any] = [own >= start - box, own <= start + box]
    equal = [(row.terms[0], row.below) for row in program.rows if row.equal and row.terms]
    single = [(row.terms[0], row.below) for row in program.rows if not row.equal and len(row.terms) == 1]
    sums = [row for row in program.rows if len(row.terms) > 1]
    if any((row.below.is_zero and row.terms) or (row.equal and not row.terms) for row in program.rows):
        return Solved(Status.INFEASIBLE)
    if equal:
        matrix, shift = _affine(equal, program.variables)
        constraints.append(matrix @ logs + shift == 0)
    if single:
        matrix, shift = _affine(single, program.variables)
        constraints.append(matrix @ logs + shift <= 0)
    if sums:
        matrix, shift = _affine([(term, row.below) for row in sums for term in row.terms], program.variables)
        parts: Any = cvxpy.Variable(len(shift))
        constraints += [cvxpy.exp(matrix @ logs + shift) <= parts, _totals(sums) @ parts <= 1]
    powers, _ = _affine([(program.objective, Monomial(0.0))], program.variables)
    problem: Any = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum(powers @ logs)), constraints)
    try:
        with warnings.catch_warnings():  # of accuracy, which the status tells
            warnings.simplefilter("ignore")
            problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.SolverError:
        return Solved(Status.FAILED)
    if problem.status == cvxpy.INFEASIBLE:
        return Solved(Status.INFEASIBLE)
    if problem.status not in (cvxpy.OPTIMAL, cvxpy.OPTIMAL_INACCURATE):
        return Solved(Status.FAILED)
    found = np.asarray(logs.value, dtype=np.float64)
    height = program.objective.log + float((powers @ found)[0])
    return Solved(Status.SOLVED, found[: program.own], height, problem.status == cvxpy.OPTIMAL)


def _affine(pairs: Sequence[tuple[Monomial, Monomial]], variables: int) -> tuple[Any, Vector]:
    """The logarithms of quotients of monomials: a sparse matrix and what is added."""
    from scipy.sparse import coo_array

    entries = [
        (i, j, sign * power)
        for i, pair in enumerate(pairs)
        for monomial, sign in zip(pair, (1.0, -1.0), strict=True)
        for j, power in monomial.powers.items()
    ]
    rows, columns, values = (list(part) for part in zip(*entries, strict=True)) if entries else ([], [], [])
    matrix = coo_array((values, (rows, columns)), shape=(len(pairs), variables)).tocsr()
    return matrix, np.asarray([term.log - below.log for term, below in pairs])


def _totals(rows: Sequence[Row]) -> Any:
    """The matrix that adds the terms of each row."""
    from scipy.sparse import coo_array

    owners = [i for i, row in enumerate(rows) for _ in row.terms]
    shape = (len(rows), len(owners))
    return coo_array((np.ones(len(owners)), (owners, range(len(owners)))), shape=shape).tocsr()
