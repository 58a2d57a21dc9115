"""`blocks: layer` where loops stay: ||p||_2 obeys a recursion of its own if all blocks that a pass reads are made in it; for
higher orders, and where a block comes from outside, the total recursion is an upper bound."""

from __future__ import annotations

from fractions import Fraction

from boundcalc.blocks.asked import Asked
from boundcalc.blocks.figures import Evaluated, Grouped, NodeFigures
from boundcalc.blocks.loop_entries import NotLinearError
from boundcalc.blocks.loop_norm import squared_norm
from boundcalc.blocks.total import LOOSE
from boundcalc.calculus.quantities import LIPSCHITZ, OF_DERIVATIVES
from boundcalc.program.ir import Scalar

HIGHER = " and ".join(quantity.name for quantity in OF_DERIVATIVES if quantity.order > 1)


def by_loops(total: Asked, seeded: Asked) -> Grouped:
    """The figures of the same nodes, traced as one block and with a seed for each block."""
    rows = {path: _first_order(seeded, node) for path, node in seeded.rows.items()}
    output = _first_order(seeded, seeded.output)
    objective = None if seeded.objective is None else _first_order(seeded, seeded.objective)
    apart = f"blocks in a repeat cannot be kept apart%s: {LOOSE}"
    warnings = [f"a repeat with a symbolic number of times: for the {HIGHER} {LOOSE}"]
    if any(isinstance(found, NotLinearError) for found in rows.values()):
        warnings.append(f"rows of layers: {apart % ''}")
    if isinstance(output, NotLinearError):
        warnings.append(apart % f" ({output})")
    if isinstance(objective, NotLinearError):
        warnings.append(f"the objective: {apart % f' ({objective})'}")
    return Grouped(
        {path: _figures(total, node, rows[path]) for path, node in total.rows.items()},
        _figures(total, total.output, output),
        None if total.objective is None else _figures(total, total.objective, objective),
        tuple(warnings),
    )


def _figures(total: Asked, node: int, first: Scalar | NotLinearError | None) -> NodeFigures:
    """The recursion's own norm, the total recursion for higher orders, and last what there is of the first order."""
    figures = {
        quantity: total.figure(node, quantity, (LOOSE,) if quantity.order else ())
        for quantity in total.figures[node]
        if quantity != LIPSCHITZ
    }
    if not isinstance(first, Scalar):
        return {**figures, LIPSCHITZ: total.figure(node, LIPSCHITZ, (LOOSE,))}
    of_all = total.figures[node][LIPSCHITZ]
    # Of several ways, the total recursion may take another one in each pass, and then be the smaller one.
    smallest = first.minimum(of_all) if isinstance(of_all, Scalar) and total.has_ways else None
    return {**figures, LIPSCHITZ: Evaluated(first, (), smallest)}


def _first_order(seeded: Asked, node: int) -> Scalar | NotLinearError | None:
    """||p||, None where it is infinite, or what keeps it from having a recursion."""
    lipschitz = seeded.kept[node][LIPSCHITZ]
    if not isinstance(lipschitz, Scalar):
        return None
    try:
        return squared_norm(lipschitz, seeded.made) ** Fraction(1, 2)
    except NotLinearError as error:
        return error
