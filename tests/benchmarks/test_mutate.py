"""`make mutate`, short: constants that are too small are caught, and a run goes on where it was stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks/mutate.py"), "--file", str(file), *options]
    paths = os.pathsep.join(map(str, (ROOT, ROOT / "tests")))
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})


def test_ten_constants_are_caught_and_not_tried_again(tmp_path: Path) -> None:
    file = tmp_path / "mutate.jsonl"
    done = run(file, "--sample", "10", "--seed", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 constants 10 % too small: 100.0% caught" in done.stdout
    lines = file.read_text()
    assert run(file, "--sample", "10", "--seed", "1").stdout.count("100.0% caught") == 1
    assert file.read_text() == lines


def test_what_no_test_sees_is_told(tmp_path: Path) -> None:
    """An upper bound that nothing is known to reach."""
    file = tmp_path / "mutate.jsonl"
    file.write_text(json.dumps({"mutant": "infonce.smoothness", "caught": None, "seconds": 0}) + "\n")
    done = run(file, "--only", "infonce.smoothness")
    assert done.returncode == 1
    assert "not caught: infonce.smoothness" in done.stdout
