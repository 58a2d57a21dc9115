"""Transformers of specs/, few and narrow, against modules of torch.nn."""

from __future__ import annotations

from typing import Any

import pytest

from frameworks.agreement import TRANSFORMER, agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn


def block(width: int, heads: int, activation: Any, eps: float, *, before: bool) -> Any:
    """`before`: norms stand before attention and perceptron."""
    return nn.TransformerEncoderLayer(
        width, heads, 4 * width, 0.0, activation, layer_norm_eps=eps, batch_first=True, norm_first=before
    )


def causal(positions: int) -> Any:
    return nn.Transformer.generate_square_subsequent_mask(positions, dtype=torch.float64)


def positions_of(length: int, width: int) -> Any:
    """The table of the first transformer: sin in the even columns, cos in the odd ones."""
    angles = torch.arange(length)[:, None] / 10_000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    table = torch.empty(length, width, dtype=torch.float64)
    table[:, 0::2], table[:, 1::2] = angles.sin(), angles.cos()
    return table


class Encoder(nn.Module):
    def __init__(self, length: int, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.table = positions_of(length, width)
        self.blocks = nn.ModuleList(block(width, heads, "relu", 1e-5, before=False) for _ in range(depth))

    def forward(self, z: Any) -> Any:
        z = z + self.table
        for each in self.blocks:
            z = each(z)
        return z


def test_transformer_encoder() -> None:
    values = {"n": 3, "T": 7, "d": 24, "heads": 4}
    agree("transformer-encoder", Encoder(7, 24, 4, 6), TRANSFORMER, values=values)


class Bert(nn.Module):
    def __init__(self, vocabulary: int, length: int, width: int, heads: int, depth: int, eps: float) -> None:
        super().__init__()
        self.word = nn.Embedding(vocabulary, width)
        self.position = nn.Embedding(length, width)
        self.sentence = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps)
        self.encoder = nn.ModuleList(block(width, heads, "gelu", eps, before=False) for _ in range(depth))
        self.pooler = nn.Linear(width, width)

    def forward(self, words: Any, types: Any) -> Any:
        z = self.word(words) + self.position(torch.arange(words.shape[1])) + self.sentence(types)
        z = self.norm(z)
        for each in self.encoder:
            z = each(z)
        return torch.tanh(self.pooler(z[:, 0]))


def test_bert_base() -> None:
    values = {"n": 3, "T": 6, "V": 11, "d": 24, "heads": 3}
    names = (("add_0.position", "position"), ("^type", "sentence"), *TRANSFORMER)
    agree("bert-base", Bert(11, 6, 24, 3, 12, 1e-12), names, values=values, inputs={"words": 11, "types": 2})


class Gpt2(nn.Module):
    def __init__(self, vocabulary: int, length: int, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        self.wpe = nn.Embedding(length, width)
        self.h = nn.ModuleList(block(width, heads, nn.GELU("tanh"), 1e-5, before=True) for _ in range(depth))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, words: Any) -> Any:
        length = words.shape[1]
        z = self.wte(words) + self.wpe(torch.arange(length))
        for each in self.h:
            z = each(z, src_mask=causal(length))
        return nn.functional.linear(self.ln_f(z), self.wte.weight)


def test_gpt2_small() -> None:
    values = {"n": 3, "T": 9, "V": 13, "d": 24, "heads": 3}
    agree(
        "gpt2-small", Gpt2(13, 9, 24, 3, 12), (("add_0.wpe", "wpe"), *TRANSFORMER), values=values, inputs={"input": 13}
    )


class Vit(nn.Module):
    def __init__(self, side: int, width: int, heads: int, depth: int, classes: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, stride=16)
        self.class_token = nn.Parameter(torch.zeros(1, width))
        self.positions = nn.Parameter(torch.zeros(side**2 + 1, width))
        self.blocks = nn.ModuleList(block(width, heads, "gelu", 1e-6, before=True) for _ in range(depth))
        self.norm = nn.LayerNorm(width, 1e-6)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Any) -> Any:
        z = self.patches(images).flatten(2).transpose(1, 2)
        z = torch.cat([self.class_token.expand(len(z), 1, -1), z], 1) + self.positions
        for each in self.blocks:
            z = each(z)
        return self.head(self.norm(z)[:, 0])


PARAMETERS = ((r"(concat|add)_0\.(class|class_token|positions|text_positions)\.weight", r"\2"),)


def test_vit_b16() -> None:
    values = {"n": 3, "d": 24, "heads": 4, "side": 3}
    agree("vit-b16", Vit(3, 24, 4, 12, 1000), (*PARAMETERS, *TRANSFORMER), values=values)


class QuickGelu(nn.Module):
    def forward(self, z: Any) -> Any:
        return z * torch.sigmoid(1.702 * z)


class Clip(nn.Module):
    def __init__(self, side: int, width: int, vocabulary: int, length: int, text_width: int, joint: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 32, 32, bias=False)
        self.class_token = nn.Parameter(torch.zeros(1, width))
        self.positions = nn.Parameter(torch.zeros(side**2 + 1, width))
        self.ln_pre, self.ln_post = nn.LayerNorm(width), nn.LayerNorm(width)
        self.vision = nn.ModuleList(block(width, 12, QuickGelu(), 1e-5, before=True) for _ in range(12))
        self.image_embedding = nn.Linear(width, joint, bias=False)
        self.words = nn.Embedding(vocabulary, text_width)
        self.text_positions = nn.Parameter(torch.zeros(length, text_width))
        self.language = nn.ModuleList(block(text_width, 8, QuickGelu(), 1e-5, before=True) for _ in range(12))
        self.ln_final = nn.LayerNorm(text_width)
        self.text_embedding = nn.Linear(text_width, joint, bias=False)

    def forward(self, images: Any, words: Any) -> tuple[Any, Any]:
        z = self.patches(images).flatten(2).transpose(1, 2)
        z = self.ln_pre(torch.cat([self.class_token.expand(len(z), 1, -1), z], 1) + self.positions)
        for each in self.vision:
            z = each(z)
        text = self.words(words) + self.text_positions
        for each in self.language:
            text = each(text, src_mask=causal(words.shape[1]))
        return self.image_embedding(self.ln_post(z[:, 0])), self.text_embedding(self.ln_final(text)[:, -1])


def test_clip_like() -> None:
    values = {"n": 3, "side": 2, "d": 24, "T": 5, "V": 11, "dt": 16, "joint": 6}
    names = (
        *PARAMETERS,
        (r"^class$", "class_token"),
        (r"add_1.text_positions.weight", "text_positions"),
        (r"\.blocks\.", "."),
    )
    agree(
        "clip-like", Clip(2, 24, 11, 5, 16, 6), (*names, *TRANSFORMER), values=values, inputs={"image": 0, "text": 11}
    )


class LlamaBlock(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.RMSNorm(width, 1e-6), nn.RMSNorm(width, 1e-6)
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(hidden, width, bias=False)

    def split(self, z: Any) -> Any:
        return z.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def turn(self, z: Any) -> Any:
        """Rotary positions with halves of a head as real and imaginary parts, as checkpoints of transformers have them."""
        length, width = z.shape[-2:]
        rates = 10_000 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        angles = torch.outer(torch.arange(length, dtype=torch.float64), rates)
        cos, sin = (torch.cat([wave, wave], -1) for wave in (angles.cos(), angles.sin()))
        first, second = z.chunk(2, -1)
        return z * cos + torch.cat([-second, first], -1) * sin

    def forward(self, z: Any) -> Any:
        y = self.norm1(z)
        query, key, value = (
            self.turn(self.split(self.query(y))),
            self.turn(self.split(self.key(y))),
            self.split(self.value(y)),
        )
        attended = nn.functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        z = z + self.out(attended.transpose(1, 2).flatten(-2))
        y = self.norm2(z)
        return z + self.down(nn.functional.silu(self.gate(y)) * self.up(y))


class Llama(nn.Module):
    def __init__(self, vocabulary: int, width: int, heads: int, hidden: int, depth: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.Sequential(*(LlamaBlock(width, heads, hidden) for _ in range(depth)))
        self.norm = nn.RMSNorm(width, 1e-6)
        self.head = nn.Linear(width, vocabulary, bias=False)

    def forward(self, words: Any) -> Any:
        return self.head(self.norm(self.blocks(self.embedding(words))))


def test_llama_7b() -> None:
    values = {"n": 3, "T": 8, "V": 13, "d": 24, "heads": 3, "hidden": 40}
    names = ((r"llama_block_0\.residual_[01]\.", ""), (r"\.(attention|mlp)\.(multiply_0\.)?", "."))
    agree("llama-7b", Llama(13, 24, 3, 40, 32), names, values=values, inputs={"input": 13})


class Mixer(nn.Module):
    def __init__(self, patches: int, width: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.tokens = nn.Sequential(nn.Linear(patches, width // 2), nn.GELU(), nn.Linear(width // 2, patches))
        self.features = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, z: Any) -> Any:
        z = z + self.tokens(self.norm1(z).mT).mT
        return z + self.features(self.norm2(z))


class MlpMixer(nn.Module):
    def __init__(self, side: int, width: int, depth: int, classes: int) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.blocks = nn.Sequential(*(Mixer(side**2, width) for _ in range(depth)))
        self.norm, self.head = nn.LayerNorm(width, 1e-6), nn.Linear(width, classes)

    def forward(self, images: Any) -> Any:
        z = self.blocks(self.patches(images).flatten(2).mT)
        return self.head(self.norm(z).mean(1))


def test_mlp_mixer() -> None:
    names = (
        (r"mixer_block_0\.residual_[01]\.", ""),
        ("mlp_patches", "tokens"),
        ("mlp_features", "features"),
        (r"\.up\.", ".0."),
        (r"\.down\.", ".2."),
    )
    agree("mlp-mixer", MlpMixer(3, 24, 12, 1000), names, values={"n": 3, "d": 24, "side": 3})
