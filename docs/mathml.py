"""A Sphinx extension: mathematics as MathML."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

from boundcalc.display.mathml import typeset

LONG = 24  # signs of a formula that may go over the end of a line
AFTER = frozenset("=≠<>≤≥≈∈⊆→+−")  # a line may end after these, as in TeX
JOINED = "\u2060"  # what follows a formula without a space stays on its line: a full stop
XMLNS = ' xmlns="http://www.w3.org/1998/Math/MathML"'


def inline(translator: Any, node: Any) -> None:
    translator.body.append("".join(pieces(typeset(node.astext()))) + JOINED)
    _done()


def block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="math">{typeset(node.astext(), "block")}</div>')
    _done()


def pieces(mathml: str) -> list[str]:
    """A formula of some length as several, between which a line may end: browsers break none."""
    math = fromstring(mathml.replace(XMLNS, ""))
    row = math[0]
    if row.tag != "mrow" or len("".join(row.itertext())) <= LONG:
        return [mathml]
    found = [Element("mrow")]
    for n, sign in enumerate(row):
        found[-1].append(sign)
        if sign.tag == "mo" and sign.text in AFTER and sign.get("form") != "prefix" and 0 < n < len(row) - 1:
            sign.set("form", "infix")
            found.append(Element("mrow"))
    return [_math(piece) for piece in found]


def _math(row: Element) -> str:
    math = Element("math", display="inline")
    math.append(row)
    return tostring(math, encoding="unicode").replace("<math", f"<math{XMLNS}", 1)


def _done() -> None:
    from docutils.nodes import SkipNode  # Sphinx brings it

    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
