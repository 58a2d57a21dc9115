"""The facts of a placed layer at the values of the symbols: what `forward` gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

import sympy

from boundcalc.exact.values import substitute

Facts = TypeVar("Facts")


def at_values(facts: Facts, values: Mapping[sympy.Symbol, sympy.Expr]) -> Facts:
    """The same record with numbers in place of symbols, also in the records, tuples and mappings inside it.

    Raises NoValue where an expression has no finite value.
    """
    return _at(facts, values)


def _at(part: Any, values: Mapping[sympy.Symbol, sympy.Expr]) -> Any:
    if isinstance(part, sympy.Expr) and not isinstance(part, sympy.Lambda):
        return part if part.free_symbols.isdisjoint(values) else substitute(part, values)
    if isinstance(part, sympy.Basic):  # functions and conditions
        return part.xreplace(dict(values))
    if isinstance(part, tuple):
        return tuple(_at(entry, values) for entry in part)
    if isinstance(part, Mapping):
        return {key: _at(entry, values) for key, entry in part.items()}
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{field.name: _at(getattr(part, field.name), values) for field in fields(part)})
    return part


def free_symbols(facts: object) -> frozenset[sympy.Basic]:
    """The symbols in a record, also in the records, tuples and mappings inside it."""
    if isinstance(facts, sympy.Basic):
        return frozenset(facts.free_symbols)
    if isinstance(facts, tuple):
        parts: list[object] = list(facts)
    elif isinstance(facts, Mapping):
        parts = list(facts.values())
    elif is_dataclass(facts) and not isinstance(facts, type):
        parts = [getattr(facts, field.name) for field in fields(facts)]
    else:
        parts = []
    return frozenset[sympy.Basic]().union(*map(free_symbols, parts))
