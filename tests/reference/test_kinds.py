"""There is an instance of every kind with each of its options."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.language.structure import COMMON_FIELDS, CONSTRUCTS
from reference.coverage import used, wanted
from reference.kinds import INSTANCES


@pytest.mark.parametrize("name", INSTANCES)
def test_instances_compile(name: str) -> None:
    """And depend on something that is learned."""
    assert bc.compile(bc.loads(INSTANCES[name])).lipschitz.evaluate() > 0


def test_every_kind_and_each_of_its_options_has_an_instance() -> None:
    found = {word for text in INSTANCES.values() for word in used(bc.loads(text))}
    ours = {word for word in wanted() if word.partition(".")[0] not in (*CONSTRUCTS, *COMMON_FIELDS)}
    assert sorted(ours - found) == []
    assert CONSTRUCTS.keys() <= found
