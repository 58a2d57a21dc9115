"""What layers add to a bound in JavaScript, beside `explain`: at the spec's values and at others."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from reference.javascript import RUNTIME, run

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus.steps import recursion_of
from boundcalc.output.javascript.shares import tape_of
from boundcalc.studies.parts.explained import shares_in

SPECS = Path(__file__).parents[3] / "specs"
SHARES = RUNTIME.with_name("shares.js").read_text(encoding="utf-8")


def recursion(bounds: Bounds) -> Any:
    return recursion_of(bounds.apart[1], bounds.options.refine)


def found(bounds: Bounds, texts: list[str]) -> dict[str, dict[int, float]]:
    tape = tape_of(recursion(bounds), list(bounds.symbols.values()))
    assert tape is not None
    said = run(
        f"{SHARES} const leaves = ({tape.code})(arithmetic, {json.dumps(texts)}.map(arithmetic.read));"
        f"const tape = {json.dumps(tape.operations)};"
        f"return Object.entries({json.dumps(dict(tape.ends))}).map(([name, end]) => {{"
        "const found = shares.of(tape, leaves, end); return [name, found && [...found]]; });"
    )
    return {name: None if pairs is None else {at: float(share) for at, share in pairs} for name, pairs in said}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("vgg16-smooth-batchnorm", {}),
        ("vgg16-smooth-batchnorm", {"refine": True}),
        ("resnet-like", {}),
        ("transformer-encoder", {}),
        ("lenet5", {}),
        ("siamese", {}),
    ],
)
def test_they_are_those_of_explain(name: str, options: dict[str, Any]) -> None:
    """Whatever the values: each primitive adds as much, and nothing else does."""
    spec, chance = bc.load(SPECS / f"{name}.yaml"), random.Random(5)
    for moved in (False, True, True):
        reals = [n for n, s in bc.compile(spec, **options).symbols.items() if not s.is_integer] if moved else []
        bounds = bc.compile(bc.override(spec, {n: f"{10 ** chance.uniform(-2, 2):.3g}" for n in reals}), **options)
        wanted = shares_in(bounds, recursion(bounds))
        assert not isinstance(wanted, str)
        answer = found(bounds, [str(value) for value in bounds.symbol_values.values()])
        assert {q.name for q in wanted.of} == set(answer)
        for quantity, steps in wanted.steps.items():
            assert answer[quantity.name].keys() <= steps.keys()
            for at, share in steps.items():
                assert answer[quantity.name].get(at, 0.0) == pytest.approx(share, abs=1e-9), (quantity.name, at)
            assert sum(answer[quantity.name].values()) == pytest.approx(wanted.of[quantity], abs=1e-9)


def test_a_bound_of_zero_has_none() -> None:
    bounds = bc.compile(bc.loads("symbols: {R: 1}\ninput: {shape: [1], norm: 1}\nradius: R\nlayers: [{dense: 1}]"))
    assert found(bounds, ["0"])["lipschitz"]  # sqrt(2), whatever the radius
    chain = bc.compile(
        bc.loads("symbols: {R: 1}\ninput: {shape: [1], norm: R}\nradius: 1\nlayers: [{dense: {units: 1, bias: false}}]")
    )
    assert found(chain, ["0"])["lipschitz"] is None


def test_loops_have_none() -> None:
    bounds = bc.compile(bc.load(SPECS / "deep-linear.yaml"))
    assert tape_of(recursion(bounds), list(bounds.symbols.values())) is None
