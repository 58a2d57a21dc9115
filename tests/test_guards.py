"""No answer outside the conditions of a bound: numbers, arrays, functions, derivatives, limits, generated code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.output.latex import to_latex
from boundcalc.output.python import to_python
from boundcalc.output.text import to_text
from boundcalc.studies.asymptotics import growths

DEPENDENT = "symbols: {n: 100, r: n - 5}\nradius: r\ninput: {shape: [3], norm: 1}\nlayers: [dense: 3, tanh, dense: 2]"
DIVIDED = "symbols: {T: 6, R: 1}\nradius: R\ninput: {shape: [2, T], norm: 1}\nlayers: [{reshape: [3, -1]}, dense: 2]"
EQUAL = "symbols: {a: 4, b: 4, R: 1}\nradius: R\ninput: {shape: [a], norm: 1}\nlayers: [{add: [[], [dense: b]]}]"
POOLED = "symbols: {T: 4, R: 1}\nradius: R\ninput: {shape: [2, T], norm: 1}\nlayers: [{maxpool1d: {kernel: 2, stride: 2, padding: 1, ceil: true}}, {conv1d: {channels: 2, kernel: 2}}, globalavgpool]"
SHRUNK = "symbols: {p: 1/2, R: 1}\nradius: R\ninput: {shape: [3], norm: 1}\nlayers: [dense: 3, dropout: p]"
FRACTION = "symbols: {w: 6, R: 1}\nradius: R\nbatch: w/3\ninput: {shape: [3], norm: 1}\nlayers: [dense: 3]"
FORTY_NINE = "symbols: {T: 49, R: 1}\nradius: R\nbatch: T/49\ninput: {shape: [3], norm: 1}\nlayers: [dense: 3]"
SMOOTH = "symbols: {a: 1, R: 1}\nradius: R\ninput: {shape: [3], norm: 1}\nlayers: [dense: 3, elu: a]"
AXIS = "symbols: {i: 1, R: 1}\nradius: R\ninput: {shape: [3, 4], norm: 1}\nlayers: [dense: 3, {mean: i}]"
RANGES = "symbols: {s: {value: 1/2, below: 1, at_least: 1/4}, R: 1}\nradius: R\ninput: {shape: [3], norm: s}\nlayers: [dense: 3]"
WIDTH = (
    "symbols: {w: 4, R: 1}\nradius: R\ninput: {shape: [w], norm: 1}\nlayers: [{parameter: [w]}, {batchnorm: {eps: 1}}]"
)

CASES = [
    # spec, the conditions, values that are fine, values that are not, and what is said of them
    (DEPENDENT, (), {"n": 6.5}, {"n": 2}, "r"),
    (DEPENDENT, (), {"n": 6}, {"n": 5}, "r"),
    (DIVIDED, ("2*T/3 is whole",), {"T": 9}, {"T": 5}, "2*T/3 is whole"),
    (DIVIDED, ("2*T/3 is whole",), {"T": 9}, {"T": 4.5}, "T"),
    (EQUAL, ("a == b",), {"R": 2}, {"a": 9}, "a == b"),
    (POOLED, ("T >= 2",), {"T": 3}, {"T": 1}, "T >= 2"),
    (SHRUNK, ("p < 1",), {"p": 0.75}, {"p": 1}, "p < 1"),
    (FRACTION, ("w/3 is whole",), {"w": 9}, {"w": 7}, "w/3 is whole"),
    (FORTY_NINE, ("T/49 is whole",), {"T": 98}, {"T": 97}, "T/49 is whole"),
    (SMOOTH, ("a == 1",), {"R": 2}, {"a": 2}, "a == 1"),
    (AXIS, ("i == 1",), {"R": 2}, {"i": 2}, "i == 1"),
    (RANGES, ("s < 1", "s >= 1/4"), {"s": 0.25}, {"s": 0.2}, "s >= 1/4"),
    (WIDTH, (), {"w": 7}, {"w": 3.5}, "w"),
]  # fmt: skip
NAMES = ("norm", "lipschitz", "smoothness")


def generated(bounds: bc.Bounds) -> Callable[..., dict[str, Any]]:
    namespace: dict[str, Any] = {}
    exec(compile(to_python(bounds.document), "<generated>", "exec"), namespace)
    return namespace["bounds"]


@pytest.mark.parametrize(("text", "conditions", "fine", "wrong", "said"), CASES)
def test_no_answer_outside_the_conditions(
    text: str, conditions: tuple[str, ...], fine: dict[str, float], wrong: dict[str, float], said: str
) -> None:
    bounds = bc.compile(bc.loads(text))
    function = generated(bounds)
    named = "".join(c if c.isalnum() else f"\\{c}" for c in said)
    for name in NAMES:
        bound = getattr(bounds, name)
        good = bound.evaluate(fine)
        assert function(**fine)[name] == pytest.approx(good, rel=1e-12)
        with pytest.raises(ValueError, match=named):
            bound.evaluate(wrong)
        first = {str(symbol): float(value) for symbol, value in bounds.values.items()} | fine
        arrays = {key: np.array([first[key], value]) for key, value in wrong.items()}
        with pytest.raises(ValueError, match=rf"at entry \[1\]: .*{named}"):
            bound.evaluate({**fine, **arrays})
        answers = function(**{**fine, **arrays})[name]
        assert answers[0] == pytest.approx(good, rel=1e-12)
        assert np.isnan(answers[1])
        with pytest.raises(ValueError, match=named):
            bound.log10(wrong)
        if name == "lipschitz":
            with pytest.raises(ValueError, match=named):
                bound.diff("R" if "R" in bounds.symbols else "n").evaluate(wrong)
        if not bound.expression.free_symbols:
            continue
        every = list(bounds.symbols)
        compiled = bound.lambdify(*every)
        values = bounds.values
        defaults = {s: float(values[bounds.symbols[s]]) for s in every}
        if "r" in defaults:
            defaults["r"] = fine["n"] - 5
        assert compiled(*({**defaults, **fine}[s] for s in every)) == pytest.approx(good, rel=1e-12)
        if "r" in defaults:
            defaults["r"] = wrong["n"] - 5
        with pytest.raises(ValueError, match=named):
            compiled(*({**defaults, **wrong}[s] for s in every))
        found = compiled(*(np.array([value, value]) for value in ({**defaults, **wrong}[s] for s in every)))
        assert np.isnan(found).all()
    with pytest.raises(ValueError, match=named):
        function(**wrong)
    assert text_of(bounds) == conditions
    assert len(bounds.conditions) == len(bounds.to_dict()["conditions"])  # type: ignore[arg-type]
    assert all(condition in to_text(bounds.document) for condition in conditions)
    told = [line for line in to_latex(bounds.document).splitlines() if "This holds if " in line]
    assert len(told) == bool(conditions)
    assert sum(line.count("$") for line in told) == 2 * len(conditions)


def text_of(bounds: bc.Bounds) -> tuple[str, ...]:
    line = next((line for line in to_text(bounds.document).splitlines() if line.startswith("holds if ")), "")
    return tuple(part for part in line.removeprefix("holds if ").split(", ") if part)


def test_conditions_are_relations_of_the_declared_symbols() -> None:
    bounds = bc.compile(bc.loads(EQUAL))
    a, b = bounds.symbols["a"], bounds.symbols["b"]
    (condition,) = bounds.conditions
    assert condition.free_symbols == {a, b}
    assert bounds.to_dict()["conditions"] == ["Eq(a, b)"]
    keys = list(bounds.to_dict())
    assert keys[keys.index("symbols") + 1] == "conditions"
    assert bc.compile(bc.loads(WIDTH)).to_dict()["conditions"] == []


def test_conditions_are_met_by_arrays_and_numbers_together() -> None:
    bounds = bc.compile(bc.loads(EQUAL))
    number = bounds.lipschitz.evaluate(a=9, b=9)
    assert bounds.lipschitz.evaluate(a=np.array([9, 9]), b=9) == pytest.approx(number)
    assert generated(bounds)(a=np.array([9, 9]), b=9)["lipschitz"] == pytest.approx(number)
    with pytest.raises(ValueError, match=r"at entry \[0, 1\]: .*a == b"):
        bounds.lipschitz.evaluate(a=np.array([[8, 9]]), b=np.array([[8], [9]]))
    with pytest.raises(ValueError, match="'R' is positive"):
        bounds.lipschitz.evaluate(a=np.array([4, 4]), R=-1)


def test_a_value_computed_from_others_may_be_given_itself() -> None:
    bounds = bc.compile(bc.loads(DEPENDENT))
    assert bounds.lipschitz.evaluate(n=7) == bounds.lipschitz.evaluate(r=2)
    assert generated(bounds)(r=np.array([2.0]))["lipschitz"] == pytest.approx(float(bounds.lipschitz.evaluate(r=2)))
    with pytest.raises(ValueError, match="'r' is positive"):
        bounds.lipschitz.evaluate(r=-2)
    assert bounds.lipschitz.evaluate(n=np.array([7, 105]))[0] == bounds.lipschitz.evaluate(r=2)  # type: ignore[index]


def test_chosen_arguments_of_a_function_meet_the_values_of_the_others() -> None:
    function = bc.compile(bc.loads(EQUAL)).lipschitz.lambdify("R", "a")
    assert function(2.0, 4) > 0
    with pytest.raises(ValueError, match="a == b"):
        function(2.0, 5)
    assert np.isnan(function(np.array([2.0]), 5)).all()
    assert np.isfinite(function(np.array([2.0]), 4)).all()
    with pytest.raises(TypeError):
        function(2.0)


def test_rounding_breaks_no_condition() -> None:
    """(1/49)*49 is below 1 in double precision, and floor(T/49) is 1 at T = 49."""
    pooled = "symbols: {T:}\nradius: 1\ninput: {shape: [1, T], norm: 1}\nlayers: [{maxpool1d: 49}, {conv1d: {channels: 1, kernel: 1}}]"
    bounds = bc.compile(bc.loads(pooled))
    for factor in range(1, 60):
        exact = bounds.lipschitz.evaluate(T=49 * factor)
        assert generated(bounds)(T=49 * factor)["lipschitz"] == pytest.approx(exact, rel=1e-12)
        assert bounds.lipschitz.lambdify()(49 * factor) == pytest.approx(exact, rel=1e-12)
    divided = bc.compile(bc.loads(FORTY_NINE))
    whole = np.arange(1, 60) * 49
    assert np.isfinite(divided.lipschitz.evaluate(T=whole)).all()
    assert np.isfinite(generated(divided)(T=whole)["lipschitz"]).all()
    assert np.isfinite(divided.lipschitz.lambdify("T", "R")(whole, 1.0)).all()


def test_a_constant_that_needs_a_condition_is_kept_where_the_values_meet_it() -> None:
    for kind in ("elu", "leaky_relu"):
        text = SMOOTH.replace("elu: a", f"{kind}: a")
        bounds = bc.compile(bc.loads(text))
        direct = bc.compile(bc.loads(text.replace(f"{kind}: a", f"{kind}: 1")))
        assert bounds.smoothness.evaluate() == direct.smoothness.evaluate() < np.inf
        other = bc.compile(bc.loads(text.replace("a: 1,", "a: 1/2,")))
        assert not other.smoothness.finite
        assert other.lipschitz.evaluate(a=3) >= 3
        assert not bc.compile(bc.loads(text.replace("a: 1,", "a:,"))).smoothness.finite


def test_limits_and_derivatives_outside_the_conditions_say_so() -> None:
    shrunk = bc.compile(bc.loads(SHRUNK))
    assert "p < 1" in str(growths(shrunk, "p", "oo")["lipschitz"].reason)
    assert growths(shrunk, "p", 0)["lipschitz"].reason is None
    assert growths(shrunk, "R", "oo")["norm"].reason is None
    divided = bc.compile(bc.loads(FRACTION))
    assert growths(divided, "w", "oo")["lipschitz"].reason is None  # along whole numbers of threes
    assert "w is whole" in str(growths(divided, "w", 0)["lipschitz"].reason) or "w/3" in str(
        growths(divided, "w", 0)["lipschitz"].reason
    )
    slope = bc.compile(bc.loads(SMOOTH)).lipschitz.diff("a")
    assert "a == 1" in str(slope.reason)


def test_derivatives_by_a_size_are_those_of_the_form_extended_to_the_reals() -> None:
    text = "symbols: {n: 9, R: 1}\nradius: R\nbatch: n\ninput: {shape: [3], norm: 1}\nlayers: [{dense: {units: 3}}]"
    bounds = bc.compile(bc.loads(text))
    assert bounds.lipschitz.diff("n").evaluate() == pytest.approx(1 / (2 * 10**0.5))
    with pytest.raises(ValueError, match="'n' is an integer"):
        bounds.lipschitz.diff("n").evaluate(n=2.5)


def test_numbers_that_no_array_module_takes_are_floats() -> None:
    text = "symbols: {R:, s: sqrt(10**40 + 1)}\ninput: {shape: [4], norm: s}\nradius: R\nlayers: [{dense: {units: 3, bias: false}}]"
    bound = bc.compile(bc.loads(text)).norm
    assert bound.lambdify("R", "s")(2.0, 1e20) == pytest.approx(2e20)
    fixed = bc.compile(bc.loads(text.replace("norm: s", "norm: sqrt(10**40 + 1)"))).norm
    assert fixed.lambdify("R")(np.array([2.0])) == pytest.approx([2e20])
    assert float(fixed.lambdify("R", modules="mpmath")(2)) == pytest.approx(2e20)
