"""A step of a derivation, in names of what it reads, is what the program computes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy

import boundcalc as bc
from boundcalc.calculus.steps import ENTRIES, Entry, recursion_of
from boundcalc.exact.balls import ball
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar

SPECS = Path(__file__).parents[2] / "specs"


@pytest.mark.parametrize("name", ["mlp", "resnet-like", "lenet5", "highway", "siamese", "deq", "gru", "mlp-deep-bias"])
@pytest.mark.parametrize("refine", [False, True])
def test_steps_are_those_of_the_program(name: str, refine: bool) -> None:
    spec = bc.load(SPECS / f"{name}.yaml")
    values = bc.compile(spec).symbol_values
    bounds = bc.compile(bc.override(spec, {symbol: "3" for symbol, value in values.items() if value is None}))
    found = recursion_of(bounds.primitives, refine)
    names: dict[Entry, sympy.Symbol] = {}
    compared = 0
    for at in found.jets:
        step = found.step(at, lambda entry: names.setdefault(entry, sympy.Dummy(positive=True)))
        if step is None:
            continue
        for entry in ENTRIES:
            said, whole = getattr(step, entry), found.value(Entry(at, entry))
            assert isinstance(said, Scalar) == isinstance(whole, Scalar)
            if not isinstance(said, Scalar) or not isinstance(whole, Scalar):
                continue
            needed = free_symbols([said])[0]
            reads = {
                of: evaluate([value], bounds.values)[0]
                for entry_, of in names.items()
                if of in needed and isinstance(value := found.value(entry_), Scalar)
            }
            one = evaluate([said], {**bounds.values, **reads})[0]
            assert ball(one).overlaps(ball(evaluate([whole], bounds.values)[0])), (at, entry)
            compared += 1
    assert compared > 8


def test_only_largest_entries_stand_for_norms() -> None:
    bounds = bc.compile(bc.loads("input: {shape: [4], norm: 1}\nradius: 1\nlayers: [{dense: {units: 2, bias: false}}]"))
    found = recursion_of(bounds.primitives, False)
    at = bounds.primitives.output
    assert found.value(Entry(at, "norm")) == found.value(Entry(at, "lipschitz"))  # both are 1
    assert found.standing(Entry(at, "lipschitz")) == Entry(at, "lipschitz")
    assert found.standing(Entry(at, "sup")) == Entry(at, "norm")
