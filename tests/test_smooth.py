"""Smooth maps in place of kinks: what they are, by how much they differ, that their bounds hold and every surface says it."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import numpy as np
import pytest
import sympy
from click.testing import CliRunner

import boundcalc as bc
from boundcalc.cli.commands import cli

HEAD = "batch: 2\nradius: 1\ninput: {shape: [1, 4, 4], norm: {entry: 1}}\n"
POOLED = (
    HEAD
    + "layers: [{conv2d: {channels: 2, kernel: 2}}, relu, {maxpool2d: {kernel: 2, stride: 1, padding: 1}}, flatten, dense: 1]"
)
LINES = (
    "batch: 2\nradius: 1\ninput: {shape: [2, 5], norm: 1}\nlayers: [{conv1d: {channels: 1, kernel: 1}}, {maxpool1d: 2}]"
)


@pytest.mark.parametrize("options", [{}, {"blocks": "layer"}, {"norms": "mixed"}, {"constants": "published"}])
def test_a_network_smoothed_by_softplus_is_the_one_written_with_softplus_and_averages(options: dict[str, Any]) -> None:
    smooth = bc.compile(bc.load("specs/vgg16.yaml"), smooth="softplus", **options)
    written = bc.compile(bc.load("specs/vgg16-smooth.yaml"), **options)
    assert [bound.evaluate() for bound in smooth.named.values()] == [b.evaluate() for b in written.named.values()]
    assert smooth.smoothness.finite


@pytest.mark.parametrize(("mu", "smooth"), [(None, "softplus"), (0.25, "moreau=1/4")])
def test_what_stands_for_a_kink_differs_by_what_is_said(mu: float | None, smooth: str) -> None:
    text = "input: {shape: [2, 6], norm: {entry: 4}}\nlayers: [{STEP: FIELDS}]".replace
    z = 4 * np.random.default_rng(0).uniform(-1, 1, (1, 2, 6))
    relu = bc.loads(text("{STEP: FIELDS}", "relu"))
    found = bc.network(relu, smooth=smooth)({"input": z})[0]
    difference = found - np.maximum(z, 0)
    if mu is None:
        assert np.all((difference >= 0) & (difference <= np.log(2)))
        assert np.allclose(found, np.logaddexp(0, z))
        return
    assert np.all((difference <= 1e-12) & (difference >= -mu - 1e-12))
    assert np.isclose(difference.min(), -mu)
    pooled = bc.network(bc.loads(text("STEP: FIELDS", "maxpool1d: 3")), smooth=smooth)({"input": z})[0]
    over = pooled - z.reshape(1, 2, 2, 3).max(axis=3)
    assert np.all((over >= 0) & (over <= mu * np.log(3)))
    assert np.allclose(pooled, mu * np.log(np.exp(z / mu).reshape(1, 2, 2, 3).sum(axis=3)))


def test_a_window_of_zeros_is_off_by_all_that_is_said() -> None:
    spec = bc.loads("input: {shape: [1, 4], norm: 1}\nlayers: [maxpool1d: 4]")
    found = bc.network(spec, smooth="moreau=1/2")({"input": np.zeros((1, 1, 4))})[0]
    (row,) = [row for row in bc.compile(spec, smooth="moreau=1/2").document.rows if row.replaces]
    assert row.replaces is not None
    assert row.replaces.error is not None
    assert np.isclose(float(found[0, 0, 0]), float(row.replaces.error))
    assert bc.compile(spec, smooth="moreau=1/2").norm.evaluate() >= float(found[0, 0, 0])


@pytest.mark.parametrize(
    ("text", "smooth", "norms", "blocks"),
    list(product((POOLED, LINES), ("softplus", "moreau=1/5"), ("euclidean", "mixed"), ("total", "layer"))),
)
def test_no_bound_is_exceeded(text: str, smooth: str, norms: Any, blocks: Any) -> None:
    for measure in ("batch", "sample", "position", "entry") if norms == "mixed" else ("batch",):
        for wrt in (("parameters",), ("input",)):
            given = {"smooth": smooth, "norms": norms, "blocks": blocks, "measure": measure, "wrt": wrt}
            assert not bc.falsify(bc.loads(text), trials=1, **given).falsified


def test_constants_of_log_sum_exp_are_nearly_reached() -> None:
    """Two entries that tie: the second derivative of mu log(exp(a/mu) + exp(b/mu)) along (1, -1)/sqrt 2 is 1/(2 mu)."""
    spec = bc.loads("input: {shape: [1, 2], norm: 1}\nlayers: [maxpool1d: 2]")
    found = bc.falsify(spec, smooth="moreau=1/5", wrt="input", trials=3)
    assert found.of.smoothness.evaluate() == pytest.approx(2.5)
    assert not found.falsified
    assert all(attacked.result.ratio is None or attacked.result.ratio < 1.2 for attacked in found.bounds.values())


def test_the_parameter_may_be_a_symbol() -> None:
    spec = bc.loads(
        "symbols: {mu: 1/10, R: 2}\nradius: R\ninput: {shape: [3], norm: 1}\n"
        "define: {block: {args: {mu: 7}, layers: [dense: 2, relu, dense: mu]}}\nlayers: [block]"
    )
    bounds = bc.compile(spec, smooth="moreau=mu")  # that of the file, whatever the module calls mu
    assert {symbol.name for symbol in bounds.smoothness.expression.free_symbols} == {"mu", "R"}
    assert bounds.smoothness.evaluate(mu=sympy.Rational(1, 10)) == bounds.smoothness.evaluate()
    assert bounds.smoothness.evaluate(mu=1) < bounds.smoothness.evaluate()


@pytest.mark.parametrize(
    ("smooth", "error", "message"),
    [
        ("soft", ValueError, "there is no smoothing 'soft'; write 'softplus', or 'moreau=MU'"),
        ("moreau", ValueError, "there is no smoothing 'moreau'; write"),
        ("softplus=2", ValueError, "there is no smoothing 'softplus=2'; write"),
        ("moreau=0", bc.SpecError, "the parameter of Moreau envelopes is positive, not 0"),
        ("moreau=nu", bc.SpecError, "--smooth moreau: unknown name 'nu'"),
        ("moreau=1/", bc.SpecError, "--smooth moreau"),
        (1, TypeError, "smooth cannot be 1; write 'softplus'"),
    ],
)
def test_mistakes(smooth: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        bc.compile(bc.loads(LINES), smooth=smooth)
    assert message in str(raised.value)


def test_the_command_line_says_what_was_replaced() -> None:
    run = CliRunner().invoke(cli, ["bounds", "specs/vgg11.yaml", "--smooth", "moreau=1/10", "--format", "json"])
    answer = json.loads(run.stdout)
    assert answer["smooth"] == "moreau=1/10"
    text = CliRunner().invoke(cli, ["bounds", "specs/vgg11.yaml", "--smooth", "moreau=1/10"]).stdout
    assert "moreau envelopes for relu (at most 1/10 below), 1/10*logsumexp for maximum pooling" in text
    assert "softplus" not in text
    replaced = {row["kind"]: row["replaces"] for row in answer["layers"] if "replaces" in row}
    assert replaced["moreau_relu"] == {"kind": "relu", "error": "1/10"}
    assert replaced["lsepool2d"]["kind"] == "maxpool2d"
    shown = CliRunner().invoke(cli, ["show", "specs/vgg11.yaml", "--smooth", "softplus"])
    assert "softplus" in shown.stdout
    assert " maxpool2d " not in shown.stdout
    wrong = CliRunner().invoke(cli, ["show", "specs/vgg11.yaml", "--smooth", "soft"])
    assert wrong.exit_code == 2
    assert "there is no smoothing 'soft'" in wrong.stderr


def test_names_and_references_stay() -> None:
    spec = bc.loads("radius: 1\ninput: {shape: [2], norm: 1}\nlayers: [dense: 2, relu, dense: 2, {add: [[], relu_0]}]")
    assert "relu_0" in bc.compile(spec, smooth="softplus").layers
