"""Small networks of images and volumes, as papers and tutorials write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class Caps(nn.Module):
    """Capsules with two iterations of routing."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(1, 8, 5)
        self.p = nn.Conv2d(8, 8, 5, stride=2)
        self.W = nn.Parameter(torch.randn(1, 8, 3, 4, 4) * 0.1)

    def squash(self, x: Any) -> Any:
        n = (x**2).sum(-1, keepdim=True)
        return n / (1 + n) * x / torch.sqrt(n + 1e-08)

    def forward(self, x: Any) -> Any:
        u = self.p(F.relu(self.c(x))).view(x.shape[0], -1, 4)
        u = self.squash(u)[:, :8]
        uh = (self.W @ u[:, :, None, :, None]).squeeze(-1)
        b = torch.zeros(x.shape[0], 8, 3, 1, dtype=x.dtype)
        for _i in range(2):
            c = b.softmax(2)
            v = self.squash((c * uh).sum(1))
            b = b + (uh * v[:, None]).sum(-1, keepdim=True)
        return v.norm(dim=-1)


class CBAM(nn.Module):
    """Gates of channels and places, by means and maxima."""

    def __init__(self) -> None:
        super().__init__()
        self.m = nn.Sequential(nn.Conv2d(8, 2, 1, bias=False), nn.ReLU(), nn.Conv2d(2, 8, 1, bias=False))
        self.c = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Any) -> Any:
        x = x * torch.sigmoid(self.m(F.adaptive_avg_pool2d(x, 1)) + self.m(F.adaptive_max_pool2d(x, 1)))
        a = torch.mean(x, 1, keepdim=True)
        m, _ = torch.max(x, 1, keepdim=True)
        return x * torch.sigmoid(self.c(torch.cat([a, m], 1)))


class GCNet(nn.Module):
    """A global context for all places."""

    def __init__(self) -> None:
        super().__init__()
        self.m = nn.Conv2d(8, 1, 1)
        self.t = nn.Sequential(nn.Conv2d(8, 4, 1), nn.LayerNorm([4, 1, 1]), nn.ReLU(), nn.Conv2d(4, 8, 1))

    def forward(self, x: Any) -> Any:
        n, c, h, w = x.size()
        i = x.view(n, c, h * w).unsqueeze(1)
        m = self.m(x).view(n, 1, h * w).softmax(2).unsqueeze(-1)
        ctx = torch.matmul(i, m).view(n, c, 1, 1)
        return x + self.t(ctx)


class FiLM(nn.Module):
    """Features scaled and shifted by another input."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(3, 8, 3, padding=1)
        self.b = nn.BatchNorm2d(8, affine=False)
        self.f = nn.Linear(5, 16)

    def forward(self, x: Any, c: Any) -> Any:
        g, b = self.f(c).chunk(2, 1)
        return F.relu((1 + g[:, :, None, None]) * self.b(self.c(x)) + b[..., None, None])


class FPN(nn.Module):
    """A feature pyramid of sizes that do not divide."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.ModuleList([nn.Conv2d(3, 8, 3, 2, 1), nn.Conv2d(8, 16, 3, 2, 1), nn.Conv2d(16, 32, 3, 2, 1)])
        self.l = nn.ModuleList([nn.Conv2d(k, 8, 1) for k in (8, 16, 32)])
        self.o = nn.ModuleList([nn.Conv2d(8, 8, 3, padding=1) for _ in range(3)])

    def forward(self, x: Any) -> Any:
        f = []
        for c in self.c:
            x = F.relu(c(x))
            f.append(x)
        p = self.l[2](f[2])
        out = [self.o[2](p)]
        for i in (1, 0):
            p = self.l[i](f[i]) + F.interpolate(p, size=f[i].shape[-2:], mode="nearest")
            out.append(self.o[i](p))
        return out


class PSP(nn.Module):
    """Means over grids, interpolated with corners aligned."""

    def __init__(self) -> None:
        super().__init__()
        self.st = nn.ModuleList(
            [nn.Sequential(nn.AdaptiveAvgPool2d(k), nn.Conv2d(8, 2, 1, bias=False)) for k in (1, 2, 3, 6)]
        )
        self.b = nn.Conv2d(16, 4, 3, padding=1)

    def forward(self, x: Any) -> Any:
        return self.b(
            torch.cat(
                [x] + [F.interpolate(m(x), size=(12, 12), mode="bilinear", align_corners=True) for m in self.st], 1
            )
        )


def c3(a: Any, b: Any) -> Any:
    return nn.Sequential(nn.Conv3d(a, b, 3, padding=1), nn.GroupNorm(2, b), nn.LeakyReLU(0.1))


class UNet3D(nn.Module):
    """A U-Net of volumes, interpolated with corners aligned."""

    def __init__(self) -> None:
        super().__init__()
        self.a = c3(1, 4)
        self.b = c3(4, 8)
        self.u = nn.Upsample(scale_factor=2, mode="trilinear", align_corners=True)
        self.c = c3(12, 4)
        self.o = nn.Conv3d(4, 2, 1)

    def forward(self, x: Any) -> Any:
        a = self.a(x)
        b = self.b(F.max_pool3d(a, 2))
        return self.o(self.c(torch.cat([a, self.u(b)], 1)))


MADE: tuple[tuple[str, type[nn.Module], tuple[Any, ...], str], ...] = (
    ("capsules", Caps, (torch.rand(2, 1, 12, 12),), ""),
    ("cbam", CBAM, (torch.randn(2, 8, 8, 8),), ""),
    ("gcnet", GCNet, (torch.randn(2, 8, 6, 6),), "attention"),
    (
        "film",
        FiLM,
        (
            torch.randn(2, 3, 8, 8),
            torch.randn(2, 5),
        ),
        "",
    ),
    ("fpn", FPN, (torch.randn(2, 3, 33, 33),), ""),
    ("pspnet", PSP, (torch.randn(2, 8, 12, 12),), ""),
    ("unet-volumes", UNet3D, (torch.randn(2, 1, 8, 8, 8),), ""),
)
