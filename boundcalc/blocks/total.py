"""`blocks: total`, one block for all parameters: the recursion's own values."""

from __future__ import annotations

from boundcalc.blocks.asked import Asked
from boundcalc.blocks.figures import Grouped

LOOSE = "the total recursion is taken for the entries of the blocks"  # where it has to do under `blocks: layer`


def by_total(asked: Asked) -> Grouped:
    return asked.grouped(lambda node: {q: asked.figure(node, q) for q in asked.figures[node]})
