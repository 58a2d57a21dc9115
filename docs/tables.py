"""Tables of Markdown, with formulas in them: what the generators of pages share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Decimal, localcontext

import sympy

from boundcalc.bounds.letters import of_symbol
from boundcalc.exact.printing import Latex

LONGEST, FEW = 20, 6  # digits of a decimal that are written, and where there is little room
_LARGEST = 10**4  # denominators of what a person wrote as a fraction


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The cells are Markdown; a bar in one ends it nowhere."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)\|", r"\\|", text)


def formula(value: sympy.Basic | None, digits: int = LONGEST) -> str:
    """Mathematics that is typeset; empty where there is none. What is stored as a decimal is shown as such."""
    if value is None:
        return ""
    names = {symbol.name: of_symbol(symbol.name) for symbol in value.atoms(sympy.Symbol)}
    decimals = {number: _decimal(abs(number), digits) for number in value.atoms(sympy.Rational) if number.q > _LARGEST}
    shown = value.xreplace({number: sympy.sign(number) * sympy.Symbol(text) for number, text in decimals.items()})
    latex = Latex(
        names | {text: text for text in decimals.values()}, {"inv_trig_style": "full", "fold_frac_powers": True}
    ).doprint(shown)
    return f"${_without_bars(latex)}$"


def _decimal(number: sympy.Rational, digits: int) -> str:
    """All digits, or the first ones and dots."""
    with localcontext(prec=200) as exactly:
        decimal = Decimal(int(number.p)) / Decimal(int(number.q))
        exactly.prec, exactly.rounding = digits, ROUND_DOWN
        short = +decimal
    return str(decimal) if short == decimal else rf"{short}\ldots"


def _without_bars(latex: str) -> str:
    """A bar would end the cell of a table."""
    return latex.replace(r"\left|", r"\left\lvert ").replace(r"\right|", r"\right\rvert ")
