"""Arrays that are restricted inside their balls: weight normalisation."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reference.subjects import subject_and_bounds

import boundcalc as bc

HEAD = "batch: 2\nradius: 1\ninput: {shape: [4], norm: 1}\n"
NORMED = "weight_norm: {gain: 1/2, least: 1/4}"
BALLS = {
    "joint": "",
    "of their own": ", radius: {gain: 1, direction: 3/4, bias: 1/4}",
    "centred": ", center: 2",
    "centred direction": ", center: {direction: 2}",
    "narrow": ", radius: 1/2",
}


@pytest.mark.parametrize("balls", BALLS)
def test_points_obey_the_limits(balls: str) -> None:
    subject, _ = subject_and_bounds(f"{HEAD}layers: [{{dense: {{units: 4, name: a, {NORMED}{BALLS[balls]}}}}}]")
    domain, rng = subject.domain, np.random.default_rng(0)
    for scale in (0.0, 0.1, 1.0, 10.0):
        raw = {name: scale * rng.normal(size=shape) for name, shape in subject.network.shapes.items()}
        for point in (domain.project(raw), domain.farthest(raw)):
            assert np.max(np.abs(point["a.gain"])) <= 1 / 2
            assert np.min(np.linalg.norm(point["a.direction"], axis=1)) >= 1 / 4 - 1e-12
            assert all(ball.holds(point) for ball in domain.balls)
            again = domain.project(point)
            assert all(np.allclose(point[name], array, atol=1e-9) for name, array in again.items())


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{dense: {units: 4, weight_norm: {gain: 1, least: 1}}}", "the ball ends at 1"),
        ("{dense: {units: 4, center: {bias: 3}, weight_norm: {gain: 1, least: 1}}}", "the ball ends at 1"),
        ("{dense: {units: 4, weight_norm: {gain: 1}}}", "`least` is missing"),
        ("{dense: {units: 4, weight_norm: {gains: 1, least: 1}}}", "did you mean 'gain'"),
        ("{dense: {units: 4, weight_norm: 1}}", "expected a mapping {gain: ..., least: ...}"),
        ("{dense: {units: 4, weight_norm: {gain: 1, least: 0}}}", "give a `least` above 0"),
        (f"{{dense: {{units: 4, spectral: 1, {NORMED}}}}}", "leave one of them out"),
        (f"{{dense: {{units: 4, name: a}}}}, {{dense: {{units: 4, {NORMED}, share: {{direction: a.weight}}}}}}", "restricted in another way"),
        (
            f"{{dense: {{units: 4, name: a, {NORMED}}}}}, {{dense: {{units: 4, weight_norm: {{gain: 1/2, least: 1/8}}, share: a}}}}",
            "restricted in another way",
        ),
        (
            f"{{dense: {{units: 2, name: a, {NORMED}}}}}, {{dense: {{units: 4, {NORMED}, share: {{direction: a.direction}}}}}}",
            "restricted in another way",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be(layers: str, message: str) -> None:
    with pytest.raises(bc.SpecError, match=re.escape(message)):
        bc.compile(bc.loads(f"{HEAD}layers: [{layers}]"))


def test_it_has_no_published_constants() -> None:
    with pytest.raises(bc.SpecError, match="no published constants"):
        bc.compile(bc.loads(f"{HEAD}layers: [{{dense: {{units: 4, {NORMED}}}}}]"), constants="published")


def test_it_says_where_the_constants_hold() -> None:
    bounds = bc.compile(bc.loads(f"{HEAD}layers: [{{dense: {{units: 4, {NORMED}}}}}]"))
    assert any("convex subsets" in warning for warning in bounds.warnings)


def test_symbols_that_leave_nothing_are_refused() -> None:
    text = f"symbols: {{d: 1/4}}\n{HEAD}layers: [{{dense: {{units: 4, weight_norm: {{gain: 1, least: d}}}}}}]"
    bounds = bc.compile(bc.loads(text))
    with pytest.raises(ValueError, match="d"):
        bounds.lipschitz.evaluate({"d": 1})
