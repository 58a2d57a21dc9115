"""What the comparison notices."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn
DENSE = ((r"^conv1", "0"), (r"^conv2", "3"), (r"^conv3", "6"), (r"^fc", "9"), (r"^head", "11"))


def lenet(pool: Any, act: Any = nn.Tanh) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), act(), pool(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip


def test_another_layer_is_noticed() -> None:
    for module in (lenet(nn.MaxPool2d), lenet(nn.AvgPool2d, nn.Hardtanh)):
        with pytest.raises(AssertionError):
            agree("lenet5", module, DENSE, values={"n": 4})


def test_arrays_that_are_left_over_are_noticed() -> None:
    with pytest.raises(RuntimeError, match="Missing key"):
        agree("lenet5", lenet(nn.AvgPool2d), DENSE[:-1], values={"n": 4})


def test_a_network_that_forgets_its_input_is_noticed() -> None:
    class Lost(nn.Sequential):
        def forward(self, z: Any) -> Any:
            return super().forward(0 * z)

    with pytest.raises(AssertionError, match="the samples do not differ"):
        agree("lenet5", Lost(*lenet(nn.AvgPool2d)), DENSE, values={"n": 4})
