"""What the exporters of Keras (on PyTorch) and of Flax write, where they are installed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.onnx.importing import imported
from boundcalc.importers.settings import Settings

pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings("ignore")


def checked(file: Path, parameters: int) -> str:
    found = imported(file, Settings(input_norm={"entry": 1}))
    assert found.difference is not None, found.notes
    assert found.difference <= 1e-10
    assert sum(np.size(array) for path, array in found.arrays.items() if "running" not in path) == parameters
    assert bc.compile(found.architecture).lipschitz.finite
    return found.written.text


def test_a_convolutional_network_of_keras(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras: Any = pytest.importorskip("keras")
    layers = keras.layers
    model = keras.Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(4, 3, activation="relu", bias_initializer="random_normal"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(6, activation="tanh", bias_initializer="random_normal"),
            layers.Dense(3, bias_initializer="random_normal"),
        ]
    )
    model(np.zeros((2, 8, 8, 2), dtype="float32"))
    model.export(str(tmp_path / "network.onnx"), format="onnx", verbose=False)
    count = sum(int(np.prod(each.shape)) for each in model.trainable_weights)
    text = checked(tmp_path / "network.onnx", count)
    assert "- conv2d: {channels: 4, kernel: 3" in text


def test_a_perceptron_of_flax(tmp_path: Path) -> None:
    jax: Any = pytest.importorskip("jax")
    nnx: Any = pytest.importorskip("flax.nnx")
    exporter: Any = pytest.importorskip("jax2onnx")
    onnx: Any = pytest.importorskip("onnx")

    class Perceptron(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.first, self.last = nnx.Linear(5, 8, rngs=rngs), nnx.Linear(8, 3, rngs=rngs)

        def __call__(self, x: Any) -> Any:
            return self.last(jax.nn.gelu(self.first(x), approximate=False))

    onnx.save(exporter.to_onnx(Perceptron(nnx.Rngs(0)), [("n", 5)]), tmp_path / "network.onnx")
    text = checked(tmp_path / "network.onnx", 5 * 8 + 8 + 8 * 3 + 3)
    assert text.count("- dense") == 2
    assert "- gelu" in text
