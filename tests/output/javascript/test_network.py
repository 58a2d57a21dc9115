"""The bounds in JavaScript, beside `evaluate`: in logarithms, at any magnitude."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import pytest
from reference.javascript import logs, run

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.output.javascript.network import script_of

SPECS = Path(__file__).parents[3] / "specs"
CASES: list[tuple[str, dict[str, Any]]] = [
    ("vgg16-smooth-batchnorm", {}),
    ("vgg16-smooth-batchnorm", {"blocks": "layer"}),
    ("gpt2-small", {}),
    ("resnet-like", {"sharpest": True}),
    ("deep-linear", {}),
    ("seq2seq", {}),
    ("lstm", {"blocks": "layer"}),
    ("deq", {}),
    ("swin-t", {"norms": "mixed"}),
]


def of(text: str, **options: Any) -> Bounds:
    return bc.compile(bc.loads(text), **options)


def points(bounds: Bounds, count: int) -> list[dict[str, object]]:
    """Random values of symbols: reals over six decades, of whole ones those that the spec leaves free."""
    chance = random.Random(7)
    found: list[dict[str, object]] = []
    for _ in range(count):
        at: dict[str, object] = {}
        for name, value in bounds.symbol_values.items():
            if not bounds.symbols[name].is_integer:
                at[name] = float(f"{10 ** chance.uniform(-3, 3):.3g}")
            elif value is None:
                at[name] = chance.randint(1, 9)
        found.append(at)
    return found


def texts(bounds: Bounds, at: dict[str, object]) -> list[str | None]:
    declared = bounds.graph.conditions.declared
    found: list[str | None] = []
    for name, value in bounds.symbol_values.items():
        own = declared.get(bounds.symbols[name])
        computed = own is not None and own.free_symbols
        found.append(repr(at[name]) if name in at else None if computed else value)
    return found


@pytest.mark.parametrize(("name", "options"), CASES, ids=[f"{name}-{'-'.join(o)}" for name, o in CASES])
def test_it_agrees_with_evaluate(name: str, options: dict[str, Any]) -> None:
    bounds = bc.compile(bc.load(SPECS / f"{name}.yaml"), **options)
    script, given = script_of(bounds), points(bounds, 4)
    compared = 0
    for at, answer in zip(given, logs(script.code, [texts(bounds, at) for at in given]), strict=True):
        if answer["broken"]:
            with pytest.raises(ValueError, match="compiled for|positive|integer"):
                bounds.lipschitz.evaluate(at)
            continue
        for bound, log in zip(script.bounds, answer["logs"], strict=True):
            wanted = bound.log10(at)
            compared += 1
            if bound in script.larger:
                assert wanted is not None
                assert log / math.log(10) >= wanted - 1e-10
            elif wanted is None:
                assert log == "-Infinity"
            else:
                assert log / math.log(10) == pytest.approx(wanted, abs=1e-10, rel=0), (bound.name, at)
    assert compared
    assert bool(script.larger) == (name == "lstm")


def test_values_that_the_spec_computes_follow_unless_they_are_given() -> None:
    bounds = of("symbols: {d: 4, w: 3*d}\ninput: {shape: [d], norm: 1}\nradius: 1\nlayers: [{dense: {units: w}}, softplus]")
    script = script_of(bounds)
    followed, given = logs(script.code, [["2", None], ["2", "5"]])
    for answer, at in ((followed, {"d": 2}), (given, {"d": 2, "w": 5})):
        assert answer["logs"][script.bounds.index(bounds.norm)] / math.log(10) == pytest.approx(bounds.norm.log10(at))


def test_what_fails_is_named() -> None:
    bounds = bc.compile(bc.load(SPECS / "deq.yaml"))
    script = script_of(bounds)
    place = list(bounds.symbols).index("R")
    at = [*texts(bounds, {})]
    at[place] = "2"
    (answer,) = logs(script.code, [at])
    assert [script.conditions[i] for i in answer["broken"]] == ["R < 1"]
    assert answer["logs"] == []


@pytest.mark.parametrize(("text", "broken"), [("0", "k > 0"), ("-2", "k > 0"), ("5/2", "k is whole"), ("7", None), ("1e30", None)])
def test_signs_and_whole_numbers(text: str, broken: str | None) -> None:
    script = script_of(of("symbols: {k: {integer: true}}\ninput: {shape: [2], norm: k}\nradius: 1\nlayers: [dense: 2]"))
    (answer,) = logs(script.code, [[text]])
    assert [script.conditions[i] for i in answer["broken"]] == ([] if broken is None else [broken])


def test_numbers_that_no_double_holds() -> None:
    bounds = of("symbols: {R:}\ninput: {shape: [2], norm: 1}\nradius: R\nlayers: [dense: 2, dense: 2, dense: 2]")
    script = script_of(bounds)
    answers = logs(script.code, [["1e1200"], ["2.5e-1200"], ["1/3"]])
    for answer, at in zip(answers, ("10**1200", "25*10**(-1201)", "1/3"), strict=True):
        for bound, log in zip(script.bounds, answer["logs"], strict=True):
            wanted = bound.log10(R=at)
            assert wanted is None or log / math.log(10) == pytest.approx(wanted, abs=1e-10, rel=1e-14)


def test_a_repeat_that_runs_too_often_is_refused() -> None:
    script = script_of(bc.compile(bc.load(SPECS / "deep-linear.yaml")))
    said = run(
        f"const f = {script.code}; const at = (...t) => t.map(arithmetic.read);"
        "try { return f(arithmetic, at('1000000', '1', '1')); } catch (error) { return error.message; }"
    )
    assert said == "repeats would run more than 100,000 times, which a page does not do"


def test_no_name_of_a_spec_becomes_code() -> None:
    bounds = of("symbols: {alert: 1}\ninput: {shape: [2], norm: alert}\nradius: 1\nlayers: [{dense: {units: 2, name: evil}}]")
    code = script_of(bounds).code
    assert "alert" not in code
    assert "evil" not in code
