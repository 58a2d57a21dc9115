"""A Sphinx extension: mathematics as MathML."""

from __future__ import annotations

from typing import Any

from boundcalc.display.mathml import typeset


def inline(translator: Any, node: Any) -> None:
    translator.body.append(typeset(node.astext()))
    _done()


def block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="math">{typeset(node.astext(), "block")}</div>')
    _done()


def _done() -> None:
    from docutils.nodes import SkipNode  # Sphinx brings it

    raise SkipNode


def setup(app: Any) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (inline, None), (block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
