"""Powers of a triangular matrix as sums over paths: each path is its weight times a divided difference of x^k.

(T^k)_uv = sum over paths u = u_0 -> ... -> u_p = v of the product of the entries off the diagonal on it, times the
divided difference of x^k at the diagonal entries lambda_0, ..., lambda_p: the complete homogeneous symmetric polynomial
h_(k-p). A divided difference is symmetric and continuous. It has no poles, whatever coincides; formulas for it have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import comb

import sympy

from boundcalc.program.depth.work import Work

# What k passes make of a state: sum of weight * (divided difference of x^k at eigenvalues with these numbers, sorted).
PathSum = Mapping[tuple[int, ...], sympy.Expr]
FORGOTTEN = -1  # the number of the eigenvalue 0


class CycleError(ValueError):
    """Monomials that feed each other: the matrix is not triangular in any order."""

    def __init__(self, through: int) -> None:
        super().__init__(through)
        self.through = through


def path_sum(
    rows: Sequence[Mapping[int, sympy.Expr]],
    starts: Sequence[sympy.Expr],
    numbers: Sequence[int],
    first: int,
    work: Work,
) -> PathSum:
    """The entry `first` of T^k starts. numbers[u] says which eigenvalue (a number) is the diagonal entry of row u.

    Raises CycleError where T is not triangular, TooMuchWorkError. Paths with the same eigenvalues are added up as they are walked.
    """
    arrived: dict[int, dict[tuple[int, ...], sympy.Expr]] = {first: {(numbers[first],): sympy.S.One}}
    result: dict[tuple[int, ...], sympy.Expr] = {}
    for u in _order(rows, first):
        for spectrum, weight in arrived.pop(u).items():
            work.spend(len(rows[u]) * (1 + len(weight.args)))
            result[spectrum] = result.get(spectrum, sympy.S.Zero) + weight * starts[u]
            for v, entry in rows[u].items():
                if v != u:
                    longer = tuple(sorted((*spectrum, numbers[v])))
                    table = arrived.setdefault(v, {})
                    table[longer] = table.get(longer, sympy.S.Zero) + weight * entry
    return {spectrum: weight for spectrum, weight in result.items() if weight != 0}


def _order(rows: Sequence[Mapping[int, sympy.Expr]], first: int) -> list[int]:
    """The rows that `first` reaches, each after all that lead to it."""
    done: list[int] = []
    state: dict[int, bool] = {}  # False while its successors are on the stack
    stack = [(first, False)]
    while stack:
        u, finished = stack.pop()
        if finished:
            state[u] = True
            done.append(u)
        elif u not in state:
            state[u] = False
            stack.append((u, True))
            for v in rows[u]:
                if v != u and state.get(v) is False:
                    raise CycleError(u)
                stack.append((v, False))
    return done[::-1]


def homogeneous(degree: int, values: Sequence[sympy.Expr]) -> sympy.Expr:
    """The sum of all monomials of this degree in the values; 0 for a negative degree."""
    if degree < 0:
        return sympy.S.Zero
    sums: list[sympy.Expr] = [sympy.S.One, *[sympy.S.Zero] * degree]  # of degree 0, 1, ... in the values so far
    for value in values:
        for d in range(1, degree + 1):
            sums[d] = sums[d] + value * sums[d - 1]
    return sums[degree]


def at_power(paths: PathSum, eigenvalues: Sequence[sympy.Expr], k: int) -> sympy.Expr:
    """The sum after k passes, a given number."""
    terms = (w * homogeneous(k - len(s) + 1, [eigenvalues[i] for i in s if i != FORGOTTEN]) for s, w in paths.items())
    return sympy.Add(*terms)


def reciprocal_taylor(multiplicities: Sequence[int], order: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The coefficient of e^order in prod (d_i + e)^(-m_i), as terms number * prod d_i^(-power_i)."""
    if not multiplicities:
        if order == 0:
            yield 1, ()
        return
    m, *rest = multiplicities
    for i in range(order + 1):
        for number, powers in reciprocal_taylor(rest, order - i):
            yield (-1) ** i * comb(m + i - 1, i) * number, (m + i, *powers)  # binomial(-m, i) d^(-m - i)
