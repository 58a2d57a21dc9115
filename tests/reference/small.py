"""Architectures made small: the text of a spec with few channels, few copies and small images, for attacks and comparisons."""

from __future__ import annotations

import math
import re

NARROWER = re.compile(r"\b(channels|width|inner|units|narrow|wide|one|a_in|a|b_in|b|pool|growth): (\d+)\b")
SIZE = re.compile(r"\bsize: (\d+)")
DEPTH = re.compile(r"\bdepth: (\d+)")


def smaller(text: str, by: int, image: int = 32, depth: int = 2, batch: int = 2) -> str:
    """The same layers over images of so many entries on a side (224 before), with so many times fewer channels (a multiple of 2 or 4 where
    it was one), at most `depth` blocks in a stage, and few samples."""
    text = text.replace("224, 224", f"{image}, {image}").replace("n: 128", f"n: {batch}")
    text = NARROWER.sub(lambda found: f"{found[1]}: {_fewer(int(found[2]), by)}", text)
    text = SIZE.sub(lambda found: f"size: {int(found[1]) * image // 224}", text)
    return DEPTH.sub(lambda found: f"depth: {min(int(found[1]), depth)}", text)


def _fewer(count: int, by: int) -> int:
    step = math.gcd(count, 4)  # what divides channels into halves or quarters still does
    return min(count, max(step, count // by // step * step))
