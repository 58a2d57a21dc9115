"""Architectures made small: the text of a spec with few channels, few copies and small images, to attack."""

from __future__ import annotations

import math
import re

WORDS = "channels|width|inner|units|narrow|wide|one|a_in|a|b_in|b|pool|growth|dense|layer"
NARROWER = re.compile(rf"(\b(?:{WORDS}): |shape: \[(?=\d+\]))(\d+)\b(?!/)")
IMAGE = re.compile(r"(\d+), \1\]")
SIZE = re.compile(r"\bsize: (\d+)")
DEPTH = re.compile(r"\bdepth: (\d+)")


def smaller(text: str, by: int = 64, image: int = 32, depth: int = 1, batch: int = 2) -> str:
    """The same layers over images of so many entries on a side, with so many times fewer channels (a multiple of 2 or 4 where it was
    one), at most `depth` blocks in a stage, and few samples;
    eps of 1, since normalisations are far from their bound where it is small. Sizes that a spec gives are those of images of 224."""
    text = IMAGE.sub(f"{image}, {image}]", text).replace("n: 128", f"n: {batch}").replace("eps: 1/100", "eps: 1")
    text = NARROWER.sub(lambda found: f"{found[1]}{_fewer(int(found[2]), by)}", text)
    text = SIZE.sub(lambda found: f"size: {-(-int(found[1]) * image // 224)}", text)
    return DEPTH.sub(lambda found: f"depth: {min(int(found[1]), depth)}", text)


def _fewer(count: int, by: int) -> int:
    step = math.gcd(count, 4)  # what divides channels into halves or quarters still does
    return min(count, max(step, count // by // step * step))
