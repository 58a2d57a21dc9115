"""The VGGs of specs/ against the list of layers that torchvision makes of a table."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn
WIDTHS = (64, 128, 256, 512, 512)
DEPTHS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
INNER, CLASSES = 64, 10


class Softplus(nn.Softplus):
    """The function itself: torch switches to x from 20 on, which is 2e-9 off."""

    def __init__(self) -> None:
        super().__init__(threshold=1000)


class Additive(nn.Module):
    """The batch-norm of the talk: divided by eps and the deviation."""

    def forward(self, z: Any) -> Any:
        axes = (0, 2, 3)
        return (z - z.mean(axes, keepdim=True)) / (0.01 + z.std(axes, correction=0, keepdim=True))


class Vgg(nn.Sequential):
    """`names`: where the array of a path of the spec stands. `norm`: behind a convolution, `late`: behind act and pooling."""

    def __init__(
        self, depths: tuple[int, ...], act: Any, pool: Any, dense: tuple[str, ...], *, norm: Any, late: Any
    ) -> None:
        super().__init__()
        self.names: list[tuple[str, str]] = []
        channels = 3
        for stage, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True)):
            for copy in range(depth):
                where = rf"^stage_{stage}\.(?:\w+\.{copy}" + (r"|last)" if copy == depth - 1 else ")")
                self.named(rf"{where}\.(?:conv_0\.|conv_bn_0\.)?conv2d_0", nn.Conv2d(channels, width, 3, padding=1))
                if norm:
                    self.named(rf"{where}\.conv_bn_0\.batchnorm_0", norm(width))
                self.append(act())
                if copy == depth - 1:
                    self.append(pool(2))
                if late:
                    self.append(late(width))
                channels = width
        self.append(nn.Flatten())
        first, second, last = dense
        self.named(first, nn.Linear(512 * 2, INNER))
        self.append(act())
        self.named(second, nn.Linear(INNER, INNER))
        self.append(act())
        self.named(last, nn.Linear(INNER, CLASSES))

    def named(self, path: str, layer: Any) -> None:
        self.names.append((rf"{path}\.", f"{len(self)}."))
        self.append(layer)


def compare(name: str, module: Vgg, values: Mapping[str, object], *, softmax: bool = True, scale: float = 1) -> None:
    smaller = {"[3, 224, 224]": "[3, 32, 64]"} | ({} if softmax else {"dense: 4096": f"dense: {INNER}"})
    names = tuple(module.names)
    module = module.append(nn.Softmax(-1)) if softmax else module
    agree(name, module, names, smaller=smaller, values=values, factors={"input": scale})


UNITS = {"n": 3, "head.units": CLASSES, "fc1.units": INNER, "fc2.units": INNER}
NAMED = ("fc1", "fc2", "head")


@pytest.mark.parametrize(("name", "depth"), [("vgg11", 11), ("vgg13", 13), ("vgg16", 16), ("vgg19", 19)])
def test_vggs(name: str, depth: int) -> None:
    compare(name, Vgg(DEPTHS[depth], nn.ReLU, nn.MaxPool2d, NAMED, norm=None, late=None), UNITS)


@pytest.mark.parametrize(("name", "depth"), [("vgg11-bn", 11), ("vgg13-bn", 13), ("vgg16-bn", 16), ("vgg19-bn", 19)])
def test_vggs_with_batchnorm(name: str, depth: int) -> None:
    names = ("dense_0", "dense_1", "head")
    norm = partial(nn.BatchNorm2d, eps=0.01)
    module = Vgg(DEPTHS[depth], nn.ReLU, nn.MaxPool2d, names, norm=norm, late=None)
    compare(name, module, {"n": 3, "head.units": CLASSES}, softmax=False)


@pytest.mark.parametrize(
    ("name", "late"),
    [
        ("vgg16-smooth", None),
        ("vgg16-smooth-batchnorm", partial(nn.BatchNorm2d, eps=0.01, affine=False)),
        ("vgg16-smooth-batchnorm-additive", lambda width: Additive()),
    ],
)
def test_smooth_vggs(name: str, late: Any) -> None:
    """Softplus and averages make all images alike, unless they are far apart."""
    compare(name, Vgg(DEPTHS[16], Softplus, nn.AvgPool2d, NAMED, norm=None, late=late), UNITS, scale=50)
