"""How parameters are grouped: one block for all, one for each ball, or one for each place that a pattern of paths matches."""

from __future__ import annotations

from collections.abc import Sequence

Blocks = str
TOTAL, LAYER = "total", "layer"
ALL_OTHERS = "all others"  # the block of what no pattern matches; no path has a space


def is_pattern(blocks: Blocks) -> bool:
    return blocks not in (TOTAL, LAYER)


def patterns(blocks: Blocks) -> Sequence[str]:
    return list(dict.fromkeys(blocks.split(",")))
