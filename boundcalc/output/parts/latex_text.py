"""Text in LaTeX: names, prose of sources and theorems, numbers."""

from __future__ import annotations

import re

import sympy

from boundcalc.bounds.answer import short
from boundcalc.calculus.quantities import ORDERED
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number

OBJECTIVE = "objective"
_DIGITS = 5
_SIGNS = {"<=": r"$\le$", ">=": r"$\ge$", "->": r"$\to$", "||": r"$\|$", "<": "$<$", ">": "$>$", "|": "$|$", "\\": r"$\backslash$"}
_SIGNS |= {"^": r"\^{}", "~": r"$\sim$", '"': "''", "*": "$*$"} | {c: f"\\{c}" for c in "_&%$#{}"}
_SPECIAL = re.compile("|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))))
_LAST_LATIN = "\u017f"  # what the fonts of an article have


def prose(text: str) -> str:
    """Plain text, its comparisons as signs."""
    return _printable(_SPECIAL.sub(lambda match: _SIGNS[match[0]], text))


def path(text: str) -> str:
    """The path of a layer, which a line may break after each name."""
    return r"\texttt{" + re.sub(r"(\.|\\_)", r"\1\\allowbreak{}", escaped(text)) + "}"


def escaped(text: str) -> str:
    """Text inside mathematics."""
    plain = re.sub(r"([_&%$#{}])", r"\\\1", text.replace("\\", r"\textbackslash ")).replace("^", r"\^{}")
    return _printable(plain)


def _printable(text: str) -> str:
    return "".join(c if c <= _LAST_LATIN else f"[{ord(c):X}]" for c in text)


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
    return f"{stem}_{{{index}}}" if index.isdigit() else symbol(name)


def symbol(name: str) -> str:
    """A symbol: one letter as it is or with an index, Greek names as letters, others upright."""
    if match := re.fullmatch(r"([A-Za-z])_([A-Za-z0-9]+)", name):
        return rf"{match[1]}_{{\mathrm{{{match[2]}}}}}"
    plain = sympy.latex(sympy.Symbol(name))
    if len(name) == 1 or plain.startswith("\\"):
        return plain
    return rf"\operatorname{{{escaped(name)}}}"  # which sets it apart from what it is multiplied by


def upper(number: Number) -> str:
    """A number, rounded up."""
    mantissa, _, exponent = short(decimals.upper_decimal(number, _DIGITS)).partition("e")
    return rf"{mantissa} \times 10^{{{exponent}}}" if exponent else mantissa
