"""What quantities and symbols are called in formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping

import sympy

from boundcalc.calculus.quantities import ORDERED, Quantity

OBJECTIVE = "objective"
LAST_LATIN = "\u017f"


def letter(name: str, numbers: Mapping[str, int] | None = None) -> str:
    """lipschitz_head -> \\ell_{\\text{head}}; auxiliary t_3 -> t_{3}. `numbers`: of layers that are called by one."""
    plain = name.removeprefix(f"{OBJECTIVE}_")
    index = "" if plain == name else "_F"
    for quantity in ORDERED:
        if plain == quantity.name:
            return quantity.letter + index
        if layer := layer_of(name, quantity):
            number = (numbers or {}).get(layer)
            called = rf"\text{{{escaped(layer)}}}" if number is None else str(number)
            return f"{quantity.letter}_{{{called}}}"
    stem, _, index = name.partition("_")
    if not index.isdigit():
        return of_symbol(name)
    return f"{stem}_{{{index}}}" if len(stem) == 1 else rf"\mathrm{{{escaped(stem)}}}_{{{index}}}"


def layer_of(name: str, quantity: Quantity) -> str:
    """lipschitz_head -> head; empty for other names."""
    return name[len(quantity.name) + 1 :] if name.startswith(f"{quantity.name}_") else ""


def spaced(name: str) -> str:
    """A symbol, apart from what it is multiplied by where it is a word."""
    called = of_symbol(name)
    return rf"\,{called}" if called.startswith(r"\mathrm") else called


def escaped(text: str) -> str:
    """Text inside mathematics."""
    plain = re.sub(r"([_&%$#{}])", r"\\\1", text.replace("\\", r"\textbackslash ")).replace("^", r"\^{}")
    return printable(plain)


def printable(text: str) -> str:
    """Letters that the fonts of an article have, others by their number."""
    return "".join(c if c <= LAST_LATIN else f"[{ord(c):X}]" for c in text)


def of_symbol(name: str) -> str:
    """A symbol: one letter as it is or with an index, Greek names as letters, others upright."""
    if match := re.fullmatch(r"([A-Za-z])_([A-Za-z0-9]+)", name):
        return rf"{match[1]}_{{\mathrm{{{match[2]}}}}}"
    plain = sympy.latex(sympy.Symbol(name))
    if len(name) == 1 or plain.startswith("\\"):
        return plain
    return rf"\mathrm{{{escaped(name)}}}"
