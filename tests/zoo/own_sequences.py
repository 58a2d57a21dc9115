"""Small networks over sequences and sets, as papers and tutorials write them."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class Seq2Seq(nn.Module):
    """Translation with additive attention, cell by cell."""

    def __init__(self) -> None:
        super().__init__()
        h = 16
        self.emb = nn.Embedding(50, h)
        self.enc = nn.GRU(h, h, batch_first=True)
        self.demb = nn.Embedding(50, h)
        self.Wa = nn.Linear(h, h)
        self.Ua = nn.Linear(h, h)
        self.Va = nn.Linear(h, 1)
        self.cell = nn.GRUCell(2 * h, h)
        self.out = nn.Linear(h, 50)

    def forward(self, src: Any, tgt: Any) -> Any:
        enc, hid = self.enc(self.emb(src))
        hid = hid[0]
        outs = []
        e = self.demb(tgt)
        for t in range(tgt.shape[1]):
            sc = self.Va(torch.tanh(self.Wa(hid).unsqueeze(1) + self.Ua(enc))).squeeze(2)
            w = F.softmax(sc, -1).unsqueeze(1)
            ctx = torch.bmm(w, enc).squeeze(1)
            hid = self.cell(torch.cat([e[:, t], ctx], 1), hid)
            outs.append(self.out(hid))
        return F.log_softmax(torch.stack(outs, 1), -1)


class Informer(nn.Module):
    """Distilling layers of Informer: attention, circular convolutions, pooling."""

    def __init__(self) -> None:
        super().__init__()
        self.tok = nn.Conv1d(5, 16, 3, padding=1, padding_mode="circular", bias=False)
        pe = torch.zeros(16, 16)
        p = torch.arange(16).float()[:, None]
        d = torch.exp(torch.arange(0, 16, 2).float() * -(math.log(10000.0) / 16))
        pe[:, 0::2] = torch.sin(p * d)
        pe[:, 1::2] = torch.cos(p * d)
        self.register_buffer("pe", pe[None])
        self.att = nn.MultiheadAttention(16, 2, batch_first=True)
        self.n1 = nn.LayerNorm(16)
        self.c1 = nn.Conv1d(16, 32, 1)
        self.c2 = nn.Conv1d(32, 16, 1)
        self.dist = nn.Conv1d(16, 16, 3, padding=1, padding_mode="circular")
        self.bn = nn.BatchNorm1d(16)
        self.mp = nn.MaxPool1d(3, 2, 1)
        self.o = nn.Linear(16, 5)

    def forward(self, x: Any) -> Any:
        x = self.tok(x.permute(0, 2, 1)).transpose(1, 2) + self.pe
        x = self.n1(x + self.att(x, x, x, need_weights=False)[0])
        y = self.c2(F.gelu(self.c1(x.transpose(-1, 1)))).transpose(-1, 1)
        x = x + y
        x = self.mp(F.elu(self.bn(self.dist(x.permute(0, 2, 1))))).transpose(1, 2)
        return self.o(x)


class PatchTST(nn.Module):
    """Patches of standardised series, channel by channel, read by an encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.W = nn.Linear(8, 16)
        self.pos = nn.Parameter(torch.randn(6, 16) * 0.02)
        self.enc = nn.TransformerEncoder(nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, activation="gelu"), 1)
        self.head = nn.Linear(96, 5)

    def forward(self, x: Any) -> Any:
        m = x.mean(1, keepdim=True)
        sd = torch.sqrt(x.var(1, keepdim=True, unbiased=False) + 1e-05)
        x = (x - m) / sd
        z = F.pad(x.permute(0, 2, 1), (0, 4), mode="replicate").unfold(-1, 8, 4)
        n, c, patches, _ = z.shape
        z = self.W(z).reshape(n * c, patches, 16) + self.pos
        z = self.enc(z).reshape(n, c, -1)
        y = self.head(z).permute(0, 2, 1)
        return y * sd + m


class ConvLSTM(nn.Module):
    """A convolutional LSTM, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(2 + 4, 16, 3, padding=1)

    def forward(self, x: Any) -> Any:
        n, t, _, hh, w = x.shape
        h = torch.zeros(n, 4, hh, w, dtype=x.dtype)
        c = torch.zeros_like(h)
        for k in range(t):
            i, f, o, g = torch.split(self.c(torch.cat([x[:, k], h], 1)), 4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h


class Mamba(nn.Module):
    """A selective state space model, step by step."""

    def __init__(self) -> None:
        super().__init__()
        d, n = (16, 4)
        self.inp = nn.Linear(8, 2 * d, bias=False)
        self.conv = nn.Conv1d(d, d, 3, groups=d, padding=2)
        self.xp = nn.Linear(d, 1 + 2 * n, bias=False)
        self.dt = nn.Linear(1, d)
        self.A = nn.Parameter(torch.log(torch.arange(1, n + 1).float().repeat(d, 1)))
        self.D = nn.Parameter(torch.ones(d))
        self.out = nn.Linear(d, 8, bias=False)

    def forward(self, x: Any) -> Any:
        b, steps, _ = x.shape
        x, z = self.inp(x).split(16, -1)
        x = F.silu(self.conv(x.transpose(1, 2))[:, :, :steps].transpose(1, 2))
        dl, B, C = self.xp(x).split([1, 4, 4], -1)
        dl = F.softplus(self.dt(dl))
        A = -torch.exp(self.A)
        dA = torch.exp(torch.einsum("bld,dn->bldn", dl, A))
        dB = torch.einsum("bld,bln,bld->bldn", dl, B, x)
        h = torch.zeros(b, 16, 4, dtype=x.dtype)
        ys = []
        for i in range(steps):
            h = dA[:, i] * h + dB[:, i]
            ys.append(torch.einsum("bdn,bn->bd", h, C[:, i]))
        y = torch.stack(ys, 1) + x * self.D
        return self.out(y * F.silu(z))


class RetNet(nn.Module):
    """Retention: scores with a fixed decay in place of a softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.q = nn.Linear(8, 8)
        self.k = nn.Linear(8, 8)
        self.v = nn.Linear(8, 8)
        self.g = nn.Linear(8, 8)
        self.gn = nn.GroupNorm(2, 8)
        self.o = nn.Linear(8, 8)
        n = torch.arange(6)
        self.register_buffer(
            "D", torch.where(n[:, None] >= n[None], 0.9 ** (n[:, None] - n[None]).float(), torch.tensor(0.0))
        )

    def forward(self, x: Any) -> Any:
        y = self.q(x) @ self.k(x).transpose(-1, -2) * self.D @ self.v(x)
        y = self.gn(y.reshape(-1, 8)).reshape(x.shape)
        return self.o(F.silu(self.g(x)) * y)


class NBlock(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Sequential(nn.Linear(10, 16), nn.ReLU(), nn.Linear(16, 16), nn.ReLU())
        self.tb = nn.Linear(16, 4, bias=False)
        self.tf = nn.Linear(16, 4, bias=False)
        self.register_buffer("bb", torch.stack([(torch.arange(10) / 10.0) ** i for i in range(4)]))
        self.register_buffer("fb", torch.stack([(torch.arange(5) / 5.0) ** i for i in range(4)]))

    def forward(self, x: Any) -> Any:
        x = self.fc(x)
        return (self.tb(x) @ self.bb, self.tf(x) @ self.fb)


class NBeats(nn.Module):
    """Forecasts and backcasts on a fixed basis."""

    def __init__(self) -> None:
        super().__init__()
        self.b = nn.ModuleList([NBlock(), NBlock(), NBlock()])

    def forward(self, x: Any) -> Any:
        f = torch.zeros(x.size(0), 5)
        for b in self.b:
            bc, fc = b(x)
            x = x - bc
            f = f + fc
        return f


class MPNN(nn.Module):
    """Messages along edges, and a GRU cell at each node."""

    def __init__(self) -> None:
        super().__init__()
        self.m = nn.Linear(8, 8)
        self.g = nn.GRUCell(8, 8)
        self.o = nn.Linear(8, 1)

    def forward(self, h: Any, a: Any) -> Any:
        for _ in range(2):
            m = a @ self.m(h)
            h = self.g(m.reshape(-1, 8), h.reshape(-1, 8)).view(h.shape)
        return self.o(h).sum(1)


class ECAPA(nn.Module):
    """Means and deviations over time."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv1d(8, 8, 3, padding=1)
        self.o = nn.Linear(16, 4)

    def forward(self, x: Any) -> Any:
        z = F.relu(self.c(x))
        return self.o(torch.cat([z.mean(2), z.std(2)], 1))


MADE: tuple[tuple[str, type[nn.Module], tuple[Any, ...], str], ...] = (
    (
        "seq2seq-attention",
        Seq2Seq,
        (
            torch.randint(0, 50, (2, 7)),
            torch.randint(0, 50, (2, 5)),
        ),
        "recurrent",
    ),
    ("informer", Informer, (torch.randn(2, 16, 5),), "attention"),
    ("patchtst", PatchTST, (torch.randn(2, 24, 3),), "attention"),
    ("convlstm", ConvLSTM, (torch.randn(2, 3, 2, 8, 8),), "recurrent"),
    ("mamba", Mamba, (torch.randn(2, 6, 8),), "recurrent"),
    ("retnet", RetNet, (torch.randn(2, 6, 8),), "attention"),
    ("n-beats", NBeats, (torch.randn(2, 10),), ""),
    (
        "message-passing",
        MPNN,
        (
            torch.randn(2, 5, 8),
            torch.rand(2, 5, 5),
        ),
        "recurrent",
    ),
    ("statistics-pooling", ECAPA, (torch.randn(2, 8, 10),), ""),
)
