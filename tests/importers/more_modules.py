"""Small modules of operators that have rows of their own: each with its example."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn
functional: Any = nn.functional


class Interpolated(nn.Module):
    """Sizes that do not divide, corners aligned, cubic weights, a smoothed reduction."""

    def __init__(self) -> None:
        super().__init__()
        self.inside, self.outside = nn.Conv2d(2, 3, 2), nn.Conv2d(3, 2, 3, padding=1, padding_mode="circular")

    def forward(self, x: Any) -> Any:
        z = functional.interpolate(self.inside(x), size=(7, 5), mode="bilinear", align_corners=True)
        z = functional.interpolate(z, scale_factor=1.5, mode="bicubic", align_corners=False)
        z = functional.interpolate(self.outside(z), size=(4, 4), mode="bilinear", antialias=True)
        z = functional.interpolate(z, size=(6, 5), mode="nearest")
        return functional.interpolate(z, scale_factor=2, mode="nearest-exact")


class Extremes(nn.Module):
    """Maxima over an axis that is no position, of two arrays, of an array and a number; entries in order."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(4, 6), nn.Linear(4, 6)

    def forward(self, x: Any) -> Any:
        a, b = self.left(x), self.right(x)
        z = torch.maximum(a, b) + torch.min(a, b) - torch.clamp_max(a, 0.25)
        pair = z.sort(-1, descending=True)[0] + z.topk(6, dim=-1)[0]
        return pair.amax(1), pair.amin((1, 2)), torch.max(pair, 2, keepdim=True)[0], z.logsumexp(1)


class Divided(nn.Module):
    """Attention with positive features: the denominators are at least what is added to them."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Linear(4, 12)

    def forward(self, x: Any) -> Any:
        q, k, v = self.maps(x).chunk(3, -1)
        q, k = functional.elu(q) + 1.1, functional.elu(k) + 1.1
        scores = 1 / torch.einsum("nid,nd->ni", q, k.sum(1))
        return torch.einsum("nid,njd,njm,ni->nim", q, k, v, scores) / (1 + v.square().mean(-1, keepdim=True)).sqrt()


class Lengths(nn.Module):
    """Norms, deviations, distances, angles."""

    def __init__(self) -> None:
        super().__init__()
        self.map, self.places = nn.Linear(4, 5), nn.Parameter(torch.randn(3, 5))

    def forward(self, x: Any) -> Any:
        z = self.map(x)
        spread = (z - z.mean(1, keepdim=True)) / (z.std(1, keepdim=True) + 1e-2)
        far = torch.cdist(z, self.places) + z.var(-1, keepdim=True)
        angle = functional.cosine_similarity(z, spread, dim=-1)
        return far.norm(dim=-1) + angle + (z * z).sum(-1).sqrt() + z.norm(p=1, dim=-1)


class ChannelNorm(nn.Module):
    """A layer norm of the channels, written out, and slopes that are learned."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.weight, self.bias = nn.Conv2d(2, 3, 2), nn.Parameter(torch.ones(3)), nn.Parameter(torch.rand(3))
        self.slopes, self.cut = nn.PReLU(3), nn.Threshold(0.1, 0.1)

    def forward(self, x: Any) -> Any:
        z = self.slopes(self.conv(x))
        mean = z.mean(1, keepdim=True)
        variance = (z - mean).pow(2).mean(1, keepdim=True)
        z = (z - mean) / torch.sqrt(variance + 1e-3)
        return self.cut(self.weight[:, None, None] * z + self.bias[:, None, None])


class Cells(nn.Module):
    """Cells in a loop."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LSTMCell(3, 4), nn.GRUCell(4, 4)

    def forward(self, x: Any) -> Any:
        hidden, cell = torch.zeros(x.shape[0], 4), torch.zeros(x.shape[0], 4)
        state = torch.zeros(x.shape[0], 4)
        for entry in x.unbind(1):
            hidden, cell = self.first(entry, (hidden, cell))
            state = self.second(hidden, state)
        return state


class LastStates(nn.Module):
    """The last states of two layers in both directions, and first states that are learned."""

    def __init__(self) -> None:
        super().__init__()
        self.both = nn.LSTM(3, 2, 2, batch_first=True, bidirectional=True)
        self.first = nn.Parameter(torch.rand(1, 1, 4))
        self.cells = nn.GRU(3, 4, batch_first=True, bias=False)

    def forward(self, x: Any) -> Any:
        last = self.both(x)[1][0]
        states, _ = self.cells(x, self.first.expand(-1, x.shape[0], -1).contiguous())
        return torch.cat([last[-2], last[-1]], 1) + states[:, -1]


class Folded(nn.Module):
    """Windows put back, running sums, copies side by side, a triangle of a learned matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.map, self.mix = nn.Linear(4, 4), nn.Parameter(torch.rand(4, 4))

    def forward(self, x: Any) -> Any:
        windows = functional.unfold(x, 2).transpose(1, 2)
        z = functional.fold(self.map(windows).transpose(1, 2), (4, 4), 2)
        z = torch.tril(self.mix) @ z.cumsum(-1)
        return z.repeat_interleave(2, 2)


class Joined(nn.Module):
    """Frames, and heads, that are joined with the samples."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.maps = nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Linear(4, 12)

    def forward(self, x: Any) -> Any:
        n = x.shape[0]
        z = functional.max_pool2d(self.norm(self.conv(x.flatten(0, 1))), 2)
        z = functional.adaptive_avg_pool2d(functional.avg_pool2d(z, 2, 1), 1).view(n, 3, 4)
        q, k, v = (torch.cat(part.split(2, 2)) for part in self.maps(z).chunk(3, 2))
        z = (q @ k.mT).softmax(-1) @ v
        return torch.cat(z.split(n), 2)


class Bags(nn.Module):
    """Bags of ids, and ids that are chosen out of others."""

    def __init__(self) -> None:
        super().__init__()
        self.bag, self.table = nn.EmbeddingBag(9, 4, mode="mean"), nn.Embedding(9, 4)
        self.pair = nn.Bilinear(4, 4, 3)
        self.weights = nn.Parameter(torch.rand(3))

    def forward(self, ids: Any) -> Any:
        return self.pair(self.bag(ids), self.table(ids[:, 1])) @ self.weights


Made = tuple[Any, tuple[Any, ...]]
MORE: Mapping[str, Callable[[], Made]] = {
    "interpolated": lambda: (Interpolated(), (torch.randn(2, 2, 4, 4),)),
    "extremes": lambda: (Extremes(), (torch.randn(2, 3, 4),)),
    "divided": lambda: (Divided(), (torch.randn(2, 3, 4),)),
    "lengths": lambda: (Lengths(), (torch.randn(2, 3, 4),)),
    "channel norm": lambda: (ChannelNorm(), (torch.randn(2, 2, 4, 4),)),
    "cells": lambda: (Cells(), (torch.randn(2, 3, 3),)),
    "last states": lambda: (LastStates(), (torch.randn(2, 3, 3),)),
    "folded": lambda: (Folded(), (torch.randn(2, 1, 4, 4),)),
    "joined": lambda: (Joined(), (torch.randn(2, 3, 2, 6, 6),)),
    "bags": lambda: (Bags(), (torch.randint(0, 9, (2, 5)),)),
}
