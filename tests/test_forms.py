"""Closed forms of a program: names, definitions, sizes, and what is not closed."""

from __future__ import annotations

import pytest
import sympy
from flint import arb

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.replaced import replaced
from boundcalc.bounds.values import resolve
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.program.ir import Arena, Scalar

R, x, y = sympy.symbols("R x y", positive=True)
K = sympy.Symbol("k", positive=True, integer=True)


def test_names_are_identifiers_and_given_once() -> None:
    arena = Arena()
    a, b = arena.leaf(R) + arena.leaf(x), arena.leaf(R) * arena.leaf(x)
    named = [("norm_a.b", a), ("another name", a), ("norm_a b", b)]
    forms = Forms(["norm_a_b"], [*named, ("a symbol", arena.leaf(R)), ("a number", arena.one)])
    assert forms.name(a) == "norm_a_b_"
    assert forms.name(b) == "norm_a_b__"
    assert forms.name(arena.leaf(R)) is None
    assert forms.name(arena.one) is None
    assert forms.name(arena.leaf(y)) is None
    assert [name for name, _ in forms.definitions] == ["norm_a_b_", "norm_a_b__"]


def test_without_loops_forms_are_exact() -> None:
    arena = Arena()
    scalar = (arena.leaf(R) + arena.leaf(x)) ** 2
    forms = Forms([], [("s", scalar)])
    assert forms.expression(scalar) == (R + x) ** 2
    assert forms.upper(scalar) == ()
    assert forms.reason(scalar) is None


def test_long_forms_are_definitions_only() -> None:
    """Squares of sums of squares: the tree doubles with each, the list of definitions does not."""
    arena = Arena()
    value = arena.leaf(R)
    named: list[tuple[str, Scalar]] = []
    for i in range(12):
        value = value * value + value
        named.append((f"v{i}", value))
    forms = Forms(["R"], named)
    assert forms.expression(value) is None
    assert forms.name(value) == "v11"
    definitions = dict(forms.definitions)
    assert definitions["v1"] == sympy.Symbol("v0", positive=True) ** 2 + sympy.Symbol("v0", positive=True)
    assert list(definitions) == [f"v{i}" for i in range(12)]


def test_a_loop_that_does_not_close_has_a_reason_and_no_name() -> None:
    arena = Arena()
    m = arena.variable("m")
    (end,) = arena.loop([m], [arena.leaf(x)], [m * m + m], arena.leaf(K))
    plain = arena.leaf(R) + arena.leaf(x)
    forms = Forms([], [("end", end + arena.one), ("plain", plain)])
    assert "their degree grows" in str(forms.reason(end + arena.one))
    assert forms.expression(end + arena.one) is None
    assert forms.name(end + arena.one) is None
    assert forms.definitions == [("plain", R + x)]


def test_replacing_keeps_minima_as_they_are() -> None:
    """SymPy would compare the arguments, and drop those that are never the least."""
    least = sympy.Min(x, x + R, evaluate=False)
    assert replaced(least + 1, {R: y}) == sympy.Min(x, x + y, evaluate=False) + 1
    assert replaced(least, {R: sympy.S.Zero}) == x
    assert replaced(sympy.sqrt(x), {R: y}) == sympy.sqrt(x)


NETWORKS = {
    "mlp": "dense: 4, softplus, dense: 4, tanh, dense: 2",
    "residual": "dense: 3, {residual: [dense: 3, softplus]}, {concat: [[], [dense: 2]]}",
    "repeat": "dense: 3, {repeat: {times: k, layers: [dense: {units: 3, bias: false}, softplus]}}, dense: 1",
    "repeat with a bias": "{repeat: {times: k, layers: [dense: 3, softplus]}}, softplus, dense: 1",
    "long coefficients": "{repeat: {times: k, layers: [dense: 3, {batchnorm: {eps: x/(1+x), affine: true}}, softplus]}}",
}


@pytest.fixture(scope="module", params=NETWORKS)
def bounds(request: pytest.FixtureRequest) -> Bounds:
    head = (
        "symbols: {R: 3/2, x: 2/5, k: {integer: true, value: 4}}\nbatch: 2\nradius: R\ninput: {shape: [3], norm: x}\n"
    )
    return bc.compile(bc.loads(f"{head}layers: [{NETWORKS[request.param]}]"))


def test_definitions_in_their_order_give_the_values(bounds: Bounds) -> None:
    """Each uses the spec's symbols and names before it; where nothing is upper they are the certified numbers."""
    values: dict[sympy.Symbol, Number] = dict(resolve(bounds.graph.conditions, {}))  # type: ignore[arg-type]
    for name, expression in bounds.definitions:
        assert expression.free_symbols <= values.keys(), name
        value = from_sympy(expression, values, 300)
        values |= {sympy.Symbol(name, positive=True): value, sympy.Symbol(name, real=True): value}
    named = 0
    for quantity in bounds.quantities:
        name = bounds.definition(quantity)
        if name is None:
            continue
        named += 1
        found, number = ball(values[sympy.Symbol(name, positive=True)]), ball(bounds.numbers[quantity])
        assert found >= number * (1 - arb(2) ** -40)
        if not quantity.upper:
            assert abs(found - number) <= number * arb(2) ** -40
    assert named >= 3


def test_expressions_are_in_the_symbols_of_the_spec(bounds: Bounds) -> None:
    for quantity in bounds.quantities:
        if quantity.finite and quantity.expression is not None:
            assert quantity.expression.free_symbols <= set(bounds.symbols.values())
