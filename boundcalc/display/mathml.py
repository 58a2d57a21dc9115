"""Mathematics as MathML, which browsers typeset by themselves, without a script and without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from itertools import pairwise
from typing import Literal
from xml.etree.ElementTree import Element, tostring

from latex2mathml.converter import convert_to_element

BARS = {"l": r"\left", "r": r"\right"}
_ROWS = frozenset({"math", "mrow", "msqrt", "mtd", "mstyle"})  # their children stand side by side
_SCRIPTS = frozenset({"msub", "msup", "msubsup", "munder", "mover", "munderover"})
_CLOSING = frozenset(")]}")
_SLASH = "\u29f5"  # what latex2mathml writes for a difference of sets: few fonts have it, and it is a name there
_ADDING = frozenset("+-−±")  # after another sign they belong to what follows


def typeset(latex: str, display: Literal["inline", "block"] = "inline") -> str:
    r"""MathML. What is written \lVert and \rVert is a pair of brackets, and spaced as such. Text in it is text, whatever it
    looks like: latex2mathml's own writer lets through what looks like HTML. A word is one name, and stands apart from what it is
    multiplied by or applied to, as TeX has it."""
    paired = re.sub(r"(?<!\\left)(?<!\\right)\\([lr])([vV]ert)", lambda bar: rf"{BARS[bar[1]]}\{bar[1]}{bar[2]}", latex)
    math = convert_to_element(paired, display=display)
    for node in math.iter():
        text = unescape(node.text or "")  # latex2mathml writes signs as references
        node.text = re.sub(r"\\([_&%$#])", r"\1", text) if node.tag == "mtext" else text
    for node in list(math.iter()):
        _join(node)
    for node in list(math.iter()):
        if node.tag in _ROWS and len(node) > 1:
            node[:] = list(_spaced(node))
    return tostring(math, encoding="unicode")


def _join(node: Element) -> None:
    r"""\mathrm{width} comes letter by letter, and \operatorname{width} and \infty as signs, which have space on both sides."""
    if (
        node.tag == "mrow"
        and len(node) > 1
        and all(child.get("mathvariant") == "normal" or child.tag == "mn" for child in node)
    ):
        if node[0].tag == "mi":
            node.text = "".join(child.text or "" for child in node)
            node.tag, node[:] = "mi", []
    elif node.text == _SLASH:
        node.tag, node.text = "mo", "∖"
    elif node.tag == "mo" and (node.text == "∞" or (len(node.text or "") > 1 and (node.text or "").isalpha())):
        node.tag = "mi"


def _spaced(row: Element) -> Iterator[Element]:
    yield row[0]
    for left, right in pairwise(row):
        if _are_apart(_end(left, -1), _end(right, 0)):
            yield Element("mspace", width="0.167em")
        if right.text in _ADDING and left.tag == "mo" and not _is_closing(left):
            right.set("form", "prefix")
        yield right


def _end(node: Element, side: Literal[0, -1]) -> Element:
    while node.tag == "mrow" and len(node):
        node = node[side]
    return node


def _are_apart(left: Element, right: Element) -> bool:
    if _is_word(right):
        return left.tag not in ("mo", "mspace") or _is_closing(left)
    return _is_word(left) and right.tag not in ("mo", "mspace")


def _is_closing(sign: Element) -> bool:
    return sign.get("form") == "postfix" or sign.text in _CLOSING


def _is_word(node: Element) -> bool:
    if node.tag in _SCRIPTS:
        return _is_word(_end(node[0], -1))
    return node.tag == "mi" and len(node.text or "") > 1 and (node.text or "")[0].isalpha()
