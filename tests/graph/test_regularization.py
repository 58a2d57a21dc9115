"""`regularizer: {l2: {weight: E, only: PATHS}}`: which balls it sees, in every grouping, in repeats, with shared arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.falsification.sets import domain_of
from boundcalc.graph.expand import expand
from boundcalc.graph.regularization import Regularization
from boundcalc.graph.selection import select
from boundcalc.studies.falsify import falsify

HEAD = "symbols: {k: {integer: true, value: 3}}\nbatch: 2\nradius: 1\ninput: {shape: [2], norm: {sample: 1}}\n"
LAYERS = "layers: [{dense: {units: 2, name: a}}, tanh, {repeat: {times: TIMES, name: r, layers: [{dense: {units: 2, name: x}}, tanh]}}, {dense: {units: 2, name: head, radius: {weight: 1, bias: 2}}}]\n"
SHARED = "layers: [{dense: {units: 2, name: a}}, tanh, {dense: {units: 2, name: b, share: a}}, tanh, {dense: {units: 2, name: c}}]\n"


def text(only: str, layers: str = LAYERS, times: str = "3", weight: str = "5") -> str:
    some = f"{{weight: {weight}, only: {only}}}"
    return f"{HEAD}{layers.replace('TIMES', times)}loss: {{squared: {{labels: 1}}}}\nregularizer: {{l2: {some}}}\n"


def balls(text: str) -> frozenset[str]:
    found = expand(bc.loads(text)).regularizer
    assert found is not None
    assert found.balls is not None
    return found.balls


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ("a", {"a"}),
        ("head", {"head.weight", "head.bias"}),
        ("head.weight", {"head.weight"}),
        ("[a, head.bias]", {"a", "head.bias"}),
        ('"r.*.x"', {"r.0.x", "r.1.x", "r.2.x"}),
        ("r.1", {"r.1.x"}),
        ('"h*"', {"head.weight", "head.bias"}),
        ('"**"', {"a", "r.0.x", "r.1.x", "r.2.x", "head.weight", "head.bias"}),
    ],
)
def test_what_is_selected(only: str, expected: set[str]) -> None:
    assert balls(text(only)) == expected


@pytest.mark.parametrize(
    ("only", "times", "message"),
    [
        ("hed", "3", "7:37: 'hed' selects no learned array; did you mean 'head'?"),
        ("[a, tanh_0]", "3", "7:41: 'tanh_0' selects no learned array"),
        ("r.7.x", "3", "'r.7.x' selects no learned array"),
        (
            "r.1.x",
            "k",
            "'r.1.x' selects some copies of a repeat with a symbolic number of times; write * for the number",
        ),
        ("[a, r.1*]", "k", "'r.1*' selects some copies"),
        ('"**.2.**"', "k", "'**.2.**' selects some copies"),
        ("[]", "3", "'only' selects nothing; leave it out"),
        ("{a: 1}", "3", "expected a path of layers"),
    ],
)
def test_mistakes(only: str, times: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(bc.loads(text(only, times=times), "s"))
    assert message in str(caught.value)


def test_mistakes_of_keys() -> None:
    for regularizer, messages in (
        ("{l2: {only: a}}", ["'l2' requires the key 'weight'; l2: {weight: 1/100, only: 'head.**'}"]),
        ("{l2: {weight: 1, ony: a}}", ["'l2' has no key 'ony'; did you mean 'only'?"]),
        ("{l2: {wait: 1}}", ["'l2' has no key 'wait'", "'l2' requires the key 'weight'"]),
    ):
        with pytest.raises(bc.SpecError) as caught:
            bc.loads(HEAD + "layers: [dense: 1]\nloss: logistic\nregularizer: " + regularizer)
        assert len(caught.value.mistakes) == len(messages)
        assert all(message in str(caught.value) for message in messages)


OPTIONS: list[dict[str, Any]] = [
    {"blocks": blocks, "norms": norms} for blocks in ("total", "layer") for norms in ("euclidean", "mixed")
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("times", ["3", "k"])
def test_all_of_them_is_no_choice(options: dict[str, Any], times: str) -> None:
    chosen = bc.compile(bc.loads(text('"**"', times=times)), **options).objective
    plain = text("x", times=times).replace("{l2: {weight: 5, only: x}}", "{l2: 5}")
    every = bc.compile(bc.loads(plain), **options).objective
    assert chosen is not None
    assert every is not None
    for name, bound in every.named.items():
        assert chosen.named[name].evaluate() == bound.evaluate()


@pytest.mark.parametrize("times", ["3", "k"])
@pytest.mark.parametrize("only", ["a", '"r.*.x"', "[a, head.bias]"])
def test_what_it_adds(only: str, times: str) -> None:
    """To l, the weight times the norm of what is selected; to L, the weight."""
    weighed, free = (bc.compile(bc.loads(text(only, times=times, weight=w))).objective for w in ("5", "0"))
    assert weighed is not None
    assert free is not None
    norm = {"a": 1, '"r.*.x"': np.sqrt(3), "[a, head.bias]": np.sqrt(5)}[only]
    assert weighed.lipschitz.evaluate() == pytest.approx(free.lipschitz.evaluate() + 5 * norm)
    assert weighed.smoothness.evaluate() == pytest.approx(free.smoothness.evaluate() + 5)


def test_by_blocks_it_bends_what_it_sees() -> None:
    steps, free = (bc.compile(bc.loads(text("a", weight=w))).layer_steps.alone for w in ("5", "0"))
    for path, step in steps.items():
        expected = 5 if path == "a" else 0
        assert 1 / step.evaluate() == pytest.approx(1 / free[path].evaluate() + expected)


def test_a_shared_array_counts_once_by_its_owner() -> None:
    assert balls(text("a", SHARED)) == {"a"}
    with pytest.raises(bc.SpecError, match="'b' selects no learned array"):
        expand(bc.loads(text("b", SHARED)))
    twice, once = (bc.compile(bc.loads(text("a", SHARED, weight=w))).objective for w in ("5", "0"))
    assert twice is not None
    assert once is not None
    assert twice.lipschitz.evaluate() == pytest.approx(once.lipschitz.evaluate() + 5)


def test_frozen_balls_add_nothing() -> None:
    frozen = text("a").replace("name: a}", "name: a, frozen: true}")
    heavy, free = (bc.compile(bc.loads(t)).objective for t in (frozen, frozen.replace("weight: 5", "weight: 0")))
    assert heavy is not None
    assert free is not None
    assert heavy.lipschitz.evaluate() == free.lipschitz.evaluate()


@pytest.mark.parametrize("options", [OPTIONS[0], OPTIONS[-1]], ids=str)
@pytest.mark.parametrize(("only", "times"), [("a", "3"), ('"r.*.x"', "k"), ("head.bias", "3")])
def test_it_is_attacked(only: str, times: str, options: dict[str, Any]) -> None:
    """A heavy one decides the objective: the attack comes close, and never exceeds."""
    found = falsify(bc.compile(bc.loads(text(only, times=times, weight="10000")), **options), trials=1, seconds=600)
    assert not found.falsified
    assert found.objective is not None
    ratio = found.objective["lipschitz"].result.ratio
    assert ratio is not None
    assert 1 - 1e-9 < ratio < 1.1


def test_the_attack_penalises_what_is_seen() -> None:
    architecture = bc.loads(text("head.bias"))
    graph = expand(architecture)
    domain = domain_of(graph, architecture.inputs, select(graph, ("parameters",)), {})
    assert domain.penalised == {"head.bias"}
    assert domain.penalised < domain.selected
    assert graph.regularizer == Regularization(sympy.Integer(5), frozenset({"head.bias"}))
