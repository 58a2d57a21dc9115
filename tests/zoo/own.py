"""Small networks of many families, as people write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class LanguageModel(nn.Module):
    def __init__(self, cell: type[Any], layers: int = 1) -> None:
        super().__init__()
        self.table = nn.Embedding(60, 12)
        self.cells = cell(12, 16, layers, batch_first=True)
        self.head = nn.Linear(16, 60)

    def forward(self, ids: Any) -> Any:
        return self.head(self.cells(self.table(ids))[0])


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(60, 12)
        self.cells = nn.LSTM(12, 16, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(32, 9)

    def forward(self, ids: Any) -> Any:
        return self.head(self.cells(self.table(ids))[0])


class LastState(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.GRU(5, 16, batch_first=True)
        self.head = nn.Linear(16, 3)

    def forward(self, x: Any) -> Any:
        return self.head(self.cells(x)[1][-1])


class SequenceFirst(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.LSTM(5, 8)

    def forward(self, x: Any) -> Any:
        return self.cells(x)[0]


class UNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = self.block(1, 8), self.block(8, 16)
        self.middle = self.block(16, 32)
        self.up2, self.join2 = nn.ConvTranspose2d(32, 16, 2, 2), self.block(32, 16)
        self.up1, self.join1 = nn.ConvTranspose2d(16, 8, 2, 2), self.block(16, 8)
        self.out = nn.Conv2d(8, 2, 1)

    @staticmethod
    def block(a: int, b: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True))

    def forward(self, x: Any) -> Any:
        a = self.down1(x)
        b = self.down2(F.max_pool2d(a, 2))
        c = self.middle(F.max_pool2d(b, 2))
        b = self.join2(torch.cat([self.up2(c), b], 1))
        return self.out(self.join1(torch.cat([self.up1(b), a], 1)))


class Siren(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.ModuleList([nn.Linear(2, 32), nn.Linear(32, 32)])
        self.out = nn.Linear(32, 1)

    def forward(self, x: Any) -> Any:
        for layer in self.maps:
            x = torch.sin(30 * layer(x))
        return self.out(x)


class Field(nn.Module):
    """A radiance field: waves of the place at several frequencies."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("rates", 2.0 ** torch.arange(4))
        self.body = nn.Sequential(nn.Linear(27, 32), nn.ReLU(), nn.Linear(32, 4))

    def forward(self, x: Any) -> Any:
        waves = (x[..., None] * self.rates).flatten(-2)
        return self.body(torch.cat([x, waves.sin(), waves.cos()], -1))


class TextCNN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(60, 12)
        self.convs = nn.ModuleList([nn.Conv1d(12, 8, k) for k in (2, 3, 4)])
        self.head = nn.Linear(24, 3)

    def forward(self, ids: Any) -> Any:
        x = self.table(ids).transpose(1, 2)
        return self.head(torch.cat([F.relu(conv(x)).amax(-1) for conv in self.convs], 1))


class Temporal(nn.Module):
    """A temporal convolutional network: dilated causal convolutions with residuals."""

    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList([nn.Conv1d(8, 8, 3, dilation=2**i) for i in range(3)])
        self.inside = nn.Conv1d(2, 8, 1)

    def forward(self, x: Any) -> Any:
        x = self.inside(x)
        for i, conv in enumerate(self.convs):
            x = x + F.relu(conv(F.pad(x, (2 * 2**i, 0))))
        return x


class WaveNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inside = nn.Conv1d(1, 8, 1)
        self.gates = nn.ModuleList([nn.Conv1d(8, 16, 2, dilation=2**i) for i in range(3)])
        self.mixes = nn.ModuleList([nn.Conv1d(8, 8, 1) for _ in range(3)])
        self.out = nn.Conv1d(8, 4, 1)

    def forward(self, x: Any) -> Any:
        x, skips = self.inside(x), 0
        for i, (gate, mix) in enumerate(zip(self.gates, self.mixes, strict=True)):
            a, b = gate(F.pad(x, (2**i, 0))).chunk(2, 1)
            z = mix(torch.tanh(a) * torch.sigmoid(b))
            skips, x = skips + z, x + z
        return self.out(F.relu(skips))


class MixerBlock(nn.Module):
    def __init__(self, places: int, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(places, 16), nn.GELU(), nn.Linear(16, places))
        self.channels = nn.Sequential(nn.Linear(width, 32), nn.GELU(), nn.Linear(32, width))

    def forward(self, x: Any) -> Any:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Highway(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.maps, self.gates = (nn.ModuleList([nn.Linear(8, 8) for _ in range(3)]) for _ in range(2))

    def forward(self, x: Any) -> Any:
        for layer, gate in zip(self.maps, self.gates, strict=True):
            t = torch.sigmoid(gate(x))
            x = t * torch.relu(layer(x)) + (1 - t) * x
        return x


class PointNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(3, 16, 1), nn.BatchNorm1d(16), nn.ReLU(), nn.Conv1d(16, 32, 1))
        self.head = nn.Linear(32, 5)

    def forward(self, x: Any) -> Any:
        return self.head(self.body(x.transpose(1, 2)).max(2)[0])


class DeepSets(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.each = nn.Sequential(nn.Linear(4, 16), nn.ELU(), nn.Linear(16, 16))
        self.all = nn.Sequential(nn.Linear(16, 16), nn.ELU(), nn.Linear(16, 2))

    def forward(self, x: Any) -> Any:
        return self.all(self.each(x).sum(1))


class Interactions(nn.Module):
    """A factorisation machine of dense features, with dot products of all pairs."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.ModuleList([nn.Linear(4, 8) for _ in range(3)])
        self.top = nn.Sequential(nn.Linear(9, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, x: Any) -> Any:
        z = torch.stack([layer(x) for layer in self.maps], 1)
        return self.top(torch.bmm(z, z.transpose(1, 2)).flatten(1))


class Graphs(nn.Module):
    """Two propagations along a fixed graph."""

    def __init__(self) -> None:
        super().__init__()
        ring = torch.eye(6).roll(1, 0)
        self.register_buffer("operator", (torch.eye(6) + ring + ring.T) / 3)
        self.first, self.second = nn.Linear(5, 8), nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        return self.operator @ self.second(torch.relu(self.operator @ self.first(x)))


class Squeeze(nn.Module):
    """Convolutions with squeeze-and-excitation."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.less, self.more = nn.Linear(8, 2), nn.Linear(2, 8)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.conv(x))
        gate = torch.sigmoid(self.more(F.relu(self.less(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


class Hopfield(nn.Module):
    """Attention to learned patterns."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns = nn.Parameter(torch.randn(10, 8))

    def forward(self, x: Any) -> Any:
        return F.softmax(x @ self.patterns.T, -1) @ self.patterns


class SpatialGate(nn.Module):
    """gMLP: a gate along the positions."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.outside = nn.Linear(8, 16), nn.Linear(8, 8)
        self.norm, self.along = nn.LayerNorm(8), nn.Conv1d(6, 6, 1)

    def forward(self, x: Any) -> Any:
        u, v = F.gelu(self.inside(self.norm(x))).chunk(2, -1)
        return x + self.outside(u * self.along(v))


class LocalAttention(nn.Module):
    """Attention written out, with a window."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)
        far = (torch.arange(6)[:, None] - torch.arange(6)[None]).abs() > 1
        self.register_buffer("far", far)

    def forward(self, x: Any) -> Any:
        n, t, d = x.shape
        q, k, v = self.qkv(x).reshape(n, t, 3, 2, 4).permute(2, 0, 3, 1, 4)
        scores = (q @ k.transpose(-1, -2) / 2).masked_fill(self.far, float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, t, d))


class Transformer(nn.Module):
    """Encoder and decoder, and sequences first."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Transformer(16, 2, 1, 1, 24, batch_first=True)

    def forward(self, source: Any, target: Any) -> Any:
        return self.body(source, target)


def generator() -> nn.Module:
    return nn.Sequential(
        nn.ConvTranspose2d(8, 16, 4), nn.BatchNorm2d(16), nn.ReLU(), nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh()
    )


def discriminator() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 8, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(8, 16, 4, 2, 1), nn.InstanceNorm2d(16, affine=True),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(256, 1),
    )  # fmt: skip


def autoencoder() -> nn.Module:
    return nn.Sequential(
        nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 64), nn.Sigmoid(), nn.Unflatten(1, (1, 8, 8))
    )


def perceptron() -> nn.Module:
    return nn.Sequential(
        nn.Linear(6, 16), nn.Softplus(), nn.Dropout(0.1), nn.Linear(16, 16), nn.SELU(), nn.Linear(16, 2)
    )


def mixer() -> nn.Module:
    return nn.Sequential(MixerBlock(9, 12), MixerBlock(9, 12), nn.LayerNorm(12))


def super_resolution() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 8, 5, padding=2), nn.Tanh(), nn.Conv2d(8, 4, 3, padding=1), nn.PixelShuffle(2))


def volumes() -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(1, 4, 3, padding=1), nn.GroupNorm(2, 4), nn.Mish(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(32, 3)
    )


def encoder() -> nn.Module:
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, norm_first=True), 2)


def decoder() -> nn.Module:
    return nn.TransformerDecoderLayer(16, 2, 32, batch_first=True)


def sequences_first() -> nn.Module:
    return nn.TransformerEncoderLayer(16, 4, 32)
