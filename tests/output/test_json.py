"""The JSON contract, to the letter: keys and types by a schema, numbers rounded up, expressions that can be read back."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import mpmath
import pytest
import sympy

import boundcalc as bc
from boundcalc.exact.printing import Latex, to_str
from boundcalc.output.json import to_json

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
TEXT = {"type": "string"}
NAME = {"type": ["string", "null"]}


def exactly(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False
    }  # fmt: skip


BOUND = exactly(
    expression=NAME,
    definition=NAME,
    number={"type": ["string", "null"], "pattern": r"^\d+(\.\d+)?(e[+-]\d+)?$"},
    enclosure={"anyOf": [{"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}, {"type": "null"}]},
    log10={"type": ["number", "null"]},
    finite={"type": "boolean"},
    reason=NAME,
)
BOUND["properties"]["upper"] = {"const": True}
BOUND["properties"]["way"] = {
    "type": "array", "items": {"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}
}  # fmt: skip
SAMPLES = {"anyOf": [{"type": "object", "additionalProperties": BOUND}, {"type": "null"}]}
OBJECTIVE = exactly(lipschitz=BOUND, smoothness=BOUND, per_sample=SAMPLES)
OBJECTIVE["properties"]["upper_curvature"] = BOUND | {
    "properties": BOUND["properties"] | {"guarantees": TEXT}, "required": [*BOUND["required"], "guarantees"]
}  # fmt: skip
SIZE = {"type": ["integer", "string"]}
LAYER = exactly(
    path=TEXT, kind=TEXT, shape={"type": "array", "items": SIZE}, parameters=SIZE,
    radius={"anyOf": [NAME, {"type": "object", "additionalProperties": TEXT}]},
    own={"type": "object", "additionalProperties": NAME},
    norm=BOUND, lipschitz=BOUND, smoothness=BOUND,
)  # fmt: skip
ANSWER = exactly(
    schema={"const": 1}, name=TEXT, blocks={"enum": ["total", "layer"]}, norms={"enum": ["euclidean", "mixed"]},
    measure={"enum": ["batch", "sample", "position", "entry"]}, wrt={"type": "array", "items": TEXT},
    constants={"enum": ["sharp", "published"]}, refine={"type": "boolean"}, third_order={"type": "boolean"}, smooth={"type": ["string", "null"]}, certified={"type": "boolean"}, warnings={"type": "array", "items": TEXT},
    symbols={"type": "object", "additionalProperties": NAME}, conditions={"type": "array", "items": TEXT},
    definitions={"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}},
    bounds=exactly(norm=BOUND, lipschitz=BOUND, smoothness=BOUND),
    objective={"anyOf": [OBJECTIVE, {"type": "null"}]}, layers={"type": "array", "items": LAYER},
)  # fmt: skip

LAYER["properties"]["searched"] = {
    "type": "object",
    "additionalProperties": exactly(
        enclosure={"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
        point={"type": ["string", "null"]},
        witness=TEXT,
    ),
}
LAYER["properties"]["replaces"] = exactly(kind=TEXT, error={"type": ["string", "null"]})
ANSWER["properties"]["chosen_at"] = {"type": "object", "additionalProperties": TEXT}

SYMBOLIC = """
symbols: {n: 32, w:, R:, eps: 1/100, p: {value: 1/2, below: 1}}
batch: n
input: {shape: [3, 8, 8], norm: {entry: 1}}
radius: R
layers:
  - conv2d: {channels: w, kernel: 3, padding: same}
  - batchnorm: {eps: eps}
  - gelu
  - dropout: p
  - flatten
  - {dense: {units: 10, name: head}}
loss: logistic
"""


@pytest.fixture(scope="module", params=["total", "layer"])
def symbolic(request: pytest.FixtureRequest) -> bc.Bounds:
    return bc.compile(bc.loads(SYMBOLIC), blocks=request.param)


def all_bounds(answer: dict[str, Any]) -> list[dict[str, Any]]:
    objective = dict(answer["objective"] or {})
    samples = objective.pop("per_sample", None) or {}
    found = [*answer["bounds"].values(), *objective.values(), *samples.values()]
    return found + [layer[name] for layer in answer["layers"] for name in ("norm", "lipschitz", "smoothness")]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_every_spec_answers_as_agreed(path: Path) -> None:
    bounds = bc.compile(bc.load(path))
    answer = json.loads(json.dumps(bounds.to_dict(), allow_nan=False))
    jsonschema.validate(answer, ANSWER)
    assert answer == bounds.to_dict()
    assert [layer["path"] for layer in answer["layers"]] == list(bounds.layers)
    for bound in all_bounds(answer):
        check_bound(bound, answer)


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_mixed_norms_say_their_way(blocks: str) -> None:
    bounds = bc.compile(bc.loads(SYMBOLIC.replace("w:, R:", "w: 2, R: 1")), norms="mixed", blocks=blocks)  # type: ignore[arg-type]
    answer = json.loads(json.dumps(bounds.to_dict(), allow_nan=False))
    jsonschema.validate(answer, ANSWER)
    assert answer["chosen_at"] == {"n": "32", "w": "2", "R": "1", "eps": "1/100", "p": "1/2"}
    for bound in all_bounds(answer):
        check_bound(bound, answer)
        assert "way" in bound
    paths = {path for path, _, _ in answer["bounds"]["smoothness"]["way"]}
    assert paths <= set(bounds.layers)
    assert {"conv2d_0", "gelu_0", "head"} <= paths
    for layer in answer["layers"]:
        assert all(path == layer["path"] for name in ("norm", "smoothness") for path, _, _ in layer[name]["way"])


def check_bound(bound: dict[str, Any], answer: dict[str, Any]) -> None:
    assert bound["finite"] or bound["reason"]
    if bound["finite"] and bound["reason"]:  # why there is a number and no closed form
        assert bound["expression"] is None
    if not bound["finite"]:
        assert bound["reason"]
        assert [bound[key] for key in ("expression", "definition", "number", "enclosure", "log10")] == [None] * 5
        return
    if bound["definition"] is not None:
        assert bound["definition"] in dict(answer["definitions"])
    if bound["number"] is None:
        assert bound["enclosure"] is None
        assert bound["log10"] is None
        return
    low, high = map(Decimal, bound["enclosure"])
    assert low <= high == Decimal(bound["number"])
    assert high <= low * Decimal("1.0000001")
    if high > 0:
        assert Decimal(bound["log10"]) >= high.log10() - Decimal("1e-14") * abs(high.log10() + 1)
        assert bound["log10"] == pytest.approx(float(high.log10()), rel=1e-9, abs=1e-9)
    else:
        assert bound["log10"] is None


def test_the_schema_of_this_test_refuses_other_answers(symbolic: bc.Bounds) -> None:
    answer = symbolic.to_dict()
    jsonschema.validate(answer, ANSWER)
    for wrong in ({"schema": 2}, {"extra": 1}, {"bounds": {}}, {"symbols": {"R": 2}}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**answer, **wrong}, ANSWER)


def test_symbols_say_what_is_known_exactly(symbolic: bc.Bounds) -> None:
    assert symbolic.to_dict()["symbols"] == {"n": "32", "w": None, "R": None, "eps": "1/100", "p": "1/2"}


def test_expressions_are_read_back_equal(symbolic: bc.Bounds) -> None:
    answer = symbolic.to_dict()
    quantities = {q.name: q for q in symbolic.quantities}
    seen = 0
    for layer in answer["layers"]:
        for name in ("norm", "lipschitz", "smoothness"):
            text = layer[name]["expression"]
            if text is not None:
                assert bc.parse(text, symbolic.symbols) == quantities[f"{name}_{layer['path']}"].expression
                assert bc.parse(text, symbolic.symbols).free_symbols <= set(symbolic.symbols.values())
                seen += 1
    assert seen > 10
    known: dict[str, sympy.Symbol] = dict(symbolic.symbols)
    for (name, text), (same, expression) in zip(answer["definitions"], symbolic.definitions, strict=True):
        assert name == same
        assert bc.parse(text, known) == expression
        known[name] = sympy.Symbol(name, positive=True)


def test_definitions_in_order_give_the_numbers(symbolic: bc.Bounds) -> None:
    """Evaluated one after another in 60 digits, with nothing but what the JSON says."""
    at = {"n": 32, "w": 16, "R": mpmath.mpf(3) / 2, "eps": mpmath.mpf(1) / 100, "p": mpmath.mpf(1) / 2}
    answer = symbolic.to_dict()
    names = [name for name, _ in answer["definitions"]]
    assert len(set(names)) == len(names)
    assert not set(names) & set(symbolic.symbols)
    with mpmath.workdps(60):
        values = python_values(answer["definitions"], at)
        for quantity in symbolic.quantities:
            name = symbolic.definition(quantity)
            if name is None:
                continue
            number = mpmath.mpf(quantity.number(w=16, R=1.5))
            if quantity.upper:
                assert values[name] >= number * (1 - mpmath.mpf(10) ** -14)
            else:
                assert mpmath.almosteq(values[name], number, rel_eps=mpmath.mpf(10) ** -13)


def python_values(definitions: list[list[str]], at: dict[str, Any]) -> dict[str, Any]:
    """What Python itself makes of the texts, one after another; only texts of this program come here."""
    functions = {
        "sqrt": mpmath.sqrt, "log": mpmath.log, "exp": mpmath.exp, "erf": mpmath.erf, "pi": mpmath.pi, "E": mpmath.e,
        "Min": min, "Max": max,
    }  # fmt: skip
    scope = dict(at)
    for name, text in definitions:
        exact = re.sub(r"\b(\d+)\b", r"mpf(\1)", text)  # 1/3 is not a double
        scope[name] = eval(exact, {"__builtins__": {}, "mpf": mpmath.mpf, **functions}, scope)
    return scope


def test_huge_numbers_are_ordinary() -> None:
    text = (
        "input: {shape: [4], norm: 10**500}\nradius: 10**50\nlayers:\n" + "  - dense: {units: 4, bias: false}\n" * 100
    )
    answer = bc.compile(bc.loads(text)).to_dict()
    norm = answer["bounds"]["norm"]  # type: ignore[index]
    low, high = map(Decimal, norm["enclosure"])
    assert low <= Decimal("1e5500") <= high == Decimal(norm["number"]) <= Decimal("1.0000001e5500")
    assert 5500 <= norm["log10"] < 5500.0000001
    lipschitz = answer["bounds"]["lipschitz"]  # type: ignore[index]
    assert Decimal("1e5452") <= Decimal(lipschitz["number"]) <= Decimal("1.0000001e5452")  # k R^(k-1) x
    assert norm["expression"] == "(10**5500)"
    assert Latex().doprint(sympy.Integer(10) ** 5500) == "(10^{5500})"
    tiny = bc.compile(
        bc.loads("input: {shape: [4], norm: 10**(-900)}\nradius: 10**(-900)\nlayers: [dense: {units: 1, bias: false}]")
    )
    assert Decimal("1e-1800") <= Decimal(tiny.norm.number()) <= Decimal("1.0000001e-1800")


def test_zero_has_no_logarithm() -> None:
    answer = bc.compile(
        bc.loads("input: {shape: [4], norm: 0}\nradius: 1\nlayers: [dense: {units: 1, bias: false}]")
    ).to_dict()
    norm = answer["bounds"]["norm"]  # type: ignore[index]
    assert (norm["number"], norm["log10"], norm["finite"]) == ("0", None, True)


def test_a_number_is_never_below_the_exact_value() -> None:
    """sqrt(2) R and the like, compared in integers."""
    for radius in ("2", "1/3", "10**40 + 1", "7/10**30"):
        bounds = bc.compile(bc.loads(f"input: {{shape: [4], norm: 1}}\nradius: {radius}\nlayers: [dense: 2]"))
        value = sympy.Rational(bounds.norm.number())
        assert value**2 >= 2 * sympy.sympify(radius) ** 2
        low = sympy.Rational(bounds.to_dict()["bounds"]["norm"]["enclosure"][0])  # type: ignore[index]
        assert low**2 <= 2 * sympy.sympify(radius) ** 2


@pytest.mark.parametrize(
    "value",
    [
        sympy.Integer(12), sympy.Rational(1, 3), sympy.Integer(3) ** 10_000, sympy.Integer(7) ** 6000 * 11**3000,
        sympy.Integer(10) ** 5000 + 17, -(sympy.Integer(2) ** 20_000), sympy.Integer(10) ** 5000 / sympy.Integer(3) ** 9999,
    ],
    ids=range(7),
)  # fmt: skip
def test_integers_that_python_does_not_print(value: sympy.Rational) -> None:
    text = to_str(value)
    assert max(map(len, re.findall(r"\d+", text))) <= 1000
    exact = eval(re.sub(r"\b(\d+)\b", r"Integer(\1)", text), {"Integer": sympy.Integer})
    assert exact == value
    x = sympy.Symbol("x", positive=True)
    assert (
        eval(re.sub(r"\b(\d+)\b", r"Integer(\1)", to_str(value * x + 1)), {"Integer": sympy.Integer, "x": x})
        == value * x + 1
    )


@pytest.mark.parametrize(
    "value",
    [
        {}, [], {"a": {}, "b": []}, {"a": [1, 2.5, 1e300, True, False, None, "x"], "b": {"c": [{"d": "e"}, ["f"]]}}, "é\"\\ \n\t", 3, None,
        {"é\"\\": (1, [2])},
    ],
)  # fmt: skip
def test_the_layout_is_that_of_python(value: Any):
    assert to_json(value) == json.dumps(value, indent=1, ensure_ascii=False)
