"""Networks too large to be copied, and those on the meta device: compared through their exported programs, an array at a time."""

from __future__ import annotations

from typing import Any

import pytest

import boundcalc as bc
from boundcalc.importers.check import MismatchError
from boundcalc.importers.pytorch import imported
from boundcalc.importers.settings import Settings
from boundcalc.importers.subject import compared
from boundcalc.importers.translate import translate

torch: Any = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

from importers import modules  # noqa: E402

from boundcalc.importers import comparison  # noqa: E402
from boundcalc.importers.record import Recorder  # noqa: E402
from boundcalc.importers.sparing import made_up  # noqa: E402

BUFFERED = {
    "edges",
    "neighbours",
    "windows",
    "padded",
    "turned",
    "branching",
}  # arrays of their own that nobody makes anew
SETTINGS = Settings(batch=2, radius="1/10", input_norm={"entry": 1})


def made(name: str) -> tuple[Any, tuple[Any, ...]]:
    torch.manual_seed(0)
    return modules.MODULES[name]()


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", modules.MODULES)
def test_a_large_module_is_compared(name: str, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, args = made(name)
    whole = imported(module, args, None, SETTINGS, mode=mode)
    monkeypatch.setattr(comparison, "LARGEST", 1)
    spared = imported(module, args, None, SETTINGS, mode=mode)
    assert spared.written.text == whole.written.text
    assert spared.difference is not None
    assert spared.difference <= 1e-10
    assert {path: array.tolist() for path, array in spared.arrays.items()} == {
        path: array.tolist() for path, array in whole.arrays.items()
    }


@pytest.mark.parametrize("name", sorted(set(modules.MODULES) - BUFFERED))
def test_a_module_on_the_meta_device_has_the_same_spec_and_is_compared(name: str) -> None:
    module, args = made(name)
    with torch.device("meta"):
        alike, _ = made(name)
    shapes = tuple(torch.empty_like(arg, device="meta") for arg in args)
    found = imported(alike.eval(), shapes, None, SETTINGS)
    assert found.written.text == imported(module.eval(), args, None, SETTINGS).written.text
    assert found.difference is not None
    assert found.difference <= 1e-10
    assert bc.compile(found.architecture).lipschitz.finite


def test_another_network_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    nn, example = torch.nn, (torch.randn(2, 3),)
    monkeypatch.setattr(comparison, "LARGEST", 1)
    subject = comparison.subject(nn.Sequential(nn.Linear(3, 4), nn.Sigmoid()), example, None, "eval", None)
    graph = subject.recorded(0)
    translated = translate(graph)
    difference, _ = compared(subject, graph, translated)
    assert difference is not None
    assert difference <= 1e-10
    tanh = nn.Sequential(nn.Linear(3, 4), nn.Tanh()).double()
    program = torch.export.export(tanh, (torch.randn(5, 3).double(),)).run_decompositions({})
    subject.recorders[0] = Recorder(program)
    with pytest.raises(MismatchError):
        compared(subject, graph, translated)


def test_a_buffer_without_values_is_named() -> None:
    class Places(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.map = torch.nn.Linear(3, 3)
            self.register_buffer("table", torch.arange(3.0))

        def forward(self, x: Any) -> Any:
            return self.map(x) * self.table

    with torch.device("meta"):
        module = Places()
    with pytest.raises(bc.SpecError, match="'table' is on the meta device"):
        bc.from_torch(module, torch.empty(2, 3, device="meta"))
    module.table = torch.arange(3.0)
    assert "multiply" in bc.from_torch(module, torch.empty(2, 3, device="meta")).to_yaml()


def test_values_that_are_made_up_differ() -> None:
    square, again, other = (made_up(name, (5, 5)) for name in ("a", "a", "b"))
    assert torch.equal(square, again)
    assert not torch.equal(square, square.T)
    assert not torch.equal(square, other)
    assert made_up("a", (3, 4, 2, 2)).flatten().unique().numel() > 40
    assert made_up("c", ()).shape == ()
