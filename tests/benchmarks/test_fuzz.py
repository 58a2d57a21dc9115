"""`make fuzz`, short; and that it would see a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "benchmarks")))

PLANTED = """
import fuzz, json, sys
from fuzz_inputs import Input, made

def compiled(given, clock):
    raise RuntimeError("planted")

fuzz.compiled = compiled
print(json.dumps([fuzz.tried(index) for index in range(int(sys.argv[1]))]))
"""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": PATHS}
    )


def test_no_input_is_a_fault_and_none_is_tried_twice(tmp_path: Path) -> None:
    """Limits are for a machine that does nothing else: what is slow is no fault here."""
    file = tmp_path / "fuzz.jsonl"
    for _ in range(2):
        done = run(str(ROOT / "benchmarks/fuzz.py"), "--count", "40", "--file", str(file))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["index"] for line in lines] == list(range(40))
    assert [line for line in lines if line["outcome"] not in ("answered", "refused", "slow")] == [], done.stdout
    assert {line["kind"] for line in lines if line["outcome"] == "answered"} >= {"spec", "network", "expression"}


def test_a_fault_is_seen(tmp_path: Path) -> None:
    done = run("-c", PLANTED, "3")
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)
    assert [line["outcome"] for line in lines] == ["fault"] * 3
    assert all("planted" in line["why"] for line in lines)
