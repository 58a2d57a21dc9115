"""Stores the graphs of some modules, and the specs that come of them: `python tests/importers/store_graphs.py`, with torch."""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "graphs"
NAMES = (
    "perceptron",
    "residual",
    "attention",
    "written",
    "windows",
    "standardised",
    "encoder",
    "GRU",
    "padded",
    "turned",
    "centred",
    "interpolated",
    "extremes",
    "divided",
    "lengths",
    "cells",
    "last states",
    "folded",
    "joined",
    "bags",
    "edges",
    "reread",
    "neighbours",
    "sinks",
    "copies",
    "written softmax",
)


def main() -> None:
    import torch
    from importers.modules import MODULES

    from boundcalc.importers import comparison
    from boundcalc.importers.settings import Settings
    from boundcalc.importers.spec import write
    from boundcalc.importers.translate import translate

    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        torch.manual_seed(0)
        module, args = MODULES[name]()
        graph = comparison.subject(module, args, None, "eval", name).recorded(0)
        (FOLDER / f"{name}.json").write_text(graph.dumps() + "\n", encoding="utf-8")
        (FOLDER / f"{name}.yaml").write_text(write(translate(graph), Settings()).text, encoding="utf-8")


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
