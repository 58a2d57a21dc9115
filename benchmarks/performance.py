"""`make bench`: what boundcalc costs, as ratios against what runs beside it and as growth with depth, written to docs/performance.md."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import growth
import ratios
from growth import DEPTHS, FORMS, NUMBER, Measured
from rich.progress import track
from timing import command

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
HEAD = """\
# What it costs

<!-- Written by `make bench` (benchmarks/performance.py). -->

Processor time of one run, the fastest of five where nothing else is said. Machines differ, and others use them too: what counts is a ratio
against something that runs beside it, and how the time grows with the number of layers.
"""
GROWTH = """\
## Networks of many layers

Dense layers and activations, from the text of a spec; seconds of processor time beyond imports, of which `import sympy` takes {alone:.2f} here. The exponent is e of
time ~ layers^e, from the row before; 1 is linear. Memory is what the process has at its peak beyond imports. Of 100,000 layers one run, with
`--max-layers 300000`.
"""
RATIOS = """\
## Beside what it is made of
"""
COUNTS = """\
## What holds it

Seconds are not asserted by any test. `tests/test_counts.py` counts calls of functions, steps of programs and buffers instead, which are the same on every machine: none may
double, and twice the layers may not be more than 2.2 times the work.
"""


def machine() -> str:
    """What the run was made on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("sympy", "numpy", "python-flint", "pydantic"))
    return (
        f"The machine: {os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}, {packages}.\n"
    )


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def grown(found: Mapping[int, Measured], form: str) -> Iterator[str]:
    work = list(next(iter(found.values())).seconds)
    yield f"### {form[0].upper()}{form[1:]}\n"
    rows: list[list[str]] = []
    before: tuple[int, Measured] | None = None
    for depth, measured in found.items():
        cells = [_cell(measured, name, depth, before) for name in work]
        rows.append([f"{depth:,}", *cells, f"{measured.megabytes:.0f} MB"])
        before = depth, measured
    yield table(("layers", *(f"text {name}" for name in work), f"memory {NUMBER}"), rows)


def _cell(measured: Measured, name: str, depth: int, before: tuple[int, Measured] | None) -> str:
    if name not in measured.seconds:
        return ""
    seconds = measured.seconds[name]
    if before is None:
        return f"{seconds:.3g} s"
    return f"{seconds:.3g} s ({growth.exponent(before[1].seconds[name], seconds, depth / before[0]):.2f})"


def page() -> Iterator[str]:
    yield HEAD
    yield machine()
    yield RATIOS
    rows = [row for measure in (ratios.starts, ratios.sweeps, ratios.numbers, ratios.by_sympy) for row in measure()]
    yield table(("what", "beside", "ratio"), [(row.what, row.beside, f"{row.ratio:.3g}") for row in rows])
    yield GROWTH.format(alone=command("-c", "import sympy"))
    for form in FORMS:
        yield from grown({depth: growth.measured(form, depth) for depth in track(DEPTHS, form)}, form)
    yield COUNTS


if __name__ == "__main__":
    PAGE.write_text("\n".join(page()), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))
