"""`make fuzz`, short; and that it would see a fault."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATHS = os.pathsep.join(map(str, (ROOT, ROOT / "tests", ROOT / "benchmarks")))

PLANTED = """
import fuzz, fuzz_outcomes, json, sys

def planted(*given, **options):
    raise RuntimeError("planted")

fuzz_outcomes.compiled = fuzz_outcomes.parsed = planted
print(json.dumps([fuzz.tried(index, sys.argv[1]) for index in map(int, sys.argv[2:])]))
"""
DYING = """
import fuzz, fuzz_outcomes, json, sys

fuzz_outcomes.parsed = lambda arguments: sys.exit(7)
if __name__ == "__main__":
    worker = fuzz.Worker("reader")
    print(json.dumps(worker.ask_all([3, 4])))
    worker.end()
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


def test_what_is_only_read_is_counted_by_batches(tmp_path: Path) -> None:
    file = tmp_path / "fuzz.jsonl"
    for count in ("500", "1000"):
        done = run(str(ROOT / "benchmarks/fuzz.py"), "--only", "reader", "--count", count, "--file", str(file))
    assert done.returncode == 0, done.stdout
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(line["index"], line["count"], sum(line["well"].values())) for line in lines] == [
        (0, 500, 500),
        (500, 500, 500),
    ]
    kinds = ("spec", "yaml", "expression", "options", "arguments")
    assert set(lines[0]["well"]) == {f"{kind}: {outcome}" for kind in kinds for outcome in ("answered", "refused")}
    assert done.stdout.splitlines()[-12] == "1000 inputs, 0 faults"


@pytest.mark.parametrize(("mode", "indices"), [("all", ["0", "1", "2"]), ("reader", ["4", "9"])])
def test_a_fault_is_seen(mode: str, indices: list[str]) -> None:
    done = run("-c", PLANTED, mode, *indices)
    assert done.returncode == 0, done.stderr
    lines = json.loads(done.stdout)
    assert [line["outcome"] for line in lines] == ["fault"] * len(indices)
    assert all("planted" in line["why"] for line in lines)


def test_an_input_that_ends_the_process_is_found_in_its_batch(tmp_path: Path) -> None:
    script = tmp_path / "dying.py"
    script.write_text(DYING)
    done = run(str(script))
    assert done.returncode == 0, done.stderr
    options, arguments = json.loads(done.stdout)
    assert options["outcome"] in ("answered", "refused")
    assert (arguments["outcome"], arguments["why"]) == ("dies", "the process ends with 7")
