"""Small modules with what is known before they run: what ids decide, places that are fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

torch: Any = pytest.importorskip("torch")
nn: Any = torch.nn
functional: Any = nn.functional


class Padded(nn.Module):
    """Ids of which 0 is padding: scores and states without it, places counted without it, the last of the others."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.places, self.maps = nn.Embedding(9, 4), nn.Embedding(8, 4), nn.Linear(4, 4)
        self.register_buffer("waves", torch.sin(torch.arange(32.0)).view(8, 4))

    def forward(self, ids: Any) -> Any:
        shown = ids != 0
        counted = shown.cumsum(1) * shown
        x = self.table(ids) + self.places(counted) + functional.embedding(counted, self.waves)
        x = x * shown[..., None]
        hidden = torch.where(shown[:, None], 0.0, torch.finfo(x.dtype).min)
        weights = (self.maps(x) @ x.transpose(1, 2) + hidden).softmax(-1)
        seen = functional.scaled_dot_product_attention(x, self.maps(x), x, attn_mask=shown[:, None])
        z = (weights @ x).masked_fill(~shown[..., None], 0.5) + seen
        last = shown.sum(1) - 1
        return z[torch.arange(len(ids)), last]


class Emptied(nn.Module):
    """Scores of padding leave out all entries, of which the module takes the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(9, 4)

    def forward(self, ids: Any) -> Any:
        x, shown = self.table(ids), ids != 0
        both = shown[:, None] & shown[..., None]
        scores = (x @ x.transpose(1, 2)).masked_fill(~both, torch.finfo(x.dtype).min)
        return scores.softmax(-1) @ x


class Turned(nn.Module):
    """Rotary embeddings by complex numbers, keys that are written part by part, entries put in and gathered."""

    def __init__(self) -> None:
        super().__init__()
        self.maps, self.weight = nn.Linear(4, 6), nn.Parameter(torch.rand(2, 3, 4))
        angles = torch.outer(torch.arange(5.0), torch.tensor([1.0, 0.1]))
        self.register_buffer("turns", torch.polar(torch.ones(5, 2), angles))
        self.register_buffer("near", (torch.arange(5)[:, None] - torch.arange(5)).clamp(-1, 1) + 1)

    def forward(self, x: Any) -> Any:
        first, second = self.maps(x).split([4, 2], -1)
        pairs = torch.view_as_complex(first.reshape(*first.shape[:-1], 2, 2))
        turned = torch.view_as_real(pairs * self.turns).flatten(2)
        keys = x.new_empty(*x.shape[:-1], 6)
        keys[..., :4].copy_(turned)
        keys[..., 4:].copy_(second)
        keys = keys.clone()
        keys[:, 0] = 0.25
        keys[:, 1:3] = x[:, :2].repeat(1, 1, 2)[..., :6]
        keys[:, ::4] = second.repeat(1, 1, 3)[:, ::4]
        heads = torch.einsum("btd,hkd->bhtk", x, self.weight).reshape(-1, 5, 3)
        joined = torch.einsum("ntk,nsk->nts", heads, heads).view(len(x), 2, 5, 5).sum(1)
        picked = joined.gather(2, self.near.expand(len(x), 5, 5))
        return picked @ keys


class Centred(nn.Module):
    """A norm whose mean is computed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        z = self.maps(x)
        variance = (z - z.mean(-1, keepdim=True)).pow(2).mean(-1, keepdim=True)
        return (z - z.mean(-1, keepdim=True)) * torch.rsqrt(variance + 1e-3)


class Branching(nn.Module):
    """A branch on ids, an output of a class that nobody knows, an array that is kept from the last run."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.maps, self.kept = nn.Embedding(9, 3), nn.Linear(3, 3), {}
        self.offsets = torch.rand(3)

    def forward(self, ids: Any) -> Any:
        if not self.training and "bias" not in self.kept:
            self.kept["bias"] = self.maps.bias * 2
        z = self.maps(self.table(ids)) + self.offsets
        return (z.relu() if (ids == 0).any() else z.tanh()), Branching

    def train(self, mode: bool = True) -> Any:
        if mode:
            self.kept = {}
        return super().train(mode)


class Deciding(nn.Module):
    """A branch on numbers: on what is made of them through memory that was zero."""

    def __init__(self) -> None:
        super().__init__()
        self.maps = nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        kept = torch.zeros(len(x), 3)
        kept[:, 1:] = self.maps(x)[:, 1:]
        return x.relu() if kept.view(-1).sum() > 100 else x.tanh()


IDS = ((1, 2, 3, 4, 5), (6, 7, 8, 0, 0))
Made = tuple[Any, tuple[Any, ...]]
CHOSEN: Mapping[str, Callable[[], Made]] = {
    "padded": lambda: (Padded(), (torch.tensor(IDS),)),
    "turned": lambda: (Turned(), (torch.randn(2, 5, 4),)),
    "centred": lambda: (Centred(), (torch.randn(2, 3, 4),)),
    "branching": lambda: (Branching(), (torch.tensor(IDS[:1] * 2),)),
}
