"""The Python source runs, agrees with the certified numbers, and cannot be made to run what a spec says."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import autograd
import autograd.numpy as anp
import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.output.parts.python_printer import Printer, constant
from boundcalc.output.python import safe_names, to_python

SPECS = Path(__file__).parents[2] / "specs"
LARGEST = 1e150  # by blocks there are squares on the way, which are no doubles above its square
FREE = {"n": 3.0, "R": 1.5, "width": 7.0, "x": 2.0, "k": 5.0, "w": 4.0}
TEXT = """
symbols: {n: 32, w:, R:, h: 4*w, eps: 1/100}
batch: n
input: {shape: [6], norm: {sample: 1}}
radius: R
layers:
  - dense: h
  - batchnorm: {eps: eps}
  - gelu
  - {dense: {units: h, radius: "min(R, sqrt(in))"}}
  - silu
  - {dense: {units: 10, name: head}}
loss: logistic
"""


def compiled(source: str) -> Callable[..., Mapping[str, Any]]:
    scope: dict[str, Any] = {}
    exec(compile(source, "<generated>", "exec"), scope)
    return scope["bounds"]


def quantities(bounds: bc.Bounds) -> dict[str, bc.Bound]:
    found = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    if bounds.objective is not None:
        found["objective_lipschitz"] = bounds.objective.lipschitz
        found["objective_smoothness"] = bounds.objective.smoothness
    return found


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_source_agrees_with_the_certified_numbers(path: Path) -> None:
    bounds = bc.compile(bc.load(path))
    at = {name: FREE[name] for name, symbol in bounds.symbols.items() if symbol not in bounds.values}
    function = compiled(to_python(bounds.document))
    found = function(**{name: value for name, value in at.items() if name in function.__wrapped__.__code__.co_varnames})  # type: ignore[attr-defined]
    for name, quantity in quantities(bounds).items():
        certified = quantity.evaluate(at)
        if certified > LARGEST:
            assert float(found[name]) >= certified * (1 - 1e-9)
            continue
        assert quantity.upper or float(found[name]) == pytest.approx(certified, rel=1e-9), name
        assert float(found[name]) >= certified * (1 - 1e-9)


def test_arguments_have_the_values_of_the_spec_and_follow_each_other() -> None:
    bounds = bc.compile(bc.loads(TEXT))
    function = compiled(to_python(bounds.document))
    for at in ({"w": 2, "R": 3}, {"w": 5, "R": 0.5, "n": 7}, {"w": 5, "R": 0.5, "eps": 0.3}):
        for name, quantity in quantities(bounds).items():
            assert float(function(**at)[name]) == pytest.approx(quantity.evaluate(at), rel=1e-9)
    assert float(function(w=2, R=3, h=8)["norm"]) == float(function(w=2, R=3)["norm"])
    assert float(function(w=2, R=3, h=9)["norm"]) != float(function(w=2, R=3)["norm"])
    with pytest.raises(TypeError):
        function(w=2)


def test_arrays_broadcast() -> None:
    bounds = bc.compile(bc.loads(TEXT))
    widths, radii = np.array([[1], [20]]), np.array([0.1, 1.0, 3.0])
    found = compiled(to_python(bounds.document))(w=widths, R=radii)
    for name, quantity in quantities(bounds).items():
        np.testing.assert_allclose(found[name], quantity.evaluate(w=widths, R=radii), rtol=1e-9)


def test_the_source_can_be_differentiated() -> None:
    bounds = bc.compile(bc.loads(TEXT))
    function = compiled(to_python(bounds.document))
    slope = autograd.grad(lambda radius: function(w=3.0, R=radius, xp=anp)["lipschitz"])(1.5)
    step = 1e-6
    above, below = (bounds.lipschitz.evaluate(w=3, R=1.5 + side) for side in (step, -step))
    assert slope == pytest.approx((above - below) / (2 * step), rel=1e-6)


REPEATED = """
symbols: {R: 2, k: {value: 7, integer: true}}
input: {shape: [3], norm: {sample: 1}}
radius: R
layers: [{repeat: {times: k, layers: [dense: {units: 3}, sin: ]}}]
"""
NEAR = [1 + step for step in (0.0, 1e-2, 1e-4, -1e-6, 1e-8, 1e-12, 2.3e-16)]  # the growth factors coincide at R = 1


def test_near_a_resonance_no_digit_is_lost() -> None:
    """The closed form in double precision is below zero there, or zero: at R = 1 + 1e-6 it is -1e15 for 544."""
    bounds = bc.compile(bc.loads(REPEATED))
    function, radii, passes = compiled(to_python(bounds.document)), np.array(NEAR), np.array([[0], [1], [7]])
    for name, quantity in quantities(bounds).items():
        certified = [[quantity.evaluate(R=sympy.Rational(radius), k=k) for radius in NEAR] for k in (0, 1, 7)]
        alone = [[float(function(R=radius, k=k)[name]) for radius in NEAR] for k in (0, 1, 7)]
        np.testing.assert_allclose(alone, certified, rtol=1e-12)
        np.testing.assert_allclose(function(R=radii, k=passes)[name], certified, rtol=1e-12)
        np.testing.assert_allclose(quantity.lambdify("R", "k")(radii, passes), certified, rtol=1e-12)
        assert quantity.lambdify("R", "k")(NEAR[3], 7) == pytest.approx(certified[2][3], rel=1e-12)


def test_repeats_can_be_differentiated_from_their_first_pass_on() -> None:
    """All derivatives are 0 before it, where the root of a sum of squares has no slope."""
    bounds = bc.compile(bc.loads(REPEATED))
    function = compiled(to_python(bounds.document))
    for name, quantity in quantities(bounds).items():
        slope = autograd.grad(lambda radius, of=name: function(R=radius, k=3, xp=anp)[of])(1.5)
        assert slope == pytest.approx(quantity.diff("R").evaluate(R=1.5, k=3), rel=1e-9)


def test_numbers_of_passes_may_be_computed_and_are_limited() -> None:
    text = REPEATED.replace(
        "value: 7, integer: true}", "integer: true}, m: {value: 3, integer: true}, _5: 1, half: k/2"
    )
    bounds = bc.compile(bc.loads(text.replace("times: k", "times: half + m").replace("radius: R", "radius: R*_5")))
    function = compiled(to_python(bounds.document))
    for at in ({"k": 4}, {"k": 4, "half": 6}, {"k": 8, "m": 1, "_5": 0.5}):
        assert float(function(**at)["lipschitz"]) == pytest.approx(bounds.lipschitz.evaluate(at), rel=1e-12)
    with pytest.raises(ValueError, match="more than 100000 passes"):
        function(k=10**6)
    assert np.isnan(function(k=np.array([2, 3]))["norm"]).tolist() == [False, True]


def test_repeats_are_for_numpy_or_for_a_program() -> None:
    bound = bc.compile(bc.loads(REPEATED)).smoothness
    with pytest.raises(ValueError, match=r"modules='numpy' alone; .* --format python"):
        bound.lambdify(modules="math")
    with pytest.raises(TypeError, match="takes 2 values, R, k, not 1"):
        bound.lambdify("R", "k")(1.0)


def test_above_thousands_of_definitions_the_steps_of_the_program_are_written() -> None:
    text = REPEATED.replace("times: k", "times: 900").replace("value: 7, ", "")
    bounds = bc.compile(bc.loads(text))
    source = to_python(bounds.document)
    assert "sin_0" not in source
    at = {"R": sympy.Rational(3, 4)}
    for name, quantity in quantities(bounds).items():
        assert float(compiled(source)(R=0.75)[name]) == pytest.approx(quantity.evaluate(at), rel=1e-9)


def test_sizes_that_follow_from_the_arguments_are_checked() -> None:
    """The bound depends on w as a norm alone, and holds only where w + 1 is a size."""
    text = "symbols: {w: 2, wide: w + 1, R: 1}\ninput: {shape: [wide], norm: {sample: 1}}\nradius: R\nlayers: [{linear: {norm: w}}, {dense: 2}]"
    bounds = bc.compile(bc.loads(text))
    function = compiled(to_python(bounds.document))
    assert float(function(w=3)["norm"]) == pytest.approx(bounds.norm.evaluate(w=3))
    with pytest.raises(ValueError, match="'wide' is an integer"):
        bounds.norm.evaluate(w=2.5)
    with pytest.raises(ValueError, match="hold only where"):
        function(w=2.5)
    assert np.isnan(function(w=np.array([2.5, 3.0]))["norm"]).tolist() == [True, False]


def test_infinite_bounds_say_why() -> None:
    source = to_python(
        bc.compile(bc.loads("input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, relu]")).document
    )
    assert compiled(source)()["smoothness"] == math.inf
    assert "math.inf,  # relu has a kink" in source


def test_what_a_double_cannot_hold_is_infinite() -> None:
    text = "symbols: {R: 10**200, s: 10**400}\ninput: {shape: [4], norm: s}\nradius: R\nlayers: [dense: 3, dense: {units: 3}]"
    assert compiled(to_python(bc.compile(bc.loads(text)).document))()["norm"] == math.inf


def test_text_of_the_spec_is_no_code() -> None:
    for name in ('"""\nraise SystemExit\n"""', "\\", "'''; import os #", '{x}"', "a\nimport os"):
        bounds = bc.compile(
            bc.load({"name": name, "input": {"shape": [4], "norm": 1}, "radius": 1, "layers": ["relu"]})
        )
        assert compiled(to_python(bounds.document))()["norm"] == 1


@pytest.mark.parametrize(
    "name", ["xp", "one", "math", "numpy", "bounds", "float", "print", "hasattr", "norm", "lipschitz"]
)
def test_names_that_mean_something_to_the_source(name: str) -> None:
    text = f"symbols: {{{name}:, {name}_: 2}}\ninput: {{shape: [4], norm: {name}_}}\nradius: {name}\nlayers: [dense: 3, softplus]"
    bounds = bc.compile(bc.loads(text))
    for at in (3.0, np.array([3.0, 4.0])):
        found = compiled(to_python(bounds.document))(at)
        np.testing.assert_allclose(found["norm"], bounds.norm.evaluate({name: at}), rtol=1e-9)


def test_safe_names_are_all_different() -> None:
    names = ["xp", "xp_", "xp__", "one", "one_", "a", "lambda", "lambda_"]
    safe = safe_names(names)
    assert len(set(safe.values())) == len(names)
    assert safe["a"] == "a"
    assert safe["xp_"] == "xp_"
    assert all(value.isidentifier() for value in safe.values())
    assert not {"xp", "one", "lambda"} & set(safe.values())


def test_constants_are_the_nearest_doubles() -> None:
    assert constant(sympy.Integer(7)) == "7"
    assert constant(sympy.Integer(2) ** 31) == "2147483648.0"  # array modules without 64 bits refuse the integer
    assert float(constant(sympy.Rational(1, 3))) == 1 / 3
    assert float(constant(sympy.sqrt(2))) == math.sqrt(2)
    assert constant(sympy.Integer(10) ** 400) == "math.inf"


@pytest.mark.parametrize(
    "text",
    [
        "x**(y/3) + 1/(x + 2)**3 - 7*x/3", "Min(x, y, 2) + Max(x*y, 1/2)", "sqrt(2)*sqrt(x + sqrt(y))/sqrt(3)",
        "exp(-x) + log(2 + y)*pi + E", "floor(x/3) + ceiling(y/7)", "(1/2 + x)**2*(-2/3)", "2**y + x**2",
        "Piecewise((x, x < y), (y**2, True)) + 1", "Piecewise((1, (x < 1) & (y > 1)), (2, (x < 1) | (y > 9)), (x, True))",
        "erf(1/2)*x", "-x", "1/x", "(x + y)**y",
    ],
)  # fmt: skip
def test_every_expression_prints_as_it_is(text: str) -> None:
    x, y = sympy.symbols("x y", positive=True)
    expression = bc.parse(text, {"x": x, "y": y})
    for at in ({x: 0.5, y: 2.5}, {x: 3.0, y: 0.75}):
        scope = {"xp": np, "math": math, "one": np.ones(1), "x": np.array([at[x]]), "y": np.array([at[y]])}
        source = Printer({"x": "x", "y": "y"}).array(expression)
        np.testing.assert_allclose(eval(source, scope), float(expression.subs(at)), rtol=1e-12)
