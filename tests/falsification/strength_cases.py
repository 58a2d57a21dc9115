"""For every constant of every kind, a small network whose bound it decides.

Those of functions of every entry are made from their rows of the catalogue; those of other kinds are the rows of `NETWORKS`, by kind
and constant. A new row of the catalogue is a case by itself, a new kind fails until it has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy
from reference.families.index import FAMILIES

from boundcalc.catalogue.elementwise import ACTIVATIONS
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.index import ELEMENTWISE
from boundcalc.catalogue.nonlinearity import Nonlinearity

# The values of parameters, besides the defaults.
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "softplus": ("{beta: 3}", "{beta: 1/4}"),
    "celu": ("{alpha: 1/2}", "{alpha: 3}"),
    "elu": ("{alpha: 2}", "{alpha: -1/2}"),
    "hardtanh": ("{min_val: -1/2, max_val: 2}", "{min_val: 1, max_val: 3}"),
    "leaky_relu": ("{negative_slope: -3}", "{negative_slope: 1}"),
    "softshrink": ("{lambd: 2}",),
    "hardshrink": ("{lambd: 2}",),
    "gelu": ("{approximate: tanh}",),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A constant of a kind, and a spec whose bound it decides."""

    kind: str
    constant: str  # Map.lipschitz
    text: str
    options: Mapping[str, Any] = field(default_factory=dict)
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.kind}{self.variant and ' '}{self.variant} {self.constant}"


NEAR, FAR = "1/100", 20  # norms of the entries of inputs: the value at 0 decides; every limit is nearly reached


def _spec(layers: str, entry: object, shape: str = "[2]", batch: int = 2) -> str:
    return f"batch: {batch}\ninput: {{shape: {shape}, norm: {{entry: {entry}}}}}\nradius: 1\nlayers: [{layers}]"


def of_row(kind: str, entry: Nonlinearity, variant: str = "") -> Iterator[Case]:
    """`entry` at values of its parameters."""
    step = f"{kind}: {variant}" if variant else kind
    step = f"{{{step}}}"

    def case(constant: str, reach: object, after: str = "", **options: Any) -> Case:
        return Case(kind, f"Map.{constant}", _spec(step + after, reach), {"wrt": ("input",), **options}, variant)

    for name in ("lipschitz", "smoothness", "norm"):
        fact: Fact | None = getattr(entry, name)
        if fact is not None:
            yield case(name, _reach(fact))
    if entry.third is not None:
        yield case("third", _reach(entry.third), third_order=True)
    yield case("at_zero", NEAR)
    if entry.sup is not None:
        yield case("sup", _reach(entry.sup), ", square")
    yield case("sup_at_zero", NEAR, ", square")
    yield case("derivative_at_zero", NEAR, refine=True)


def _reach(fact: Fact) -> object:
    """A norm of the entries that has room around the point where the constant is reached."""
    point = None if fact.witness is None else fact.witness.point
    if point is None or not point.is_finite:
        return FAR
    return sympy.ceiling(2 * abs(point)) + 1


def elementwise() -> Iterator[Case]:
    for kind, row in ACTIVATIONS.items():
        for variant in ("", *PARAMETERS.get(kind, ())):
            pairs = (pair.split(":") for pair in variant.strip("{}").split(",") if pair)
            values = {name.strip(): sympy.Rational(value.strip()) for name, value in pairs}
            yield from of_row(kind, row.instantiate(entries=sympy.Integer(4), **values), variant)
    yield from of_row("gelu", ELEMENTWISE["gelu"].instantiate(entries=sympy.Integer(4)))
    yield from of_row("gelu", ELEMENTWISE["gelu_tanh"].instantiate(entries=sympy.Integer(4)), "{approximate: tanh}")


_I = {"wrt": ("input",)}
_THIRD = {**_I, "third_order": True}
_SIGNAL = "input: {shape: [1, 12], norm: 1}\nradius: 1\n"
_IMAGE = "input: {shape: [1, 6, 6], norm: 1}\nradius: 1\n"
_VOLUME = "input: {shape: [1, 4, 4, 4], norm: 1}\nradius: 1\n"
_VECTOR = "batch: 2\ninput: {shape: [3], norm: 2}\nradius: 1\n"
_ONE = "input: {shape: [3], norm: 2}\nradius: 1\n"
_SMALL = "batch: 3\ninput: {shape: [3], norm: 1/10}\nradius: 1\n"
_FAR = "batch: 2\ninput: {shape: [3], norm: {entry: 20}}\nradius: 1\n"
_MATRIX = "input: {shape: [3, 3], norm: {entry: 20}}\nradius: 1\n"
_ROWS = "input: {shape: [2, 2], norm: 1}\nradius: 1\n"
_QUERY = "inputs: {a: {shape: [1, 2], norm: 2}, b: {shape: [2, 2], norm: 2}}\nradius: 1\n"
_SHARP = "{query: 99, key: 99, value: 1, out: 1}"  # one key may have all the weight
_TABLE = "batch: 2\ninput: {shape: [2, 3], norm: 2}\nradius: 1\n"
_TABLES = "batch: 2\ninputs: {a: {shape: [2, 3], norm: 3}, b: {shape: [2, 3], norm: 2}}\nradius: 1\n"
_TWO = "inputs: {a: {shape: [2, 2], norm: 3}, b: {shape: [2, 2], norm: 2}}\nradius: 1\n"


# Axes of a layer of given constants, the shape of its image, and the measures in which it reaches there what its constants promise:
# its entries are spread over a slice, so that one is as large as the slice only where the slice has no other of that kind.
_ALONG = (
    ("[]", "[WIDTH]", ("batch",)),
    ("[sample]", "[2, 3]", ("batch", "sample")),
    ("[sample]", "[WIDTH]", ("batch", "sample", "entry")),
    ("[0]", "[2, 3]", ("batch",)),
    ("[sample, -2]", "[2, WIDTH]", ("batch", "sample", "position", "entry")),
)


def _along(header: str, step: str, wrt: str = "input", width: int = 1) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """A step with each of these axes, in all these measures; and without axes for a single sample. `width`: how many entries a
    slice has where it has as few as there may be: the array of a generic layer takes one, what it reads another."""
    rows = [("batch: 2", *row) for row in _ALONG] + [("batch: 1", "[]", "[WIDTH]", ("sample", "entry"))]
    for batch, axes, shape, measures in rows:
        fields = f"shape: {shape.replace('WIDTH', str(width))}" + (f", axes: {axes}" if axes != "[]" else "")
        text = _layers(header.replace("batch: 2", batch), step.replace("AXES", fields))
        for measure in measures:
            options = {"wrt": (wrt,), "norms": "mixed", "measure": measure}
            yield f"{step.replace('AXES', fields)} {batch}, {measure}", text, options


def _layers(header: str, layers: str, loss: str = "") -> str:
    return f"{header}layers: [{layers}]{loss and f'''{chr(10)}loss: {loss}'''}"


# (kind, constant) -> (variant, spec, options)
NETWORKS: Mapping[tuple[str, str], tuple[tuple[str, str, Mapping[str, Any]], ...]] = {
    ("dense", "Bilinear.norm"): (("", _layers(_ONE, "dense: {units: 2, bias: false}"), {}), ("input", _layers(_ONE, "dense: 2"), _I)),
    ("dense", "Bilinear.constant"): (("", _layers(_SMALL, "dense: 2"), {}),),
    ("dense", "Bilinear.left_norm"): (("", _layers(_ONE, "dense: {units: 2, bias: false, spectral: 1/2}"), _I),),
    ("dense", "Linear.norm"): (("", _layers(_SMALL, "dense: {units: 2, radius: {weight: 1/10, bias: 2}}"), {}),),
    ("conv1d", "Bilinear.norm"): (
        ("", _layers(_SIGNAL, "conv1d: {channels: 2, kernel: 2, bias: false}"), _I),
        ("stride", _layers(_SIGNAL, "conv1d: {channels: 1, kernel: 4, stride: 2, padding: 2, bias: false}"), {}),
        ("dilation", _layers(_SIGNAL, "conv1d: {channels: 1, kernel: 2, dilation: 2, padding: 2, bias: false}"), _I),
        ("same", _layers(_SIGNAL, "conv1d: {channels: 1, kernel: 2, padding: same, bias: false}"), _I),
    ),
    ("conv1d", "Bilinear.constant"): (("", _layers(_SIGNAL.replace("norm: 1", "norm: 1/10"), "conv1d: {channels: 1, kernel: 2}"), {}),),
    ("conv1d", "Bilinear.left_norm"): (("", _layers(_SIGNAL, "conv1d: {channels: 1, kernel: 2, bias: false, spectral: 1/2}"), _I),),
    ("conv1d", "Linear.norm"): (
        ("", _layers(_SIGNAL.replace("norm: 1", "norm: 1/10"), "conv1d: {channels: 1, kernel: 2, radius: {weight: 1/10, bias: 2}}"), {}),
    ),
    ("conv2d", "Bilinear.norm"): (
        ("", _layers(_IMAGE, "conv2d: {channels: 1, kernel: 2, stride: [1, 2], padding: 1, bias: false}"), _I),
        ("groups", _layers(_IMAGE.replace("[1,", "[2,"), "conv2d: {channels: 2, kernel: [1, 2], groups: 2, bias: false}"), _I),
    ),
    ("conv2d", "Bilinear.constant"): (("", _layers(_IMAGE.replace("norm: 1", "norm: 1/10"), "conv2d: {channels: 1, kernel: 2}"), {}),),
    ("conv3d", "Bilinear.norm"): (("", _layers(_VOLUME, "conv3d: {channels: 1, kernel: [1, 1, 2], padding: [0, 0, 1], bias: false}"), _I),),
    ("conv3d", "Bilinear.constant"): (("", _layers(_VOLUME.replace("norm: 1", "norm: 1/10"), "conv3d: {channels: 1, kernel: 2}"), {}),),
    **{
        (f"maxpool{axes}d", "Map.lipschitz"): (
            ("", _layers(header, f"maxpool{axes}d: 2"), _I),
            ("overlap", _layers(header, f"maxpool{axes}d: {{kernel: 3, stride: 1, padding: 1}}"), _I),
        )
        for axes, header in ((1, _SIGNAL), (2, _IMAGE), (3, _VOLUME))
    },
    **{
        (f"avgpool{axes}d", "Linear.norm"): (
            ("", _layers(header, f"avgpool{axes}d: 2"), _I),
            ("ceil", _layers(header, f"avgpool{axes}d: {{kernel: 3, ceil: true}}"), _I),
        )
        for axes, header in ((1, _SIGNAL), (2, _IMAGE), (3, _VOLUME))
    },
    ("mean", "Linear.norm"): (("", _layers(_VECTOR, "mean"), _I), ("axis", _layers(_IMAGE, "mean: {axis: 1}"), _I)),
    ("globalavgpool", "Linear.norm"): (("", _layers(_IMAGE, "globalavgpool"), _I),),
    ("batchnorm", "Map.lipschitz"): (
        ("", _layers(_VECTOR, "batchnorm: 1/10"), _I),
        ("positions", _layers(_IMAGE, "batchnorm: 1/10"), _I),
        ("additive", _layers(_VECTOR, "batchnorm: {eps: 1/2, form: additive}"), _I),
    ),
    ("batchnorm", "Map.smoothness"): (
        ("", _layers(_VECTOR, "batchnorm: 1/10"), _I),
        ("small eps", _layers(_VECTOR, "batchnorm: 1/1000"), _I),
        ("positions", _layers(_IMAGE, "batchnorm: 1/100"), _I),
        ("additive", _layers(_VECTOR, "batchnorm: {eps: 1/2, form: additive}"), _I),
    ),
    ("batchnorm", "Map.norm"): (
        ("", _layers(_FAR, "batchnorm: 1/10"), _I),
        ("additive", _layers(_FAR, "batchnorm: {eps: 1/10, form: additive, positions: false}"), _I),
    ),
    ("batchnorm", "Bilinear.norm"): (("", _layers(_FAR.replace("[3]", "[1]"), "batchnorm: {eps: 1/10, affine: true, radius: {weight: 5, bias: 1/10}}"), {}),),
    ("batchnorm", "Bilinear.constant"): (("", _layers(_SMALL, "batchnorm: {eps: 1, affine: true}"), {}),),
    ("batchnorm", "Linear.norm"): (("", _layers(_SMALL, "batchnorm: {eps: 1, affine: true, radius: {weight: 1/10, bias: 2}}"), {}), ("eval", _layers(_SMALL, "batchnorm: {eps: 1, mode: eval, slope: 1/2, offset: 0}"), _I)),
    ("batchnorm", "Bilinear.right_norm"): (
        ("", _layers(_FAR, "batchnorm: {eps: 1/10, affine: true}"), {}),
        ("alone", _layers(_FAR, "batchnorm: {eps: 1/10, affine: true, radius: {weight: 5, bias: 1/10}}"), {}),
    ),
    ("layernorm", "Map.lipschitz"): (
        ("", _layers(_VECTOR, "layernorm: 1/10"), _I),
        ("axes", _layers(_IMAGE, "layernorm: {eps: 1/10, axes: 2}"), _I),
    ),
    ("layernorm", "Map.smoothness"): (
        ("", _layers(_VECTOR, "layernorm: 1/10"), _I),
        ("small eps", _layers(_VECTOR, "layernorm: 1/1000"), _I),
        ("axes", _layers(_IMAGE, "layernorm: {eps: 1/100, axes: 3}"), _I),
    ),
    ("batchnorm", "Map.sup"): (("", _layers(_FAR, "batchnorm: 1/10, square"), _I),),
    ("layernorm", "Map.sup"): (("", _layers(_FAR.replace("batch: 2", "batch: 1").replace("[3]", "[2]"), "layernorm: 1/10, square"), _I),),
    ("layernorm", "Map.norm"): (("", _layers(_FAR, "layernorm: 1/10"), _I),),
    ("layernorm", "Bilinear.norm"): (
        ("", _layers(_ONE.replace("[3]", "[16]").replace("norm: 2", "norm: 50"), "layernorm: {eps: 1/100, affine: true, radius: {weight: 1, bias: 1/10}}"), {}),
    ),
    ("layernorm", "Bilinear.right_norm"): (("", _layers(_FAR, "layernorm: {eps: 1/10, affine: true}"), {}),),
    ("layernorm", "Bilinear.constant"): (("", _layers(_SMALL, "layernorm: {eps: 1, affine: true}"), {}),),
    ("layernorm", "Linear.norm"): (("", _layers(_SMALL, "layernorm: {eps: 1, affine: true, radius: {weight: 1/10, bias: 2}}"), {}),),
    ("permute", "Linear.norm"): (("", _layers(_IMAGE, "permute: [1, 2, 0]"), _I),),
    ("transpose", "Linear.norm"): (("", _layers(_IMAGE, "transpose"), _I),),
    ("flatten", "Linear.norm"): (("", _layers(_IMAGE, "flatten"), _I),),
    ("reshape", "Linear.norm"): (("", _layers(_IMAGE, "reshape: [4, -1]"), _I),),
    ("dropout", "Linear.norm"): (("", _layers(_VECTOR, "dropout: 1/2"), _I),),
    ("softmax", "Map.lipschitz"): (("two", _spec("softmax", 3), _I), ("three", _layers(_FAR, "softmax"), _I)),
    ("softmax", "Map.smoothness"): (("two", _spec("softmax", 3), _I), ("three", _layers(_FAR, "softmax"), _I)),
    ("softmax", "Map.third"): (("two", _spec("softmax", 3), _THIRD), ("three", _layers(_FAR, "softmax"), _THIRD)),
    ("softmax", "Map.at_zero"): (("", _spec("softmax", NEAR), _I),),
    ("softmax", "Map.norm"): (("causal", _layers(_FAR.replace("[3]", "[3, 3]"), "softmax: {causal: true}"), _I), ("", _layers(_FAR, "softmax"), _I),),
    ("softmax", "Map.sup"): (("", _layers(_FAR, "softmax, square"), _I),),
    ("logsoftmax", "Map.lipschitz"): (("two", _spec("logsoftmax", 3), _I), ("three", _layers(_FAR, "logsoftmax"), _I), ("axis", _layers(_FAR.replace("[3]", "[3, 2]"), "logsoftmax: 0"), _I)),
    ("logsoftmax", "Map.smoothness"): (("two", _spec("logsoftmax", 3), _I), ("three", _layers(_FAR, "logsoftmax"), _I)),
    ("logsoftmax", "Map.third"): (("two", _spec("logsoftmax", 3), _THIRD), ("three", _layers(_FAR, "logsoftmax"), _THIRD)),
    ("logsoftmax", "Map.at_zero"): (("", _spec("logsoftmax", NEAR), _I), ("axis", _spec("logsoftmax: 0", NEAR, "[3, 2]"), _I)),
    ("square", "Bilinear.norm"): (("", _layers(_VECTOR, "square"), _I),),
    ("multiply", "Bilinear.norm"): (("", _layers(_TWO, "multiply: [a, b]"), {"wrt": ("a",)}),),
    ("matmul", "Bilinear.norm"): (
        ("", _layers(_TWO, "matmul: [a, b]"), {"wrt": ("a",)}),
        ("transposed", _layers(_TWO, "matmul: {from: [a, b], transpose_right: true}"), {"wrt": ("b",)}),
    ),
    ("matmul", "Bilinear.left_norm"): (
        ("", _layers(_TWO.replace("norm: 3", "norm: {entry: 20}"), "{softmax: {from: a, name: p}}, matmul: [p, b]"), {"wrt": ("b",)}),
    ),
    ("attention", "Bilinear.norm"): (
        ("", _layers(_ROWS, "attention: {heads: 1, bias: false}"), {}),
        ("heads", _layers(_ROWS, "attention: {heads: 2, kv_heads: 1, bias: false}"), {}),
    ),
    ("attention", "Bilinear.constant"): (
        ("", _layers(_ROWS, "attention: {heads: 1, radius: {query: 1/100, key: 1/100, value: 1/100, out: 1}}"), {"wrt": ("attention_0.out",)}),
    ),
    ("attention", "Bilinear.left_norm"): tuple(
        (fields, _layers(_ROWS, f"attention: {{{fields}, bias: false, radius: {_SHARP}}}"), {"wrt": ("attention_0.value",)})
        for fields in ("heads: 1", "heads: 2, kv_heads: 1", "heads: 1, causal: true")
    ),
    ("attention", "Linear.norm"): (
        ("bias", _layers(_ROWS.replace("norm: 1", "norm: 1/10"), "attention: {heads: 1, radius: {weight: 1/10, bias: 2}}"), {}),
        ("table", _layers(_QUERY, "attention: {from: [a, b], heads: 1, relative_bias: 1/10, bias: false}"), {"wrt": ("attention_0.relative_bias",)}),
        ("dropout", _layers(_ROWS, f"attention: {{heads: 1, dropout: 1/2, bias: false, radius: {_SHARP}}}"), {"wrt": ("attention_0.value",)}),
        ("rotary", _layers(_QUERY, "attention: {from: [a, b], heads: 1, rotary: true, bias: false}"), {"wrt": ("attention_0.query",)}),
    ),
    ("attention", "Map.lipschitz"): (("", _layers(_QUERY, "attention: {from: [a, b], heads: 1, bias: false}"), {"wrt": ("attention_0.query",)}),),
    ("attention", "Map.smoothness"): (("", _layers(_QUERY, "attention: {from: [a, b], heads: 1, bias: false}"), {"wrt": ("attention_0.query",)}),),
    ("attention", "Map.third"): (
        ("", _layers(_QUERY, "attention: {from: [a, b], heads: 1, bias: false}"), {"wrt": ("attention_0.query",), "third_order": True}),
    ),
    ("attention", "Map.at_zero"): (
        ("", _layers(_ROWS.replace("norm: 1", "norm: 1/100"), "attention: {heads: 1, bias: false}"), {"wrt": ("attention_0.out",)}),
        ("masked", _layers("input: {shape: [1, 2], norm: 1/100}\nradius: 1\n", "attention: {heads: 1, causal: true, bias: false}"), {"wrt": ("attention_0.out",)}),
    ),
    ("attention", "Map.norm"): (("", _layers(_ROWS, f"attention: {{heads: 1, bias: false, radius: {_SHARP}}}"), {"wrt": ("attention_0.value",)}),),
    ("parameter", "Linear.norm"): (("", _layers(_VECTOR, "parameter: [2]"), {}),),
    ("linear", "Linear.norm"): (
        ("", _layers(_VECTOR, "linear: 3"), _I),
        ("fewer", _layers(_VECTOR, "linear: {norm: 3, shape: [2]}"), _I),
        ("more", _layers(_VECTOR, "linear: {norm: 3, shape: [5]}"), _I),
        *_along(_TABLE, "linear: {norm: 3, AXES}"),
    ),
    ("map", "Map.lipschitz"): tuple(
        (constants, _layers(_VECTOR, f"map: {{{constants}}}"), _I)
        for constants in (
            "lipschitz: 2",
            "lipschitz: 2, smoothness: 3, at_zero: 1",
            "lipschitz: 2, smoothness: 1/10, at_zero: 1",
            "lipschitz: 1/2, smoothness: 1, sup: 2",
            "lipschitz: 1/2, at_zero: 1, sup: 2, shape: [4]",
            "lipschitz: 1, smoothness: 0",
        )
    ) + tuple(_along(_TABLE, "map: {lipschitz: 2, smoothness: 3, at_zero: 1, AXES}")),
    ("map", "Map.smoothness"): tuple(
        (constants, _layers(_VECTOR, f"map: {{{constants}}}"), _I)
        for constants in ("lipschitz: 2, smoothness: 3", "lipschitz: 1/2, smoothness: 1, sup: 2", "lipschitz: 2, smoothness: 1/10, at_zero: 1")
    ) + tuple(_along(_TABLE, "map: {lipschitz: 2, smoothness: 3, at_zero: 1, AXES}")),
    ("map", "Map.at_zero"): tuple(
        (constants, _layers(_VECTOR.replace("norm: 2", "norm: 1/100"), f"map: {{{constants}}}"), _I)
        for constants in ("lipschitz: 1, at_zero: 2", "lipschitz: 1, smoothness: 3, at_zero: 2, sup: 5", "lipschitz: 1, sup: 3")
    ) + tuple(_along(_TABLE.replace("norm: 2", "norm: 1/100"), "map: {lipschitz: 1, at_zero: 2, AXES}")),
    ("map", "Map.norm"): tuple(
        (constants, _layers(_VECTOR.replace("norm: 2", "norm: 9"), f"map: {{{constants}}}"), _I)
        for constants in ("sup: 2", "lipschitz: 1, smoothness: 2, at_zero: 0, sup: 3", "lipschitz: 1, at_zero: 3, sup: 4")
    ) + tuple(_along(_TABLE, "map: {lipschitz: 1, at_zero: 3, sup: 3, AXES}")),
    ("map", "Map.sup"): (
        ("axes", _layers(_TABLE, "map: {lipschitz: 1, at_zero: 3, sup: 3, axes: [sample, 0, 1]}, square"), _I),
        ("one entry", _layers(_TABLE, "map: {lipschitz: 1, at_zero: 3, sup: 3, shape: [2, 1], axes: [sample, 0]}, square"), _I),
    ),
    ("bilinear", "Bilinear.norm"): (("", _layers(_TWO, "bilinear: {from: [a, b], norm: 3, shape: [5]}"), {"wrt": ("a",)}), *_along(_TABLES, "bilinear: {from: [a, b], norm: 3, AXES}", "a")),
    ("generic", "Map.lipschitz"): (
        ("", _layers(_VECTOR, "generic: {lipschitz: 2, smoothness: 1/2}"), {}),
        ("input", _layers(_VECTOR, "generic: {lipschitz: 2, smoothness: 1/2, shape: [2]}"), _I),
        ("linear", _layers(_VECTOR, "generic: {lipschitz: 2, smoothness: 0}"), _I),
        ("kinked", _layers(_VECTOR, "generic: 2"), {}),
        *_along(_TABLE, "generic: {lipschitz: 2, smoothness: 1/2, AXES}", width=2),
    ),
    ("generic", "Map.smoothness"): (
        ("", _layers(_VECTOR, "generic: {lipschitz: 2, smoothness: 1/2}"), {}),
        ("input", _layers(_VECTOR, "generic: {lipschitz: 2, smoothness: 3, shape: [1]}"), _I),
        *_along(_TABLE, "generic: {lipschitz: 2, smoothness: 3, AXES}", width=2),
    ),
    ("generic", "Linear.norm"): tuple(_along(_TABLE, "generic: {lipschitz: 2, smoothness: 3, AXES}", "parameters", width=2)),
    ("logistic", "Average.lipschitz"): (
        ("two", _layers(_FAR.replace("[3]", "[2]"), "identity", "logistic"), _I), ("three", _layers(_FAR, "identity", "logistic"), _I),
    ),
    ("logistic", "Average.smoothness"): (
        ("two", _layers(_FAR.replace("[3]", "[2]"), "identity", "logistic"), _I), ("three", _layers(_FAR, "identity", "logistic"), _I),
    ),
    ("logistic", "Average.third"): (("two", _layers(_FAR.replace("[3]", "[2]"), "identity", "logistic"), _THIRD),),
    ("squared", "Average.smoothness"): (("", _layers(_VECTOR, "identity", "{squared: {labels: 1}}"), _I),),
    ("squared", "Average.derivative_at_zero"): (("", _layers(_VECTOR.replace("norm: 2", "norm: 1/100"), "identity", "{squared: {labels: 3}}"), _I),),
}  # fmt: skip


def cases() -> list[Case]:
    rows = [
        Case(kind, constant, text, options, variant)
        for table in (NETWORKS, *(family.cases for family in FAMILIES))
        for (kind, constant), networks in table.items()
        for variant, text, options in networks
    ]
    return [*elementwise(), *rows]
