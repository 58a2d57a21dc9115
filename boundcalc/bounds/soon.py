"""Numbers that are there at once, for what is shown unasked: no object takes a second to say what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import sympy

from boundcalc.blocks.figures import ByBlocks, Evaluated, Values
from boundcalc.exact.balls import Number
from boundcalc.exact.values import NoValue, substitute
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Loop, Scalar

if TYPE_CHECKING:
    from boundcalc.bounds.bound import Bound

NODES = 20_000  # of a program, at some ten microseconds for each
NODES_BY_BLOCKS = 5_000  # of a whole program whose first number by blocks takes a sweep over all of it, for every block
PASSES = 20_000  # of repeats, times the nodes that are computed in each


def soon(bounds: Sequence[Bound], values: Values) -> Mapping[Bound, Number | None]:
    """Certified numbers of those bounds that have one at exact values; None where it takes longer."""
    found: dict[Bound, Number | None] = dict.fromkeys(_ready(bounds, values))
    plain = {bound: bound.figure.program for bound in found if isinstance(bound.figure, Evaluated)}
    try:
        if is_quick(list(plain.values()), values):
            found |= zip(plain, evaluate(list(plain.values()), values), strict=True)
        for bound in found:
            if isinstance(bound.figure, ByBlocks) and is_quick_by_blocks(bound.figure.form, values):
                found[bound] = bound.certified(values)
    except (ArithmeticError, ValueError):  # of asking for the number, which says so
        return found
    return found


def _ready(bounds: Sequence[Bound], values: Values) -> list[Bound]:
    """Those that are finite and whose symbols all have a value: looked for in one sweep."""
    finite = [bound for bound in bounds if bound.finite and bound.absent(values) is None]
    if all(symbol in values for bound in finite[:1] for symbol in bound.conditions.symbols.values()):
        return finite
    plain = [bound.figure.program for bound in finite if isinstance(bound.figure, Evaluated)]
    symbols = dict(zip(plain, free_symbols(plain), strict=True))
    return [
        bound
        for bound in finite
        if (symbols[bound.figure.program] if isinstance(bound.figure, Evaluated) else bound.free_symbols)
        <= values.keys()
    ]


def is_quick_by_blocks(form: Scalar, values: Values) -> bool:
    return len(form.arena) <= NODES_BY_BLOCKS and is_quick([form], values)


def is_quick(programs: Sequence[Scalar], values: Values) -> bool:
    """Whether evaluating takes no time that a person notices."""
    if not programs:
        return True
    arena = programs[0].arena
    needed = arena.needed(program.index for program in programs) if len(arena) <= 10 * NODES else []
    if not needed or len(needed) > NODES:
        return False
    loops = [payload for i in needed if isinstance(payload := arena.nodes[i].payload, Loop)]
    passes = sympy.Mul(*(_times(arena.scalar(loop.times), values) for loop in loops))
    return not loops or bool(passes * len(needed) <= PASSES)


def _times(times: Scalar, values: Values) -> sympy.Expr:
    payload = times.node.payload
    if not isinstance(payload, sympy.Expr):
        return sympy.oo
    try:
        found = substitute(payload, values)
    except NoValue:
        return sympy.oo
    return sympy.Max(found, 1) if found.is_Rational else sympy.oo


def is_quick_number(program: Scalar | None, values: Values) -> bool:
    """Whether a program has a number at these values, and soon."""
    return program is not None and free_symbols([program])[0] <= values.keys() and is_quick([program], values)
