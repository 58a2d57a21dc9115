"""The JSON of the bounds: the contract that programs rely on."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from boundcalc.bounds import Bound, Bounds, LayerBounds
from boundcalc.output.expressions import to_str
from boundcalc.program import decimals

SCHEMA = 1


def bounds_to_dict(bounds: Bounds) -> dict[str, object]:
    """A dict of plain data; expressions are Python syntax in the declared symbols."""
    objective = bounds.objective
    return {
        "schema": SCHEMA,
        "name": bounds.name,
        "blocks": bounds.blocks,
        "wrt": list(bounds.wrt),
        "constants": bounds.constants,
        "certified": bounds.certified,
        "warnings": list(bounds.warnings),
        "symbols": symbol_values(bounds),
        "definitions": [[name, to_str(expression)] for name, expression in bounds.definitions],
        "bounds": {
            "norm": bound_to_dict(bounds, bounds.norm),
            "lipschitz": bound_to_dict(bounds, bounds.lipschitz),
            "smoothness": bound_to_dict(bounds, bounds.smoothness),
        },
        "objective": None
        if objective is None
        else {
            "lipschitz": bound_to_dict(bounds, objective.lipschitz),
            "smoothness": bound_to_dict(bounds, objective.smoothness),
        },
        "layers": [_layer_to_dict(bounds, row) for row in bounds.layers.values()],
    }


def symbol_values(bounds: Bounds) -> dict[str, str | None]:
    """The exact value of every symbol, as text; None where it is free."""
    declared = bounds.graph.conditions.declared
    values: dict[str, str | None] = {}
    for name, symbol in bounds.symbols.items():
        value = bounds.values.get(symbol, declared.get(symbol))
        values[name] = None if value is None else to_str(value)
    return values


def bound_to_dict(bounds: Bounds, bound: Bound) -> dict[str, object]:
    """One quantity: closed form, name of its definition, certified number, enclosure, logarithm, or the reason."""
    expression = None if bound.scalar is None else bound.expression
    result: dict[str, object] = {
        "expression": None if expression is None else to_str(expression),
        "definition": bounds.definition(bound),
        "number": None,
        "enclosure": None,
        "log10": None,
        "finite": bound.finite,
        "reason": bound.reason,
    }
    if bound.upper:
        result["upper"] = True
    number = bounds.numbers.get(bound)
    if number is not None:
        result["number"] = decimals.upper_decimal(number)
        result["enclosure"] = list(decimals.enclosure(number))
        result["log10"] = decimals.log10_upper(number)
    return result


def _layer_to_dict(bounds: Bounds, row: LayerBounds) -> dict[str, object]:
    radius = row.radius
    return {
        "path": row.path,
        "kind": row.layer.kind,
        "shape": [_size(axis) for axis in row.layer.shape],
        "parameters": _size(row.layer.parameters),
        "radius": {name: to_str(value) for name, value in radius.items()}
        if isinstance(radius, Mapping)
        else (None if radius is None else to_str(radius)),
        "own": {name: None if value is None else to_str(value) for name, value in row.own.items()},
        "norm": bound_to_dict(bounds, row.norm),
        "lipschitz": bound_to_dict(bounds, row.lipschitz),
        "smoothness": bound_to_dict(bounds, row.smoothness),
    }


def _size(value: sympy.Expr) -> int | str:
    return int(value) if value.is_Integer and value < 10**18 else to_str(value)
