"""What `make bench` measures in seconds is held in CI by counts of operations: none of them may double."""

from __future__ import annotations

import json

import counts
import pytest


@pytest.fixture(scope="module")
def found() -> dict[str, int]:
    return counts.counted()


def test_no_count_has_doubled(found: dict[str, int]) -> None:
    known = json.loads(counts.FILE.read_text(encoding="utf-8"))
    assert found.keys() == known.keys(), "write them again: python benchmarks/counts.py"
    assert {name: (found[name], before) for name, before in known.items() if found[name] >= 2 * before} == {}


@pytest.mark.parametrize("text", [counts.stated, counts.repeated])
def test_twice_the_layers_are_twice_the_work(text) -> None:
    import boundcalc as bc

    def work(depth: int) -> int:
        return counts.calls(lambda: bc.compile(bc.loads(text(depth))).smoothness.number())

    work(20)
    once, twice = work(100), work(200)
    assert twice <= 2.2 * once


def test_a_count_counts() -> None:
    assert counts.calls(lambda: [abs(int(x)) for x in "12"]) >= 1
    assert counts.calls(lambda: sorted("abc", key=lambda x: x)) == 4
