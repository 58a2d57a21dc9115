"""Learned maps, recurrent layers and attention, products and moves, with every option, beside the operators of torch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from frameworks.cases_windows import flag, normed
from frameworks.one_layer import Arrays, Case

torch: Any = pytest.importorskip("torch")
F = torch.nn.functional


def maps() -> Iterator[Case]:
    for bias, shape in product((True, False), ((4,), (3, 4), (2, 3, 4))):
        yield Case(
            f"dense: {{units: 5, bias: {flag(bias)}}}", (shape,), lambda a, z: F.linear(z, a["weight"], a.get("bias"))
        )
        yield Case(
            f"dense: {{units: 5, bias: {flag(bias)}, weight_norm: {{gain: 1, least: 1/2}}}}",
            (shape,),
            lambda a, z: F.linear(z, normed(a), a.get("bias")),
        )
        yield Case(
            "lora: {units: 5, rank: 2}",
            (shape,),
            lambda a, z: F.linear(z, a["base.weight"] + a["up.weight"] @ a["down.weight"]),
        )
        for add in (True, False):
            yield Case(
                f"scale: {{bias: {flag(add)}}}",
                (shape,),
                lambda a, z: z * on_features(a["weight"], z) + (on_features(a["bias"], z) if "bias" in a else 0),
            )
    yield Case("layer_scale: {start: 1/10}", ((3, 4),), lambda a, z: z * a["weight"])
    yield Case("embedding: {features: 3}", ((6,),), lambda a, ids: F.embedding(ids, a["weight"]), tokens=7)
    yield Case("embedding: {features: 3}", ((2, 4),), lambda a, ids: F.embedding(ids, a["weight"]), tokens=7)
    yield Case("parameter: {shape: [3, 4]}", ((2,),), lambda a, z: a["weight"].expand(len(z), 3, 4))


def on_features(array: Any, z: Any) -> Any:
    """The channels of an image, and the last axis of what has fewer axes."""
    return array[:, None, None] if z.ndim == 4 else array


def recurrent() -> Iterator[Case]:
    modules = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    for (kind, module), layers, both, last, squash in product(
        modules.items(), (1, 2, 3), (True, False), (True, False), ("tanh", "relu")
    ):
        if kind != "rnn" and squash == "relu":
            continue
        more = f", nonlinearity: {squash}" if kind == "rnn" else ""
        options = {"nonlinearity": squash} if kind == "rnn" else {}

        def run(a: Arrays, z: Any, module: Any = module, options: Any = options, layers: int = layers, both: bool = both, last: bool = last) -> Any:  # fmt: skip
            made = module(z.shape[-1], 4, layers, batch_first=True, bidirectional=both, **options).double()
            names: dict[str, Any] = {}
            for layer, end, (ours, theirs), of in product(
                range(layers), ("", "_reverse")[: 1 + both], (("input", "ih"), ("hidden", "hh")), ("weight", "bias")
            ):
                number = f"_{layer}" if layers > 1 else ""
                names[f"{of}_{theirs}_l{layer}{end}"] = a[f"{ours}{number}{end}.{of}"]
            made.load_state_dict(names)
            with torch.no_grad():
                states, ends = made(z)
            ends = ends[0] if isinstance(ends, tuple) else ends
            return ends[-2 if both else -1 :].transpose(0, 1).flatten(1) if last else states

        fields = f"units: 4, layers: {layers}, both: {flag(both)}, last: {flag(last)}{more}"
        yield Case(f"{kind}: {{{fields}}}", ((5, 3),), run)


def attention() -> Iterator[Case]:
    for (heads, groups), causal, bias, crossed, relative, dropout in product(
        ((1, 1), (4, 4), (4, 2), (4, 1)), (True, False), (True, False), (True, False), (True, False), (True, False)
    ):
        if causal and crossed:
            continue
        queries, context = (5, 6), ((7, 3) if crossed else (5, 6))
        fields = f"heads: {heads}, kv_heads: {groups}, width: 12, bias: {flag(bias)}, causal: {flag(causal)}"
        fields += ", mask: true" if not causal else ""  # the mask that hides nothing
        fields += ", relative_bias: 1" if relative else ""
        fields += ", dropout: 1/4" if dropout else ""  # the draw that keeps all

        def run(
            a: Arrays, z: Any, *others: Any, heads: int = heads, causal: bool = causal, dropout: bool = dropout
        ) -> Any:
            read = others[0] if others else z
            query, key, value = (
                F.linear(of, a[f"{name}.weight"], a.get(f"{name}.bias"))
                .unflatten(-1, (-1, 12 // heads))
                .transpose(1, 2)
                for name, of in (("query", z), ("key", read), ("value", read))
            )
            scores = torch.zeros(heads, query.shape[-2], key.shape[-2], dtype=torch.float64)
            if "relative_bias.weight" in a:
                offsets = torch.arange(key.shape[-2]) - torch.arange(query.shape[-2])[:, None]
                scores = a["relative_bias.weight"][:, offsets + query.shape[-2] - 1]
            if causal:
                scores = scores.masked_fill(torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1), -torch.inf)
            made = F.scaled_dot_product_attention(query, key, value, attn_mask=scores, enable_gqa=True)
            joined = made.transpose(1, 2).flatten(-2) / (3 / 4 if dropout else 1)
            return F.linear(joined, a["out.weight"], a.get("out.bias"))

        read = "from: [a, b], " if crossed else ""
        yield Case(f"attention: {{{read}{fields}}}", (queries, context) if crossed else (queries,), run)
    yield Case("attention: {heads: 2, rotary: true, bias: false}", ((5, 8),), turned)


def turned(a: Arrays, z: Any) -> Any:
    """Rotary positions as complex numbers: entries k and k + 2 of a head of 4 are one, of the angle t 10000^(-k/2)."""
    query, key, value = (
        F.linear(z, a[f"{name}.weight"]).unflatten(-1, (2, 4)).transpose(1, 2) for name in ("query", "key", "value")
    )
    angles = torch.arange(z.shape[1])[:, None] * 10_000 ** (-torch.arange(2, dtype=torch.float64) / 2)
    turn = torch.polar(torch.ones_like(angles), angles)
    query, key = (torch.complex(each[..., :2], each[..., 2:]) * turn for each in (query, key))
    query, key = (torch.cat([each.real, each.imag], -1) for each in (query, key))
    made = F.scaled_dot_product_attention(query, key, value)
    return F.linear(made.transpose(1, 2).flatten(-2), a["out.weight"])


def products() -> Iterator[Case]:
    three = ((2, 3), (2, 3), (2, 3))
    yield Case("add: {from: [a, b, c]}", three, lambda a, x, y, z: x + y + z)
    yield Case("multiply: {from: [a, b, c]}", three, lambda a, x, y, z: x * y * z)
    yield Case("subtract: {from: [a, b]}", three[:2], lambda a, x, y: x - y)
    for axis in (0, 1, -1):
        at = axis if axis < 0 else axis + 1
        shapes = ((2, 3), (4, 3)) if axis == 0 else ((2, 3), (2, 5))
        yield Case(f"concat: {{from: [a, b], axis: {axis}}}", shapes, lambda a, x, y, d=at: torch.cat([x, y], d))
        yield Case(f"stack: {{from: [a, b, c], axis: {axis}}}", three, lambda a, *z, d=at: torch.stack(z, d))
    for left, right in product((True, False), repeat=2):
        shapes = ((2, 4, 3) if left else (2, 3, 4), (2, 5, 4) if right else (2, 4, 5))
        yield Case(
            f"matmul: {{from: [a, b], transpose_left: {flag(left)}, transpose_right: {flag(right)}}}",
            shapes,
            lambda a, x, y, t=left, u=right: torch.matmul(x.mT if t else x, y.mT if u else y),
        )
    for equation, shapes in (
        ("ij,jk->ik", ((2, 3), (3, 4))), ("ij,jk->ki", ((2, 3), (3, 4))), ("ij,ij->", ((2, 3), (2, 3))),
        ("ij,kl->lijk", ((2, 3), (4, 2))), ("hij,hjk->ihk", ((2, 3, 4), (2, 4, 5))), ("ijk,j->ik", ((2, 3, 4), (3,))),
        ("iij->ji", ((3, 3, 2),)), ("ii->", ((4, 4),)), ("ijk->k", ((2, 3, 4),)), ("ijl,jk->ik", ((2, 3, 4), (3, 5))),
    ):  # fmt: skip
        operands, _, result = equation.partition("->")
        theirs = ",".join(f"n{letters}" for letters in operands.split(",")) + f"->n{result}"
        read = "from: [a, b], " if len(shapes) == 2 else ""
        yield Case(f'einsum: {{{read}equation: "{equation}"}}', shapes, lambda a, *z, e=theirs: torch.einsum(e, *z))


def moves() -> Iterator[Case]:
    image = ((3, 4, 5),)
    yield Case("flatten: {}", image, lambda a, z: torch.flatten(z, 1))
    yield Case("reshape: {shape: [6, -1]}", image, lambda a, z: z.reshape(-1, 6, 10))
    yield Case("permute: {axes: [2, 0, -2]}", image, lambda a, z: z.permute(0, 3, 1, 2))
    yield Case("transpose: {axes: [0, -1]}", image, lambda a, z: z.transpose(1, 3))
    yield Case("transpose: {}", image, lambda a, z: z.mT)
    yield Case("expand: {shape: [2, 3, -1, 4]}", ((3, 5, 1),), lambda a, z: z[:, None].expand(-1, 2, 3, 5, 4))
    yield Case("squeeze: {axis: -2}", ((3, 1, 2),), lambda a, z: z.squeeze(-2))
    yield Case("unsqueeze: {axis: 1}", image, lambda a, z: z.unsqueeze(2))
    yield Case("slice: {axis: 1, start: 1, stop: -1, step: 2}", image, lambda a, z: z[:, :, 1:-1:2])
    yield Case("split: {axis: 1, sizes: [1, 3]}", image, lambda a, z: torch.cat(z.split([1, 3], 2), 2))
    yield Case("roll: {axis: -1, by: 7}", image, lambda a, z: torch.roll(z, 7, -1))
    twice = torch.tensor([0, 0, 1, 1, 2])
    yield Case("take: {axis: 1, count: 5, most: 2}", image, lambda a, z: z.index_select(2, twice))
    yield Case("mean: {axis: [0, -1]}", image, lambda a, z: z.mean((1, 3)))
    yield Case("mean: {}", image, lambda a, z: z.mean(-1))
    yield Case("globalavgpool: {}", image, lambda a, z: F.adaptive_avg_pool2d(z, 1)[..., 0, 0])
    yield Case("dropout: {p: 1/4, mode: eval}", image, lambda a, z: F.dropout(z, 0.25, training=False))
    yield Case("dropout: {p: 1/4, mode: train}", image, lambda a, z: kept(z, 0.25))
    yield Case("stochastic_depth: {p: 1/5}", image, lambda a, z: kept(z, 0.2))


def kept(z: Any, p: float) -> Any:
    """What dropout makes of an entry that it keeps."""
    torch.manual_seed(0)
    drawn = F.dropout(torch.ones(100, dtype=torch.float64), p, training=True)
    return z * drawn.max()


MAPS = (*maps(), *recurrent(), *attention(), *products(), *moves())
