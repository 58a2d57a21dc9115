"""Small networks with attention, as papers and tutorials write them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class LinAtt(nn.Module):
    """Linear attention with the features elu + 1."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)
        self.k = nn.Linear(8, 8)
        self.v = nn.Linear(8, 8)

    def forward(self, x: Any) -> Any:
        q, k, v = (F.elu(self.q(x)) + 1, F.elu(self.k(x)) + 1, self.v(x))
        kv = torch.einsum("nsd,nsm->ndm", k, v)
        z = 1 / (torch.einsum("nld,nd->nl", q, k.sum(1)) + 1e-06)
        return torch.einsum("nld,ndm,nl->nlm", q, kv, z)


class Performer(nn.Module):
    """Attention with positive random features."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)
        self.k = nn.Linear(8, 8)
        self.v = nn.Linear(8, 8)
        self.register_buffer("P", torch.randn(12, 8))

    def f(self, x: Any) -> Any:
        x = x * 8 ** (-0.25)
        return (torch.exp(x @ self.P.T - (x**2).sum(-1, keepdim=True) / 2) + 1e-06) / math.sqrt(12)

    def forward(self, x: Any) -> Any:
        q, k, v = (self.f(self.q(x)), self.f(self.k(x)), self.v(x))
        d = 1 / (q @ k.sum(1, keepdim=True).transpose(1, 2))
        return q @ (k.transpose(1, 2) @ v) * d


class Linformer(nn.Module):
    """Attention to a few learned mixtures of places."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)
        self.k = nn.Linear(8, 8)
        self.v = nn.Linear(8, 8)
        self.E = nn.Parameter(torch.randn(6, 3))
        self.Fp = nn.Parameter(torch.randn(6, 3))

    def forward(self, x: Any) -> Any:
        q = self.q(x)
        k = torch.einsum("bnd,nk->bkd", self.k(x), self.E)
        v = torch.einsum("bnd,nk->bkd", self.v(x), self.Fp)
        return F.softmax(torch.einsum("bnd,bkd->bnk", q, k) * 8 ** (-0.5), -1) @ v


class Perceiver(nn.Module):
    """Learned queries that attend to the input."""

    def __init__(self) -> None:
        super().__init__()
        self.lat = nn.Parameter(torch.randn(4, 8))
        self.n = nn.LayerNorm(6)
        self.nl = nn.LayerNorm(8)
        self.x = nn.MultiheadAttention(8, 2, kdim=6, vdim=6, batch_first=True)
        self.sa = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=True)
        self.o = nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        latent = self.lat.unsqueeze(0).repeat(x.shape[0], 1, 1)
        c = self.n(x)
        latent = latent + self.x(self.nl(latent), c, c)[0]
        return self.o(self.sa(latent).mean(1))


class MAB(nn.Module):
    def __init__(self, a: int, b: int, d: int) -> None:
        super().__init__()
        self.q = nn.Linear(a, d)
        self.k = nn.Linear(b, d)
        self.v = nn.Linear(b, d)
        self.o = nn.Linear(d, d)
        self.d = d

    def forward(self, Q: Any, K: Any) -> Any:
        Q = self.q(Q)
        K, V = (self.k(K), self.v(K))
        h = self.d // 2
        Q_ = torch.cat(Q.split(h, 2), 0)
        K_ = torch.cat(K.split(h, 2), 0)
        V_ = torch.cat(V.split(h, 2), 0)
        A = torch.softmax(Q_.bmm(K_.transpose(1, 2)) / math.sqrt(self.d), 2)
        out = torch.cat((Q_ + A.bmm(V_)).split(Q.size(0), 0), 2)
        return out + F.relu(self.o(out))


class SetT(nn.Module):
    """Induced attention of sets, with heads joined with the samples."""

    def __init__(self) -> None:
        super().__init__()
        self.I = nn.Parameter(torch.randn(1, 4, 8))
        self.m0 = MAB(8, 3, 8)
        self.m1 = MAB(3, 8, 8)
        self.S = nn.Parameter(torch.randn(1, 1, 8))
        self.p = MAB(8, 8, 8)
        self.o = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        h = self.m0(self.I.repeat(x.size(0), 1, 1), x)
        x = self.m1(x, h)
        return self.o(self.p(self.S.repeat(x.size(0), 1, 1), x)).squeeze(1)


class Slot(nn.Module):
    """Two iterations of slot attention."""

    def __init__(self) -> None:
        super().__init__()
        self.mu = nn.Parameter(torch.randn(1, 3, 8))
        self.q = nn.Linear(8, 8)
        self.k = nn.Linear(8, 8)
        self.v = nn.Linear(8, 8)
        self.gru = nn.GRUCell(8, 8)
        self.ni = nn.LayerNorm(8)
        self.ns = nn.LayerNorm(8)
        self.m = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 8))

    def forward(self, x: Any) -> Any:
        n = x.shape[0]
        slots = self.mu.expand(n, -1, -1)
        x = self.ni(x)
        k, v = (self.k(x), self.v(x))
        for _ in range(2):
            p = slots
            q = self.q(self.ns(slots))
            a = torch.einsum("bid,bjd->bij", q, k) * 8 ** (-0.5)
            a = a.softmax(1) + 1e-08
            a = a / a.sum(-1, keepdim=True)
            u = torch.einsum("bjd,bij->bid", v, a)
            slots = self.gru(u.reshape(-1, 8), p.reshape(-1, 8)).reshape(n, -1, 8)
            slots = slots + self.m(slots)
        return slots


class Conformer(nn.Module):
    """A block of attention and convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.f1 = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 8))
        self.n = nn.LayerNorm(8)
        self.a = nn.MultiheadAttention(8, 2, batch_first=True)
        self.nc = nn.LayerNorm(8)
        self.c = nn.Sequential(
            nn.Conv1d(8, 16, 1),
            nn.GLU(1),
            nn.Conv1d(8, 8, 3, padding=1, groups=8),
            nn.BatchNorm1d(8),
            nn.SiLU(),
            nn.Conv1d(8, 8, 1),
        )
        self.f2 = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 16), nn.SiLU(), nn.Linear(16, 8))
        self.o = nn.LayerNorm(8)

    def forward(self, x: Any) -> Any:
        x = x + 0.5 * self.f1(x)
        z = self.n(x)
        x = x + self.a(z, z, z, need_weights=False)[0]
        x = x + self.c(self.nc(x).transpose(1, 2)).transpose(1, 2)
        return self.o(x + 0.5 * self.f2(x))


class DiT(nn.Module):
    """A diffusion transformer block, modulated by a condition."""

    def __init__(self) -> None:
        super().__init__()
        self.n1 = nn.LayerNorm(8, elementwise_affine=False, eps=1e-06)
        self.qkv = nn.Linear(8, 24)
        self.p = nn.Linear(8, 8)
        self.n2 = nn.LayerNorm(8, elementwise_affine=False, eps=1e-06)
        self.m = nn.Sequential(nn.Linear(8, 16), nn.GELU(approximate="tanh"), nn.Linear(16, 8))
        self.ada = nn.Sequential(nn.SiLU(), nn.Linear(8, 48))

    def forward(self, x: Any, c: Any) -> Any:
        a, b, g, d, e, f = self.ada(c).chunk(6, 1)
        z = self.n1(x) * (1 + b.unsqueeze(1)) + a.unsqueeze(1)
        n = x.shape[0]
        q, k, v = self.qkv(z).reshape(n, 6, 3, 2, 4).permute(2, 0, 3, 1, 4).unbind(0)
        z = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(n, 6, 8)
        x = x + g.unsqueeze(1) * self.p(z)
        return x + f.unsqueeze(1) * self.m(self.n2(x) * (1 + e.unsqueeze(1)) + d.unsqueeze(1))


class FTT(nn.Module):
    """A token for each number of a table."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(6, 8))
        self.b = nn.Parameter(torch.randn(6, 8))
        self.cls = nn.Parameter(torch.randn(1, 1, 8))
        self.n1 = nn.LayerNorm(8)
        self.a = nn.MultiheadAttention(8, 2, batch_first=True)
        self.n2 = nn.LayerNorm(8)
        self.f1 = nn.Linear(8, 32)
        self.f2 = nn.Linear(16, 8)
        self.h = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        t = x[:, :, None] * self.w + self.b
        t = torch.cat([self.cls.expand(x.shape[0], -1, -1), t], 1)
        q = self.n1(t)
        t = t + self.a(q, q, q)[0]
        a, b = self.f1(self.n2(t)).chunk(2, -1)
        t = t + self.f2(a * F.relu(b))
        return self.h(F.relu(t[:, 0]))


MADE: tuple[tuple[str, type[nn.Module], tuple[Any, ...], str], ...] = (
    ("linear-attention", LinAtt, (torch.randn(2, 6, 8),), "attention"),
    ("performer", Performer, (torch.randn(2, 6, 8),), "attention"),
    ("linformer", Linformer, (torch.randn(2, 6, 8),), "attention"),
    ("perceiver", Perceiver, (torch.randn(2, 10, 6),), "attention"),
    ("set-transformer", SetT, (torch.randn(2, 6, 3),), "attention"),
    ("slot-attention", Slot, (torch.randn(2, 6, 8),), "attention"),
    ("conformer", Conformer, (torch.randn(2, 10, 8),), "attention"),
    (
        "dit",
        DiT,
        (
            torch.randn(2, 6, 8),
            torch.randn(2, 8),
        ),
        "attention",
    ),
    ("ft-transformer", FTT, (torch.randn(2, 6),), "attention"),
)
