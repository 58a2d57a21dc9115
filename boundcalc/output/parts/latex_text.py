"""Text in LaTeX: names, prose of sources and theorems, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import sympy

from boundcalc.bounds.answer import short
from boundcalc.calculus.quantities import ORDERED, Quantity
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number

OBJECTIVE = "objective"
LONGEST = 36  # characters of a path that is an index
_DIGITS = 5
_SIGNS = {
    "<=": r"$\le$",
    ">=": r"$\ge$",
    "->": r"$\to$",
    "||": r"$\|$",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    "*": "$*$",
    "~": r"$\sim$",
    "\\": r"$\backslash$",
    "^": r"\^{}",
    '"': "''",
    **{c: f"\\{c}" for c in "_&%$#{}"},
}
_SPECIAL = re.compile("|".join(map(re.escape, sorted(_SIGNS, key=len, reverse=True))))
_LAST_LATIN = "\u017f"  # what the fonts of an article have


def prose(text: str) -> str:
    """Plain text, its comparisons as signs, and oo as infinity."""
    signs = _SPECIAL.sub(lambda match: _SIGNS[match[0]], text)
    return _printable(re.sub(r"(?<![\w.])(-?)oo\b", r"$\1\\infty$", signs))


def path(text: str) -> str:
    """The path of a layer, which a line may break after each name."""
    return r"\texttt{" + re.sub(r"(\.|\\_)", r"\1\\allowbreak{}", escaped(text)) + "}"


def escaped(text: str) -> str:
    """Text inside mathematics."""
    plain = re.sub(r"([_&%$#{}])", r"\\\1", text.replace("\\", r"\textbackslash ")).replace("^", r"\^{}")
    return _printable(plain)


def _printable(text: str) -> str:
    return "".join(c if c <= _LAST_LATIN else f"[{ord(c):X}]" for c in text)


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
        return symbol(name)
    return f"{stem}_{{{index}}}" if len(stem) == 1 else rf"\mathrm{{{escaped(stem)}}}_{{{index}}}"


def layer_of(name: str, quantity: Quantity) -> str:
    """lipschitz_head -> head; empty for other names."""
    return name[len(quantity.name) + 1 :] if name.startswith(f"{quantity.name}_") else ""


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Layers, of the names of quantities, whose paths are too long for an index: what they are called instead."""
    layers = dict.fromkeys(layer for name in names for quantity in ORDERED if (layer := layer_of(name, quantity)))
    return {layer: i for i, layer in enumerate((layer for layer in layers if len(layer) > LONGEST), 1)}


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
