"""Tokens, gates, recurrent layers and graphs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from reference import layers as run
from reference.families.family import Computes, Family
from reference.layers import Array
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network

SIZES = "abcde"  # of the axes of the equations below: 2, 3, 2, 2, 3


# What they compute ---------------------------------------------------------------------------------------------------


def _embedding(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    weight, ids = net._array(layer, "weight", w), inputs[0].real.astype(int)
    assert weight is not None
    return np.stack([table[of] for table, of in zip(weight, ids, strict=True)])


def _sinusoidal(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    positions, features = net.shape(layer)
    angles = np.outer(np.arange(positions), 10_000.0 ** (-np.arange(0, features, 2) / features))
    table = np.zeros((positions, features), dtype=complex)
    table[:, 0::2], table[:, 1::2] = np.sin(angles), np.cos(angles)
    return np.broadcast_to(table, (len(w), net.batch, positions, features))


def _glu(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    a, b = np.split(inputs[0], 2, axis=layer.placed.facts.axis + 2)
    gates = {"glu": run.sigmoid, "swiglu": run.ACTIVATIONS["silu"], "geglu": run.gelu}
    return a * gates[layer.kind.name](b)


def _lora(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    base, down, up = (net._array(layer, f"{name}.weight", w) for name in ("base", "down", "up"))
    assert base is not None
    assert down is not None
    assert up is not None
    return run.dense(inputs[0], base, None) + run.dense(run.dense(inputs[0], down, None), up, None)


def _gcn(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """Of a path; any propagation of that norm would do."""
    nodes, weight = inputs[0].shape[-2], net._array(layer, "weight", w)
    assert weight is not None
    adjacent = np.eye(nodes) + np.eye(nodes, k=1) + np.eye(nodes, k=-1)
    roots = np.sqrt(adjacent.sum(axis=0))
    propagated = net.number(layer.placed.facts.norm) * np.einsum(
        "ij,...jc->...ic", adjacent / np.outer(roots, roots), inputs[0]
    )
    return run.dense(propagated, weight, net._array(layer, "bias", w))


def _einsum(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    facts = layer.placed.facts
    operands = ",".join(f"YZ{letters}" for letters in facts.operands)
    return np.einsum(f"{operands}->YZ{facts.result}", *inputs)


def _recurrent(net: Network, layer: Layer, inputs: list[Array], w: Array) -> Array:
    """As torch documents them, one step after the other."""
    facts, z = layer.placed.facts, inputs[0]
    units, names = net.integer(facts.units), [a.name for a in layer.arrays]
    both, cell = any("reverse" in name for name in names), layer.kind.name
    squash = run.ACTIVATIONS["relu"] if cell == "rnn" and facts.cell.is_relu else np.tanh
    for number in range(facts.layers):
        found = []
        for direction in ("", "_reverse") if both else ("",):
            name = f"_{number}{direction}" if facts.layers > 1 else direction
            arrays = [net._array(layer, f"{of}{name}.{a}", w) for of in ("input", "hidden") for a in ("weight", "bias")]
            h = c = np.zeros((*z.shape[:2], units), dtype=complex)
            steps: list[Array] = []
            for t in range(z.shape[2])[:: -1 if direction else 1]:
                x, y = (
                    np.split(run.dense(read, *pair), len(pair[1][0]) // units, axis=-1)  # type: ignore[index]
                    for read, pair in ((z[:, :, t], arrays[:2]), (h, arrays[2:]))
                )
                if cell == "rnn":
                    h = squash(x[0] + y[0])
                elif cell == "lstm":
                    i, f, g, o = (a + b for a, b in zip(x, y, strict=True))
                    c = run.sigmoid(f) * c + run.sigmoid(i) * np.tanh(g)
                    h = run.sigmoid(o) * np.tanh(c)
                else:
                    r, update = run.sigmoid(x[0] + y[0]), run.sigmoid(x[1] + y[1])
                    h = (1 - update) * np.tanh(x[2] + r * y[2]) + update * h
                steps.append(h)
            found.append((h, np.stack(steps[:: -1 if direction else 1], axis=2)))
        if facts.last and number == facts.layers - 1:
            return np.concatenate([last for last, _ in found], axis=-1)
        z = np.concatenate([states for _, states in found], axis=-1)
    return z


COMPUTES: Mapping[str, Computes] = {
    "embedding": _embedding,
    "sinusoidal": _sinusoidal,
    **dict.fromkeys(("glu", "swiglu", "geglu"), _glu),
    "lora": _lora,
    "gcn": _gcn,
    "einsum": _einsum,
    **dict.fromkeys(("rnn", "lstm", "gru"), _recurrent),
}

# Specs ---------------------------------------------------------------------------------------------------------------

_HEAD = "batch: 2\nradius: 1\n"
_TOKENS = _HEAD + "input: {shape: [3], tokens: 4}\n"
_ROWS = _HEAD + "input: {shape: [2, 3], norm: {sample: 1}}\n"
_CUBE = _HEAD + "input: {shape: [2, 3, 2], norm: {sample: 1}}\n"
_SEQUENCE = "symbols: {T: 3}\n" + _HEAD + "input: {shape: [T, 2], norm: {sample: 1}}\n"


def _of(head: str, *steps: str) -> str:
    return f"{head}layers: [{', '.join(steps)}]\n"


def _einsum_of(equation: str, other: str = "") -> str:
    read = f", from: [[], [{other}]]" if other else ""
    return f'{{einsum: {{equation: "{equation}"{read}}}}}'


INSTANCES: Mapping[str, str] = {
    "embedding": _of(_TOKENS, "embedding: 2", "tanh", "dense: 2"),
    "embedding, tied": _of(
        _TOKENS, "{embedding: {features: 2, name: e}}", "tanh", "{dense: {units: 4, bias: false, share: {weight: e.weight}}}"
    ),
    "embedding and learned positions": _of(_TOKENS, "embedding: 2", "{add: [[], [parameter: [3, 2]]]}", "tanh"),
    "sinusoidal": _of(_TOKENS, "embedding: 2", "{add: [[], [sinusoidal: [3, 2]]]}", "tanh"),
    **{
        f"{kind}{options and f', {options}'}": _of(_ROWS, "dense: 4", f"{{{kind}: {{{options}}}}}", "dense: 1")
        for kind in ("glu", "swiglu", "geglu")
        for options in ("", "axis: 0")
    },
    "lora": _of(_ROWS, "{lora: {units: 2, rank: 1}}", "tanh", "{lora: {units: 2, rank: 2, radius: {base: 0, down: 1, up: 1}}}"),
    "lora, rank": _of(_ROWS, "{lora: {units: 2, rank: 2, radius: {base: 2, down: 1/2, up: 1}}}", "tanh"),
    "gcn": _of(_ROWS, "{gcn: {units: 2, operator: 3/2}}", "tanh", "{gcn: {units: 2, operator: 1, bias: true}}"),
    "gcn, bias: false": _of(_ROWS, "{gcn: {units: 2, operator: 1/2, bias: false}}", "softplus"),
    **{
        f"einsum, {equation}": _of(_CUBE, "dense: 2", _einsum_of(equation, other))
        for equation, other in (
            ("abc->cab", ""), ("aba->b", ""), ("abc->b", ""), ("aba->ba", ""), ("abc->", ""),
            ("abc,abd->acd", "dense: 3"), ("abc,abc->acb", "tanh"), ("abc,ac->ab", "mean: 1"), ("abc,d->dbc", "mean, mean, dense: 2"),
            ("abc,abc->", "dense: 2"),
        )
    },
    "einsum after softmax": _of(_CUBE, "softmax", _einsum_of("abc,acd->abd", "dense: 3, transpose: [1, 2], dense: 2, transpose: [1, 2], slice: {axis: 1, stop: 2}")),
    **{
        f"{kind}{options and f', {options}'}, {length}": _of(
            _SEQUENCE.replace("[T,", f"[{length},"), f"{{{kind}: {{units: 2{options and f', {options}'}}}}}", "dense: 1"
        )
        for kind, own in (("rnn", ("nonlinearity: tanh", "nonlinearity: relu")), ("lstm", ()), ("gru", ()))
        for options in ("", "both: true", "layers: 2, last: true", "both: true, last: true, layers: 2", "both: false, last: false", *own)
        for length in (("2", "T") if options == "" else ("2",))
    },
}  # fmt: skip

# A constant that is too small is found: by the input alone, where nothing else hides it.
_I: Mapping[str, Any] = {"wrt": ("input",)}
_REFINED: Mapping[str, Any] = {"wrt": ("input",), "refine": True}
_PAIR = "input: {shape: [2], norm: {entry: REACH}}\nradius: 1\n"
_STEP = "input: {shape: [1, 1], norm: {entry: 1/100}}\nradius: {weight: 1, bias: 1/100}\n"
_FAR = "input: {shape: [4, 1], norm: {entry: 20}}\nradius: 40\n"
_SHORT = "input: {shape: [1, 1], norm: {entry: 1/100}}\nradius: 1/1000\n"
_TWO = "inputs: {a: {shape: [2, 2], norm: 3}, b: {shape: [2, 2], norm: 2}}\nradius: 1\n"


def _apart(kind: str) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """A large half, and one around 0, where the gate bends. With all orders."""
    inputs = "inputs: {a: {shape: [1], norm: {entry: 1000}}, b: {shape: [1], norm: {entry: 2}}}\nradius: 1\n"
    return (("", _of(inputs, "{concat: [a, b]}", kind), {"wrt": ("b",), "third_order": True}),)


def _pair(kind: str, reach: str, options: Mapping[str, Any] = _I) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    return (("", _of(_PAIR.replace("REACH", reach), kind), options),)


def _cells(kind: str) -> dict[tuple[str, str], tuple[tuple[str, str, Mapping[str, Any]], ...]]:
    near, far = _of(_STEP, f"{kind}: 1"), _of(_FAR, f"{{{kind}: {{units: 1, last: true}}}}")
    found: dict[tuple[str, str], tuple[tuple[str, str, Mapping[str, Any]], ...]] = {
        (kind, "Linear.norm"): (("", near, _I),),
        (kind, "Bilinear.norm"): (("", near, _I),),
        (kind, "Bilinear.constant"): (("", _of(_SHORT, f"{kind}: 1"), {"wrt": (f"{kind}_0.input",)}),),
        (kind, "Map.lipschitz"): (("", near, _I),),
        (kind, "Map.derivative_at_zero"): (("", near, _REFINED),),
        (kind, "Map.norm"): (("", far, _I),),
        (kind, "Map.sup"): (("", far.replace("}}]", "}}, square]"), _I),),
    }
    if kind != "rnn":
        found |= {(kind, f"Map.{name}"): (("", near, _I),) for name in ("at_zero", "sup_at_zero")}
    return found


CASES: Mapping[tuple[str, str], tuple[tuple[str, str, Mapping[str, Any]], ...]] = {
    ("embedding", "Linear.norm"): (("", _of(_TOKENS, "embedding: 2"), {}),),
    ("sinusoidal", "Linear.norm"): (("", _of(_ROWS, "sinusoidal: [3, 2]"), {}),),
    ("glu", "Linear.norm"): _pair("glu", "1/100"),
    ("glu", "Bilinear.norm"): _pair("glu", "20"),
    ("glu", "Map.lipschitz"): _apart("glu"),
    ("glu", "Map.smoothness"): _apart("glu"),
    **{(kind, "Map.third"): _apart(kind) for kind in ("glu", "swiglu", "geglu")},
    ("glu", "Map.at_zero"): _pair("glu", "1/100"),
    ("glu", "Map.sup_at_zero"): _pair("glu", "1/100"),
    ("glu", "Map.norm"): _pair("glu", "20"),
    ("swiglu", "Linear.norm"): _apart("swiglu"),
    ("swiglu", "Bilinear.norm"): _apart("swiglu"),
    ("swiglu", "Map.smoothness"): _apart("swiglu"),
    ("geglu", "Linear.norm"): _apart("geglu"),
    ("geglu", "Bilinear.norm"): _apart("geglu"),
    ("geglu", "Map.smoothness"): _apart("geglu"),
    ("lora", "Bilinear.norm"): (("", _of(_ROWS, "{lora: {units: 2, rank: 1}}"), _I),),
    ("gcn", "Linear.norm"): (
        ("", _of(_ROWS, "{gcn: {units: 2, operator: 2}}"), _I),
        ("bias", _of(_ROWS.replace("sample: 1", "sample: 1/10"), "{gcn: {units: 2, operator: 1, radius: {weight: 1/10, bias: 2}}}"), {}),
    ),
    ("gcn", "Bilinear.norm"): (("", _of(_ROWS, "{gcn: {units: 2, operator: 2}}"), _I),),
    ("gcn", "Bilinear.constant"): (("", _of(_ROWS.replace("sample: 1", "sample: 1/10"), "{gcn: {units: 2, operator: 1}}"), {}),),
    ("einsum", "Bilinear.norm"): (
        ("", _of(_TWO, '{einsum: {equation: "ij,jk->ki", from: [a, b]}}'), {"wrt": ("a",)}),
        ("entrywise", _of(_TWO, '{einsum: {equation: "ij,ij->ji", from: [a, b]}}'), {"wrt": ("b",)}),
    ),
    ("einsum", "Linear.norm"): (("sum", _of(_ROWS, _einsum_of("ij->j")), _I), ("trace", _of(_TWO, "{einsum: {equation: \"ii->\", from: a}}"), {"wrt": ("a",)})),
    ("einsum", "Bilinear.left_norm"): (
        ("", _of(_TWO.replace("norm: 3", "norm: {entry: 20}"), "{softmax: {from: a, name: p}}", '{einsum: {equation: "ij,jk->ik", from: [p, b]}}'), {"wrt": ("b",)}),
    ),
    **_cells("rnn"),
    ("rnn", "Map.smoothness"): (("", _of("input: {shape: [1, 1], norm: 3}\nradius: {weight: 1, bias: 0}\n", "rnn: 1"), _I),),
    ("rnn", "Map.third"): (("", _of("input: {shape: [1, 1], norm: 3}\nradius: {weight: 1, bias: 0}\n", "rnn: 1"), {**_I, "third_order": True}),),
    **_cells("lstm"),
    **_cells("gru"),
    **{key: _pair(key[0], "1000") for key in (("glu", "Map.sup"), ("swiglu", "Map.lipschitz"), ("geglu", "Map.lipschitz"))},
    **{(kind, "Map.smoothness"): (("", _of(_STEP.replace("1/100}", "3}"), f"{kind}: 1"), _I),) for kind in ("lstm", "gru")},
    **{(kind, "Map.third"): (("", _of(_STEP.replace("1/100}", "3}"), f"{kind}: 1"), {**_I, "third_order": True}),) for kind in ("lstm", "gru")},
}  # fmt: skip
SILENT: Mapping[tuple[str, str], str] = {
    (kind, "Map.derivative_at_zero"): _of(_PAIR.replace("REACH", "1"), kind) for kind in ("glu", "swiglu", "geglu")
}

_HALVES = "the largest entry of both halves together is that of each, and the two terms of the product are never large together"
_GATES = "a cell has its steepest and its most bent gates nowhere together"
MISSED: Mapping[tuple[str, str], str] = {
    **dict.fromkeys((("glu", "Map.sup"), ("swiglu", "Map.lipschitz"), ("geglu", "Map.lipschitz")), _HALVES),
    **dict.fromkeys(((kind, f"Map.{name}") for kind in ("lstm", "gru") for name in ("smoothness", "third")), _GATES),
}

# Random specs --------------------------------------------------------------------------------------------------------


def embedding(scope: Scope) -> None:
    """Of an input of ids, where a file has one and it is seen; else a table that is added."""
    features = scope.draft.rng.randint(1, 3)
    if scope.draft.tokens and scope.depth == 0 and scope.arguments is None:
        scope.source = "ids"
        scope.push("embedding", {"features": scope.size(features)}, (3, features), {"weight": (5, features)})
    else:
        sinusoidal(scope)


def sinusoidal(scope: Scope) -> None:
    rng = scope.draft.rng
    shape = (rng.randint(1, 3), 2 * rng.randint(1, 2))
    scope.source = None
    scope.push("sinusoidal", {"shape": scope.sizes(shape)}, shape)


def gated(scope: Scope) -> None:
    shape = shape_of(scope)
    even = [axis for axis, size in enumerate(shape) if size % 2 == 0]
    axis = scope.draft.rng.choice(even)
    is_last = axis == len(shape) - 1 and scope.draft.chance(0.6)
    fields: dict[str, Value] = {} if is_last else {"axis": axis}
    scope.push(
        scope.draft.rng.choice(("glu", "swiglu", "geglu")),
        fields,
        (*shape[:axis], shape[axis] // 2, *shape[axis + 1 :]),
    )


def lora(scope: Scope) -> None:
    *rest, last = shape_of(scope)
    units, rank = scope.draft.rng.randint(1, 3), scope.draft.rng.randint(1, 2)
    arrays: dict[str, Shape] = {"base.weight": (units, last), "down.weight": (rank, last), "up.weight": (units, rank)}
    scope.push("lora", {"units": scope.size(units, last), "rank": scope.size(rank)}, (*rest, units), arrays)


def gcn(scope: Scope) -> None:
    *rest, last = shape_of(scope)
    units, bias = scope.draft.rng.randint(1, 3), scope.draft.chance(0.6)
    fields: dict[str, Value] = {
        "units": scope.size(units, last), "operator": scope.constant(("1/2", "1", "3/2")),
        **({} if bias and scope.draft.chance(0.5) else {"bias": scope.flag(bias)}),
    }  # fmt: skip
    arrays: dict[str, Shape] = {"weight": (units, last), **({"bias": (units,)} if bias else {})}
    scope.push("gcn", fields, (*rest, units), arrays)


def einsum(scope: Scope) -> None:
    """Axes in another order, some of them summed."""
    rng, shape = scope.draft.rng, shape_of(scope)
    letters = SIZES[: len(shape)]
    kept = rng.sample(range(len(shape)), rng.randint(1, len(shape)))
    result = "".join(letters[axis] for axis in kept)
    scope.push("einsum", {"equation": f"{letters}->{result}"}, tuple(shape[axis] for axis in kept))


def recurrent(scope: Scope) -> None:
    rng, (steps, last) = scope.draft.rng, shape_of(scope)
    kind, units, both, deep = (
        rng.choice(("rnn", "lstm", "gru")),
        rng.randint(1, 2),
        rng.random() < 0.3,
        rng.random() < 0.35,
    )
    gates = {"rnn": 1, "lstm": 4, "gru": 3}[kind]
    fields: dict[str, Value] = {"units": scope.size(units, last)}
    if both or rng.random() < 0.2:
        fields["both"] = scope.flag(both)
    if deep:
        fields["layers"] = scope.size(2)
    if kind == "rnn" and rng.random() < 0.5:
        fields["nonlinearity"] = "tanh" if scope.draft.smooth else rng.choice(("tanh", "relu"))
    is_last = rng.random() < 0.4
    if is_last or rng.random() < 0.2:
        fields["last"] = scope.flag(is_last)
    arrays: dict[str, Shape] = {}
    width = units * (2 if both else 1)
    for number in range(2 if deep else 1):
        for direction in ("", "_reverse") if both else ("",):
            name = f"_{number}{direction}" if deep else direction
            for of, reads in (("input", width if number else last), ("hidden", units)):
                arrays |= {f"{of}{name}.weight": (gates * units, reads), f"{of}{name}.bias": (gates * units,)}
    scope.push(kind, fields, (width,) if is_last else (steps, width), arrays)


MAKERS = (
    Row("embedding", 0.3, lambda shape: True, embedding, unary=False),
    Row("sinusoidal", 0.1, lambda shape: True, sinusoidal, unary=False),
    Row("glu", 1, lambda shape: any(size % 2 == 0 for size in shape), gated),
    Row("lora", 0.5, lambda shape: len(shape) > 0, lora),
    Row("gcn", 0.5, lambda shape: len(shape) > 1, gcn),
    Row("einsum", 0.7, lambda shape: 0 < len(shape) <= len(SIZES), einsum),
    Row("recurrent", 0.6, lambda shape: len(shape) == 2 and shape[0] <= 4, recurrent),
)

FAMILY = Family(
    COMPUTES,
    {f"sequences, {name}": text for name, text in INSTANCES.items()},
    INSTANCES,
    MAKERS,
    CASES,
    SILENT,
    missed=MISSED,
)
