"""Graphs that PyTorch recorded, stored as JSON: what comes after it needs no PyTorch."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.importers import graph as graphs
from boundcalc.importers.graph import Graph
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import write
from boundcalc.importers.translate import translate
from boundcalc.importers.unsupported import UnsupportedError
from boundcalc.importers.values import Batch, RefusalError, relocated

STORED = sorted((Path(__file__).parent / "graphs").glob("*.json"))


def stored(path: Path) -> Graph:
    return graphs.loads(path.read_text(encoding="utf-8"))


def test_there_are_some() -> None:
    assert {path.stem for path in STORED} >= {"residual", "attention", "windows", "written"}


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_a_stored_graph_becomes_its_spec(path: Path) -> None:
    written = write(translate(stored(path)), Settings())
    assert written.text == path.with_suffix(".yaml").read_text(encoding="utf-8")
    assert bc.compile(bc.loads(written.text)).lipschitz.finite


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.stem)
def test_json_keeps_everything(path: Path) -> None:
    graph = stored(path)
    again = graphs.loads(graph.dumps())
    assert again.dumps() == graph.dumps()
    assert again.nodes == graph.nodes


def test_what_is_made_of_an_unknown_operator_is_not_reported() -> None:
    graph = stored(next(path for path in STORED if path.stem == "residual"))
    convolutions = [node for node in graph.nodes if node.operator == "conv2d"]
    strange = replace(convolutions[1], operator="strange")
    nodes = tuple(strange if node.name == strange.name else node for node in graph.nodes)
    with pytest.raises(UnsupportedError) as caught:
        translate(replace(graph, nodes=nodes))
    assert [each.operator for each in caught.value.operators] == ["strange"]


def test_importing_boundcalc_does_not_import_torch() -> None:
    code = "import sys, boundcalc.importers.pytorch, boundcalc.bounds.imported; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_without_torch_the_extra_is_named() -> None:
    code = (
        "import sys\nsys.modules['torch'] = None\nimport boundcalc as bc\n"
        "try:\n    bc.from_torch(None, ())\nexcept ImportError as error:\n    print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "boundcalc[torch]" in found


@pytest.mark.parametrize(
    ("batch", "old", "new", "expected"),
    [
        (Batch(0), (5, 3, 4), (15, 4), Batch(0, 1, 3)),
        (Batch(0), (5, 3, 4), (5, 12), Batch(0)),
        (Batch(1), (3, 5, 4), (15, 4), Batch(0, 3, 1)),
        (Batch(0, 1, 3), (15, 4), (5, 3, 2, 2), Batch(0)),
        (Batch(0, 2, 3), (30, 4), (2, 15, 4), Batch(1, 1, 3)),
    ],
)
def test_samples_are_followed_through_a_reshape(
    batch: Batch, old: graphs.Shape, new: graphs.Shape, expected: Batch
) -> None:
    assert relocated(batch, 5, old, new) == expected


def test_a_reshape_that_cuts_the_samples_is_refused() -> None:
    with pytest.raises(RefusalError):
        relocated(Batch(1), 5, (4, 5, 6), (5, 4, 6))
