"""Specs in which one field of a kind has a value that nobody means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import yaml

import boundcalc as bc
from reference.kinds import INSTANCES


def distinct() -> list[tuple[str, str]]:
    """Each field of each kind in one of the instances: its name, and KIND.FIELD."""
    found: dict[str, str] = {}
    for name, text in INSTANCES.items():
        for _, kind, field in _fields(yaml.safe_load(text)["layers"]):
            found.setdefault(f"{kind}.{field}", name)
    return [(name, which) for which, name in found.items()]


def compiled(name: str, which: str, value: Any) -> None:
    """The instance with this value of that field; an error of the user is one of the two things that may come of it."""
    spec = yaml.safe_load(INSTANCES[name])
    inside, field = next((m, f) for m, kind, f in _fields(spec["layers"]) if f"{kind}.{f}" == which)
    inside[field] = value
    with suppress(bc.SpecError):
        bc.compile(bc.loads(yaml.safe_dump(spec)))


def _fields(node: Any) -> Iterator[tuple[Any, str, str]]:
    """The mappings of fields, each with its kind and a field."""
    if isinstance(node, list):
        for each in node:
            yield from _fields(each)
    elif isinstance(node, dict):
        for kind, inside in node.items():
            if isinstance(inside, dict):
                yield from ((inside, kind, field) for field in inside)
            yield from _fields(inside)
