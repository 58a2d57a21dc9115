"""The relations, one row each. Nothing is imported here, since texts are parsed without SymPy."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sympy
    from sympy.core.relational import Relational


@dataclass(frozen=True)
class Relation:
    """`orders`: the signs of the difference of the sides that make it true. Equalities are written as calls in closed forms."""

    name: str  # in closed forms, and SymPy's class
    sign: str
    orders: frozenset[int]
    holds: Callable[[Any, Any], Any]  # of numbers and arrays
    equality: bool = False

    @property
    def head(self) -> type[Relational]:
        import sympy

        return getattr(sympy, self.name)


RELATIONS = (
    Relation("Eq", "==", frozenset({0}), operator.eq, equality=True),
    Relation("Ne", "!=", frozenset({-1, 1}), operator.ne, equality=True),
    Relation("Lt", "<", frozenset({-1}), operator.lt),
    Relation("Le", "<=", frozenset({-1, 0}), operator.le),
    Relation("Gt", ">", frozenset({1}), operator.gt),
    Relation("Ge", ">=", frozenset({0, 1}), operator.ge),
)


def relation_heads() -> Mapping[type[sympy.Basic], Relation]:
    """The relations by SymPy's class."""
    return {row.head: row for row in RELATIONS}
