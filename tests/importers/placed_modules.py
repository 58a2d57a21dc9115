"""Small modules that add and put entries at fixed places, read one learned array in several shapes, move scores with masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn


class Edges(nn.Module):
    """Messages along the edges of a fixed graph, added up in three ways; neighbours by indices of two axes; rows put in."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.messages = nn.Linear(3, 4), nn.Linear(8, 4)
        self.register_buffer("first", torch.tensor([0, 1, 2, 3, 4, 0, 2]))
        self.register_buffer("second", torch.tensor([1, 1, 3, 4, 0, 2, -4]))
        self.register_buffer("near", torch.tensor([[1, 4], [0, 2], [1, 3], [2, 4], [3, 0]]))

    def forward(self, x: Any) -> Any:
        z = self.maps(x)
        sent = torch.tanh(self.messages(torch.cat([z[:, self.first], z[:, self.second]], -1)))
        added = torch.ones_like(z).index_add(1, self.second % 5, sent, alpha=0.5)
        places = (self.second % 5)[:, None].expand(len(x), 7, 4)
        scattered = z.scatter_add(1, places, sent) - z.scatter_reduce(1, places, sent, "sum")
        summed = torch.ops.aten.index_put(z, [None, self.first], sent, True)
        rows = torch.zeros_like(z)
        rows[:, self.near[:3, 1]] = sent[:, :3]
        rows.index_put_((torch.arange(len(x)), torch.tensor(2)), torch.tensor(0.5))
        return added + scattered + summed + rows + z[:, self.near].mean(2)


class Reread(nn.Module):
    """A square matrix and its transpose, rows that are read one by one and as a whole, a vector as a row and a column."""

    def __init__(self) -> None:
        super().__init__()
        self.square, self.rows, self.vector = (nn.Parameter(torch.randn(*shape)) for shape in ((4, 4), (3, 4), (4,)))

    def forward(self, x: Any) -> Any:
        z = torch.tanh(x @ self.square + self.vector) @ self.square.T
        apart = z.unsqueeze(2) * self.rows.view(1, 3, 4) + self.rows[None, None].sum(2, keepdim=True)
        return apart * self.vector.view(1, 1, 1, -1) + (z @ self.vector)[..., None, None]


class Neighbours(nn.Module):
    """Attention of a graph that leaves out what are no neighbours by a large number."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.left, self.right = nn.Linear(3, 4), nn.Linear(4, 1), nn.Linear(4, 1)
        self.register_buffer("edges", torch.eye(5) + torch.diag(torch.ones(4), 1))

    def forward(self, x: Any) -> Any:
        z = self.maps(x)
        scores = nn.functional.leaky_relu(self.left(z) + self.right(z).transpose(1, 2), 0.2)
        scores = torch.where(self.edges > 0, scores, -9e15 * torch.ones_like(scores))
        return scores.softmax(-1) @ z


class Sinks(nn.Module):
    """Scores under a causal mask, beside a learned score that nothing is read for, less the largest of them all."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.sinks, self.bias = nn.Linear(4, 12), nn.Parameter(torch.randn(2)), nn.Parameter(torch.rand(5))

    def forward(self, x: Any) -> Any:
        n, count = len(x), x.shape[1]
        q, k, v = (part.view(n, count, 2, 2).transpose(1, 2) for part in self.maps(x).chunk(3, -1))
        hidden = torch.triu(torch.full((count, count), float("-inf")), 1)
        scores = (q @ k.transpose(2, 3) + hidden) * 0.5 + self.bias
        apart = (k @ q.transpose(2, 3)).transpose(2, 3).masked_fill(hidden < 0, float("-inf"))
        scores = torch.cat([scores.unsqueeze(1), apart[:, None]], 1).flatten(1, 2)[:, 1:3]
        both = torch.cat([scores, self.sinks.view(1, 2, 1, 1).expand(n, 2, count, 1)], -1)
        both = both - both.max(dim=-1, keepdim=True).values
        return both.softmax(-1)[..., :-1] @ v


class Scales(nn.Module):
    """Factors that are powers of learned arrays, which are zero, and lengths by means of squares."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.scale = nn.Linear(4, 4), nn.Parameter(torch.zeros(1, 4))

    def forward(self, x: Any) -> Any:
        z = self.maps(x) * torch.exp(self.scale)
        return z + x.pow(2).mean(-1, keepdim=True) ** 0.5 * torch.sqrt(z.square().mean(1, keepdim=True))


class WrittenSoftmax(nn.Module):
    """Softmaxes by their powers: less the largest, and as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = nn.Linear(4, 3), nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        a, b = self.left(x), self.right(x)
        first = torch.exp(a - a.amax(1, keepdim=True))
        first = first / first.sum(1, keepdim=True)
        second = b.exp()
        return first + second / second.sum(dim=-1, keepdim=True)


class Copies(nn.Module):
    """Copies of samples, one beside the other and one after the other; sequences of which each sample has several."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.rows = nn.Linear(3, 4), nn.LSTM(4, 2, batch_first=True, bidirectional=True)
        self.token, self.place = nn.Parameter(torch.randn(1, 1, 4)), nn.Parameter(torch.randn(1, 1, 4))

    def forward(self, x: Any) -> Any:
        n = len(x)
        z = self.maps(x)
        beside = z.mean(1).repeat_interleave(2, 0).view(n, 2, 4)
        after = torch.tanh(z.repeat(2, 1, 1)).view(2, n, 3, 4).sum(0)
        pairs = torch.stack([z, z.tanh()], 2).flatten(0, 1)
        pairs = torch.cat([self.token.expand(n * 3, 1, 4), pairs + self.place.expand(n * 3, 1, 4)], 1)
        rows, _ = self.rows(pairs)
        return rows[:, 1:].reshape(n, 3, 2, 4).mean(1) + beside + after.mean(1, keepdim=True)


Made = tuple[Any, tuple[Any, ...]]
PLACED: Mapping[str, Callable[[], Made]] = {
    "edges": lambda: (Edges(), (torch.randn(2, 5, 3),)),
    "reread": lambda: (Reread(), (torch.randn(2, 3, 4),)),
    "neighbours": lambda: (Neighbours(), (torch.randn(2, 5, 3),)),
    "sinks": lambda: (Sinks(), (torch.randn(2, 5, 4),)),
    "copies": lambda: (Copies(), (torch.randn(2, 3, 3),)),
    "scales": lambda: (Scales(), (torch.randn(2, 3, 4),)),
    "written softmax": lambda: (WrittenSoftmax(), (torch.randn(2, 5, 4),)),
}
