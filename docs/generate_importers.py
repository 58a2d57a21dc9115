"""Writes the tables of docs/importers.md: the operators that are imported, of ATen and of ONNX, and what became of the zoo (tests/zoo/results.json).

PYTHONPATH=. python docs/generate_importers.py
"""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from boundcalc.importers.onnx.rules.index import OPERATORS as OF_ONNX
from boundcalc.importers.operators.index import OPERATORS

DOCS = Path(__file__).parent
PAGE, RESULTS = DOCS / "importers.md", DOCS.parent / "tests" / "zoo" / "results.json"


def operators() -> str:
    rows = ["| operator of ATen | becomes | refused |", "| --- | --- | --- |"]
    for row in dict.fromkeys(OPERATORS.values()):
        names = ", ".join(f"`{name}`" for name in row.names)
        rows.append(f"| {names} | {row.becomes} | {row.note} |")
    return "\n".join(rows)


def onnx() -> str:
    rows = ["| operator of ONNX | becomes of ATen | refused |", "| --- | --- | --- |"]
    rows += [f"| `{row.name}` | {row.becomes} | {row.note} |" for row in OF_ONNX.values()]
    return "\n".join(rows)


def zoo() -> str:
    found: list[dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8"))
    fine = [row for row in found if row["status"] == "ok"]
    families = {row["family"] for row in found}
    kinds = Counter(row["kind"] for row in found if row["kind"])
    lines = [
        f"Of {len(found)} architectures of {len(families)} families ({kinds['attention']} with attention, {kinds['recurrent']} recurrent) "
        f"{len(fine)} ({100 * len(fine) // len(found)} %) are imported, compile to a finite Lipschitz constant and compute what the module does.",
        "",
        "Imported: " + ", ".join(f"`{row['name']}`" for row in fine) + ".",
        "",
        "| not imported | why |",
        "| --- | --- |",
    ]
    lines += [f"| `{row['name']}` | {_why(row)} |" for row in found if row["status"] != "ok"]
    return "\n".join(lines)


def _why(row: dict[str, Any]) -> str:
    if row["status"] == "unsupported":
        return "; ".join(f"`{name}`: {reason}" for name, reason in row["operators"].items())
    return str(row.get("reason") or row.get("error") or row["status"]).splitlines()[-1].replace("|", "/")[:200]


def page(text: str) -> str:
    for name, table in (("operators", operators()), ("onnx", onnx()), ("zoo", zoo())):
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
        text = pattern.sub(lambda match, table=table: f"{match[1]}{table}{match[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
