"""`bc.override`, which is `--set` and `--values`: a copy with other values."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

import boundcalc as bc

SPEC = bc.loads(
    """
symbols: {n: 4, R: 2, w: 3}
batch: n
input: {shape: [4], norm: {sample: 1}}
radius: R
define: {block: {args: {c:, act: [softplus]}, layers: [{dense: {units: c, name: fc}}, act]}}
layers: [{block: {c: w, name: b}}, {repeat: {times: 2, name: r, layers: [dense: w]}}, {dense: {units: 2, name: head}}]
"""
)


def lipschitz(assignments: dict[str, Any]) -> str:
    return bc.compile(bc.override(SPEC, assignments)).lipschitz.number()


def test_the_original_is_not_changed() -> None:
    before = bc.compile(SPEC).lipschitz.number()
    assert lipschitz({"R": 3}) != before
    assert bc.compile(SPEC).lipschitz.number() == before
    assert lipschitz({}) == before


@pytest.mark.parametrize("value", [3, "3", "2 + 1", "R_", Fraction(3), 3.0, "w"])
def test_values_are_expressions_and_exact_numbers(value: object) -> None:
    spec = bc.override(SPEC, {"R": 3 if value == "R_" else value})
    assert bc.compile(spec).lipschitz.number() == lipschitz({"R": 3})


def test_a_float_is_the_decimal_it_prints() -> None:
    assert bc.compile(bc.override(SPEC, {"R": 0.1})).to_dict()["symbols"]["R"] == "1/10"  # type: ignore[index]


@pytest.mark.parametrize("empty", [None, "", "  "])
def test_nothing_makes_a_symbol_free(empty: object) -> None:
    bounds = bc.compile(bc.override(SPEC, {"R": empty}))
    assert bounds.symbols["R"] not in bounds.values
    assert bounds.lipschitz.evaluate(R=2) == bc.compile(SPEC).lipschitz.evaluate()


@pytest.mark.parametrize(
    "path",
    ["batch", "radius", "head.radius", "head.bias", "b.c", "b.radius", "b.fc.radius", "r.times", "r.radius",
     "r.1.dense_0.radius", "input.norm"],
)  # fmt: skip
def test_fields_by_path(path: str) -> None:
    value = "false" if path.endswith("bias") else "5"
    assert lipschitz({path: value}) != bc.compile(SPEC).lipschitz.number()


def test_the_nearest_path_wins() -> None:
    assert lipschitz({"b.radius": 7, "b.fc.radius": "R"}) == bc.compile(SPEC).lipschitz.number()
    assert (
        lipschitz({"radius": 7, "b.fc.radius": 2, "r.radius": 2, "head.radius": 2})
        == bc.compile(SPEC).lipschitz.number()
    )


def test_expressions_of_fields_see_what_the_field_sees() -> None:
    assert lipschitz({"head.radius": "sqrt(in) * R"}) == lipschitz({"head.radius": "sqrt(3) * R"})
    assert lipschitz({"b.fc.units": "2*c"}) == lipschitz({"b.fc.units": 6})


@pytest.mark.parametrize(
    ("assignments", "message"),
    [
        ({"rr": 1}, "<values>: rr: unknown symbol 'rr'; the symbols are n, R, w"),
        ({"head.unitz": 1}, "<values>: head.unitz: there is no symbol and no field 'head.unitz'; did you mean 'head.units'?"),
        ({"b.fd.radius": 1}, "did you mean 'b.fc.radius'?"),
        ({"head.name": "x"}, "there is no symbol and no field 'head.name'"),
        ({"R": [1]}, "the value of 'R' is a list; write an expression"),
        ({"R": "2*"}, "the expression ends too early"),
        ({"R": "1/0"}, "division by zero"),
        ({"R": float("inf")}, "not a finite number"),
        ({"R": object()}, "neither text, number, list nor mapping"),
        ({"R-1": 2}, "'R-1' is not a symbol or a path"),
        ({"head.units": 0}, "must be a positive whole number, not 0"),
        ({"head.units": None}, "the field 'units' needs a value"),
        ({"w": "R*x"}, "unknown name 'x'"),
        ({"w": "R", "R": "w"}, "depend on each other"),
    ],
)  # fmt: skip
def test_mistakes(assignments: dict[str, Any], message: str) -> None:
    with pytest.raises(bc.SpecError) as error:
        bc.compile(bc.override(SPEC, assignments))
    assert message in str(error.value)


def test_overriding_twice_adds_up() -> None:
    once = bc.override(SPEC, {"R": 3, "head.radius": 5})
    assert bc.compile(bc.override(once, {"w": 2})).lipschitz.number() == lipschitz({"R": 3, "head.radius": 5, "w": 2})
