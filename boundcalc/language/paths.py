"""Dotted paths of names."""

from __future__ import annotations

from collections.abc import Iterator

MOST_PARTS = 64  # of one name


def heads(path: str) -> Iterator[str]:
    """What a path goes through, from the outside, and itself last: of a.b.c these are a, a.b and a.b.c."""
    at = path.find(".")
    while at >= 0:
        yield path[:at]
        at = path.find(".", at + 1)
    yield path
