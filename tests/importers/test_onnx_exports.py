"""What PyTorch's two exporters write: the network of the module, and its bounds where nothing is fused."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.onnx.importing import imported
from boundcalc.importers.settings import Settings

torch: Any = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxscript")
pytestmark = pytest.mark.filterwarnings("ignore")

from importers import modules  # noqa: E402

nn = torch.nn
FIXED = Settings(batch=2, radius="1/10", input_norm={"entry": 1})
Made = Callable[[], tuple[Any, tuple[Any, ...]]]


def randomised(module: Any) -> Any:
    """The exporter joins arrays that are equal, as those that training has not touched."""
    with torch.no_grad():
        for array in module.parameters():
            array.add_(torch.randn_like(array) / 10)
    return module.eval()


def export(make: Made, file: Path, dynamo: bool, **options: Any) -> tuple[Any, tuple[Any, ...]]:
    torch.manual_seed(0)
    module, args = make()
    more = {"external_data": False} if dynamo else {}
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(randomised(module), args, str(file), dynamo=dynamo, **more, **options)
    return module, args


class Squeeze(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 4, 3, padding=1)
        self.down, self.up = nn.Linear(4, 2), nn.Linear(2, 4)

    def forward(self, x: Any) -> Any:
        z = torch.nn.functional.silu(self.first(x))
        gate = torch.sigmoid(self.up(torch.relu(self.down(z.mean((2, 3))))))
        return (z * gate[:, :, None, None]).flatten(1)


def sequential(*layers: Any, shape: tuple[int, ...] = (2, 6)) -> Made:
    return lambda: (nn.Sequential(*layers), (torch.randn(*shape),))


MODULES: dict[str, Made] = {
    "perceptron": sequential(nn.Linear(6, 5), nn.GELU(), nn.Linear(5, 4), nn.Softplus(), nn.Linear(4, 3)),
    "convolutions": sequential(
        nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.ELU(), nn.Conv2d(4, 4, 3, groups=2), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3),
        shape=(2, 2, 9, 9),
    ),
    "pools": sequential(
        nn.MaxPool2d(3, 2, 1), nn.Conv2d(2, 3, 1), nn.ReLU(), nn.AvgPool2d(2), nn.Upsample(scale_factor=2), nn.Flatten(), shape=(2, 2, 12, 12)
    ),
    "normalised": sequential(nn.Linear(6, 8), nn.LayerNorm(8), nn.Tanh(), nn.Linear(8, 4)),
    "squeeze": lambda: (Squeeze(), (torch.randn(2, 3, 5, 5),)),
    "transposed": sequential(nn.ConvTranspose2d(2, 3, 3, stride=2, padding=1, output_padding=1), nn.LeakyReLU(0.1), shape=(2, 2, 4, 4)),
    "encoder": sequential(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, activation="gelu"), shape=(2, 5, 8)),
    "residual": modules.MODULES["residual"],
    "recurrent": lambda: (Last(nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)), (torch.randn(2, 5, 4),)),
    "gated": lambda: (Last(nn.GRU(4, 3, batch_first=True)), (torch.randn(2, 5, 4),)),
    "embedded": lambda: (nn.Sequential(nn.Embedding(11, 4), nn.Linear(4, 3)), (torch.tensor([[1, 4, 2], [0, 10, 3]]),)),
    "groups": sequential(nn.Conv1d(2, 4, 3), nn.GroupNorm(2, 4), nn.Hardswish(), shape=(2, 2, 7)),
}  # fmt: skip


class Last(nn.Module):
    """The states of a recurrent layer."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0]


SAME = {
    "perceptron",
    "convolutions",
    "squeeze",
    "transposed",
    "embedded",
    "gated",
    "groups",
}  # nothing is written otherwise


@pytest.mark.parametrize("dynamo", [True, False], ids=["dynamo", "traced"])
@pytest.mark.parametrize("name", MODULES)
def test_exports_are_imported(name: str, dynamo: bool, tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    module, args = export(MODULES[name], file, dynamo)
    found = imported(file, FIXED)
    assert found.difference is not None, found.notes
    assert found.difference <= 1e-10
    ours = sum(np.size(array) for path, array in found.arrays.items() if "running" not in path)
    count = sum(array.numel() for array in module.parameters())
    assert ours == count - (
        24 if name == "residual" else 0
    )  # six batch norms of four channels are put into convolutions
    bound = bc.compile(found.architecture)
    assert bound.lipschitz.finite
    if name in SAME:
        direct = bc.compile(bc.from_torch(module, args, batch=2, radius="1/10", input_norm={"entry": 1}))
        assert bound.lipschitz.evaluate() == pytest.approx(direct.lipschitz.evaluate(), rel=1e-12)
        assert bound.smoothness.evaluate() == pytest.approx(direct.smoothness.evaluate(), rel=1e-12)


def test_batch_norms_that_are_not_fused_are_those_of_the_module(tmp_path: Path) -> None:
    file = tmp_path / "network.onnx"
    module, args = export(MODULES["residual"], file, True, optimize=False)
    found = bc.compile(imported(file, FIXED).architecture)
    direct = bc.compile(bc.from_torch(module, args, batch=2, radius="1/10", input_norm={"entry": 1}))
    assert found.lipschitz.evaluate() == pytest.approx(direct.lipschitz.evaluate(), rel=1e-6)
    export(MODULES["residual"], file, True)
    fused = bc.compile(imported(file, FIXED).architecture)
    assert fused.lipschitz.evaluate() != pytest.approx(direct.lipschitz.evaluate(), rel=1e-2)
    training = {"training": torch.onnx.TrainingMode.TRAINING, "do_constant_folding": False}
    export(MODULES["residual"], file, False, **training)
    trained = imported(file, FIXED, mode="train")
    assert "network is imported in training mode" in trained.notes
    assert trained.difference is not None
    assert trained.difference <= 1e-10
