"""One primitive that is made of others: which rule of a calculus is asked for its jet."""

from __future__ import annotations

from collections.abc import Sequence

from boundcalc.calculus import primitives as p
from boundcalc.calculus.protocol import Calculus, J


def pushed(rules: Calculus[J], at: int, primitive: p.Primitive, read: Sequence[J]) -> J:
    """The jet of a primitive from those of its `operands`, which it has."""
    match primitive:
        case p.Linear():
            return rules.linear(at, primitive, *read)
        case p.Bilinear():
            return rules.bilinear(at, primitive, *read)
        case p.Map():
            return rules.map(at, primitive, *read)
        case p.Average():
            return rules.average(at, primitive, *read)
        case p.Sum():
            return rules.sum(at, primitive, read)
        case p.Concat():
            return rules.concat(at, primitive, read)
        case _:
            raise AssertionError("it is made of no others")
