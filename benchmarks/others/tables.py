"""The tables of docs/others.md: `python benchmarks/others/tables.py FOLDER` collects what run.py found there, and prints them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Context
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).with_name("results.json")
TABLES = (  # title of a column, program, question
    (
        ("search, from below", "search", "lipschitz"),
        ("ECLipsE-Fast", "eclipse", "lipschitz"),
        ("ECLipsE", "eclipse", "lipschitz, semidefinite"),
        ("product of norms", "product", "lipschitz"),
        ("boundcalc", "boundcalc", "lipschitz"),
    ),
    (
        ("search, from below", "search", "change"),
        ("auto_LiRPA, CROWN", "lirpa", "change"),
        ("auto_LiRPA, intervals", "lirpa", "change, intervals"),
        ("boundcalc", "boundcalc", "change"),
    ),
    (
        ("search, from below", "search", "curvature"),
        ("AutoBound", "autobound", "curvature"),
        ("boundcalc", "boundcalc", "curvature"),
    ),
)


def collect(folder: Path) -> None:
    found = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print("\n\n".join(tables(found)))


def tables(found: dict[str, Any]) -> list[str]:
    """The tables of docs/others.md."""
    return ["\n".join(table(found, columns)) for columns in TABLES]


def table(found: dict[str, Any], columns: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    yield "| network | " + " | ".join(title for title, _, _ in columns) + " |"
    yield "| --- |" + " --- |" * len(columns)
    for network in sorted(found["boundcalc"]["lipschitz"]):
        cells = (cell(found[p][q][network], ROUND_FLOOR if p == "search" else ROUND_CEILING) for _, p, q in columns)
        yield f"| {network} | " + " | ".join(cells) + " |"


def cell(answer: dict[str, Any], rounding: str) -> str:
    """To six digits: bounds up, what was found down."""
    if "value" not in answer:
        return ""
    value = Context(prec=6, rounding=rounding).create_decimal(answer["value"]).normalize()
    return f"{value} ({answer['seconds']:.2g}\N{NO-BREAK SPACE}s)"


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
