"""Writes docs/gains.md from the specs of the repository: `PYTHONPATH=. python docs/generate_gains.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boundcalc as bc

PAGE = Path(__file__).with_name("gains.md")
SPECS = Path(__file__).parents[1] / "specs"
VALUES = {"R": 1, "x": 1, "n": 128, "width": 64, "k": 8}  # of symbols that a spec leaves free
COLUMNS: Mapping[str, Mapping[str, Any]] = {
    "total": {"blocks": "total"},
    "layer": {"blocks": "layer"},
    "layer, mixed": {"blocks": "layer", "norms": "mixed"},
    "layer, mixed, largest sample": {"blocks": "layer", "norms": "mixed", "measure": "sample"},
}
INTRODUCTION = """\
# What the norms gain

<!-- Written by docs/generate_gains.py from specs/; edit there. -->

The bounds of every spec of the repository, by their parameters, as base-10 logarithms of `l` and of `L`: a difference of 1 is a factor of ten. The first two columns
are in the Euclidean norm of the whole batch (`--blocks total` and `--blocks layer`), the third has the same meaning and is computed in [several norms](norms.md)
(`--norms mixed`), the last bounds something else, the [largest sample](which-norm.md) of the output (`--measure sample`).
"""
REMARK = """\
Where the output is `infinite`, the network has a kink (ReLU, maximum pooling). A batch-norm couples the samples: behind it one sample can hold what the whole batch has, and
the last column gains nothing. The gain of `L` is that of the second-order term, which no longer counts all entries together; that of `l` comes from sums over positions and
from gains after normalisations.
"""


def page() -> str:
    """The text of docs/gains.md."""
    head = ["spec", "", *COLUMNS]
    lines = [head, ["---"] * len(head), *(row for path in sorted(SPECS.glob("*.yaml")) for row in _rows(path))]
    table = "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
    return "\n".join([INTRODUCTION, table, "", REMARK])


def _rows(path: Path) -> Iterator[list[str]]:
    """One of `l` and one of `L`."""
    spec = bc.load(path)
    values = {name: VALUES[name] for name, declared in spec.symbols.items() if declared.value is None}
    architecture = bc.override(spec, values)
    found = [bc.compile(architecture, **options) for options in COLUMNS.values()]
    name = ", ".join([path.stem, *(f"`{symbol} = {value}`" for symbol, value in values.items())])
    yield [name, "`l`", *(_shown(bounds.lipschitz.log10()) for bounds in found)]
    yield ["", "`L`", *(_shown(bounds.smoothness.log10()) for bounds in found)]


def _shown(log: float | None) -> str:
    if log is None:
        return "0"
    return "infinite" if math.isinf(log) else f"{log:.3f}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
