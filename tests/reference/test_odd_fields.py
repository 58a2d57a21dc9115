"""What a field must not be: every field of every kind with a value of another sort is an error of the user's or means something, and no crash."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import yaml

import boundcalc as bc
from reference.kinds import INSTANCES

ODD = ([], [0] * 7, [1], {}, "", -1, 0)


def fields(node: Any) -> Iterator[tuple[Any, str, str]]:
    """The mappings of fields, each with its kind and a field."""
    if isinstance(node, list):
        for each in node:
            yield from fields(each)
    elif isinstance(node, dict):
        for kind, inside in node.items():
            if isinstance(inside, dict):
                yield from ((inside, kind, field) for field in inside)
            yield from fields(inside)


def distinct() -> list[tuple[str, str]]:
    """Each field of each kind in one of the instances."""
    found: dict[tuple[str, str], str] = {}
    for name, text in INSTANCES.items():
        for _, kind, field in fields(yaml.safe_load(text)["layers"]):
            found.setdefault((kind, field), name)
    return [(name, f"{kind}.{field}") for (kind, field), name in found.items()]


@pytest.mark.parametrize(("name", "which"), distinct())
def test_a_field_with_an_odd_value_is_an_error_of_the_user_or_means_something(name: str, which: str) -> None:
    for value in ODD:
        spec = copy.deepcopy(yaml.safe_load(INSTANCES[name]))
        inside, field = next((m, f) for m, kind, f in fields(spec["layers"]) if f"{kind}.{f}" == which)
        inside[field] = value
        with suppress(bc.SpecError):
            bc.compile(bc.loads(yaml.safe_dump(spec)))
