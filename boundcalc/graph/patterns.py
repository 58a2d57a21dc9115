"""Patterns of paths, where `*` is any text in one component and `**` any number of components."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

ANY = "**"


def matches(pattern: str, path: str) -> bool:
    """A path is selected by its own pattern and by a pattern of what contains it (`head` selects head.weight)."""
    return bool(prefixes(pattern, path))


def prefixes(pattern: str, path: str) -> list[int]:
    """How many components of a path a pattern matches.

    Components are matched one by one, and of the pattern all places that may have been reached are kept: no backtracking.
    """
    parts = [part for part, following in pairwise((*pattern.split("."), "")) if (part, following) != (ANY, ANY)]
    reached, found = _skip(parts, {0}), list[int]()
    for length, component in enumerate(path.split(".")):
        if len(parts) in reached:
            found.append(length)
        reading = [i for i in reached if i < len(parts)]
        stepped = {i for i in reading if parts[i] == ANY} | {i + 1 for i in reading if _same(parts[i], component)}
        reached = _skip(parts, stepped)
        if not reached:
            return found
    return [*found, path.count(".") + 1] if len(parts) in reached else found


def _skip(parts: Sequence[str], reached: set[int]) -> set[int]:
    """`**` may stand for no component at all; two of them never follow each other."""
    return reached | {i + 1 for i in reached if i < len(parts) and parts[i] == ANY}


@lru_cache(maxsize=4096)
def _same(part: str, component: str) -> bool:
    """Whether one component matches, where each `*` is any text: the texts between the stars are found one after another,
    each as early as possible, which leaves the most room for the others."""
    first, *others = part.split("*")
    if not others:
        return part == component
    *middle, last = others
    if len(component) < len(first) + len(last) or not component.startswith(first) or not component.endswith(last):
        return False
    at, end = len(first), len(component) - len(last)
    for text in middle:
        found = component.find(text, at, end)
        if found < 0:
            return False
        at = found + len(text)
    return True
