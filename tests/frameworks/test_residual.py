"""Residual and dense networks with batch-norm: networks of specs/ against modules of torch.nn, in training mode."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import agree, next_block

torch: Any = pytest.importorskip("torch")
nn = torch.nn
EPS = 0.01
SMALLER = {"[3, 224, 224]": "[3, 64, 96]"}
DRAWS = {"n": 3}


def norm(channels: int) -> Any:
    return nn.BatchNorm2d(channels, EPS)


def conv(before: int, after: int, kernel: int, stride: int = 1) -> Any:
    return nn.Conv2d(before, after, kernel, stride, kernel // 2, bias=False)


class Basic(nn.Module):
    widening = 1

    def __init__(self, before: int, width: int, stride: int, inner: int) -> None:
        super().__init__()
        assert inner == width
        self.conv1, self.bn1 = conv(before, width, 3, stride), norm(width)
        self.conv2, self.bn2 = conv(width, width, 3), norm(width)
        self.downsample = projection(before, width, stride)

    def forward(self, z: Any) -> Any:
        y = self.bn1(self.conv1(z)).relu()
        return (self.bn2(self.conv2(y)) + self.downsample(z)).relu()


class Bottleneck(nn.Module):
    widening = 4

    def __init__(self, before: int, width: int, stride: int, inner: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(before, inner, 1), norm(inner)
        self.conv2, self.bn2 = conv(inner, inner, 3, stride), norm(inner)
        self.conv3, self.bn3 = conv(inner, 4 * width, 1), norm(4 * width)
        self.downsample = projection(before, 4 * width, stride)

    def forward(self, z: Any) -> Any:
        y = self.bn1(self.conv1(z)).relu()
        y = self.bn2(self.conv2(y)).relu()
        return (self.bn3(self.conv3(y)) + self.downsample(z)).relu()


def projection(before: int, after: int, stride: int) -> Any:
    same = before == after and stride == 1
    return nn.Identity() if same else nn.Sequential(conv(before, after, 1, stride), norm(after))


class ResNet(nn.Module):
    def __init__(self, block: type[Any], depths: tuple[int, ...], wider: int = 1) -> None:
        super().__init__()
        self.conv1, self.bn1 = conv(3, 64, 7, 2), norm(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        stages: list[Any] = []
        channels = 64
        for k, depth in enumerate(depths):
            width = 64 * 2**k
            after = block.widening * width
            first = block(channels, width, 1 if k == 0 else 2, wider * width)
            stages.append(nn.Sequential(first, *(block(after, width, 1, wider * width) for _ in range(depth - 1))))
            channels = after
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(channels, 1000)

    def forward(self, images: Any) -> Any:
        z = self.maxpool(self.bn1(self.conv1(images)).relu())
        z = self.layer4(self.layer3(self.layer2(self.layer1(z))))
        return self.fc(self.avgpool(z).flatten(1))


RESNET = (
    (r"^stem\.conv", "conv1"),
    (r"^stem\.norm", "bn1"),
    (r"^head", "fc"),
    (r"^stage(\d)\.first\.add_0\.", r"layer\1.0."),
    (r"^stage(\d)\.rest\.(\d+)\.(?:basic|bottleneck)_0\.add_0\.", next_block("layer{}.{}.")),
    (r"conv_bn_0\.conv", "downsample.0"),
    (r"conv_bn_0\.norm", "downsample.1"),
    (r"(?:first|reduce)\.conv", "conv1"),
    (r"(?:first|reduce)\.norm", "bn1"),
    (r"(?:second|middle)\.conv", "conv2"),
    (r"(?:second|middle)\.norm", "bn2"),
    (r"widen\.conv", "conv3"),
    (r"widen\.norm", "bn3"),
)


@pytest.mark.parametrize(
    ("name", "block", "depths", "wider"),
    [
        ("resnet18", Basic, (2, 2, 2, 2), 1),
        ("resnet34", Basic, (3, 4, 6, 3), 1),
        ("resnet50", Bottleneck, (3, 4, 6, 3), 1),
        ("resnet101", Bottleneck, (3, 4, 23, 3), 1),
        ("wide-resnet", Bottleneck, (3, 4, 6, 3), 2),
    ],
)
def test_resnets(name: str, block: type[Any], depths: tuple[int, ...], wider: int) -> None:
    agree(name, ResNet(block, depths, wider), RESNET, smaller=SMALLER, values=DRAWS)


class Residual(nn.Sequential):
    def __init__(self, width: int) -> None:
        layers = (nn.BatchNorm2d(width, EPS, affine=False), conv(width, width, 3), nn.Softplus(), conv(width, width, 3))
        super().__init__(*layers)

    def forward(self, z: Any) -> Any:
        return z + super().forward(z)


def test_resnet_like() -> None:
    module = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.Softplus(), *(Residual(16) for _ in range(3)),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10),
    )  # fmt: skip
    names = (
        ("^stem", "0"),
        ("^head", "7"),
        (r"^blocks\.(\d)\.block_0\.residual_0\.conv2d_(\d)", lambda m: f"{int(m[1]) + 2}.{1 + 2 * int(m[2])}"),
    )
    agree("resnet-like", module, names, values=DRAWS)


class DenseLayer(nn.Module):
    def __init__(self, before: int, growth: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = norm(before), conv(before, 4 * growth, 1)
        self.norm2, self.conv2 = norm(4 * growth), conv(4 * growth, growth, 3)

    def forward(self, z: Any) -> Any:
        new = self.conv2(self.norm2(self.conv1(self.norm1(z).relu())).relu())
        return torch.cat([z, new], 1)


class DenseNet(nn.Module):
    def __init__(self, growth: int, depths: tuple[int, ...]) -> None:
        super().__init__()
        channels = 2 * growth
        self.conv0, self.norm0 = conv(3, channels, 7, 2), norm(channels)
        self.blocks, self.norms, self.convs = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        for k, depth in enumerate(depths):
            self.blocks.append(nn.Sequential(*(DenseLayer(channels + growth * j, growth) for j in range(depth))))
            channels += growth * depth
            self.norms.append(norm(channels))
            if k + 1 < len(depths):
                self.convs.append(conv(channels, channels // 2, 1))
                channels //= 2
        self.classifier = nn.Linear(channels, 1000)

    def forward(self, images: Any) -> Any:
        z = nn.functional.max_pool2d(self.norm0(self.conv0(images)).relu(), 3, 2, 1)
        for k, block in enumerate(self.blocks):
            z = self.norms[k](block(z)).relu()
            if k < len(self.convs):
                z = nn.functional.avg_pool2d(self.convs[k](z), 2)
        return self.classifier(z.mean((2, 3)))


def test_densenet121() -> None:
    names = (
        (r"^stem\.(conv|norm)", r"\g<1>0"),
        (r"^head", "classifier"),
        (r"^norm_relu_0\.norm", "norms.3"),
        (r"^transition(\d)\.norm_relu_0\.norm", lambda m: f"norms.{int(m[1]) - 1}"),
        (r"^transition(\d)\.conv", lambda m: f"convs.{int(m[1]) - 1}"),
        (r"^block(\d)\.layers\.(\d+)\.dense_layer_0\.concat_0", lambda m: f"blocks.{int(m[1]) - 1}.{m[2]}"),
        (r"norm_relu_0\.norm", "norm1"),
        (r"narrow\.conv", "conv1"),
        (r"narrow\.norm", "norm2"),
        (r"\.new\.", ".conv2."),
    )
    agree("densenet121", DenseNet(32, (6, 12, 24, 16)), names, smaller=SMALLER, values=DRAWS)


class ConvBn(nn.Sequential):
    def __init__(self, before: int, after: int, kernel: int, stride: int = 1) -> None:
        super().__init__(conv(before, after, kernel, stride), norm(after), nn.ReLU())


class Inception(nn.Module):
    def __init__(self, before: int, one: int, a: tuple[int, int], b: tuple[int, int], pool: int) -> None:
        super().__init__()
        self.branch1 = ConvBn(before, one, 1)
        self.branch2 = nn.Sequential(ConvBn(before, a[0], 1), ConvBn(*a, 3))
        self.branch3 = nn.Sequential(ConvBn(before, b[0], 1), ConvBn(*b, 3))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, 1, 1, ceil_mode=True), ConvBn(before, pool, 1))

    def forward(self, z: Any) -> Any:
        return torch.cat([self.branch1(z), self.branch2(z), self.branch3(z), self.branch4(z)], 1)


class GoogLeNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = ConvBn(3, 64, 7, 2), ConvBn(64, 64, 1), ConvBn(64, 192, 3)
        self.inception3a = Inception(192, 64, (96, 128), (16, 32), 32)
        self.inception3b = Inception(256, 128, (128, 192), (32, 96), 64)
        self.inception4a = Inception(480, 192, (96, 208), (16, 48), 64)
        self.inception4b = Inception(512, 160, (112, 224), (24, 64), 64)
        self.inception4c = Inception(512, 128, (128, 256), (24, 64), 64)
        self.inception4d = Inception(512, 112, (144, 288), (32, 64), 64)
        self.inception4e = Inception(528, 256, (160, 320), (32, 128), 128)
        self.inception5a = Inception(832, 256, (160, 320), (32, 128), 128)
        self.inception5b = Inception(832, 384, (192, 384), (48, 128), 128)
        self.head = nn.Linear(1024, 1000)

    def forward(self, images: Any) -> Any:
        pool = nn.MaxPool2d(3, 2, ceil_mode=True)
        z = pool(self.conv3(self.conv2(pool(self.conv1(images)))))
        z = pool(self.inception3b(self.inception3a(z)))
        z = self.inception4c(self.inception4b(self.inception4a(z)))
        z = self.inception4e(self.inception4d(z))
        z = nn.functional.max_pool2d(z, 2, 2, ceil_mode=True)
        return self.head(self.inception5b(self.inception5a(z)).mean((2, 3)))


def test_inception_v1() -> None:
    places = ("branch1", "branch2.0", "branch2.1", "branch3.0", "branch3.1", "branch4.1")
    names = (
        *((rf"concat_0\.conv_bn_{k}\.", f"{place}.") for k, place in enumerate(places)),
        (r"\.conv\.", ".0."),
        (r"\.norm\.", ".1."),
    )
    agree("inception-v1", GoogLeNet(), names, smaller={"[3, 224, 224]": "[3, 70, 100]"}, values=DRAWS)
