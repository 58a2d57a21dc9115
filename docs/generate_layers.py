"""Writes docs/layers/ from the files of the layers: `PYTHONPATH=. python docs/generate_layers.py`, a page for each kind.

How tight the bounds of the examples are is measured where a kind has no measurement yet, or all are measured again with `--measure`;
the measurements are kept in docs/layers/tightness.json, so that the pages are the same on every machine.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from prose import blocks, inline
from tables import FEW, LONGEST, formula, table

import boundcalc as bc
from boundcalc.bounds.described import Constant, Described, FieldOf
from boundcalc.calculus.quantities import QUANTITIES
from boundcalc.layers.index import VOCABULARY

FOLDER = Path(__file__).with_name("layers")
MEASURED = FOLDER / "tightness.json"
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "total": {"blocks": "total"},
    "layer": {"blocks": "layer"},
    "layer, mixed": {"blocks": "layer", "norms": "mixed"},
}
TRIALS = 3
Ratios = Mapping[str, Mapping[str, float | None]]  # column -> quantity -> bound / found

HEAD = "<!-- Written by docs/generate_layers.py from boundcalc/layers/; edit there. -->"
INDEX = f"""\
# Layers and losses

{HEAD}

A page for each kind: its map and theorem, its fields, its constants with their sources and witnesses in an example, and how tight the bounds of the example are.
`boundcalc layers NAME` shows the same in a terminal. The norms are those of the whole batch, with [views](../norms.md#views) of the axes along which a kind acts index by index.
"""
TIGHT = """\
Bound over what a search with {trials} starts attains (`boundcalc falsify`), for the network of the example by its parameters; 1 is a bound that is reached, and a
large one may be slack or a weak search.
"""


def pages() -> dict[str, str]:
    """Every page by the name of its file."""
    measured: Mapping[str, Ratios] = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() else {}
    found = {f"{name}.md": "\n".join(_page(bc.describe(name), measured.get(name, {}))) for name in VOCABULARY}
    rows = sorted((kind.loss, name, bc.describe(name).summary) for name, kind in VOCABULARY.items())
    kinds = table(("kind", ""), [(f"[{'loss: ' if loss else ''}{n}]({n}.md)", inline(text)) for loss, n, text in rows])
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *(name for _, name, _ in rows), "```"])
    return found | {"index.md": "\n".join([INDEX, kinds, toctree, ""])}


def _page(kind: Described, measured: Ratios) -> Iterator[str]:
    yield f"# {kind.name}\n\n{HEAD}\n\n{inline(kind.summary)}\n"
    yield blocks(kind.text) + "\n"
    if kind.fields:
        yield "## Fields\n"
        yield table(("field", "default"), [_field(field) for field in kind.fields])
    if kind.aliases:
        yield f"Elsewhere called {', '.join(f'`{alias}`' for alias in kind.aliases)}.\n"
    yield f"## Example\n\n```yaml\n{kind.example}```\n"
    if kind.constants:
        yield "## Constants of the example\n"
        yield table(("constant", "value", "source", "witness"), [_constant(constant) for constant in kind.constants])
    if measured:
        yield "## Tightness\n"
        yield TIGHT.format(trials=TRIALS)
        rows = [(name, *(_ratio(measured[column].get(name)) for column in COLUMNS)) for name in _quantities(measured)]
        yield table(("", *COLUMNS), rows)


def _quantities(measured: Ratios) -> list[str]:
    return [q.name for q in QUANTITIES if any(measured[column].get(q.name) for column in COLUMNS)]


def _field(field: FieldOf) -> tuple[str, str]:
    bare = "; the bare value" if field.bare else ""
    default = "required" if field.default is None else f"`{field.default}`" if field.default else "may be left out"
    return f"`{field.name}`", default + bare


def _constant(constant: Constant) -> tuple[str, ...]:
    value = (
        f"infinite: {inline(constant.reason)}"
        if constant.value is None
        else formula(constant.value, FEW if constant.value.free_symbols else LONGEST)
    )
    return (
        inline(constant.name),
        value,
        inline(constant.source),
        inline(constant.witness.removesuffix(" of the equation")),
    )


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def measure(name: str) -> Ratios:
    """Of the network and, of a loss, the objective."""
    spec = bc.loads(VOCABULARY[name].example)
    found: dict[str, dict[str, float | None]] = {}
    for column, options in COLUMNS.items():
        attack = bc.falsify(spec, trials=TRIALS, **options)
        results = attack.objective if attack.objective is not None else attack.bounds
        ratios = {quantity: attacked.result.ratio for quantity, attacked in results.items()}
        found[column] = {q: None if r is None or not math.isfinite(r) else round(r, 3) for q, r in ratios.items()}
    return found


def main(again: bool) -> None:
    FOLDER.mkdir(exist_ok=True)
    known = json.loads(MEASURED.read_text("utf-8")) if MEASURED.exists() and not again else {}
    measured = {name: known.get(name) or measure(name) for name in sorted(VOCABULARY)}
    MEASURED.write_text(json.dumps(measured, indent=1) + "\n", "utf-8")
    for page in FOLDER.glob("*.md"):
        page.unlink()
    for name, text in pages().items():
        (FOLDER / name).write_text(text.rstrip("\n") + "\n", "utf-8")


if __name__ == "__main__":
    main("--measure" in sys.argv[1:])
