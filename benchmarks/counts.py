"""Counts of operations: what `make bench` times, without a clock. `python benchmarks/counts.py` writes them to `counts.json`.

A call is one of a Python function, however long it takes; what grows faster than it should shows in the number of calls.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np

import boundcalc as bc
from boundcalc.bounds.sweeps import Grid, score_of
from boundcalc.output.text import to_text
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.reverse import value_and_gradient
from boundcalc.program.tape import tape_of

FILE = Path(__file__).parent / "counts.json"
SPECS = Path(__file__).parent.parent / "specs"
DEEP = """
symbols: {{n: 128, width: 256, R: 1/2}}
batch: n
input: {{shape: [width], norm: {{sample: 1}}}}
radius: R
layers:
{layers}
"""
STATED, COPIED = 100, 200  # dense layers


def stated(depth: int) -> str:
    return DEEP.format(layers="  - dense: width\n  - softplus\n" * depth)


def repeated(depth: int) -> str:
    return DEEP.format(layers=f"  - repeat: {{times: {depth}, layers: [dense: width, softplus]}}")


def calls(run: Callable[[], object]) -> int:
    """Of Python functions."""
    found = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal found
        found += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        run()
    finally:
        sys.setprofile(before)
    return found


def counted() -> dict[str, int]:
    """Everything is asked for once before it is counted, so that what is kept does not matter."""
    found: dict[str, int] = {}
    for name, text in (("stated", stated(STATED)), ("repeated", repeated(COPIED))):
        for blocks in ("total", "layer"):
            bc.compile(bc.loads(text), blocks=blocks).smoothness.number()
            architecture = bc.loads(text)
            found[f"reading, {name}"] = calls(lambda t=text: bc.loads(t))
            found[f"compiling, {name}, {blocks}"] = calls(lambda a=architecture, b=blocks: bc.compile(a, blocks=b))
            bounds = bc.compile(architecture, blocks=blocks)
            found[f"a number, {name}, {blocks}"] = calls(lambda b=bounds: b.smoothness.number())
        bounds = bc.compile(bc.loads(text))
        found[f"text, {name}"] = calls(lambda b=bounds: to_text(b.document))
        bounds = bc.compile(bc.loads(text))
        found[f"JSON, {name}"] = calls(lambda b=bounds: json.dumps(b.to_dict()))
        found |= _program(bounds, name)
    return found


def _program(bounds: bc.Bounds, name: str) -> dict[str, int]:
    scalar, values = bounds.smoothness.scalar, bounds.values
    assert isinstance(scalar, Scalar)
    tape = tape_of([scalar])
    assert tape is not None
    value_and_gradient(scalar, values, list(values))
    score = score_of(tape, Grid({bounds.symbols["R"]: np.ones(2)}, values, (2,)))
    assert score is not None
    return {
        f"nodes, {name}": len(scalar.arena.needed([scalar.index])),
        f"steps of the tape, {name}": len(tape.steps),
        f"moves of a sweep, {name}": len(score.moves),
        f"buffers of a sweep, {name}": score.buffers,
        f"calls of an evaluation, {name}": calls(lambda: evaluate([scalar], values)),
        f"calls of a gradient, {name}": calls(lambda: value_and_gradient(scalar, values, list(values))),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(counted(), indent=2) + "\n", encoding="utf-8")
