"""What a field must not be: a value of another sort, or one without bounds, is an error of the user's or means something."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from reference.odd_fields import compiled, distinct

ODD = ([], [0] * 7, [1], {}, "", -1, 0)
HUGE = ("2**64", "1e400", 100_000)
SECONDS = 120  # for all of them; a few where nothing else runs
SCRIPT = """
import json, sys
from reference.odd_fields import compiled, distinct
for name, which in distinct():
    for value in json.loads(sys.argv[1]):
        print(which, value, flush=True)
        compiled(name, which, value)
"""


@pytest.mark.parametrize(("name", "which"), distinct())
def test_a_field_with_an_odd_value_does_not_crash(name: str, which: str) -> None:
    for value in ODD:
        compiled(name, which, value)


def test_no_field_makes_the_compiler_as_slow_or_as_large_as_its_value() -> None:
    """By a process of its own, which is ended where it hangs or fills the memory; what it said last tells which field it was."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {tests!r})\n{SCRIPT}", json.dumps(HUGE)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )
    assert done.returncode == 0, (done.stdout.splitlines()[-1:], done.stderr[-500:])
