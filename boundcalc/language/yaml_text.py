"""A tree as a person writes it: on one line what is short, one line for each entry of what is not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from boundcalc.language.tree import Mapping, Node, Scalar, Sequence

WIDTH = 110
# Texts that mean the same with and without quotes, inside brackets too: expressions without a comma, names, paths.
_PLAIN = re.compile(r"[+-]?[A-Za-z0-9_(.]([A-Za-z0-9_.+*/()=<>-]| (?=[^ ]))*\Z")
_NULLS = ("", "~", "null")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def to_text(root: Mapping, spread: Iterable[str] = ()) -> str:
    """YAML that is read as the same tree; the values of the keys `spread` have a line for each entry, however short.

    Comments are not in a tree.
    """
    wide = frozenset(spread)
    lines: list[str] = []
    for key, value in root.entries:
        lines += _entry(key, value, "", spread=key.text in wide)
    return "\n".join(lines) + "\n"


def _entry(key: Scalar, value: Node, indent: str, spread: bool = False) -> list[str]:
    """A key with its value, on one line where that is short."""
    head = f"{indent}{_scalar(key)}:"
    line = f"{head} {_flow(value)}" if not _is_null(value) else head
    if isinstance(value, Scalar) or _is_empty(value) or (len(line) <= WIDTH and not spread):
        return [line]
    return [head, *_block(value, f"{indent}  ")]


def _block(node: Mapping | Sequence, indent: str) -> list[str]:
    if isinstance(node, Mapping):
        return [line for key, value in node.entries for line in _entry(key, value, indent)]
    return [line for item in node.items for line in _item(item, indent)]


def _item(item: Node, indent: str) -> Iterator[str]:
    """An entry of a list. What has one key is written without braces."""
    one_line = f"{indent}- {_bare(item)}"
    if isinstance(item, Scalar) or _is_empty(item) or len(one_line) <= WIDTH:
        yield one_line
        return
    first, *others = _block(item, f"{indent}  ")
    yield f"{indent}- {first.lstrip(' ')}"
    yield from others


def _flow(node: Node) -> str:
    if isinstance(node, Scalar):
        return _scalar(node)
    if isinstance(node, Sequence):
        return f"[{', '.join(_bare(item) for item in node.items)}]"
    return f"{{{', '.join(_pair(key, value) for key, value in node.entries)}}}"


def _bare(node: Node) -> str:
    """An entry of a list on one line: a mapping of one key needs no braces there."""
    if isinstance(node, Mapping) and len(node.entries) == 1 and not _is_null(node.entries[0][1]):
        return _pair(*node.entries[0])
    return _flow(node)


def _pair(key: Scalar, value: Node) -> str:
    return f"{_scalar(key)}:" if _is_null(value) else f"{_scalar(key)}: {_flow(value)}"


def _scalar(scalar: Scalar) -> str:
    if scalar.is_null:
        return "null"
    text = scalar.text
    balanced = text.count("(") == text.count(")")
    if _PLAIN.match(text) and balanced and text not in _NULLS and text.strip("."):
        return text
    return '"' + "".join(_ESCAPES.get(character, character) for character in text) + '"'


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.is_null


def _is_empty(node: Node) -> bool:
    return not (node.entries if isinstance(node, Mapping) else isinstance(node, Scalar) or node.items)
