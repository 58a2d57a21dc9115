"""`blocks: layer` where loops stay: ||p||_2 obeys a recursion of its own if all blocks that a pass reads are made in it; for
higher orders, and where a block comes from outside, the total recursion is an upper bound."""

from __future__ import annotations

from fractions import Fraction

from boundcalc.blocks.asked import Asked
from boundcalc.blocks.figures import Evaluated, Grouped, NodeFigures, evaluated
from boundcalc.blocks.loop_entries import NotLinearError
from boundcalc.blocks.loop_norm import squared_norm
from boundcalc.blocks.total import LOOSE
from boundcalc.calculus.quantities import LIPSCHITZ, OF_DERIVATIVES
from boundcalc.program.ir import Scalar

HIGHER = " and ".join(quantity.name for quantity in OF_DERIVATIVES if quantity.order > 1)


def by_loops(total: Asked, seeded: Asked) -> Grouped:
    """The figures of the same nodes, traced as one block and with a seed for each block."""
    first = {key: _first_order(seeded, key) for key in (*seeded.rows.values(), *seeded.network)}
    figures = {key: _figures(total, key, found) for key, found in first.items()}
    warnings = [f"a repeat with a symbolic number of times: for the {HIGHER} {LOOSE}"]
    for key in seeded.rows.values():
        if isinstance(first[key], NotLinearError):
            warnings.append(f"rows of layers: blocks in a repeat cannot be kept apart: {LOOSE}")
    for key in seeded.network:
        of = "the objective: " if key == seeded.objective else ""
        if isinstance(first[key], NotLinearError):
            warnings.append(f"{of}blocks in a repeat cannot be kept apart ({first[key]}): {LOOSE}")
    return Grouped(figures, tuple(dict.fromkeys(warnings)))


def _figures(total: Asked, key: int, first: Scalar | NotLinearError | None) -> NodeFigures:
    """The recursion's own norm, the total recursion for higher orders, and last what there is of the first order."""
    figures = {
        quantity: evaluated(value, (LOOSE,) if quantity.order else ())
        for quantity, value in total.figures[key].items()
        if quantity != LIPSCHITZ
    }
    known = Evaluated(first) if isinstance(first, Scalar) else evaluated(total.figures[key][LIPSCHITZ], (LOOSE,))
    return {**figures, LIPSCHITZ: known}


def _first_order(seeded: Asked, key: int) -> Scalar | NotLinearError | None:
    """||p||, None where it is infinite, or what keeps it from having a recursion."""
    lipschitz = seeded.figures[key][LIPSCHITZ]
    if not isinstance(lipschitz, Scalar):
        return None
    try:
        return squared_norm(lipschitz, seeded.made) ** Fraction(1, 2)
    except NotLinearError as error:
        return error
