"""Derivatives and elasticities as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.derivatives import Derivative, definitions_of
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.mistakes import escaped
from boundcalc.output.closed_forms import SHORT
from boundcalc.output.table import short, table
from boundcalc.studies.sensitivity import Sensitivity

TIE = "a minimum in the bound has two active branches at these values: the derivative of the first is shown"


def sensitivity_to_dict(
    bounds: Bounds, found: Mapping[str, Sensitivity], layers: Mapping[str, Mapping[str, float]]
) -> dict[str, object]:
    """`derivatives` by constant and symbol, as quantities of `bounds --format json` whose number is the nearest decimal."""
    definitions = _definitions(bounds, found)
    named = {name for name, _ in definitions}
    return {
        "schema": 1,
        "name": bounds.name,
        "blocks": bounds.blocks,
        "constants": bounds.constants,
        "certified": bounds.certified,
        "definitions": [[name, to_str(expression)] for name, expression in definitions],
        "derivatives": {
            name: {symbol: _derivative(s, symbol, d, named) for symbol, d in s.derivatives.items()}
            for name, s in found.items()
        },
        "elasticities": {name: dict(s.elasticities) for name, s in found.items()},
        "layers": {name: dict(values) for name, values in layers.items()},
        "infinite": {
            name: bound.reason
            for name, bound in (("lipschitz", bounds.lipschitz), ("smoothness", bounds.smoothness))
            if not bound.finite
        },
        "ties": [name for name, s in found.items() if s.ties],
    }


def _derivative(of: Sensitivity, symbol: str, derivative: Derivative, named: set[str]) -> dict[str, object]:
    number = of.numbers.get(symbol)
    expression = derivative.expression
    result: dict[str, object] = {
        "expression": None if expression is None else to_str(expression),
        "definition": derivative.definition if derivative.definition in named else None,
        "number": None if number is None else decimals.nearest_decimal(number),
        "enclosure": None if number is None else list(decimals.enclosure(number)),
        "log10": decimals.log10_upper(number) if number is not None and number > 0 else None,
        "finite": True,
        "reason": derivative.reason or of.missing.get(symbol),
    }
    if derivative.upper and expression is not None:
        result["upper"] = True
    return result


def _definitions(bounds: Bounds, found: Mapping[str, Sensitivity]) -> list[tuple[str, sympy.Expr]]:
    derivatives = [d for s in found.values() for d in s.derivatives.values()]
    return definitions_of(derivatives, list(bounds.symbols))


def sensitivity_to_text(
    bounds: Bounds, found: Mapping[str, Sensitivity], layers: Mapping[str, Mapping[str, float]]
) -> str:
    """Derivatives and elasticities, the largest first; closed forms; then what each layer contributes."""
    parts = [
        f"{escaped(bounds.name)}: derivatives of the bounds, {bounds.constants} constants, blocks: {bounds.blocks}"
    ]
    parts += [
        f"{name} is infinite and has no derivative: {bound.reason}"
        for name, bound in (("lipschitz", bounds.lipschitz), ("smoothness", bounds.smoothness))
        if not bound.finite
    ]
    parts.append(_symbol_table(bounds, found))
    parts += _closed_forms(found)
    if layers:
        parts.append(_layer_table(layers))
    parts += [reason for s in found.values() for reason in s.missing.values()]
    parts += [f"{name}: {TIE}" for name, s in found.items() if s.ties]
    return "\n".join(part for part in parts if part).rstrip("\n")


def _symbol_table(bounds: Bounds, found: Mapping[str, Sensitivity]) -> str:
    symbols = list(next(iter(found.values())).derivatives) if found else []
    last = list(found)[-1] if found else ""
    symbols.sort(key=lambda s: -abs(found[last].elasticities.get(s, 0.0)))
    columns = ["symbol", "value"]
    for name in found:
        columns += [f"d {name}", f"elasticity of {name}"]
    rows: list[list[str]] = []
    for symbol in symbols:
        value = bounds.values.get(bounds.symbols[symbol])
        row = [symbol, "" if value is None else to_str(value)]
        for s in found.values():
            number, elasticity = s.numbers.get(symbol), s.elasticities.get(symbol)
            row += [
                "none" if symbol in s.missing else _nearest(number),
                "" if elasticity is None else f"{elasticity:.4f}",
            ]
        rows.append(row)
    return table(columns, rows, right=columns[1:])


def _nearest(number: Number | None) -> str:
    return "symbolic" if number is None else short(decimals.nearest_decimal(number, 4))


def _closed_forms(found: Mapping[str, Sensitivity]) -> list[str]:
    lines: list[str] = []
    for name, s in found.items():
        for symbol, derivative in s.derivatives.items():
            text = "" if derivative.expression is None else to_str(derivative.expression)
            if text and len(text) <= SHORT:
                sign = "~" if derivative.upper else "="
                lines.append(f"  d {name} / d {symbol} {sign} {text}")
            elif derivative.reason is None and symbol not in s.numbers:
                lines.append(f"  d {name} / d {symbol} is long: --format json has it, or its definitions")
            elif derivative.reason is not None:
                lines.append(f"  d {name} / d {symbol}: {derivative.reason}")
    return ["closed forms", "\n".join(lines)] if lines else []


def _layer_table(layers: Mapping[str, Mapping[str, float]]) -> str:
    """Elasticities by the norm of each ball: what a layer contributes."""
    names = list(layers)
    paths = sorted(next(iter(layers.values())), key=lambda path: -layers[names[-1]][path])
    columns = ["parameters of", *(f"elasticity of {name}" for name in names)]
    rows = [[path, *(f"{layers[name][path]:.4f}" for name in names)] for path in paths]
    return table(columns, rows, right=columns[1:])
