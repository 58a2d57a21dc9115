"""Mathematics as MathML, which browsers typeset by themselves, without a script and without a network."""

from __future__ import annotations

import re
from html import unescape
from typing import Literal
from xml.etree.ElementTree import tostring

from latex2mathml.converter import convert_to_element

BARS = {"l": r"\left", "r": r"\right"}


def typeset(latex: str, display: Literal["inline", "block"] = "inline") -> str:
    r"""MathML. What is written \lVert and \rVert is a pair of brackets, and spaced as such. Text in it is text, whatever it
    looks like: latex2mathml's own writer lets through what looks like HTML."""
    paired = re.sub(r"(?<!\\left)(?<!\\right)\\([lr])([vV]ert)", lambda bar: rf"{BARS[bar[1]]}\{bar[1]}{bar[2]}", latex)
    math = convert_to_element(paired, display=display)
    for node in math.iter():
        text = unescape(node.text or "")  # latex2mathml writes signs as references
        node.text = re.sub(r"\\([_&%$#])", r"\1", text) if node.tag == "mtext" else text
    return tostring(math, encoding="unicode")
