"""Transformers with a learned number for each offset of two positions, in the form that the specs have (and say that it differs)."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn


class Attention(nn.Module):
    """`table`: [heads, offsets], of key minus query, the smallest first."""

    def __init__(self, width: int, heads: int, *, bias: bool, table: Any = None) -> None:
        super().__init__()
        self.heads, self.table = heads, table
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=bias) for _ in range(4))

    def forward(self, z: Any, memory: Any = None, *, causal: bool = False) -> Any:
        read = z if memory is None else memory
        query, key, value = (
            map_(of).unflatten(-1, (self.heads, -1)).transpose(-2, -3)
            for map_, of in ((self.query, z), (self.key, read), (self.value, read))
        )
        mask = torch.zeros(z.shape[-2], read.shape[-2], dtype=z.dtype)
        if self.table is not None:
            offsets = torch.arange(read.shape[-2]) - torch.arange(z.shape[-2])[:, None]
            mask = self.table[:, offsets + z.shape[-2] - 1]
        if causal:
            mask = mask.masked_fill(torch.ones_like(mask).triu(1).bool(), -torch.inf)
        made = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.out(made.transpose(-2, -3).flatten(-2))


class T5Block(nn.Module):
    def __init__(self, width: int, heads: int, table: Any, *, decodes: bool) -> None:
        super().__init__()
        self.decodes = decodes
        self.norm1, self.norm2 = nn.RMSNorm(width, 1e-6), nn.RMSNorm(width, 1e-6)
        self.attention = Attention(width, heads, bias=False, table=table)
        if decodes:
            self.cross, self.norm3 = Attention(width, heads, bias=False), nn.RMSNorm(width, 1e-6)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, z: Any, memory: Any = None) -> Any:
        z = z + self.attention(self.norm1(z), causal=self.decodes)
        if self.decodes:
            z = z + self.cross(self.norm2(z), memory)
        norm = self.norm3 if self.decodes else self.norm2
        return z + self.down(self.up(norm(z)).relu())


class T5(nn.Module):
    def __init__(self, vocabulary: int, length: int, width: int, heads: int) -> None:
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)
        self.reads, self.writes = (nn.Parameter(torch.zeros(heads, 2 * length - 1)) for _ in range(2))
        self.encoder = nn.ModuleList(T5Block(width, heads, None, decodes=False) for _ in range(6))
        self.decoder = nn.ModuleList(T5Block(width, heads, None, decodes=True) for _ in range(6))
        self.memory, self.norm = nn.RMSNorm(width, 1e-6), nn.RMSNorm(width, 1e-6)

    def forward(self, source: Any, target: Any) -> Any:
        z = self.table(source)
        for block in self.encoder:
            block.attention.table = self.reads
            z = block(z)
        memory, z = self.memory(z), self.table(target)
        for block in self.decoder:
            block.attention.table = self.writes
            z = block(z, memory)
        return (self.norm(z) / z.shape[-1] ** 0.5) @ self.table.weight.T


def test_t5_small() -> None:
    names = (
        (r"^encoder_first\..*relative_bias\.weight", "reads"),
        (r"^decoder_first\..*relative_bias\.weight", "writes"),
        (r"^(encoder|decoder)_first\.", r"\1.0."),
        (r"^(encoder|decoder)\.(\d)\.t5_(?:decoder_)?block_0\.", lambda m: f"{m[1]}.{int(m[2]) + 1}."),
        (r"residual_\d\.", ""),
        (r"attention_0", "attention"),
        (r"mlp\.", ""),
    )
    values = {"n": 3, "T": 6, "V": 11, "d": 24, "heads": 4}
    agree("t5-small", T5(11, 6, 24, 4), names, values=values, inputs={"source": 11, "target": 11})


class SwinBlock(nn.Module):
    """Attention within windows, which `shift` moves; no mask hides what a shift brings together."""

    def __init__(self, width: int, heads: int, window: int, shift: int) -> None:
        super().__init__()
        self.window, self.shift = window, shift
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.table = nn.Parameter(torch.zeros(heads, 2 * window**2 - 1))
        self.attention = Attention(width, heads, bias=True)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attend(self, z: Any) -> Any:
        n, rows, columns, width = z.shape
        w = self.window
        z = torch.roll(z, (-self.shift, -self.shift), (1, 2))
        parts = z.view(n, rows // w, w, columns // w, w, width).transpose(2, 3).reshape(-1, w * w, width)
        self.attention.table = self.table
        made = self.attention(parts).view(n, rows // w, columns // w, w, w, width).transpose(2, 3)
        return torch.roll(made.reshape(n, rows, columns, width), (self.shift, self.shift), (1, 2))

    def forward(self, z: Any) -> Any:
        z = z + self.attend(self.norm1(z))
        return z + self.mlp(self.norm2(z))


class Merge(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.reduction = nn.LayerNorm(4 * width), nn.Linear(4 * width, 2 * width, bias=False)

    def forward(self, z: Any) -> Any:
        parts = [z[:, i::2, j::2] for j in (0, 1) for i in (0, 1)]
        return self.reduction(self.norm(torch.cat(parts, -1)))


class Swin(nn.Module):
    def __init__(self, width: int, window: int) -> None:
        super().__init__()
        self.patches, self.norm = nn.Conv2d(3, width, 4, 4), nn.LayerNorm(width)
        self.stages, self.merges = nn.ModuleList(), nn.ModuleList()
        for k, (depth, heads) in enumerate(zip((2, 2, 6, 2), (3, 6, 12, 24), strict=True)):
            shifts = (0 if k == 3 or j % 2 == 0 else window // 2 for j in range(depth))
            self.stages.append(nn.Sequential(*(SwinBlock(width * 2**k, heads, window, shift) for shift in shifts)))
            if k < 3:
                self.merges.append(Merge(width * 2**k))
        self.norm_last, self.head = nn.LayerNorm(8 * width), nn.Linear(8 * width, 1000)

    def forward(self, images: Any) -> Any:
        z = self.norm(self.patches(images).permute(0, 2, 3, 1))
        for k, stage in enumerate(self.stages):
            z = stage(z if k == 0 else self.merges[k - 1](z))
        return self.head(self.norm_last(z).mean((1, 2)))


def test_swin_t() -> None:
    names = (
        (r"^stage([12])\.(plain|shifted)\.", lambda m: f"stages.{int(m[1]) - 1}.{int(m[2] == 'shifted')}."),
        (r"^stage3\.(\d)\.pair_0\.(plain|shifted)\.", lambda m: f"stages.2.{2 * int(m[1]) + (m[2] == 'shifted')}."),
        (r"^stage4\.(\d)\.block_0\.", r"stages.3.\1."),
        (r"^merge(\d)\.layernorm_0", lambda m: f"merges.{int(m[1]) - 1}.norm"),
        (r"^merge(\d)\.dense_0", lambda m: f"merges.{int(m[1]) - 1}.reduction"),
        (r"residual_0\.layernorm_0", "norm1"),
        (r"residual_1\.layernorm_0", "norm2"),
        (r"residual_0\.attention\.relative_bias\.weight", "table"),
        (r"residual_\d\.", ""),
        (r"mlp\.up", "mlp.0"),
        (r"mlp\.down", "mlp.2"),
    )
    agree("swin-t", Swin(24, 3), names, values={"n": 3, "d": 24, "side": 24, "w": 3})
