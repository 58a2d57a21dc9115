"""`make decimals`, short; and that it would see a number that is wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from flint import fmpq

ROOT = Path(__file__).parents[2]
_spec = importlib.util.spec_from_file_location("benchmark_of_decimals", ROOT / "benchmarks/decimals.py")
assert _spec is not None
assert _spec.loader is not None
decimals = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(decimals)


def test_two_hundred_programs_and_none_twice(tmp_path: Path) -> None:
    file = tmp_path / "decimals.jsonl"
    command = [sys.executable, str(ROOT / "benchmarks/decimals.py"), "--hundreds", "2", "--file", str(file)]
    for _ in range(2):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
        assert done.returncode == 0, done.stdout + done.stderr
        assert "200 programs" in done.stdout
    assert [json.loads(line)["index"] for line in file.read_text().splitlines()] == [0, 1]


@pytest.mark.parametrize(("factor", "fault"), [(1 - Fraction(1, 10**30), "below"), (1 + Fraction(1, 10**5), "above")])
def test_what_is_wrong_is_seen(factor: Fraction, fault: str) -> None:
    """What is printed of another number than the value."""
    value = Fraction(10**20, 3)

    def faults(number: Fraction) -> list[str]:
        return list(decimals.wrong(fmpq(number.numerator, number.denominator), value, Fraction(0)))

    assert faults(value) == []
    if fault == "below":  # an integer of many digits, which is printed exactly
        whole = Fraction(10**24 + 1)
        below = fmpq(10**24)
        assert any("below" in text for text in decimals.wrong(below, whole, Fraction(0)))
    else:
        assert any(fault in text for text in faults(value * factor))
    assert decimals.unit(Fraction(999, 10), 3) == Fraction(1, 10)
    assert decimals.unit(Fraction(100), 3) == 1
