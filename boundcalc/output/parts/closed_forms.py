"""The closed forms of the network as text: expanded where they fit, else as the definitions they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy

from boundcalc.bounds.answer import SHORT
from boundcalc.bounds.document import Document
from boundcalc.exact.printing import to_str
from boundcalc.output.parts.layout import Style

PAGE = 5000  # characters of a form that is printed whole in a symbolic depth, which definitions would not make shorter
DEFINITIONS_SHOWN = 30


def closed_forms(document: Document, style: Style = "auto") -> Iterable[str]:
    """Paragraphs: a line for each quantity, why a form is not tight or missing, and the definitions that are used.

    style: "expanded" writes a form out whatever its length, "where" never, "auto" where it is short.
    """
    lines: list[str] = []
    wanted: list[str] = []
    for key, quantity in document.totals.items():
        name = key.replace("_", " ")
        if not quantity.finite or quantity.scalar is None:
            continue
        if quantity.unclosed is not None:
            lines.append(f"  {name} has no closed form in the number of times: {quantity.unclosed}")
            continue
        text = None if quantity.expression is None else to_str(quantity.expression)
        sign = "<=" if quantity.upper else "="
        longest = PAGE if quantity.in_loops else SHORT
        definition = quantity.definition
        written = style == "expanded" or (style == "auto" and len(text or "") <= longest) or definition is None
        if text is not None and written:
            lines.append(f"  {name} {sign} {text}")
        else:
            lines.append(f"  {name} {sign} {definition}")
            wanted += [] if definition is None else [definition]
        if quantity.upper:
            slack = "" if quantity.slack is None else f" ({quantity.slack:.4g} times the number above)"
            lines.append(f"    an upper form: {'; '.join(quantity.upper)}{slack}")
    if lines:
        yield f"closed forms: {document.kept}" if document.kept else "closed forms"
        yield "\n".join(lines)
    many = document.has_many(wanted, DEFINITIONS_SHOWN)
    chain = used(document.definitions, wanted) if wanted and not many else []
    if many or len(chain) > DEFINITIONS_SHOWN:
        yield f"  in more than {DEFINITIONS_SHOWN} definitions: --format latex, python or json shows them"
    elif chain:
        yield "where"
        yield "\n".join(f"  {name} = {to_str(value)}" for name, value in chain)


def used(definitions: Sequence[tuple[str, sympy.Expr]], wanted: Iterable[str]) -> list[tuple[str, sympy.Expr]]:
    """The definitions that some of them are made of, in order."""
    needed = set(wanted)
    found: list[tuple[str, sympy.Expr]] = []
    for name, value in reversed(definitions):
        if name in needed:
            needed |= {symbol.name for symbol in value.free_symbols if isinstance(symbol, sympy.Symbol)}
            found.append((name, value))
    return found[::-1]
