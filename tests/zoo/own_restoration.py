"""Small networks that give images, detections and codes, as papers and tutorials write them."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812


class NAF(nn.Module):
    """Products in place of activations, a layer norm of the channels written out."""

    def __init__(self) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(8))
        self.b = nn.Parameter(torch.zeros(8))
        self.c1 = nn.Conv2d(8, 16, 1)
        self.c2 = nn.Conv2d(16, 16, 3, padding=1, groups=16)
        self.sca = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(8, 8, 1))
        self.c3 = nn.Conv2d(8, 8, 1)
        self.beta = nn.Parameter(torch.zeros(1, 8, 1, 1))

    def forward(self, x: Any) -> Any:
        mu = x.mean(1, keepdim=True)
        var = (x - mu).pow(2).mean(1, keepdim=True)
        y = (x - mu) / (var + 1e-06).sqrt()
        y = self.g.view(1, 8, 1, 1) * y + self.b.view(1, 8, 1, 1)
        a, b = self.c2(self.c1(y)).chunk(2, 1)
        y = a * b
        y = self.c3(y * self.sca(y))
        return x + y * self.beta


class RRDB(nn.Module):
    """Dense residual blocks of super-resolution."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.ModuleList([nn.Conv2d(4 + 2 * i, 2 if i < 2 else 4, 3, 1, 1) for i in range(3)])
        self.f = nn.Conv2d(3, 4, 3, 1, 1)
        self.u = nn.Conv2d(4, 4, 3, 1, 1)
        self.o = nn.Conv2d(4, 3, 3, 1, 1)

    def forward(self, x: Any) -> Any:
        x = self.f(x)
        a = F.leaky_relu(self.c[0](x), 0.2)
        b = F.leaky_relu(self.c[1](torch.cat((x, a), 1)), 0.2)
        x = x + 0.2 * self.c[2](torch.cat((x, a, b), 1))
        return self.o(F.leaky_relu(self.u(F.interpolate(x, scale_factor=2, mode="nearest")), 0.2))


class YOLO(nn.Module):
    """Focus, spatial pyramid pooling and the head of a detector."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(12, 8, 3, padding=1)
        self.b = nn.BatchNorm2d(8)
        self.s = nn.Conv2d(32, 8, 1)
        self.m = nn.Conv2d(8, 14, 1)

    def forward(self, x: Any) -> Any:
        x = torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)
        x = F.silu(self.b(self.c(x)))
        y = [x] + [F.max_pool2d(x, k, 1, k // 2) for k in (5, 9, 13)]
        z = self.m(self.s(torch.cat(y, 1)))
        n, _, h, w = z.shape
        z = z.view(n, 2, 7, h, w).permute(0, 1, 3, 4, 2).contiguous()
        gx, gy = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        g = torch.stack((gy, gx), -1).view(1, 1, h, w, 2)
        y = z.sigmoid()
        xy = (y[..., 0:2] * 2 - 0.5 + g) * 8
        wh = (y[..., 2:4] * 2) ** 2 * 10
        return torch.cat((xy, wh, y[..., 4:]), -1).view(n, -1, 7)


class VLAD(nn.Module):
    """Soft assignments to learned centres, normalised twice."""

    def __init__(self) -> None:
        super().__init__()
        self.c = nn.Conv2d(8, 3, 1)
        self.k = nn.Parameter(torch.rand(3, 8))

    def forward(self, x: Any) -> Any:
        n, c = x.shape[:2]
        x = F.normalize(x, p=2, dim=1)
        a = F.softmax(self.c(x).view(n, 3, -1), 1)
        f = x.view(n, c, -1)
        r = f.expand(3, -1, -1, -1).permute(1, 0, 2, 3) - self.k.expand(f.size(-1), -1, -1).permute(1, 2, 0).unsqueeze(
            0
        )
        v = (r * a.unsqueeze(2)).sum(-1)
        return F.normalize(F.normalize(v, p=2, dim=2).view(n, -1), p=2, dim=1)


class ConvLayer(nn.Module):
    def __init__(self, i: int, o: int, k: int, st: int, up: int | None = None) -> None:
        super().__init__()
        self.up = up
        self.pad = nn.ReflectionPad2d(k // 2)
        self.conv = nn.Conv2d(i, o, k, st)

    def forward(self, x: Any) -> Any:
        if self.up:
            x = F.interpolate(x, mode="nearest", scale_factor=self.up)
        return self.conv(self.pad(x))


class ResBlk(nn.Module):
    def __init__(self, c: int) -> None:
        super().__init__()
        self.c1 = ConvLayer(c, c, 3, 1)
        self.i1 = nn.InstanceNorm2d(c, affine=True)
        self.c2 = ConvLayer(c, c, 3, 1)
        self.i2 = nn.InstanceNorm2d(c, affine=True)

    def forward(self, x: Any) -> Any:
        return self.i2(self.c2(F.relu(self.i1(self.c1(x))))) + x


class StyleNet(nn.Module):
    """The transformer network of neural style."""

    def __init__(self) -> None:
        super().__init__()
        self.c1 = ConvLayer(3, 8, 9, 1)
        self.i1 = nn.InstanceNorm2d(8, affine=True)
        self.c2 = ConvLayer(8, 16, 3, 2)
        self.i2 = nn.InstanceNorm2d(16, affine=True)
        self.r = nn.Sequential(ResBlk(16), ResBlk(16))
        self.d1 = ConvLayer(16, 8, 3, 1, up=2)
        self.i3 = nn.InstanceNorm2d(8, affine=True)
        self.d2 = ConvLayer(8, 3, 9, 1)

    def forward(self, x: Any) -> Any:
        y = F.relu(self.i1(self.c1(x)))
        y = F.relu(self.i2(self.c2(y)))
        y = self.r(y)
        return self.d2(F.relu(self.i3(self.d1(y))))


class Inv(nn.Module):
    """Kernels that are computed at each place."""

    def __init__(self) -> None:
        super().__init__()
        self.r = nn.Conv2d(4, 2, 1)
        self.sp = nn.Conv2d(2, 9, 1)
        self.u = nn.Unfold(3, padding=1)

    def forward(self, x: Any) -> Any:
        w = self.sp(F.relu(self.r(x)))
        n, c, h, ww = x.shape
        u = self.u(x).view(n, 1, c, 9, h, ww)
        return (w.view(n, 1, 1, 9, h, ww) * u).sum(3).view(n, c, h, ww)


MADE: tuple[tuple[str, type[nn.Module], tuple[Any, ...], str], ...] = (
    ("nafnet", NAF, (torch.randn(2, 8, 6, 6),), ""),
    ("esrgan", RRDB, (torch.randn(2, 3, 6, 6),), ""),
    ("yolo", YOLO, (torch.randn(2, 3, 16, 16),), ""),
    ("vlad", VLAD, (torch.randn(2, 8, 5, 5),), ""),
    ("neural-style", StyleNet, (torch.rand(2, 3, 16, 16),), ""),
    ("involution", Inv, (torch.randn(2, 4, 6, 6),), ""),
)
