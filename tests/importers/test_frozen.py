"""Arrays that training leaves as they are: bounded, and not differentiated by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.importers import graph as graphs
from boundcalc.importers.graph import Graph
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import write
from boundcalc.importers.translate import translate


def stored(name: str) -> Graph:
    return graphs.loads((Path(__file__).parent / "graphs" / f"{name}.json").read_text(encoding="utf-8"))


def frozen_steps(graph: Graph, *names: str) -> list[str]:
    written = write(translate(replace(graph, frozen=frozenset(names))), Settings(batch=2, radius=1))
    lines = [line for line in written.text.splitlines() if "frozen: true" in line]
    assert len(lines) <= len(written.frozen)
    bc.compile(bc.loads(written.text))
    return sorted(written.frozen)


def test_a_step_is_frozen_where_all_its_arrays_are() -> None:
    graph = stored("residual")
    assert frozen_steps(graph) == []
    assert frozen_steps(graph, "stem.weight") == []
    assert frozen_steps(graph, "stem.weight", "stem.bias", "blocks.1.bn1.bias") == ["stem"]


def test_what_is_shared_is_frozen_as_its_owner() -> None:
    """The head reads the table as it is."""
    graph = stored("attention")
    assert frozen_steps(graph, "head.weight", "table.weight") == ["table"]
    assert frozen_steps(graph, "head.weight", "table.weight", "norm.bias", "norm.weight") == ["norm", "table"]


@pytest.mark.filterwarnings("ignore")  # of PyTorch, about itself
def test_a_frozen_array_is_not_differentiated_by_and_keeps_its_weights() -> None:
    torch: Any = pytest.importorskip("torch")

    def module(frozen: bool) -> Any:
        torch.manual_seed(0)
        made = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
        for array in made[0].parameters():
            array.requires_grad_(not frozen)
        return made.eval()

    def lipschitz(frozen: bool, radius: str, **options: Any) -> float:
        given = bc.from_torch(module(frozen), torch.randn(2, 3), batch=2, input_norm=1, radius=radius, **options)
        return float(bc.compile(given).lipschitz.evaluate())

    assert lipschitz(True, "1") < lipschitz(False, "1")
    written = module(False)
    written[0].requires_grad_(False)
    by_hand = bc.from_torch(written, torch.randn(2, 3), batch=2, input_norm=1, radius=1)
    assert "dense: {units: 4, frozen: true" in by_hand.to_yaml()
    assert float(bc.compile(by_hand).lipschitz.evaluate()) == lipschitz(True, "1")
    assert lipschitz(True, "1", weights="norms") < lipschitz(False, "1", weights="norms")
    for array in written.parameters():
        array.requires_grad_(False)
    assert "frozen" not in bc.from_torch(written, torch.randn(2, 3)).to_yaml()  # a network that is only run
