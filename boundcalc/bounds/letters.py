"""What quantities and symbols are called in formulas."""

from __future__ import annotations

import re

import sympy

from boundcalc.calculus.quantities import ORDERED

OBJECTIVE = "objective"


def letter(name: str) -> str:
    """lipschitz_head -> \\ell_{\\text{head}}; auxiliary t_3 -> t_{3}."""
    plain = name.removeprefix(f"{OBJECTIVE}_")
    index = "" if plain == name else "_F"
    for quantity in ORDERED:
        if plain == quantity.name:
            return quantity.letter + index
        if name.startswith(f"{quantity.name}_"):
            return rf"{quantity.letter}_{{\text{{{escaped(name[len(quantity.name) + 1 :])}}}}}"
    stem, _, index = name.partition("_")
    if not index.isdigit():
        return of_symbol(name)
    return f"{stem}_{{{index}}}" if len(stem) == 1 else rf"\mathrm{{{escaped(stem)}}}_{{{index}}}"


def spaced(name: str) -> str:
    """A symbol, apart from what it is multiplied by where it is a word."""
    called = of_symbol(name)
    return rf"\,{called}" if called.startswith(r"\mathrm") else called


def escaped(text: str) -> str:
    """Text inside mathematics."""
    return re.sub(r"([_&%$#{}])", r"\\\1", text.replace("\\", r"\textbackslash ")).replace("^", r"\^{}")


def of_symbol(name: str) -> str:
    """A symbol: one letter as it is or with an index, Greek names as letters, others upright."""
    if match := re.fullmatch(r"([A-Za-z])_([A-Za-z0-9]+)", name):
        return rf"{match[1]}_{{\mathrm{{{match[2]}}}}}"
    plain = sympy.latex(sympy.Symbol(name))
    if len(name) == 1 or plain.startswith("\\"):
        return plain
    return rf"\mathrm{{{escaped(name)}}}"
