"""A Sphinx extension: mathematics as MathML, which browsers typeset by themselves, without a script and without a network."""

from __future__ import annotations

import re
from typing import Any, Literal

from latex2mathml.converter import convert

BARS = {"l": r"\left", "r": r"\right"}


def typeset(latex: str, display: Literal["inline", "block"] = "inline") -> str:
    r"""MathML. What is written \lVert and \rVert is a pair of brackets, and spaced as such."""
    paired = re.sub(r"\\([lr])([vV]ert)", lambda bar: rf"{BARS[bar[1]]}\{bar[1]}{bar[2]}", latex)
    return convert(paired, display=display)


def inline(translator: Any, node: Any) -> None:
    translator.body.append(typeset(node.astext()))
    _done()


def block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="math">{typeset(node.astext(), "block")}</div>')
    _done()


def _done() -> None:
    from docutils.nodes import SkipNode  # Sphinx brings it; the tests, which read `typeset`, have no Sphinx

    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
