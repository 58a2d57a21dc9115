"""Text in LaTeX: names, prose of sources and theorems, numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable

from boundcalc.bounds.answer import short
from boundcalc.bounds.letters import escaped, layer_of, of_symbol, printable
from boundcalc.calculus.quantities import ORDERED
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number

WORD = r"\mathrm"
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


def prose(text: str) -> str:
    """Plain text, its comparisons as signs, and oo as infinity."""
    signs = _SPECIAL.sub(lambda match: _SIGNS[match[0]], text)
    return printable(re.sub(r"(?<![\w.])(-?)oo\b", r"$\1\\infty$", signs))


def path(text: str) -> str:
    """The path of a layer, which a line may break after each name."""
    return r"\texttt{" + re.sub(r"(\.|\\_)", r"\1\\allowbreak{}", escaped(text)) + "}"


def numbered(names: Iterable[str]) -> dict[str, int]:
    """Layers, of the names of quantities, whose paths are too long for an index: what they are called instead."""
    layers = dict.fromkeys(layer for name in names for quantity in ORDERED if (layer := layer_of(name, quantity)))
    return {layer: i for i, layer in enumerate((layer for layer in layers if len(layer) > LONGEST), 1)}


def symbol(name: str) -> str:
    """A symbol, a word set apart from what it is multiplied by."""
    called = of_symbol(name)
    return rf"\operatorname{called.removeprefix(WORD)}" if called.startswith(WORD) else called


def upper(number: Number) -> str:
    """A number, rounded up."""
    mantissa, _, exponent = short(decimals.upper_decimal(number, _DIGITS)).partition("e")
    return rf"{mantissa} \times 10^{{{exponent}}}" if exponent else mantissa
