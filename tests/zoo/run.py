"""Imports every architecture of the zoo, compiles it, and compares it with the module; `make test-zoo` writes docs/zoo.json and the
list of docs/importers.md.

    python tests/zoo/run.py [-k TEXT] [--output FILE] [--jobs N]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

SECONDS = 300  # of one architecture


def result(name: str) -> dict[str, Any]:
    """What comes of one architecture."""
    import torch

    from boundcalc.importers.pytorch import imported
    from boundcalc.importers.settings import Settings
    from boundcalc.importers.unsupported import UnsupportedError
    from boundcalc.pipeline import compile as compile_
    from zoo.networks import entries

    torch.manual_seed(0)
    torch.set_num_threads(1)
    entry = next(entry for entry in entries() if entry.name == name)
    model, args, kwargs = entry.make()
    found: dict[str, Any] = {"name": name, "family": entry.family, "kind": entry.kind}
    start = time.time()
    try:
        made = imported(model.eval(), args, kwargs, Settings(batch=2, radius="1/100", input_norm={"entry": 1}))
    except UnsupportedError as error:
        operators = {each.operator: each.reason for each in error.operators}
        return {**found, "status": "unsupported", "operators": operators}
    found |= {"seconds": round(time.time() - start, 1), "difference": made.difference, "notes": list(made.notes)}
    found["lines"] = made.written.text.count("\n")
    bounds = compile_(made.architecture)
    lipschitz = bounds.lipschitz
    found["reason"] = lipschitz.reason
    found["status"] = "ok" if lipschitz.reason is None else "infinite"
    found["compiled"] = round(time.time() - start, 1)
    return found


def one(name: str) -> dict[str, Any]:
    """In a process of its own, so that nothing of it can end the others."""
    command = [sys.executable, __file__, "--one", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env={**os.environ})
    except subprocess.TimeoutExpired:
        return {"name": name, "status": "too slow"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        return {"name": name, "status": "error", "error": done.stderr[-1500:]}
    return json.loads(lines[-1].removeprefix("RESULT "))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--one")
    parser.add_argument("-k", default="")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--output", default="")
    given = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    if given.one:
        try:
            found = result(given.one)
        except Exception as error:
            found = {"name": given.one, "status": "error", "error": f"{type(error).__name__}: {error}"[:1500]}
            traceback.print_exc()
        print("RESULT " + json.dumps(found))
        return
    from zoo.networks import entries

    chosen = [entry for entry in entries() if any(part in entry.name for part in given.k.split(","))]
    names = [entry.name for entry in chosen]
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(given.jobs) as pool:
        for entry, row in zip(chosen, pool.map(one, names), strict=True):
            rows.append({**row, "family": entry.family, "kind": entry.kind})
            why = row.get("operators") or row.get("error") or row.get("reason") or ""
            print(f"{row['status']:12} {row['name']:45} {row.get('compiled', '')} {str(why)[-300:]}", flush=True)
            if given.output:
                Path(given.output).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    fine = sum(row["status"] == "ok" for row in rows)
    print(f"{fine} of {len(rows)} import, compile to a finite bound and pass the check")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
