"""Asymptotics as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.exact import decimals
from boundcalc.exact.printing import to_str
from boundcalc.mistakes import escaped
from boundcalc.output.table import short
from boundcalc.program.growth.leading import LeadingPower
from boundcalc.studies.asymptotics import Growth, Target


def growth_to_dict(bounds: Bounds, symbol: str, at: Target, found: Mapping[str, Growth]) -> dict[str, object]:
    """`asymptotics` by constant: terms with conditions (the first that holds counts), or a power, or the reason."""
    return {
        "schema": 1,
        "name": bounds.name,
        "blocks": bounds.blocks,
        "constants": bounds.constants,
        "symbol": symbol,
        "to": "0" if at == 0 else "oo",
        "asymptotics": {name: _one(growth) for name, growth in found.items()},
    }


def _one(growth: Growth) -> dict[str, object]:
    power = growth.power
    return {
        "terms": [{"term": to_str(term.term), "condition": str(term.condition)} for term in growth.terms],
        "upper": growth.upper,
        "coefficient": None if power is None else decimals.upper_decimal(power.coefficient),
        "exponent": None if power is None else str(power.exponent),
        "reason": growth.reason,
    }


def growth_to_text(bounds: Bounds, symbol: str, at: Target, found: Mapping[str, Growth]) -> str:
    target = f"{symbol} -> {'0' if at == 0 else 'infinity'}"
    lines = [
        f"{escaped(bounds.name)}: leading terms as {target}, {bounds.constants} constants, blocks: {bounds.blocks}"
    ]
    for name, growth in found.items():
        if growth.power is not None:
            lines.append(f"  {name} ~ {_power(growth.power, symbol)}   (other symbols at their values)")
        elif growth.reason is not None:
            lines.append(f"  {name}: {growth.reason}")
        elif len(growth.terms) == 1 and growth.terms[0].condition == sympy.true:
            lines.append(f"  {name} {_sign(growth)} {to_str(growth.terms[0].term)}")
        else:
            lines.append(f"  {name} {_sign(growth)}")
            lines += [f"    {to_str(term.term)}   {_condition(term.condition)}" for term in growth.terms]
    return "\n".join(lines)


def _sign(growth: Growth) -> str:
    return "is at most ~" if growth.upper else "~"


def _condition(condition: object) -> str:
    return "otherwise" if condition == sympy.true else f"if {condition}"


def _power(power: LeadingPower, symbol: str) -> str:
    number = short(decimals.upper_decimal(power.coefficient, 4))
    return number if power.exponent == 0 else f"{number} * {symbol}**({power.exponent})"
