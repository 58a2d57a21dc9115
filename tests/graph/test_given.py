"""Norms of features at given weights: what follows from them holds on all of the balls, and what they need is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.output.json import to_json
from boundcalc.output.latex import to_latex
from boundcalc.output.python import to_python

Arrays = dict[str, np.ndarray[Any, Any]]

# The norms of centres are symbols that the test measures: NAME of the array, `.` as `_`.
SPECS = {
    "chain": """
        layers:
          - dense: {units: 3, name: a, radius: {weight: r, bias: r}, center: {weight: a_weight, bias: a_bias}}
          - {softplus: {name: act}}
          - dense: {units: 3, name: b, bias: false, center: b_weight, radius: r}
          - {tanh: {name: last}}
          - dense: {units: 2, name: head, bias: false, center: head_weight, radius: r/2}
        """,
    "residual": """
        layers:
          - dense: {units: 3, name: a, bias: false, radius: r, center: a_weight}
          - residual: [{silu: {name: inner}}, {dense: {units: 3, name: b, bias: false, center: b_weight, radius: 2*r}}]
          - {concat: {from: [[], a], name: both}}
          - dense: {units: 2, name: head, bias: false, center: head_weight, radius: r}
        """,
    "frozen": """
        layers:
          - dense: {units: 4, name: a, bias: false, radius: r, center: a_weight, frozen: true}
          - {gelu: {name: act}}
          - dense: {units: 3, name: b, bias: false, radius: r, center: b_weight}
          - {softplus: {name: last}}
          - dense: {units: 2, name: head, bias: false, center: head_weight, radius: r}
        """,
    "gate": """
        layers:
          - dense: {units: 3, name: a, bias: false, radius: r, center: a_weight}
          - {layernorm: {eps: 1/10, affine: true, name: norm, radius: {weight: r, bias: r}, center: {weight: norm_weight, bias: norm_bias}}}
          - {multiply: {from: [[], [{dense: {units: 3, bias: false, name: b, radius: r, center: b_weight}}]], name: gated}}
          - dense: {units: 3, share: gated.b, bias: false, name: again}
        """,
    "repeat": """
        layers:
          - repeat: {times: 2, name: stack, layers: [{dense: {units: 3, bias: false, radius: r, center: c}}, tanh]}
          - {dense: {units: 2, name: head, bias: false, center: head_weight, radius: r}}
        """,
    "spectral": """
        layers:
          - dense: {units: 3, name: a, bias: false, radius: r, spectral: 9, center: {norm: a_weight, spectral: a_weight}}
          - {softplus: {name: act}}
          - dense: {units: 2, name: head, bias: false, center: head_weight, radius: r}
        """,
}  # fmt: skip


def _measured(
    kind: str, radius: str, seed: int
) -> tuple[bc.Architecture, Arrays, dict[str, dict[str, str]], dict[str, float]]:
    """The spec with the norms of random centres, these and an input, the norms of features there, and the radii of arrays."""
    rng = np.random.default_rng(seed)
    text = f"batch: 2\ninput: {{shape: [3], norm: 2}}\n{SPECS[kind]}"
    names = sorted(
        {word for word in text.replace(",", " ").replace("}", " ").split() if word.endswith(("_weight", "_bias"))}
    )
    lines = "".join(f"{name}: 1, " for name in names)
    spec = bc.loads(
        f"symbols: {{{lines} c: 1, r: {radius}}}\n"
        + "\n".join(line.removeprefix("        ") for line in text.splitlines())
    )
    network = bc.network(spec)
    point: Arrays = {name: rng.standard_normal(shape) for name, shape in network.shapes.items()}
    point["input"] *= 2 / np.linalg.norm(point["input"])
    if kind == "repeat":
        for name in ("stack.0.dense_0.weight", "stack.1.dense_0.weight"):
            point[name] *= 2 / np.linalg.norm(point[name])
    origins = {name: next(o for o in point if f".{o}".endswith(f".{name.replace('_', '.')}")) for name in names}
    values = {name: _above(np.linalg.norm(point[origin])) for name, origin in origins.items()}
    spec = bc.override(spec, {**values, "c": 2})
    outputs = network.run(point, namespace_of(*point.values()))
    graph = bc.compile(spec).graph
    found = {layer.path: _above(np.linalg.norm(outputs[layer.path])) for layer in graph.layers}
    radii = {
        a.origin: float(graph.balls[a.ball].radius.subs(graph.conditions.values))
        for layer in graph.layers
        for a in layer.arrays
    }
    return spec, point, {"features": found}, radii


def _above(norm: float) -> str:
    return str(Fraction(float(norm)).limit_denominator(10**9) + Fraction(1, 10**8))


def _attacked(
    run: Callable[[Arrays], np.ndarray[Any, Any]],
    centre: Arrays,
    radii: Mapping[str, float],
    selected: set[str],
    seed: int,
) -> tuple[float, float, float]:
    """The largest norm, slope and curvature that random and steep moves of all arrays find."""
    rng, best = np.random.default_rng(seed), np.zeros(3)
    names = list(radii)
    for trial in range(12):
        move = {name: rng.standard_normal(centre[name].shape) for name in names}
        for _ in range(4 if trial % 2 else 0):  # along the gradient of the norm, or of the slope
            at = _moved(centre, move, radii)
            jacobian = _jacobian(run, at, names)
            output = (
                run(at) if trial % 4 == 1 else np.linalg.svd(np.concatenate(list(jacobian.values()), axis=1))[0][:, 0]
            )
            move = {name: (output @ jacobian[name]).reshape(centre[name].shape) for name in names}
        at = _moved(centre, move, radii)
        whole = np.concatenate(
            [jacobian for name, jacobian in _jacobian(run, at, names).items() if name in selected], axis=1
        )
        _, singular, right = np.linalg.svd(whole)
        best = np.maximum(
            best, [np.linalg.norm(run(at)), singular[0], max(_curvature(run, at, u, selected) for u in right[:3])]
        )
    return float(best[0]), float(best[1]), float(best[2])


def _moved(centre: Arrays, move: Arrays, radii: Mapping[str, float]) -> Arrays:
    lengths = {name: np.linalg.norm(array) or 1.0 for name, array in move.items()}
    return {**centre, **{name: centre[name] + array * radii[name] / lengths[name] for name, array in move.items()}}


def _jacobian(run: Callable[[Arrays], np.ndarray[Any, Any]], at: Arrays, names: list[str]) -> Arrays:
    found, h = {}, 1e-6
    for name in names:
        columns = []
        for i in range(at[name].size):
            unit = np.zeros(at[name].size)
            unit[i] = h
            step = unit.reshape(at[name].shape)
            columns.append((run({**at, name: at[name] + step}) - run({**at, name: at[name] - step})) / (2 * h))
        found[name] = np.stack(columns, axis=1)
    return found


def _curvature(
    run: Callable[[Arrays], np.ndarray[Any, Any]], at: Arrays, u: np.ndarray[Any, Any], selected: set[str]
) -> float:
    h, start, ends = 1e-4, 0, ({}, {})
    for name in [name for name in at if name in selected]:
        step = h * u[start : start + at[name].size].reshape(at[name].shape)
        start += at[name].size
        ends[0][name], ends[1][name] = at[name] + step, at[name] - step
    return float(np.linalg.norm(run({**at, **ends[0]}) - 2 * run(at) + run({**at, **ends[1]})) / h**2)


@pytest.mark.parametrize("radius", ["1/10", "1"])
@pytest.mark.parametrize("kind", SPECS)
def test_nothing_around_given_weights_exceeds_a_bound(kind: str, radius: str) -> None:
    for seed in range(2):
        spec, centre, values, radii = _measured(kind, radius, seed)
        for wrt in ("parameters", "**.head" if "head.weight" in centre else "**.b"):
            for options in ({}, {"blocks": "layer"}, {"norms": "mixed", "blocks": "layer", "refine": True}):
                bounds = bc.compile(bc.override(spec, values), wrt=wrt, **options)
                network = bc.network(spec)
                selected = {
                    a.origin
                    for layer in bounds.graph.layers
                    for a in layer.arrays
                    if a.ball in bounds.primitives.block_of
                }
                if options == {}:
                    attacked = _attacked(
                        lambda at, run=network: np.concatenate([np.ravel(each) for each in run(at)]),
                        centre,
                        radii,
                        selected,
                        seed,
                    )
                for found, bound in zip(attacked, bounds.figures.values(), strict=True):
                    assert found <= bound.evaluate() * (1 + 1e-4) + 1e-4, (kind, bound.name)


def _compiled(text: str, features: Mapping[str, object], **options: Any) -> bc.Bounds:
    return bc.compile(bc.override(bc.loads(text), {"features": features}), **options)


ONE = "symbols: {r:}\ninput: {shape: [2], norm: 2}\nlayers: [{dense: {units: 2, bias: false, name: a, center: 5, radius: r}}]"
TWO = f"{ONE[:-1]}, {{square: {{name: b}}}}, {{dense: {{units: 1, bias: false, name: c, center: 1, radius: r}}}}]"


def test_the_bound_is_attained_at_one_layer() -> None:
    """||(w0 + e) x|| = ||w0 x|| + ||e|| ||x|| where e is along the output."""
    bounds = _compiled(ONE, {"a": 3})
    assert bounds.norm.evaluate(r=Fraction(1, 4)) == 3.5
    assert bounds.norm.evaluate(r=10) == 23.0  # the other one is 2*(5 + r)
    assert _compiled(ONE, {"a": 11}).norm.evaluate(r=1) == 12.0
    x, w0 = np.array([2.0, 0.0]), np.array([[3.0, 4.0], [0.0, 0.0]]) / 2
    far = w0 + np.array([[0.25, 0.0], [0.0, 0.0]])
    assert np.linalg.norm(w0 @ x) == 3.0
    assert np.linalg.norm(far @ x) == 3.5


def test_frozen_arrays_move_as_well() -> None:
    text = ONE.replace("radius: r", "radius: r, frozen: true")
    assert _compiled(text, {"a": 3}).norm.evaluate(r=Fraction(1, 4)) == 3.5


def test_every_way_of_writing_says_the_same() -> None:
    bounds = _compiled(TWO, {"a": "2 + r", "b": "r"})
    half = Fraction(1, 2)
    lipschitz = bounds.lipschitz.evaluate(r=half)
    assert lipschitz < bc.compile(bc.loads(TWO)).lipschitz.evaluate(r=half)
    assert bounds.lipschitz.evaluate(r=np.array([0.5]))[0] == pytest.approx(lipschitz)
    assert float(bounds.lipschitz.expression.subs(bounds.symbols["r"], half)) == pytest.approx(lipschitz)
    scope: dict[str, Any] = {}
    exec(to_python(bounds.document), scope)
    assert scope["bounds"](r=0.5)["lipschitz"] == pytest.approx(lipschitz)
    said = "norms of features are those at the given weights"
    assert all(
        said in text for text in (to_python(bounds.document), to_latex(bounds.document), to_json(bounds.to_dict()))
    )
    for blocks in ("layer", "*"):
        for norms in ("euclidean", "mixed"):
            known, without = (
                bc.compile(spec, blocks=blocks, norms=norms)  # type: ignore[arg-type]
                for spec in (bc.override(bc.loads(TWO), {"features": {"a": 2, "b": 1}}), bc.loads(TWO))
            )
            assert known.smoothness.evaluate(r=Fraction(1, 2)) < without.smoothness.evaluate(r=Fraction(1, 2))


def test_without_a_value_it_is_as_if_nothing_was_said() -> None:
    spec = bc.override(bc.loads(ONE), {"features": {"a": 3}})
    assert bc.compile(bc.override(spec, {"features": {"a": None}})).primitives.given is None
    assert bc.compile(bc.override(spec, {"features": {}})).norm.evaluate(r=1) == 5.0


def test_features_may_also_be_a_symbol() -> None:
    text = "symbols: {features: 3}\ninput: {shape: [2], norm: 1}\nlayers: [{dense: {units: 2, radius: features}}]"
    assert bc.compile(bc.override(bc.loads(text), {"features": 4})).to_dict()["symbols"] == {"features": "4"}


@pytest.mark.parametrize(
    ("layers", "features", "finding"),
    [
        ("[{dense: {units: 2, name: a}}]", {"a": 1}, "the norm of 'a' is that at given weights, and 'a.weight' has no centre"),
        ("[{dense: {units: 2, name: a, center: {weight: 1}}}]", {"a": 1}, "'a.bias' has no centre"),
        ("[{dense: {units: 2, center: 1}}, {layernorm: {eps: 1, affine: true, name: b}}]", {"b": 1}, "'b.weight' has no centre"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"A": 1}, "there is no layer 'A'; did you mean 'a'?"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"a": -1}, "a norm must not be negative: -1"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"a": "q"}, "unknown name 'q'"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"a": [1]}, "the norm of the output of 'a' is a list"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"a-b": 1}, "'a-b' is not the path of a layer"),
        ("[{dense: {units: 2, name: a, center: 1}}]", {"input": 1}, "'input' is no layer"),
        ("[{repeat: {times: k, name: s, layers: [{dense: {units: 2, center: 1}}]}}]", {"s": 1}, "'s' is a repeat with a symbolic number of times"),
        ("[{repeat: {times: k, name: s, layers: [{dense: {units: 2, center: 1}}]}}]", {"s.3.dense_0": 1}, "'s.3.dense_0' is a copy in a repeat with a symbolic"),
        ("[{repeat: {times: k, name: s, layers: [dense: 2]}}, {dense: {units: 2, name: a, center: 1}}]", {"a": 1}, "'s.*.dense_0.weight' has no centre"),
        ("[{fixed_point: {state: z, shape: [2], name: f, layers: [{dense: {units: 2, name: a, center: 0, radius: 1/2}}]}}]", {"f.a": 1}, "inside a fixed point"),
        ("[{dense: {units: 2, name: a, center: 1, spectral: 2}}]", {"a": 1}, "has a spectral bound that its centre is not known to obey"),
        ("[{dense: {units: 2, bias: false, name: a, center: {norm: 3, spectral: 3}, spectral: 2}}]", {"a": 1}, "the bound holds only where"),
        ("[{dense: {units: 2, name: a, weight_norm: {gain: 1, least: 1/4}, center: {direction: 2, gain: 1, bias: 0}, radius: {gain: 1, direction: 1, bias: 1}}}]", {"a": 1}, "restricted to a set that need not contain them"),
    ],
)  # fmt: skip
def test_what_it_needs_is_asked_for(layers: str, features: Mapping[str, object], finding: str) -> None:
    with pytest.raises(bc.SpecError) as error:
        _compiled(f"symbols: {{k:}}\ninput: {{shape: [2], norm: 1}}\nradius: 1\nlayers: {layers}", features)
    assert finding in str(error.value)


def test_where_an_input_is_differentiated_by_it_is_left_out() -> None:
    for wrt in ("input", "parameters,input"):
        known, without = _compiled(ONE, {"a": 1}, wrt=wrt), bc.compile(bc.loads(ONE), wrt=wrt)
        assert "left out: they are those at given inputs, and 'input' is differentiated by" in known.warnings[0]
        assert known.norm.evaluate(r=1) == without.norm.evaluate(r=1)


def test_nothing_follows_from_an_infinite_lipschitz_constant() -> None:
    text = f"{ONE[:-1]}, {{map: {{smoothness: 1, name: wild}}}}, {{tanh: {{name: end}}}}]"
    bounds = _compiled(text, {"wild": 1})
    assert any("nothing follows from the norm of the features of 'wild'" in warning for warning in bounds.warnings)


def test_a_norm_that_no_rule_knows() -> None:
    """The norm of a generic layer is not known; at given weights it is, and around them."""
    text = "input: {shape: [2], norm: 2}\nlayers: [{generic: {lipschitz: 1, smoothness: 1, shape: [2], name: a, center: 1, radius: 1/2}}, {dense: {units: 1, bias: false, center: 1, radius: 1}}]"
    assert not bc.compile(bc.loads(text)).lipschitz.finite
    assert _compiled(text, {"a": 3}).lipschitz.evaluate() == pytest.approx(2 * 1 + 3.5)


def test_copies_of_a_repeat_with_a_value() -> None:
    text = "symbols: {k: 3}\ninput: {shape: [2], norm: 1}\nradius: 1\nlayers: [{repeat: {times: k, name: s, layers: [{dense: {units: 2, center: 2}}]}}]"
    for blocks in ("total", "layer", "s.*"):
        known = _compiled(text, {"s.1.dense_0": 1}, blocks=blocks)
        assert known.lipschitz.evaluate() < bc.compile(bc.loads(text), blocks=blocks).lipschitz.evaluate()


def test_what_no_given_inputs_say() -> None:
    """One sample's gradient is asked of all samples, a kernel of all weights, an attack of all centres."""
    spec = bc.loads(f"{ONE.replace('r:}', 'r: 1}')}\nloss: logistic")
    known = bc.override(spec, {"features": {"a": 0}})
    plain, given = bc.objective(spec), bc.objective(known)
    assert given.bounds.smoothness.evaluate() == plain.bounds.smoothness.evaluate()
    assert given.kernel.to_dict({}) == plain.kernel.to_dict({})
    samples = [each.bounds.objective.per_sample["a"].evaluate() for each in (plain, given)]  # type: ignore[union-attr]
    assert samples[0] == samples[1]
    with pytest.raises(
        bc.SpecError, match="norms of features are those of given weights, which the attack does not know"
    ):
        bc.falsify(known)
