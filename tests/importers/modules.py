"""Small modules that are imported: each with its example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from importers.chosen_modules import CHOSEN
from importers.more_modules import MORE
from importers.placed_modules import PLACED

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)

    def forward(self, x: Any) -> Any:
        return self.relu(self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x))))) + x)


class Residual(nn.Module):
    def __init__(self, depth: int = 3) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(*(Block(4) for _ in range(depth)))
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(4, 5)

    def forward(self, x: Any) -> Any:
        return self.head(torch.flatten(self.pool(self.blocks(self.stem(x))), 1))


class Attention(nn.Module):
    """A causal block, with the weights of the table in its head."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.places = nn.Embedding(11, 8), nn.Embedding(16, 8)
        self.norm, self.qkv, self.out = nn.LayerNorm(8), nn.Linear(8, 24), nn.Linear(8, 8)
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.table.weight

    def forward(self, ids: Any) -> Any:
        n, t = ids.shape
        x = self.table(ids) + self.places(torch.arange(t))
        q, k, v = self.qkv(self.norm(x)).reshape(n, t, 3, 2, 4).permute(2, 0, 3, 1, 4)
        z = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.head(x + self.out(z.transpose(1, 2).reshape(n, t, 8)))


class Written(nn.Module):
    """A root mean square norm and an activation that are written out."""

    def __init__(self) -> None:
        super().__init__()
        self.gain, self.map = nn.Parameter(torch.rand(6)), nn.Linear(6, 6)

    def forward(self, x: Any) -> Any:
        x = self.gain * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))
        z = self.map(x)
        z = self.map(0.5 * z * (1 + torch.tanh(0.7978845608028654 * (z + 0.044715 * z**3))))
        return z * torch.sigmoid(1.702 * z)


class Windows(nn.Module):
    """Samples joined with windows, a learned table looked up at fixed places, a mask that is added."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.bias = nn.Linear(4, 4), nn.Parameter(torch.rand(7, 1))
        at = torch.arange(4)
        self.register_buffer("places", at[:, None] - at[None] + 3)
        self.register_buffer("far", torch.where((at[:, None] - at[None]).abs() > 2, float("-inf"), 0.0))

    def forward(self, x: Any) -> Any:
        n = x.shape[0]
        z = x.view(n, 2, 4, 4).reshape(n * 2, 4, 4)
        scores = self.maps(z) @ z.transpose(-1, -2) + self.bias[self.places].squeeze(-1) + self.far
        return (scores.softmax(-1) @ z).view(n, 8, 4).roll(1, 1).flip(2)


class Standardised(nn.Module):
    """A convolution whose weight is computed."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 2, 3, 3))

    def forward(self, x: Any) -> Any:
        flat = self.weight.reshape(1, 4, -1)
        weight = nn.functional.batch_norm(flat, None, None, training=True, eps=1e-3).reshape(self.weight.shape)
        return nn.functional.conv2d(x, weight, stride=2, padding=1, groups=2)


class Recurrent(nn.Module):
    def __init__(self, kind: str) -> None:
        super().__init__()
        self.cells = getattr(nn, kind)(3, 4, 2, batch_first=True, bidirectional=True)

    def forward(self, x: Any) -> Any:
        return self.cells(x)[0]


class Refused(nn.Module):
    """Two operators that are refused, the second twice, and what is made of them."""

    def __init__(self) -> None:
        super().__init__()
        self.slopes, self.map = nn.Threshold(0.1, 20.0), nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        z = self.map(self.slopes(x))
        a, b = x.cumprod(1), x.cumprod(1)
        return nn.functional.relu(z + a) / (1 + b.cumprod(1).abs())


Made = tuple[Any, tuple[Any, ...]]
MODULES: Mapping[str, Callable[[], Made]] = {
    **MORE,
    "perceptron": lambda: (nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 2)), (torch.randn(2, 3),)),
    "residual": lambda: (Residual(), (torch.randn(2, 3, 8, 8),)),
    "attention": lambda: (Attention(), (torch.randint(0, 11, (2, 6)),)),
    "written": lambda: (Written(), (torch.randn(2, 5, 6),)),
    "windows": lambda: (Windows(), (torch.randn(2, 8, 4),)),
    "standardised": lambda: (Standardised(), (torch.randn(2, 4, 6, 6),)),
    "encoder": lambda: (nn.TransformerEncoderLayer(8, 2, 12, batch_first=True), (torch.randn(2, 4, 8),)),
    "sequence first": lambda: (nn.TransformerEncoderLayer(8, 2, 12), (torch.randn(4, 2, 8),)),
    **CHOSEN,
    **PLACED,
    **{kind: lambda kind=kind: (Recurrent(kind), (torch.randn(2, 4, 3),)) for kind in ("RNN", "GRU", "LSTM")},
    "transposed": lambda: (nn.Sequential(nn.ConvTranspose2d(2, 4, 3, 2, groups=2), nn.GroupNorm(2, 4)), (torch.randn(2, 2, 3, 3),)),
    "instance": lambda: (nn.Sequential(nn.Conv1d(2, 3, 2), nn.InstanceNorm1d(3, affine=True), nn.Hardtanh()), (torch.randn(2, 2, 6),)),
    "logarithms": lambda: (nn.Sequential(nn.Linear(3, 4), nn.LogSoftmax(1), nn.Linear(4, 2), nn.LogSoftmax(-1)), (torch.randn(2, 5, 3),)),
    "shuffle": lambda: (nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.PixelShuffle(2), nn.Upsample(scale_factor=2)), (torch.randn(2, 1, 4, 4),)),
}  # fmt: skip
