"""Random specs: a maker for each kind of layer, with the shapes that it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from math import prod

from reference.families.index import FAMILIES
from reference.random_balls import Shape, Value
from reference.random_scope import Row, Scope
from reference.random_windows import conv, given_bias, pool, shape_of

Options = Mapping[str, Sequence[str]]
SMOOTH: Mapping[str, Options] = {
    "softplus": {"beta": ("1/2", "2", "3")},
    "logsigmoid": {},
    "sigmoid": {},
    "tanh": {},
    "tanhshrink": {},
    "arctan": {},
    "softsign": {},
    "celu": {"alpha": ("1/2", "2")},
    "elu": {"alpha": ("1",)},
    "gelu": {"approximate": ("none", "tanh")},
    "silu": {},
    "mish": {},
    "sin": {},
    "gaussian": {},
    "square": {},
    "identity": {},
}
ROUGH: Mapping[str, Options] = {
    "relu": {},
    "relu6": {},
    "hardtanh": {"min_val": ("-2", "-1/2", "0"), "max_val": ("1/2", "2")},
    "leaky_relu": {"negative_slope": ("1/5", "-1/2", "1")},
    "selu": {},
    "elu": {"alpha": ("2", "1/2")},
    "hardsigmoid": {},
    "hardswish": {},
    "softshrink": {"lambd": ("1/4", "1")},
    "hardshrink": {"lambd": ("1/4",)},
}
BOUNDED = ("sigmoid", "tanh", "sin", "gaussian", "arctan", "softsign")
WORDS = frozenset({"approximate"})  # fields that hold a word


def activation(scope: Scope, name: str, options: Options) -> None:
    chance, choice = scope.draft.chance, scope.draft.rng.choice
    given = {
        field: choice(values) if field in WORDS else scope.constant(values)
        for field, values in options.items()
        if chance(0.6)
    }
    scope.push(name, given, shape_of(scope))


def dense(scope: Scope, units: int | None = None) -> None:
    *rest, last = shape_of(scope)
    matrices = [array.shape for array in scope.learned if len(array.shape) == 2 and last in array.shape]
    if units is None and matrices and scope.draft.chance(0.5):  # so that they can be shared, also transposed
        units, other = scope.draft.rng.choice(matrices)
        units = other if units == last else units
    units = units or scope.draft.rng.randint(1, 4)
    bias = scope.draft.chance(0.6)
    fields: dict[str, Value] = {"units": scope.size(units, last), **given_bias(scope, bias)}
    arrays: dict[str, Shape] = {"weight": (units, last), **({"bias": (units,)} if bias else {})}
    scope.push("dense", fields, (*rest, units), arrays, spectral=True)


def batchnorm(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    rough = not scope.draft.smooth and rng.random() < 0.05  # without eps it is not Lipschitz continuous
    fields: dict[str, Value] = {"eps": "0" if rough else scope.constant(("1/10", "1/4", "1/2", "1"))}
    affine = rng.random() < 0.5
    if affine or rng.random() < 0.2:
        fields["affine"] = scope.flag(affine)
    if rng.random() < 0.5:
        fields["form"] = rng.choice(("sqrt", "additive"))
    if rng.random() < 0.4:
        fields["positions"] = scope.flag(rng.random() < 0.3)
    if rng.random() < 0.1:
        fields["mode"] = "train"
    elif not rough and rng.random() < 0.2:
        fields |= {"mode": "eval", "slope": scope.constant(("1/2", "1")), "offset": scope.constant(("0", "1/2", "2"))}
    arrays: dict[str, Shape] = {"weight": shape[:1], "bias": shape[:1]} if affine else {}
    name = scope.draft.fresh("batchnorm") if affine and rng.random() < 0.6 else None
    scope.push("batchnorm", fields, shape, arrays, gains=("weight",) if affine else (), name=name)
    if affine and rng.random() < 0.5:
        batchnorm(scope)  # gains are shared with gains alone


def layernorm(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    fields: dict[str, Value] = {"eps": scope.constant(("1/10", "1/4", "1/2", "1"))}
    axes = rng.randint(1, len(shape))
    if axes > 1 or rng.random() < 0.2:
        fields["axes"] = scope.size(axes)
    affine = rng.random() < 0.5
    if affine or rng.random() < 0.2:
        fields["affine"] = scope.flag(affine)
    arrays: dict[str, Shape] = {"weight": shape[-axes:], "bias": shape[-axes:]} if affine else {}
    scope.push("layernorm", fields, shape, arrays, gains=("weight",) if affine else ())


def permute(scope: Scope) -> None:
    rng, shape = scope.draft.rng, shape_of(scope)
    order = rng.sample(range(len(shape)), len(shape))
    written = [axis - len(shape) if rng.random() < 0.3 else axis for axis in order]
    scope.push("permute", {"axes": written}, tuple(shape[axis] for axis in order))


def transpose(scope: Scope) -> None:
    rng, shape = scope.draft.rng, list(shape_of(scope))
    last = rng.random() < 0.5
    a, b = (-2, -1) if last else rng.sample(range(len(shape)), 2)
    shape[a], shape[b] = shape[b], shape[a]
    scope.push("transpose", {} if last else {"axes": [a, b]}, tuple(shape))


def mean(scope: Scope) -> None:
    shape = shape_of(scope)
    if len(shape) > 2 and scope.draft.chance(0.3):
        axes = scope.draft.rng.sample(range(len(shape)), 2)
        written = [axis - len(shape) if scope.draft.chance(0.3) else axis for axis in axes]
        scope.push("mean", {"axis": written}, tuple(n for i, n in enumerate(shape) if i not in axes))
        return
    axis = scope.draft.rng.randrange(-len(shape), len(shape))
    given = {} if axis == -1 and scope.draft.chance(0.5) else {"axis": axis}
    scope.push("mean", given, tuple(n for i, n in enumerate(shape) if i != axis % len(shape)))


def softmax(scope: Scope) -> None:
    rank = len(shape_of(scope))
    axis = scope.draft.rng.randrange(-rank, rank)
    fields: dict[str, object] = {} if scope.draft.chance(0.6) else {"axis": axis}
    drawn = scope.draft.rng.random()
    if drawn < 0.25:
        fields["mask"] = scope.flag(drawn < 0.15)
    elif drawn < 0.5 and rank > 1:
        fields = {"causal": scope.flag(drawn < 0.4)}
    scope.push("softmax", fields, shape_of(scope))


def logsoftmax(scope: Scope) -> None:
    rank = len(shape_of(scope))
    axis = scope.draft.rng.randrange(-rank, rank)
    scope.push("logsoftmax", {} if scope.draft.chance(0.6) else {"axis": axis}, shape_of(scope))


def dropout(scope: Scope) -> None:
    fields: dict[str, Value] = {"p": scope.constant(("1/10", "1/4", "1/2"))}
    if scope.draft.chance(0.7):
        fields["mode"] = scope.draft.rng.choice(("train", "eval"))
    scope.push("dropout", fields, shape_of(scope))


def flatten(scope: Scope) -> None:
    scope.push("flatten", {}, (prod(shape_of(scope)),))


def globalavgpool(scope: Scope) -> None:
    scope.push("globalavgpool", {}, shape_of(scope)[:1])


def reshape(scope: Scope, target: Shape | None = None) -> None:
    rng, entries = scope.draft.rng, prod(shape_of(scope))
    if target is None:
        first = rng.choice([n for n in range(1, entries + 1) if entries % n == 0 and n <= 6])
        second = rng.choice([n for n in range(1, entries // first + 1) if (entries // first) % n == 0])
        target = rng.choice(((first, entries // first), (first, second, entries // first // second)))
    written: list[Value] = scope.sizes(target)
    if target and rng.random() < 0.4:
        written[rng.randrange(len(written))] = -1
    scope.push("reshape", {"shape": written}, target)


def _given(scope: Scope, target: Shape | None) -> tuple[dict[str, Value], Shape]:
    """The `shape` of a map that a person knows by its constants."""
    rng = scope.draft.rng
    if target is None and rng.random() < 0.6:
        return {}, shape_of(scope)
    kept = shape_of(scope)[: rng.randint(0, 1)] if rng.random() < 0.5 else ()
    shape = target if target is not None else (*kept, *(rng.randint(1, 4) for _ in range(rng.randint(1, 2))))
    return {"shape": scope.sizes(shape)}, shape


def given_axes(scope: Scope, operands: Sequence[Shape], shape: Shape) -> dict[str, Value]:
    """Axes along which its constants hold index by index; each is counted from the start, or from the end."""
    rng, arrays = scope.draft.rng, (shape, *operands)
    ranks = [len(array) for array in arrays]
    numbers = [n for n in range(-min(ranks), min(ranks)) if len({array[n] for array in arrays}) == 1]
    named: list[Value] = []
    taken: set[tuple[int, int]] = set()
    for axis in rng.sample(["sample", *numbers], rng.choice((0, 0, 1, 1, 2, len(numbers) + 1)) if numbers else 1):
        own = set() if isinstance(axis, str) else {(i, axis % rank) for i, rank in enumerate(ranks)}
        if taken.isdisjoint(own):
            taken |= own
            named.append(scope.argument(axis) if isinstance(axis, str) else axis)
    if not named and rng.random() < 0.8:
        return {}
    return {"axes": named[0] if len(named) == 1 and rng.random() < 0.3 else named}


def linear(scope: Scope, target: Shape | None = None) -> None:
    fields, shape = _given(scope, target)
    fields |= given_axes(scope, [shape_of(scope)], shape)
    scope.push("linear", {"norm": scope.constant(("1/2", "3/4", "1", "3/2")), **fields}, shape)


def known_map(scope: Scope, target: Shape | None = None) -> None:
    """In a smooth network its constants are finite, and its norm is."""
    options = {
        "lipschitz": ("1/2", "1", "3/2", "0"),
        "smoothness": ("1/2", "1", "2", "0"),
        "at_zero": ("0", "1/2"),
        "sup": ("1/2", "2"),
    }
    left_out = {"at_zero": 0.2, "sup": 0.5, **({} if scope.draft.smooth else {"lipschitz": 0.05, "smoothness": 0.3})}
    fields: dict[str, Value] = {}
    for name, values in options.items():
        if not scope.draft.chance(left_out.get(name, 0.0)):
            fields[name] = scope.constant(values)
    if fields.keys().isdisjoint({"at_zero", "sup"}) and (scope.draft.smooth or scope.draft.chance(0.7)):
        fields["at_zero"] = "0"
    given, shape = _given(scope, target)
    scope.push("map", {**fields, **given, **given_axes(scope, [shape_of(scope)], shape)}, shape)


def generic(scope: Scope) -> None:
    """What it gives has no known norm, so that a bounded map follows where others are to read it."""
    fields: dict[str, Value] = {"lipschitz": scope.constant(("1/2", "1", "3/2"))}
    if scope.draft.smooth or scope.draft.chance(0.7):
        fields["smoothness"] = scope.constant(("0", "1/2", "1", "2"))
    given, shape = _given(scope, None)
    given |= given_axes(scope, [shape_of(scope)], shape)
    name = scope.push("generic", {**fields, **given}, shape, {"weight": ()})
    if scope.draft.smooth and name is not None:
        del scope.nodes[name], scope.inner[name]
    if scope.draft.smooth or scope.draft.chance(0.7):
        scope.push(scope.draft.rng.choice(BOUNDED), {}, shape)


def adapt(scope: Scope, target: Shape) -> None:
    """Layers after which the shape is the target."""
    shape, rng = shape_of(scope), scope.draft.rng
    if shape == target:
        return
    if prod(shape) == prod(target) and rng.random() < 0.6:
        reshape(scope, target)
    elif rng.random() < 0.1 or not target or not shape or prod(shape) * prod(target) > 150:
        rng.choice((linear, known_map))(scope, target)
    elif shape[:-1] == target[:-1]:
        dense(scope, target[-1])
    elif shape[1:] == target[1:] and len(shape) in (2, 3, 4):
        conv(scope, len(shape) - 1, target[0])
    else:
        if len(shape) != 1:
            flatten(scope)
        dense(scope, prod(target))
        if len(target) != 1:
            reshape(scope, target)


def _any(shape: Shape) -> bool:
    return True


def _image(axes: int, shape: Shape) -> bool:
    return len(shape) == axes + 1


def _vectors(shape: Shape) -> bool:
    return len(shape) >= 1


def _grids(shape: Shape) -> bool:
    return len(shape) >= 2


def _narrow(shape: Shape) -> bool:
    return len(shape) >= 1 and shape[-1] <= 12


def _activations(table: Mapping[str, Options], rough: bool) -> tuple[Row, ...]:
    return tuple(
        Row(name, 0.45 if name != "hardshrink" else 0.05, _any, partial(activation, name=name, options=options), rough)
        for name, options in table.items()
    )


LAYERS: tuple[Row, ...] = (
    *_activations(SMOOTH, rough=False),
    *_activations(ROUGH, rough=True),
    Row("dense", 6, _narrow, dense),
    *(Row(f"conv{a}d", 6, partial(_image, a), partial(conv, axes=a)) for a in (1, 2, 3)),
    *(Row(f"avgpool{a}d", 2, partial(_image, a), partial(pool, form="avg", axes=a)) for a in (1, 2, 3)),
    *(Row(f"maxpool{a}d", 2, partial(_image, a), partial(pool, form="max", axes=a), rough=True) for a in (1, 2, 3)),
    Row("batchnorm", 1.5, _vectors, batchnorm),
    Row("layernorm", 1, _vectors, layernorm),
    Row("permute", 0.3, _grids, permute),
    Row("transpose", 0.3, _grids, transpose),
    Row("mean", 0.4, _grids, mean),
    Row("mean of a vector", 0.03, _vectors, mean),
    Row("globalavgpool", 0.4, _grids, globalavgpool),
    Row("softmax", 0.8, _vectors, softmax),
    Row("dropout", 0.5, _any, dropout),
    Row("flatten", 0.4, _any, flatten),
    Row("reshape", 0.6, _any, reshape),
    Row("linear", 0.6, _any, linear),
    Row("map", 0.8, _any, known_map),
    Row("generic", 0.7, _any, generic),
    *(row for family in FAMILIES for row in family.makers),
    Row("logsoftmax", 0.5, _vectors, logsoftmax),
)
