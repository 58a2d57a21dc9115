"""The sets of learned arrays and inputs: nearest and farthest points, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from reference.specs import HEADER, NETWORKS
from reference.subjects import subject_and_bounds

import boundcalc as bc
from boundcalc.falsification.sets import Array, BallSet, Domain, InputSet, Point, length
from boundcalc.falsification.subject import Subject

Sets = BallSet | InputSet
SHAPES = {"a": (2, 3), "b": (3,), "g": (4,)}
SETS: dict[str, Sets] = {
    "one array": BallSet(("a",), 1.5, 0.0, {}, {}),
    "two arrays together": BallSet(("a", "b"), 1.5, 0.0, {}, {}),
    "a joint centre": BallSet(("a", "b"), 0.5, 2.0, {}, {}),
    "a centre of each": BallSet(("a", "b"), 0.5, 0.0, {"a": 1.0, "b": 0.25}, {}),
    "a centre of one": BallSet(("a", "b"), 0.5, 0.0, {"b": 1.0}, {}),
    "gains": BallSet(("g", "b"), 0.5, 0.0, {}, {"g": 1.0}),
    "gains and a centre": BallSet(("g", "b"), 0.5, 0.0, {"b": 1.0}, {"g": 1.0}),
    "radius zero": BallSet(("a", "b"), 0.0, 0.0, {}, {}),
    "a centre alone": BallSet(("a",), 0.0, 0.0, {"a": 2.0}, {}),
    "a batch": InputSet("a", 1.5, 0),
    "samples": InputSet("a", 0.5, 1),
    "entries": InputSet("a", 0.25, 2),
    "an input of zero": InputSet("a", 0.0, 1),
}
RNG = np.random.default_rng(11)


def names(part: Sets) -> tuple[str, ...]:
    return part.names if isinstance(part, BallSet) else (part.name,)


def random(part: Sets, scale: float = 1.0) -> Point:
    return {name: scale * RNG.normal(size=SHAPES[name]) for name in names(part)}


def members(part: Sets) -> Point:
    """A random point, made as the docstring of the module says: a centre and an offset, or vectors."""
    raw = random(part)
    if isinstance(part, InputSet):
        axes = tuple(range(part.axis, raw["a"].ndim))
        norms = np.sqrt(np.sum(raw["a"] ** 2, axis=axes, keepdims=True))
        return {"a": raw["a"] / norms * part.radius * RNG.choice((1.0, 0.7), size=norms.shape)}
    joint = random(part)
    offsets = {name: array / length(raw.values()) * part.radius * RNG.choice((1.0, 0.7)) for name, array in raw.items()}
    found: Point = {}
    for name, offset in offsets.items():
        centre = joint[name] / length(joint.values()) * part.center
        if name in part.starts:
            centre = np.full(SHAPES[name], part.starts[name])
        elif name in part.centers:
            centre = joint[name] / length((joint[name],)) * part.centers[name] * RNG.choice((1.0, 0.7))
        found[name] = centre + offset
    return found


def product(left: Mapping[str, Array], right: Mapping[str, Array]) -> float:
    return sum(float(np.sum(left[name] * right[name])) for name in left)


def minus(left: Point, right: Point) -> Point:
    return {name: left[name] - right[name] for name in left}


@pytest.mark.parametrize("name", SETS)
def test_members_are_where_they_are(name: str) -> None:
    part = SETS[name]
    for _ in range(50):
        point = members(part)
        assert all(np.allclose(point[n], array, atol=1e-12) for n, array in part.project(point).items())


@pytest.mark.parametrize("name", SETS)
def test_a_projection_is_the_nearest_point_and_stays(name: str) -> None:
    """<x - p, q - p> <= 0 for all q in a convex set, and p in it, is what says so."""
    part = SETS[name]
    for scale in (0.1, 1.0, 10.0):
        x = random(part, scale)
        p = part.project(x)
        again = part.project(p)
        assert all(np.allclose(p[n], again[n], rtol=1e-13, atol=1e-14) for n in p)
        for _ in range(50):
            assert product(minus(x, p), minus(members(part), p)) <= 1e-12 * scale


@pytest.mark.parametrize("name", SETS)
def test_the_farthest_point_is_in_the_set_and_maximises(name: str) -> None:
    part = SETS[name]
    for scale in (1e-200, 1.0, 1e200):  # whose squares are no doubles
        gradient = random(part, scale)
        far = part.farthest(gradient)
        assert all(np.allclose(far[n], array, rtol=1e-12, atol=1e-14) for n, array in part.project(far).items())
        highest = product(gradient, far)
        assert all(product(gradient, members(part)) <= highest * (1 + 1e-12) for _ in range(50))
    zero = part.farthest({n: np.zeros(SHAPES[n]) for n in names(part)})
    assert all(np.allclose(zero[n], array, atol=1e-14) for n, array in part.project(zero).items())


def test_the_farthest_point_of_a_ball_in_numbers() -> None:
    part = BallSet(("a", "b", "g"), 2.0, 0.0, {"a": 3.0}, {"g": 1.0})
    far = part.farthest({"a": np.array([3.0, 0.0]), "b": np.array([0.0, 4.0]), "g": np.zeros(2)})
    assert np.allclose(far["a"], [3 + 2 * 3 / 5, 0])
    assert np.allclose(far["b"], [0, 2 * 4 / 5])
    assert np.allclose(far["g"], 1)


def test_lengths_do_not_overflow() -> None:
    assert length([np.array([3e200, 0.0]), np.array(-4e200)]) == pytest.approx(5e200)
    assert length([np.array([3e-200]), np.array(4e-200)]) == pytest.approx(5e-200)
    assert length([]) == length([np.zeros((0, 3))]) == 0
    assert length([np.array([np.inf, 1.0])]) == np.inf


# Of specs ------------------------------------------------------------------------------------------------------------


def domain(layers: str, head: str = HEADER, norm: str = "1", **options: object) -> Domain:
    return subject(f"{head}input: {{shape: [2, 3], norm: {norm}}}\nlayers: [{layers}]", **options).domain


def subject(text: str, **options: object) -> Subject:
    return subject_and_bounds(text, **options)[0]


@pytest.mark.parametrize(("norm", "axis"), [("2", 0), ("{batch: 2}", 0), ("{sample: 2}", 1), ("{entry: 2}", 3)])
def test_inputs_hold_a_vector_a_batch_sample_or_entry(norm: str, axis: int) -> None:
    assert domain("dense: 2", norm=norm).inputs == [InputSet("input", 2.0, axis)]


def test_balls_of_specs() -> None:
    (ball,) = domain("dense: 2").balls
    assert ball == BallSet(("dense_0.weight", "dense_0.bias"), 1.5, 0.0, {}, {})
    weight, bias = domain("{dense: {units: 2, radius: {weight: R, bias: 1/2}, center: {weight: 1}}}").balls
    assert (weight.radius, weight.centers, weight.center) == (1.5, {"dense_0.weight": 1.0}, 0.0)
    assert (bias.radius, bias.centers, bias.center) == (0.5, {}, 0.0)
    (joint,) = domain("{dense: {units: 2, radius: 1/4, center: sqrt(2)}}").balls
    assert (joint.radius, joint.center, joint.centers) == (0.25, pytest.approx(2**0.5), {})
    (gain,) = domain("{batchnorm: {eps: 1, affine: true}}").balls
    assert gain.starts == {"batchnorm_0.weight": 1.0}
    (small,) = domain("{layer_scale: 1/8}").balls
    assert small.starts == {"layer_scale_0.weight": 0.125}
    (centred,) = domain("{batchnorm: {eps: 1, affine: true, center: 2}}").balls
    assert (centred.starts, centred.center) == ({}, 2.0)
    shared = domain("{dense: {units: 3, name: a}}, {dense: {units: 3, share: a}}").balls
    assert [ball.names for ball in shared] == [("a.weight", "a.bias")]


def test_what_is_selected_and_what_the_regularizer_sees() -> None:
    layers = "{dense: {units: 3, frozen: true}}, {dense: {units: 2, radius: {weight: R, bias: 1}}}, dense: 1"
    every = domain(layers)
    assert every.selected == every.penalised == {f"dense_{i}.{name}" for i in (1, 2) for name in ("weight", "bias")}
    assert len(every.balls) == 4  # what is frozen is attacked, and not differentiated by
    assert domain(layers, wrt="input").selected == {"input"}
    assert domain(layers, wrt=("dense_1.bias", "input")).selected == {"dense_1.bias", "input"}


@pytest.mark.parametrize("text", ["spectral", "spectral convolution", "spectral, narrow"])
def test_a_spectral_bound_is_obeyed(text: str) -> None:
    """The linear map of the projected weight, written out by the network itself."""
    attacked = subject(NETWORKS[text])
    rng = np.random.default_rng(0)
    assert attacked.domain.spectral
    for bound in attacked.domain.spectral:
        for scale in (0.01, 100.0):
            raw = {name: scale * rng.normal(size=shape) for name, shape in attacked.network.shapes.items()}
            for point in (attacked.domain.project(raw), attacked.domain.farthest(raw)):
                assert np.linalg.norm(bound.matrix(point[bound.name]), 2) <= bound.norm * (1 + 1e-12)
        layer = next(node for node in attacked.network.nodes if bound.name in node.arrays)
        weight = attacked.domain.project(raw)[bound.name]
        bias = bound.name.replace("weight", "bias")
        arrays = {bound.name: weight} | (
            {bias: np.zeros(attacked.network.shapes[bias])} if bias in layer.arrays else {}
        )
        before = next((node.shape for node in attacked.network.nodes if node.path == layer.inputs[0]), ())
        z = rng.normal(size=(50, *before))
        images = layer.compute([z], arrays, np).reshape(50, -1)
        assert np.all(
            np.linalg.norm(images, axis=1) <= bound.norm * (1 + 1e-9) * np.linalg.norm(z.reshape(50, -1), axis=1)
        )


def test_a_shared_transposed_weight_obeys_both_bounds() -> None:
    layers = "{dense: {units: 2, bias: false, name: a, spectral: 1}}, {dense: {units: 3, bias: false, share: {weight: a.weight}, spectral: 1/2}}"
    found = domain(layers)
    point = found.project({"a.weight": np.full((2, 3), 10.0), "input": np.zeros((2, 2, 3))})
    assert np.linalg.norm(point["a.weight"], 2) == pytest.approx(0.5)


def test_a_centre_has_the_spectral_norm_that_it_may_have() -> None:
    """Far points reach the radius around centres of the given norms, and no other."""
    (part,) = domain("{dense: {units: 4, bias: false, radius: 1/4, center: {norm: 3, spectral: 2}}}").balls
    assert isinstance(part, BallSet)
    name = part.names[0]
    rank_one = np.outer(np.ones(4), np.arange(1.0, 4.0))  # its norms are equal
    far = part.farthest({name: rank_one.T if part.maps[name].matrix(rank_one.T).shape[0] == 3 else rank_one})[name]
    assert np.linalg.norm(far, 2) == pytest.approx(2.25)
    wide = part.project({name: 100 * np.eye(*far.shape)})[name]
    assert np.linalg.norm(wide, 2) <= 2.25
    assert np.linalg.norm(wide) <= 3.25
    assert part.holds({name: wide})


def test_a_bound_around_a_centre_is_reached() -> None:
    spec = bc.loads(
        "input: {shape: [3], norm: 1}\nradius: 1/4\nlayers:\n  - dense: {units: 3, bias: false, center: {norm: 3, spectral: 2}}\n"
        "  - dense: {units: 3, bias: false, center: {norm: 2, spectral: 1}}\n"
    )
    found = bc.falsify(spec, blocks="layer", trials=6, seed=1).to_dict()["bounds"]
    assert 1 <= found["norm"]["ratio"] < 1.000001
    assert 1 <= found["lipschitz"]["ratio"] < 1.000001
    assert 1 <= found["smoothness"]["ratio"] < 1.2
