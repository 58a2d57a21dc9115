"""The page of the importers says what its tables say."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from boundcalc.importers.operators.index import OPERATORS

pytest.importorskip("onnx")  # the rows of its table are rules over its records

ROOT = Path(__file__).parents[2]


def test_the_page_is_generated() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate_importers.py"))
    text = (ROOT / "docs" / "importers.md").read_text(encoding="utf-8")
    assert generate["page"](text) == text
    assert all(f"`{name}`" in text for name in OPERATORS)


def test_the_zoo_is_large_and_most_of_it_is_imported() -> None:
    rows = json.loads((ROOT / "tests" / "zoo" / "results.json").read_text(encoding="utf-8"))
    assert len(rows) >= 120
    assert len({row["family"] for row in rows}) >= 40
    assert sum(row["kind"] == "attention" for row in rows) >= 30
    assert sum(row["kind"] == "recurrent" for row in rows) >= 5
    assert sum(row["status"] == "ok" for row in rows) >= 0.85 * len(rows)
    assert all(row["operators"] for row in rows if row["status"] == "unsupported")
