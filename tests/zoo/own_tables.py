"""Small networks of vectors and graphs, as papers and tutorials write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class VAE(nn.Module):
    """A variational autoencoder at its means."""

    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 32)
        self.fc21 = nn.Linear(32, 8)
        self.fc22 = nn.Linear(32, 8)
        self.fc3 = nn.Linear(8, 32)
        self.fc4 = nn.Linear(32, 784)

    def forward(self, x: Any) -> Any:
        h = F.relu(self.fc1(x.view(-1, 784)))
        mu, logvar = (self.fc21(h), self.fc22(h))
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std if self.training else mu
        return (torch.sigmoid(self.fc4(F.relu(self.fc3(z)))), mu, logvar)


class GAT(nn.Module):
    """Graph attention on a fixed graph."""

    def __init__(self) -> None:
        super().__init__()
        self.W = nn.Parameter(torch.randn(5, 8) * 0.3)
        self.a = nn.Parameter(torch.randn(16, 1) * 0.3)
        adj = (torch.rand(6, 6) > 0.5).float()
        adj.fill_diagonal_(1)
        self.register_buffer("adj", adj)

    def forward(self, h: Any) -> Any:
        Wh = torch.matmul(h, self.W)
        e = F.leaky_relu(torch.matmul(Wh, self.a[:8]) + torch.matmul(Wh, self.a[8:]).transpose(1, 2), 0.2)
        att = torch.where(self.adj > 0, e, torch.full_like(e, -9000000000000000.0))
        att = F.softmax(att, dim=2)
        return F.elu(torch.matmul(att, Wh))


class FastKAN(nn.Module):
    """A Kolmogorov-Arnold layer of radial functions."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("grid", torch.linspace(-2, 2, 8))
        self.ln = nn.LayerNorm(4)
        self.sl = nn.Linear(32, 3)
        self.bl = nn.Linear(4, 3)

    def forward(self, x: Any) -> Any:
        z = self.ln(x)
        b = torch.exp(-(((z[..., None] - self.grid) / (4 / 7)) ** 2))
        return self.sl(b.view(*b.shape[:-2], -1)) + self.bl(F.silu(x))


class RealNVP(nn.Module):
    """Affine couplings, with the logarithm of the determinant."""

    def __init__(self) -> None:
        super().__init__()
        self.s = nn.ModuleList(
            [nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(), nn.Linear(16, 6), nn.Tanh()) for _ in range(2)]
        )
        self.t = nn.ModuleList([nn.Sequential(nn.Linear(6, 16), nn.LeakyReLU(), nn.Linear(16, 6)) for _ in range(2)])
        self.register_buffer("mask", torch.tensor([[1.0, 0, 1, 0, 1, 0], [0.0, 1, 0, 1, 0, 1]]))

    def forward(self, x: Any) -> Any:
        ld = 0
        for i in range(2):
            m = self.mask[i]
            xm = x * m
            sc = self.s[i](xm) * (1 - m)
            t = self.t[i](xm) * (1 - m)
            x = xm + (1 - m) * (x * torch.exp(sc) + t)
            ld = ld + sc.sum(1)
        return (x, ld)


class DeepFMD(nn.Module):
    """Factorised interactions beside a perceptron."""

    def __init__(self) -> None:
        super().__init__()
        self.v = nn.Parameter(torch.randn(6, 4))
        self.l = nn.Linear(6, 1)
        self.m = nn.Sequential(nn.Linear(24, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, x: Any) -> Any:
        e = x.unsqueeze(-1) * self.v
        fm = 0.5 * (e.sum(1).pow(2) - e.pow(2).sum(1)).sum(1, keepdim=True)
        return torch.sigmoid(self.l(x) + fm + self.m(e.flatten(1)))


class NODE4(nn.Module):
    """Two steps of Runge-Kutta."""

    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 16), nn.Softplus(), nn.Linear(16, 4))

    def forward(self, x: Any) -> Any:
        h = 0.25
        for _ in range(2):
            a = self.f(x)
            b = self.f(x + h / 2 * a)
            c = self.f(x + h / 2 * b)
            d = self.f(x + h * c)
            x = x + h / 6 * (a + 2 * b + 2 * c + d)
        return x


class Hyper(nn.Module):
    """Weights that another input makes."""

    def __init__(self) -> None:
        super().__init__()
        self.h = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 24))
        self.o = nn.Linear(6, 2)

    def forward(self, x: Any, c: Any) -> Any:
        W = self.h(c).view(-1, 6, 4)
        return self.o(F.relu(torch.bmm(W, x.unsqueeze(-1)).squeeze(-1)))


class MoE(nn.Module):
    """A mixture of experts with soft gates."""

    def __init__(self) -> None:
        super().__init__()
        self.e = nn.ModuleList([nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 4)) for _ in range(3)])
        self.g = nn.Linear(6, 3)

    def forward(self, x: Any) -> Any:
        g = F.softmax(self.g(x), -1)
        return torch.einsum("be,bed->bd", g, torch.stack([e(x) for e in self.e], 1))


class DeepONet(nn.Module):
    """A branch and a trunk."""

    def __init__(self) -> None:
        super().__init__()
        self.b = nn.Sequential(nn.Linear(10, 16), nn.Tanh(), nn.Linear(16, 8))
        self.t = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Linear(16, 8))
        self.c = nn.Parameter(torch.zeros(1))

    def forward(self, u: Any, y: Any) -> Any:
        return (self.b(u) * self.t(y)).sum(-1, keepdim=True) + self.c


class DCN(nn.Module):
    """Crosses of features."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.ModuleList([nn.Linear(6, 6) for _ in range(2)])
        self.d = nn.Linear(6, 8)
        self.o = nn.Linear(14, 1)

    def forward(self, x0: Any) -> Any:
        x = x0
        for c in self.c:
            x = x0 * c(x) + x
        return torch.sigmoid(self.o(torch.cat([x, F.relu(self.d(x0))], 1)))


class Edge(nn.Module):
    """Maxima over all edges."""

    def __init__(self) -> None:
        super().__init__()
        self.m = nn.Sequential(nn.Linear(8, 8), nn.ReLU())

    def forward(self, x: Any) -> Any:
        _n, k, _d = x.shape
        a = x.unsqueeze(2).expand(-1, -1, k, -1)
        b = x.unsqueeze(1).expand(-1, k, -1, -1)
        return self.m(torch.cat([a, b - a], -1)).max(2)[0]


class GroupSort(nn.Module):
    """Entries in order as an activation."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.b = nn.Linear(8, 2)

    def forward(self, x: Any) -> Any:
        return self.b(self.a(x).view(-1, 4, 2).sort(-1)[0].flatten(1))


class Duel(nn.Module):
    """Values and advantages."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Sequential(nn.Conv2d(4, 8, 8, 4), nn.ReLU(), nn.Flatten())
        self.v = nn.Linear(128, 1)
        self.a = nn.Linear(128, 3)

    def forward(self, x: Any) -> Any:
        h = self.c(x / 255.0)
        a = self.a(h)
        return self.v(h) + a - a.mean(1, keepdim=True)


class ICNN(nn.Module):
    """A network that is convex in its input."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.ModuleList([nn.Linear(4, 8), nn.Linear(4, 8), nn.Linear(4, 1)])
        self.u = nn.ParameterList([nn.Parameter(torch.randn(8, 8)), nn.Parameter(torch.randn(1, 8))])

    def forward(self, x: Any) -> Any:
        z = F.softplus(self.w[0](x))
        for w, u in zip(self.w[1:], self.u, strict=False):
            z = F.softplus(w(x) + F.linear(z, F.softplus(u)))
        return z


class TabNet(nn.Module):
    """Sequential soft masks of features."""

    def __init__(self) -> None:
        super().__init__()
        self.bn = nn.BatchNorm1d(6)
        self.f = nn.Linear(6, 8)
        self.a = nn.Linear(4, 6)
        self.ab = nn.BatchNorm1d(6)
        self.g = nn.Linear(6, 8)
        self.o = nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        x = self.bn(x)
        h = F.glu(self.f(x))
        pr = torch.ones_like(x)
        out = 0
        for _ in range(2):
            m = torch.softmax(self.ab(self.a(h)) * pr, -1)
            pr = pr * (1.3 - m)
            h = F.glu(self.g(x * m))
            out = out + F.relu(h)
        return self.o(out)


MADE: tuple[tuple[str, type[nn.Module], tuple[Any, ...], str], ...] = (
    ("vae", VAE, (torch.rand(2, 1, 28, 28),), ""),
    ("graph-attention", GAT, (torch.randn(2, 6, 5),), "attention"),
    ("kan", FastKAN, (torch.rand(2, 4),), ""),
    ("realnvp", RealNVP, (torch.randn(2, 6),), ""),
    ("deepfm", DeepFMD, (torch.randn(2, 6),), ""),
    ("neural-ode", NODE4, (torch.randn(2, 4),), ""),
    (
        "hypernetwork",
        Hyper,
        (
            torch.randn(2, 4),
            torch.randn(2, 3),
        ),
        "",
    ),
    ("mixture-of-experts", MoE, (torch.randn(2, 6),), ""),
    (
        "deeponet",
        DeepONet,
        (
            torch.randn(2, 10),
            torch.randn(2, 3),
        ),
        "",
    ),
    ("dcn-v2", DCN, (torch.randn(2, 6),), ""),
    ("edge-convolution", Edge, (torch.randn(2, 6, 4),), ""),
    ("groupsort", GroupSort, (torch.randn(2, 4),), ""),
    ("dueling-dqn", Duel, (torch.randn(2, 4, 20, 20),), ""),
    ("icnn", ICNN, (torch.randn(2, 4),), ""),
    ("tabnet", TabNet, (torch.randn(2, 6),), ""),
)
