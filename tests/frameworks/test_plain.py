"""Convolutions and dense maps one after another or side by side: networks of specs/ against modules of torch.nn."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn


def test_lenet5() -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Tanh(), nn.AvgPool2d(2),
        nn.Conv2d(16, 120, 5), nn.Tanh(), nn.Flatten(),
        nn.Linear(120, 84), nn.Tanh(), nn.Linear(84, 10),
    )  # fmt: skip
    places = {"conv1": "0", "conv2": "3", "conv3": "6", "fc": "9", "head": "11"}
    agree("lenet5", module, tuple(places.items()), values={"n": 4})


class AlexNet(nn.Module):
    def __init__(self, inner: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(256 * 2 * 3, inner), nn.ReLU(), nn.Linear(inner, inner), nn.ReLU(), nn.Linear(inner, classes)
        )

    def forward(self, images: Any) -> Any:
        return self.classifier(torch.flatten(self.features(images), 1))


def test_alexnet() -> None:
    places = {1: 0, 2: 3, 3: 6, 4: 8, 5: 10}
    names = (
        *((f"conv{k}", f"features.{place}") for k, place in places.items()),
        *((name, f"classifier.{place}") for name, place in (("fc1", 0), ("fc2", 2), ("head", 4))),
    )
    values = {"n": 3, "fc1.units": 64, "fc2.units": 64, "head.units": 10}
    agree("alexnet", AlexNet(64, 10), names, smaller={"[3, 224, 224]": "[3, 95, 127]"}, values=values)


class Fire(nn.Module):
    def __init__(self, channels: int, narrow: int, wide: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, narrow, 1)
        self.expand1, self.expand3 = nn.Conv2d(narrow, wide, 1), nn.Conv2d(narrow, wide, 3, padding=1)

    def forward(self, z: Any) -> Any:
        z = self.squeeze(z).relu()
        return torch.cat([self.expand1(z).relu(), self.expand3(z).relu()], 1)


class SqueezeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 96, 7, stride=2)
        narrow = (16, 16, 32, 32, 48, 48, 64, 64)
        channels = (96, *(8 * each for each in narrow))
        self.fires = nn.ModuleList(Fire(into, each, 4 * each) for into, each in zip(channels, narrow, strict=False))
        self.head = nn.Conv2d(512, 1000, 1)

    def forward(self, images: Any) -> Any:
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        z = pool(self.stem(images).relu())
        for k, fire in enumerate(self.fires):
            z = fire(z)
            if k in (2, 6):
                z = pool(z)
        return self.head(z).relu().mean((2, 3))


def test_squeezenet() -> None:
    names = (
        (r"fire_(\d)", r"fires.\1"),
        (r"narrow\.conv2d_0", "squeeze"),
        (r"concat_0\.conv_0\.conv2d_0", "expand1"),
        (r"concat_0\.conv_1\.conv2d_0", "expand3"),
    )
    agree("squeezenet", SqueezeNet(), names, smaller={"[3, 224, 224]": "[3, 65, 50]"}, values={"n": 3})


class DoubleConv(nn.Sequential):
    def __init__(self, before: int, after: int) -> None:
        super().__init__(
            nn.Conv2d(before, after, 3, padding=1), nn.ReLU(), nn.Conv2d(after, after, 3, padding=1), nn.ReLU()
        )


class UNet(nn.Module):
    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.down = nn.ModuleList(DoubleConv(*pair) for pair in zip((1, *widths), widths, strict=False))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * width, width, 2, stride=2) for width in widths[:-1])
        self.joined = nn.ModuleList(DoubleConv(2 * width, width) for width in widths[:-1])
        self.head = nn.Conv2d(widths[0], 2, 1)

    def forward(self, z: Any) -> Any:
        left: list[Any] = []
        for k, level in enumerate(self.down):
            z = level(nn.functional.max_pool2d(z, 2) if k else z)
            left.append(z)
        for skip, up, joined in list(zip(left, self.up, self.joined, strict=False))[::-1]:
            z = joined(torch.cat([skip, up(z)], 1))
        return self.head(z)


def test_unet() -> None:
    widths = (4, 8, 16, 32, 64)
    smaller = {f"channels: {16 * width}\n": f"channels: {width}\n" for width in widths[:3]}
    smaller |= {"channels: 512,": "channels: 32,", "channels: 1024,": "channels: 64,", "256, 256": "32, 48"}
    names = (
        (r"^(?:.*\.)?level(\d)\.(?:concat_0\.)?(down|up|joined)\.", lambda m: f"{m[2]}.{int(m[1]) - 1}."),
        (r"^.*\.bottom\.", "down.4."),
        (r"\.first\.", ".0."),
        (r"\.second\.", ".2."),
    )
    agree("unet", UNet(widths), names, smaller=smaller, values={"n": 3})


class Siamese(nn.Module):
    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.tower = nn.Sequential(
            nn.Conv2d(1, channels, 5, padding="same"), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(channels, 2 * channels, 5, padding="same"), nn.ReLU(), nn.AvgPool2d(2),
            nn.Flatten(), nn.Linear(2 * channels * 7 * 7, width),
        )  # fmt: skip

    def forward(self, left: Any, right: Any) -> tuple[Any, Any]:
        return self.tower(left), self.tower(right)


def test_siamese() -> None:
    names = (("first.conv2d_0", "tower.0"), ("first.conv2d_1", "tower.3"), ("first.embedding", "tower.7"))
    agree("siamese", Siamese(32, 64), names, values={"n": 5}, inputs={"left": 0, "right": 0})


def test_deep_kmeans() -> None:
    module = nn.Sequential(nn.Linear(784, 500), nn.Softplus(), nn.Linear(500, 50), nn.Softplus(), nn.Linear(50, 10))
    agree("deep-kmeans", module, (("wide", "0"), ("narrow", "2"), ("code", "4")), values={"n": 5})
