"""The functions of the language and of closed forms, one row each; everything that reads expressions reads this table.

Adding a function is one row.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from boundcalc.exact.table import Function, Table

if TYPE_CHECKING:
    from boundcalc.exact.signed_log import Array


def _near_floor(np: Any, x: Array) -> Array:
    near = np.rint(x)  # an exact integer is not missed because of rounding
    return np.where(np.abs(x - near) <= 1e-12 * np.maximum(1.0, np.abs(x)), near, np.floor(x))


_MANY = (1, None)
FUNCTIONS = Table(
    (
        Function("sqrt", word="sqrt", exact=lambda m, x: m.square_root(*x)),
        Function(
            "log",
            word="log",
            exact=lambda m, x: m.logarithm(*x),
            enclosure=lambda m, x: m.log(x),
            doubles=lambda np, x: x.logarithm,
        ),
        Function(
            "exp",
            word="exp",
            exact=lambda m, x: m.exponential(*x),
            ball=lambda x: x.exp(),
            exact_at=((0, 1),),
            logarithm=lambda x: x.value,
            signs=(1, 1),
        ),
        Function(
            "floor",
            word="floor",
            exact=lambda m, x: m.floor(*x),
            enclosure=lambda m, x: m.floor(x),
            doubles=lambda np, x: _near_floor(np, x.value),
            signs=lambda of: (min(of[0], 0), of[1]),
            rounding=-1,
        ),
        Function(
            "ceiling",
            word="ceil",
            exact=lambda m, x: m.ceiling(*x),
            enclosure=lambda m, x: -m.floor(-x),
            doubles=lambda np, x: -_near_floor(np, -x.value),
            array="ceil",
            signs=lambda of: (of[0], max(of[1], 0)),
            rounding=1,
        ),
        Function(
            "erf",
            ball=lambda x: x.erf(),
            exact_at=((0, 0),),
            doubles=lambda np, x: np.vectorize(math.erf, otypes=[np.float64])(x.value),
            python="math.erf",
            signs=lambda of: of,
        ),
        Function(
            "Abs",
            exact=lambda m, x: m.absolute(*x),
            enclosure=lambda m, x: abs(x),
            logarithm=lambda x: x.log,
            array="abs",
            signs=(0, 1),
            keeps_whole=True,
        ),
        Function(
            "Min",
            word="min",
            arguments=_MANY,
            exact=lambda m, x: m.minimum(x),
            array="minimum",
            keeps_whole=True,
            extremum=-1,
        ),
        Function(
            "Max",
            word="max",
            arguments=_MANY,
            exact=lambda m, x: m.maximum(x),
            array="maximum",
            keeps_whole=True,
            extremum=1,
        ),
        # In derivatives, and in the functions of layers: no text has them.
        Function("sign", closed=False, enclosure=lambda m, x: m.sign(x)),
        Function("tanh", closed=False),
        Function("sin", closed=False),
        Function("cos", closed=False),
        Function("atan", closed=False),
    )
)
