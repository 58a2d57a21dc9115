"""A Sphinx extension: mathematics as MathML."""

from __future__ import annotations

import re
from html import escape
from typing import Any
from xml.etree.ElementTree import Element, fromstring, tostring

from boundcalc.display.mathml import typeset

LONG = 24  # signs of a formula that may go over the end of a line
AFTER = frozenset("=≠<>≤≥≈∈⊆→+−")  # a line may end after these, as in TeX
ENDING = re.compile(r"[.,;:!?)\]]+")  # it stays with the formula before it
XMLNS = ' xmlns="http://www.w3.org/1998/Math/MathML"'


def inline(translator: Any, node: Any) -> None:
    *first, last = pieces(typeset(node.astext()))
    end = f'<span class="unbroken">{last}{escape(node["ending"])}</span>' if node.get("ending") else last
    translator.body.append("".join([*first, end]))
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


def with_endings(app: Any, doctree: Any, page: str) -> None:
    """Browsers end a line between a formula and a full stop."""
    from docutils.nodes import Text, math

    for node in list(doctree.findall(math)):
        following = node.next_node(descend=False, siblings=True)
        if isinstance(following, Text) and (ending := ENDING.match(following)):
            node["ending"] = ending[0]
            node.parent.replace(following, Text(following[ending.end() :]))


def _done() -> None:
    from docutils.nodes import SkipNode  # Sphinx brings it

    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    app.connect("doctree-resolved", with_endings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
