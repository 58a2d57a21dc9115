"""Fixed points: what their bounds are, when there are none, what the layers inside can be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.output.graphs.text import graph_to_text

HEAD = "symbols: {R:}\nbatch: 2\nradius: 1\ninput: {shape: [2], norm: 3}\n"
W = "{dense: {from: z, units: 2, bias: false, radius: R, name: w}}"


WITH_TIMES = HEAD.replace("R:", "R:, k: {integer: true}")


def deq(body: str, fields: str = "name: deq, ", shape: str = "[2]") -> str:
    return f"{{fixed_point: {{state: z, shape: {shape}, {fields}layers: [{body}]}}}}"


def spec(*layers: str, head: str = HEAD) -> str:
    return f"{head}layers: [{', '.join(layers)}]"


LINEAR = spec(deq(f"{{add: [[], [{W}]]}}"))
TANH = spec("dense: 2", deq(f"{{add: [[], [{W}]]}}, tanh"), "dense: 1")


def refusal(text: str) -> str:
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(bc.loads(text))
    return str(caught.value)


def test_the_linear_one_has_the_closed_forms() -> None:
    """z = W z + x: by W, what a geometric series and its derivatives are."""
    bounds = bc.compile(bc.loads(LINEAR))
    (R,) = (s for s in bounds.symbols.values() if s.name == "R")
    wanted = {"norm": 3 / (1 - R), "lipschitz": 3 / (1 - R) ** 2, "smoothness": 6 / (1 - R) ** 3}
    for name, form in wanted.items():
        assert sympy.simplify(getattr(bounds, name).expression - form) == 0
    by_input = bc.compile(bc.loads(LINEAR), wrt="input")
    assert by_input.lipschitz.evaluate({"R": "3/4"}) == pytest.approx(4)
    assert by_input.smoothness.evaluate({"R": "3/4"}) == 0


@pytest.mark.parametrize(
    "options", [{}, {"blocks": "layer"}, {"norms": "mixed"}, {"norms": "mixed", "measure": "sample"}]
)
def test_it_is_the_limit_of_a_repeat_that_shares(options: dict[str, Any]) -> None:
    many = "{repeat: {times: 60, share: true, carry: {z: {shape: [2], next: s}}, layers: [{add: {from: [a, ["
    many += W + "]]}}, {tanh: {name: s}}]}}"
    repeated = bc.compile(bc.loads(spec("{dense: {units: 2, name: a}}", many, "dense: 1")), **options)
    solved = bc.compile(bc.loads(TANH), **options)
    for name in ("norm", "lipschitz", "smoothness"):
        ours, theirs = (getattr(bounds, name).evaluate({"R": "1/3"}) for bounds in (solved, repeated))
        assert ours == pytest.approx(theirs, rel=1e-6)


def test_other_values_are_refused_where_the_layers_may_not_contract() -> None:
    bounds = bc.compile(bc.loads(TANH))
    assert [str(condition) for condition in bounds.conditions] == ["R < 1"]
    for value in (1, 2):
        with pytest.raises(ValueError, match="R < 1"):
            bounds.lipschitz.evaluate({"R": value})
    found = bounds.lipschitz.lambdify("R")(np.array([0.5, 0.9, 1.0, 3.0]))
    assert np.isnan(found).tolist() == [False, False, True, True]


def test_the_derivative_by_a_radius_is_that_of_the_whole_form() -> None:
    bounds = bc.compile(bc.loads(TANH))
    slope = bounds.lipschitz.diff("R").evaluate({"R": "1/2"})
    step = sympy.Rational(1, 10**6)
    low, high = (bounds.lipschitz.evaluate({"R": sympy.Rational(1, 2) + sign * step}) for sign in (-1, 1))
    assert float(slope) == pytest.approx(float((high - low) / (2 * step)), rel=1e-4)


def test_layers_that_may_not_contract_are_refused() -> None:
    text = TANH.replace("R:", "R: 3/2")
    assert "'deq' may have no fixed point" in refusal(text)
    assert "bounded by 3/2, which is not below 1; give the layers inside a smaller `radius:`" in refusal(text)
    assert "bounded by 1, which" in refusal(spec("dense: 2", deq("{add: [z]}")))
    unbounded = refusal(spec("dense: 2", deq(f"{{multiply: [z, [{W}]]}}")))
    assert "(from 'deq.multiply_0' on)" in unbounded
    assert "end the layers inside with one of bounded values" in unbounded


def test_bounded_layers_may_multiply_the_state_by_itself() -> None:
    text = spec("dense: 2", deq(f"{{multiply: [z, [{W}]]}}, {{add: [[], input]}}, tanh"))
    bounds = bc.compile(bc.loads(text))
    (condition,) = bounds.conditions
    assert bounds.lipschitz.evaluate({"R": "1/8"}) > 0
    with pytest.raises(ValueError, match="R"):
        bounds.lipschitz.evaluate({"R": 10})
    assert condition.free_symbols == {s for s in bounds.symbols.values() if s.name == "R"}


def test_what_is_written_wrong() -> None:
    assert "has shape [3], and the layers inside make [2] of it" in refusal(spec(deq(W, shape="[3]")))
    assert "requires the field 'state'" in refusal(spec("{fixed_point: {shape: [2], layers: [tanh]}}"))
    assert "unknown name 'z'" in refusal(spec(deq(f"{{add: [[], [{W}]]}}"), "{add: [[], z]}"))
    assert "used twice" in refusal(spec(deq("{dense: {units: 2, name: z}}")))
    assert "reads one input" in refusal(spec(deq(f"{W}, tanh", "name: deq, from: [[tanh], input], ")))


def test_a_repeat_inside_needs_a_number_of_times() -> None:
    body = (
        f"{W}, {{repeat: {{times: TIMES, layers: [tanh, {{dense: {{units: 2, radius: 1/2}}}}]}}}}, {{add: [[], input]}}"
    )
    assert "a repeat inside a fixed point needs a number of times" in refusal(
        spec(deq(body.replace("TIMES", "k")), head=WITH_TIMES)
    )
    assert bc.compile(bc.loads(spec(deq(body.replace("TIMES", "2"))))).lipschitz.evaluate({"R": "1/2"}) > 0


def test_it_may_stand_in_a_repeat_and_in_another_one() -> None:
    inner = deq(f"{{add: [[], [{W}]]}}, tanh", "")
    repeated = bc.compile(bc.loads(spec("dense: 2", f"{{repeat: {{times: k, layers: [{inner}]}}}}", head=WITH_TIMES)))
    copies = bc.compile(bc.loads(spec("dense: 2", f"{{repeat: {{times: 3, layers: [{inner}]}}}}")))
    for name in ("norm", "lipschitz", "smoothness"):
        ours = getattr(repeated, name).evaluate({"R": "1/2", "k": 3})
        assert ours == pytest.approx(getattr(copies, name).evaluate({"R": "1/2"}))
    outer = f"{{fixed_point: {{state: y, shape: [2], layers: [{{add: [[], [{{linear: {{norm: 1/4, from: y}}}}]]}}, {inner}]}}}}"
    nested = bc.compile(bc.loads(spec("dense: 2", outer)))
    assert nested.smoothness.evaluate({"R": "1/2"}) > 0
    of_state = inner.replace("tanh", "{multiply: [[], [{dense: {from: y, units: 2}}, [softplus]]]}").replace(
        ", [softplus]", ", softplus"
    )
    assert "may have no fixed point" in refusal(spec("dense: 2", outer.replace(inner, of_state)))


def test_fields_hold_for_the_layers_inside() -> None:
    free = bc.compile(bc.loads(TANH.replace("R:", "R: 1/2")))
    still = bc.compile(bc.loads(TANH.replace("R:", "R: 1/2").replace("name: deq", "name: deq, frozen: true")))
    assert still.lipschitz.evaluate() < free.lipschitz.evaluate()
    selected = bc.compile(bc.loads(TANH.replace("R:", "R: 1/2")), wrt="deq.**")
    assert 0 < selected.lipschitz.evaluate() < free.lipschitz.evaluate()
    smaller = bc.override(bc.loads(TANH.replace("R:", "R: 1/2")), {"deq.add_0.w.radius": "1/4"})
    assert bc.compile(smaller).lipschitz.evaluate() < free.lipschitz.evaluate()
    shared = spec(
        "dense: 2",
        deq(f"{{add: [[], [{W}]]}}, tanh"),
        deq("{add: [[], [{dense: {from: z, units: 2, bias: false, name: w}}]]}, tanh", "share: deq, "),
    )
    assert set(bc.compile(bc.loads(shared)).graph.balls) == {"dense_0", "deq.add_0.w"}


def test_it_is_shown() -> None:
    shown = graph_to_text(bc.compile(bc.loads(TANH)).graph)
    assert [line.split()[:4] for line in shown.splitlines() if "dense_1 " in line] == [
        ["dense_1", "dense", "deq", "[1]"]
    ]
    assert "deq.add_0.w" in shown


def test_the_network_computes_it() -> None:
    network = bc.network(bc.loads(LINEAR.replace("R:", "R: 9/10")))
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal((2, 2)), rng.standard_normal((2, 2))
    w *= 0.89 / np.linalg.norm(w, 2)
    (z,) = network({"deq.add_0.w.weight": w, "input": x})
    assert z == pytest.approx(x @ np.linalg.inv(np.eye(2) - w).T, rel=1e-12)


@pytest.mark.parametrize("options", [{}, {"norms": "mixed", "blocks": "layer"}])
def test_an_attack_reaches_the_bounds(options: dict[str, Any]) -> None:
    """All three are attained, so that a smaller one is found out."""
    text = spec(deq("{add: [[], [{dense: {from: z, units: 1, bias: false, radius: 1/2}}]]}", shape="[1]"))
    text = (
        text.replace("batch: 2", "batch: 1")
        .replace("shape: [2], norm", "shape: [1], norm")
        .replace("symbols: {R:}\n", "")
    )
    found = bc.falsify(bc.loads(text), trials=2, **options)
    assert not found.falsified
    assert all(attacked.result.ratio == pytest.approx(1, abs=1e-3) for attacked in found.bounds.values())
