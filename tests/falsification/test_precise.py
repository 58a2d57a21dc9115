"""Fifty digits at a witness: they agree with mpmath, and they alone say that a bound is too small."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import arb, ctx, fmpq
from reference.subjects import attacked, subject_and_bounds

from boundcalc.falsification.attack import attack, replay
from boundcalc.falsification.precise import precise
from boundcalc.falsification.subject import OBJECTIVE

SMALL = """radius: 2
input: {shape: [2], norm: 1}
layers: [{dense: {units: 1, bias: false}}, softplus, {dense: {units: 1, name: head}}, tanh]
loss: {squared: {labels: 1/4}}
regularizer: 1/4
"""
LINEAR = "radius: 3/2\ninput: {shape: [2], norm: 1}\nlayers: [{repeat: {times: 3, layers: [dense: {units: 2, bias: false}]}}]"


def test_it_agrees_with_mpmath() -> None:
    subject, _ = subject_and_bounds(SMALL)
    rng = np.random.default_rng(0)
    point, direction = ({name: rng.normal(size=shape) for name, shape in subject.network.shapes.items()} for _ in "pd")
    moved = [name for name in subject.network.shapes if name != "input"]
    with mpmath.workdps(80):

        def entries(arrays: dict[str, np.ndarray], name: str) -> list[mpmath.mpf]:
            return [mpmath.mpf(float(entry)) for entry in arrays[name].ravel()]

        def output(t: mpmath.mpf) -> mpmath.mpf:
            at = {
                name: [a + t * b for a, b in zip(entries(point, name), entries(direction, name), strict=True)]
                for name in moved
            }
            z = sum(a * b for a, b in zip(at["dense_0.weight"], entries(point, "input"), strict=True))
            z = mpmath.log(1 + mpmath.exp(z)) * at["head.weight"][0] + at["head.bias"][0]
            return mpmath.tanh(z)

        def objective(t: mpmath.mpf) -> mpmath.mpf:
            squares = sum(
                (a + t * b) ** 2
                for name in moved
                for a, b in zip(entries(point, name), entries(direction, name), strict=True)
            )
            return (output(t) + label) ** 2 / 2 + squares / 8

        label = mpmath.mpf(1) / 4
        length = mpmath.sqrt(sum(b * b for name in moved for b in entries(direction, name)))
        found = precise(subject, [("", 0), ("", 1), ("", 2), (OBJECTIVE, 1), (OBJECTIVE, 2)], point, direction)
        for (key, order), value in found.items():
            expected = abs(mpmath.diff(objective if key else output, 0, order)) / length**order
            with ctx.workdps(60):
                assert abs(value - arb(mpmath.nstr(expected, 60))) < arb(10) ** -30, (key, order)


def test_a_bound_that_is_exceeded_by_rounding_alone_stands() -> None:
    subject, bounds = subject_and_bounds(LINEAR)
    attained = attacked(subject, bounds, trials=3)["", 0].found
    for slack, violated in ((1e-12, False), (1e-6, True)):
        lowered = fmpq(*Fraction(attained * (1 - slack)).as_integer_ratio())
        result = attacked(subject, {**bounds, ("", 0): lowered}, trials=3)["", 0]
        assert result.violated == violated
        assert result.ratio is not None
        assert result.ratio == (pytest.approx(1 - 1e-6, abs=1e-8) if violated else 1.0)
        assert result.witness is not None
        again = replay(subject, {("", 0): lowered}, result.witness.point, result.witness.direction)["", 0]
        assert again.violated == violated
        assert again.found == pytest.approx(result.found)


@pytest.mark.parametrize("order", [1, 2])
def test_a_lowered_bound_of_a_derivative_is_confirmed(order: int) -> None:
    subject, bounds = subject_and_bounds(LINEAR, blocks="layer")
    bound = bounds["", order]
    assert bound is not None
    lowered = arb(bound) * (1 - arb(10) ** -6)
    result = attacked(subject, {("", order): lowered}, trials=4)["", order]
    assert result.violated
    assert result.ratio is not None
    assert 1 - 1.001e-6 < result.ratio < 1 - 1e-9


def test_a_bound_of_zero_is_exceeded_by_any_value_and_kept_by_zero() -> None:
    text = "radius: {}\ninput: {{shape: [1], norm: 1}}\nlayers: [dense: 1]"
    for radius, violated in (("0", False), ("1", True)):
        subject, _ = subject_and_bounds(text.format(radius))
        result = attacked(subject, {("", 0): fmpq(0)}, trials=2)["", 0]
        assert result.violated == violated
        assert result.ratio == (0.0 if violated else None)


def test_where_the_network_has_no_value_nothing_is_said() -> None:
    """Without eps, equal samples have no variance; rounding lets a search believe otherwise."""
    subject, _ = subject_and_bounds("batch: 3\ninput: {shape: [1], norm: 1}\nlayers: [{batchnorm: 0}]", wrt="input")
    same = {"input": np.full((3, 1), 0.1)}
    for result in replay(subject, {("", k): fmpq(1) for k in range(3)}, same, {"input": np.ones((3, 1))}).values():
        assert (result.found, result.ratio, result.witness, result.violated) == (0.0, None, None, False)


def test_rows_without_a_bound_are_measured() -> None:
    subject, bounds = subject_and_bounds("radius: 1\ninput: {shape: [1], norm: 1}\nlayers: [dense: 1, relu, dense: 1]")
    assert bounds["", 2] is None
    results, done = attack(subject, bounds, 3, 1e9, 0, lambda done: None)
    assert done == 3
    assert results.keys() == {(key, order) for key in ("", "dense_0", "relu_0", "dense_1") for order in range(3)}
    assert results["", 2].ratio is None
    assert results["", 2].found > 0
