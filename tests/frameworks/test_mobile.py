"""Networks of depthwise convolutions: networks of specs/ against modules of torch.nn, in training mode."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from frameworks.agreement import agree, next_block

torch: Any = pytest.importorskip("torch")
nn = torch.nn
EPS = 0.01
DRAWS = {"n": 3}


def conv_bn(before: int, after: int, kernel: int, stride: int = 1, groups: int = 1, act: Any = None) -> Any:
    layers = [
        nn.Conv2d(before, after, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(after, EPS),
    ]
    return nn.Sequential(*layers, *([act()] if act else []))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels: int, inner: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(channels, inner), nn.Linear(inner, channels)

    def forward(self, z: Any) -> Any:
        factors = self.fc2(nn.functional.silu(self.fc1(z.mean((2, 3))))).sigmoid()
        return z * factors[..., None, None]


class Inverted(nn.Module):
    """MBConv: `widen` times as many channels inside, and squeeze-and-excitation to a quarter of those that enter where `gated`."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, widen: int, act: Any, *, gated: bool) -> None:
        super().__init__()
        inner = widen * before
        self.expand = conv_bn(before, inner, 1, act=act) if widen > 1 else nn.Identity()
        self.depthwise = conv_bn(inner, inner, kernel, stride, inner, act)
        self.se = SqueezeExcitation(inner, before // 4) if gated else nn.Identity()
        self.project = conv_bn(inner, after, 1)
        self.residual = before == after and stride == 1

    def forward(self, z: Any) -> Any:
        y = self.project(self.se(self.depthwise(self.expand(z))))
        return z + y if self.residual else y


class Mobile(nn.Module):
    """`stages`: channels, depth, kernel and stride of each."""

    def __init__(self, stages: tuple[tuple[int, int, int, int], ...], act: Any, *, gated: bool) -> None:
        super().__init__()
        self.stem = conv_bn(3, 32, 3, 2, act=act)
        before = 32
        for k, (after, depth, kernel, stride) in enumerate(stages, start=1):
            blocks: list[Any] = []
            for copy in range(depth):
                each = Inverted(before, after, kernel, 1 if copy else stride, 6 if k > 1 else 1, act, gated=gated)
                blocks.append(each)
                before = after
            self.add_module(f"stage{k}", nn.Sequential(*blocks))
        self.last = conv_bn(before, 1280, 1, act=act)
        self.head = nn.Linear(1280, 1000)

    def forward(self, images: Any) -> Any:
        z = self.stem(images)
        for k in range(1, 8):
            z = getattr(self, f"stage{k}")(z)
        return self.head(self.last(z).mean((2, 3)))


MOBILE = (
    (r"\.inverted_stage_0\.", "."),
    (r"^stage1\.", "stage1.0.separable."),
    (r"^(stage\d)\.first\.", r"\1.0."),
    (r"^(stage\d)\.rest\.(\d+)\.inverted_residual_0\.residual_0\.branch\.", next_block("{}.{}.")),
    (r"\.separable\.depthwise\.", ".depthwise.0."),
    (r"\.separable\.norm\.", ".depthwise.1."),
    (r"\.separable\.project\.", ".project."),
    (r"\.separable\.squeeze_excitation_0\.multiply_0\.squeeze\.", ".se.fc1."),
    (r"\.separable\.squeeze_excitation_0\.multiply_0\.excite\.", ".se.fc2."),
    (r"^(stage\d\.\d+)\.up\.", r"\1.expand.0."),
    (r"^(stage\d\.\d+)\.norm\.", r"\1.expand.1."),
    (r"\.conv\.", ".0."),
    (r"\.norm\.", ".1."),
)


def test_mobilenet_v2() -> None:
    widths, depths, strides = (16, 24, 32, 64, 96, 160, 320), (1, 2, 3, 4, 3, 3, 1), (1, 2, 2, 2, 1, 2, 1)
    stages = tuple((*each[:2], 3, each[2]) for each in zip(widths, depths, strides, strict=True))
    module = Mobile(stages, nn.ReLU6, gated=False)
    agree("mobilenet-v2", module, MOBILE, smaller={"[3, 224, 224]": "[3, 64, 96]"}, values=DRAWS)


def test_efficientnet_b0() -> None:
    widths, depths, kernels = (16, 24, 40, 80, 112, 192, 320), (1, 2, 2, 3, 3, 4, 1), (3, 3, 5, 3, 5, 5, 3)
    stages = tuple(zip(widths, depths, kernels, (1, 2, 2, 2, 1, 2, 1), strict=True))
    sizes = {f"size: {size}": f"size: {few}" for size, few in ((112, 32), (56, 16), (28, 8), (14, 4), (7, 2))}
    module = Mobile(stages, nn.SiLU, gated=True)
    agree("efficientnet-b0", module, MOBILE, smaller={"[3, 224, 224]": "[3, 64, 64]", **sizes}, values=DRAWS)


class Unit(nn.Module):
    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        half, self.stride = after // 2, stride
        into = before if stride == 2 else half
        if stride == 2:
            self.branch1 = nn.Sequential(*conv_bn(before, before, 3, 2, before), *conv_bn(before, half, 1), nn.ReLU())
        first, last = conv_bn(into, half, 1, act=nn.ReLU), conv_bn(half, half, 1, act=nn.ReLU)
        self.branch2 = nn.Sequential(*first, *conv_bn(half, half, 3, stride, half), *last)

    def forward(self, z: Any) -> Any:
        if self.stride == 2:
            pair = [self.branch1(z), self.branch2(z)]
        else:
            kept, changed = z.chunk(2, 1)
            pair = [kept, self.branch2(changed)]
        return nn.functional.channel_shuffle(torch.cat(pair, 1), 2)


class ShuffleNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = conv_bn(3, 24, 3, 2, act=nn.ReLU)

        def stage(before: int, after: int, depth: int) -> Any:
            return nn.Sequential(Unit(before, after, 2), *(Unit(after, after, 1) for _ in range(depth - 1)))

        self.stage2, self.stage3, self.stage4 = stage(24, 116, 4), stage(116, 232, 8), stage(232, 464, 4)
        self.last, self.head = conv_bn(464, 1024, 1, act=nn.ReLU), nn.Linear(1024, 1000)

    def forward(self, images: Any) -> Any:
        z = nn.functional.max_pool2d(self.stem(images), 3, 2, 1)
        return self.head(self.last(self.stage4(self.stage3(self.stage2(z)))).mean((2, 3)))


def test_shufflenet_v2() -> None:
    names = (
        (r"^(stage\d)\.first\.", r"\1.0."),
        (r"^(stage\d)\.rest\.(\d+)\.unit_0\.", next_block("{}.{}.")),
        (r"concat_0\.separable_0\.project\.conv", "branch1.2"),
        (r"concat_0\.separable_0\.project\.norm", "branch1.3"),
        (r"concat_0\.separable_0\.depthwise", "branch1.0"),
        (r"concat_0\.separable_0\.norm", "branch1.1"),
        (r"concat_0\.branch_0\.first\.conv", "branch2.0"),
        (r"concat_0\.branch_0\.first\.norm", "branch2.1"),
        (r"concat_0\.branch_0\.separable\.project\.conv", "branch2.5"),
        (r"concat_0\.branch_0\.separable\.project\.norm", "branch2.6"),
        (r"concat_0\.branch_0\.separable\.depthwise", "branch2.3"),
        (r"concat_0\.branch_0\.separable\.norm", "branch2.4"),
        (r"\.conv\.", ".0."),
        (r"\.norm\.", ".1."),
    )
    sizes = {f"size: {size}": f"size: {few}" for size, few in ((28, 8), (14, 4), (7, 2))}
    agree("shufflenet-v2", ShuffleNet(), names, smaller={"[3, 224, 224]": "[3, 64, 64]", **sizes}, values=DRAWS)


class ChannelNorm(nn.LayerNorm):
    def forward(self, z: Any) -> Any:
        return super().forward(z.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = ChannelNorm(channels, EPS)
        self.pwconv1, self.pwconv2 = nn.Linear(channels, 4 * channels), nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, z: Any) -> Any:
        y = self.norm(self.dwconv(z)).permute(0, 2, 3, 1)
        y = self.gamma * self.pwconv2(nn.functional.gelu(self.pwconv1(y)))
        return z + y.permute(0, 3, 1, 2)


class ConvNext(nn.Module):
    def __init__(self, widths: tuple[int, ...], depths: tuple[int, ...]) -> None:
        super().__init__()
        stem = nn.Sequential(nn.Conv2d(3, widths[0], 4, stride=4), ChannelNorm(widths[0], EPS))
        others = (
            nn.Sequential(ChannelNorm(before, EPS), nn.Conv2d(before, after, 2, stride=2))
            for before, after in pairwise(widths)
        )
        self.downsample_layers = nn.ModuleList([stem, *others])
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNextBlock(width) for _ in range(depth)))
            for width, depth in zip(widths, depths, strict=True)
        )
        self.norm, self.head = nn.LayerNorm(widths[-1], EPS), nn.Linear(widths[-1], 1000)

    def forward(self, z: Any) -> Any:
        for downsample, stage in zip(self.downsample_layers, self.stages, strict=True):
            z = stage(downsample(z))
        return self.head(self.norm(z.mean((-2, -1))))


def test_convnext_t() -> None:
    names = (
        ("^stem", "downsample_layers.0.0"),
        (r"^channel_norm_0\.norm", "downsample_layers.0.1"),
        (r"^downsample_(\d)\.norm\.norm", lambda m: f"downsample_layers.{int(m[1]) + 1}.0"),
        (r"^downsample_(\d)\.conv", lambda m: f"downsample_layers.{int(m[1]) + 1}.1"),
        (r"^stage(\d)\.blocks\.(\d)\.convnext_block_0\.residual_0", lambda m: f"stages.{int(m[1]) - 1}.{m[2]}"),
        (r"\.depthwise\.", ".dwconv."),
        (r"\.up\.", ".pwconv1."),
        (r"\.down\.", ".pwconv2."),
        (r"\.scale\.weight", ".gamma"),
        (r"^final", "norm"),
    )
    module = ConvNext((96, 192, 384, 768), (3, 3, 9, 3))
    agree("convnext-t", module, names, smaller={"[3, 224, 224]": "[3, 64, 96]"}, values=DRAWS)
