"""Derivatives of bounds against differences of high precision, on every spec, for both groupings of the parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
import sympy
from flint import arb, arb_mat, ctx, fmpq

import boundcalc as bc
from boundcalc.blocks.entries import Certified, entries
from boundcalc.blocks.figures import ByBlocks
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import resolve
from boundcalc.calculus.quantities import SMOOTHNESS
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy, to_number
from boundcalc.program.evaluate import evaluate

PRECISION = 500
# By blocks the reference is the root of a characteristic polynomial, which takes a minute where L has a hundred blocks.
SLOW = {"convnext-t", "efficientnet-b0", "mlp-mixer"}
# Gates of radius 1: a largest entry of 1 is as small as another bound of it, and derivatives are one-sided.
TIED = {"gru", "lstm", "seq2seq"}
# Where arrays are joined the number by blocks is no value of the form, and only short closed forms are differentiated.
CONCATENATED = {*TIED, "densenet121", "inception-v1", "shufflenet-v2", "squeezenet", "unet"}
SPECS = sorted(path.stem for path in Path("specs").glob("*.yaml"))
CASES = [
    (f"{name}.yaml", blocks)
    for name in SPECS
    for blocks in ("total", "layer")
    if not (blocks == "layer" and name in SLOW | CONCATENATED)
]
GIVEN = {"width": 32, "R": "3/2", "x": "7/5", "k": 5, "n": 16}
STEP = sympy.Rational(1, 10**40)
Values = Mapping[sympy.Symbol, sympy.Expr]


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """The tests' own arithmetic on balls."""
    with ctx.workprec(PRECISION):
        yield


@cache
def compiled(spec: str, blocks: str) -> Bounds:
    return bc.compile(bc.load(f"specs/{spec}"), blocks=blocks)  # type: ignore[arg-type]


def point(bounds: Bounds) -> Values:
    return resolve(
        bounds.graph.conditions, {s: v for s, v in GIVEN.items() if bounds.symbols.get(s) not in (None, *bounds.values)}
    )


def moved(bounds: Bounds, values: Values, symbol: sympy.Symbol, by: sympy.Expr) -> Values:
    """The point with one symbol moved, and those that the spec computes from it."""
    result = {**values, symbol: values[symbol] + by}
    for dependent, expression in bounds.graph.conditions.declared.items():
        if dependent != symbol and expression.free_symbols:
            result[dependent] = expression.xreplace(result)
    return result


def value(bound: Bound, values: Values) -> arb:
    """The bound itself to high precision; by blocks the norm of p or the largest eigenvalue of Q, from their entries."""
    if not isinstance(bound.figure, ByBlocks):
        assert bound.scalar is not None
        return ball(evaluate([bound.scalar], values, PRECISION)[0])
    seeds = list(bound.figure.direction(values))
    exact = {symbol: to_number(x) for symbol, x in values.items()}
    (form,) = entries([bound.figure.form], seeds, Certified(exact))
    if all(len(key) == 1 for key in form):
        return sum((ball(p) ** 2 for p in form.values()), arb(0)).sqrt()
    matrix = arb_mat(len(seeds), len(seeds))
    for (i, j), q in form.items():
        matrix[i, j] = matrix[j, i] = ball(q).mid()
    return largest_eigenvalue(matrix)


def largest_eigenvalue(matrix: arb_mat) -> arb:
    """Newton's method from above on the characteristic polynomial, whose largest root it reaches without leaving it."""
    size = matrix.nrows()
    scale = max(
        (abs(matrix[i, j]) for i in range(size) for j in range(size)),
        key=lambda x: float(x.mid().log()) if x > 0 else -1e300,
    )
    polynomial = (matrix / scale).charpoly()
    slope = polynomial.derivative()
    root = arb(size)
    for _ in range(400):
        step = (polynomial(root) / slope(root)).mid()
        root = (root - step).mid()
        if abs(step) < arb(10) ** -120:
            break
    return root * scale


def difference(bounds: Bounds, bound: Bound, values: Values, symbol: sympy.Symbol) -> arb:
    up, down = (value(bound, moved(bounds, values, symbol, sign * STEP)) for sign in (1, -1))
    return (up - down) / (2 * ball(to_number(STEP)))


def close(found: Number, truth: arb, digits: int = 20) -> bool:
    if ball(found) == 0:  # a symbol that the bound does not depend on
        return bool(truth.contains(0))
    return bool(abs(ball(found) - truth) <= arb(10) ** -digits * (abs(truth) + arb(10) ** -10))


def finite_bounds(bounds: Bounds) -> list[Bound]:
    objective = [] if bounds.objective is None else [bounds.objective.lipschitz, bounds.objective.smoothness]
    return [bound for bound in (bounds.norm, bounds.lipschitz, bounds.smoothness, *objective) if bound.finite]


def is_large(figure: ByBlocks, values: Values) -> bool:
    """Whether the matrix of a bound of L has too many blocks for its characteristic polynomial."""
    return figure.quantity is SMOOTHNESS and len(figure.direction(values)) > 40


@pytest.mark.parametrize(("spec", "blocks"), CASES)
def test_derivatives_are_limits_of_differences(spec: str, blocks: str) -> None:
    """To 20 digits for every bound and every symbol of every spec. By blocks L is only as precise as the Perron vector at
    which the derivative is taken, so there 10 digits are asked for."""
    bounds = compiled(spec, blocks)
    values = point(bounds)
    for bound in finite_bounds(bounds):
        if isinstance(bound.figure, ByBlocks) and is_large(bound.figure, values):
            continue
        for symbol, derivative in zip(bounds.symbols.values(), bound.gradient(list(bounds.symbols)), strict=True):
            if derivative.scalar is None:
                assert symbol.name in (
                    "k",
                    "S",
                    "T",
                    "b",
                )  # depths: see below; b is in a formula, whose constants are of its value
                continue
            ties: list[int] = []
            found = derivative.certified(values, ties)
            if ties and Path(spec).stem in TIED:
                continue
            assert not ties
            digits = 20
            assert close(found, difference(bounds, bound, values, symbol), digits), (bound.name, symbol)


@pytest.mark.parametrize("spec", ["mlp.yaml", "mlp-deep.yaml", "resnet-like.yaml", "vgg16-smooth-batchnorm.yaml"])
def test_second_derivatives(spec: str) -> None:
    bounds = compiled(spec, "total")
    values = point(bounds)
    R, n = bounds.symbols["R"], bounds.symbols["n"]
    for bound in (bounds.lipschitz, bounds.smoothness):
        h = ball(to_number(STEP))
        corners = {
            (i, j): value(bound, moved(bounds, moved(bounds, values, R, i * STEP), n, j * STEP))
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
        }
        twice = (corners[1, 0] - 2 * corners[0, 0] + corners[-1, 0]) / h**2
        mixed = (corners[1, 1] - corners[1, -1] - corners[-1, 1] + corners[-1, -1]) / (4 * h**2)
        assert close(bound.diff("R").diff("R").certified(values), twice)
        assert close(bound.diff("R").diff("n").certified(values), mixed)
        assert close(bound.diff("n").diff("R").certified(values), mixed)


def test_a_symbol_takes_those_that_are_computed_from_it_along() -> None:
    text = """
symbols: {d: 6, d_ff: 4*d, R: {value: s/2}, s: 3, n: 2}
batch: n
radius: R
input: {shape: [d], norm: {sample: sqrt(d)}}
layers: [dense: d_ff, softplus, dense: d]
"""
    bounds = bc.compile(bc.loads(text))
    values = resolve(bounds.graph.conditions, {})
    for bound in (bounds.norm, bounds.lipschitz, bounds.smoothness):
        for name in ("d", "s", "R", "d_ff"):
            symbol = bounds.symbols[name]
            derivative = bound.diff(name)
            assert close(derivative.certified(values), difference(bounds, bound, values, symbol)), name
            assert derivative.expression is not None
            assert close(from_sympy(derivative.expression, values, PRECISION), ball(derivative.certified(values)))
    assert bounds.smoothness.diff("s").evaluate() == pytest.approx(
        bounds.smoothness.diff("R").evaluate() / 2, rel=1e-15
    )


# The depth ----------------------------------------------------------------------------------------------------------


def test_the_derivative_by_the_depth_is_that_of_the_closed_form() -> None:
    bounds = compiled("deep-linear.yaml", "total")
    R, x, k = (bounds.symbols[s] for s in "Rxk")
    found = bounds.lipschitz.diff("k")
    assert found.scalar is None
    assert found.expression is not None
    assert sympy.simplify(found.expression - R ** (k - 1) * x * (1 + k * sympy.log(R))) == 0
    assert found.evaluate(R=2, x=1, k=3) == pytest.approx(4 * (1 + 3 * float(sympy.log(2))), rel=1e-15)
    assert bounds.lipschitz.elasticity("k", R=1, x=1, k=3) == 1.0  # l = k at R = 1
    # of k (k - 1) R^(k-2), at R = 1: (2 k - 1) (k - 2) + k (k - 1)
    assert bounds.smoothness.diff("k").diff("R").evaluate(R=1, x=1, k=3) == pytest.approx(11.0)


def test_without_a_closed_form_there_is_no_derivative_by_the_depth() -> None:
    text = "symbols: {R: 1, k: {integer: true, value: 3}}\nradius: R\ninput: {shape: [2], norm: 1}\nlayers: [{repeat: {times: k, layers: [dense: 2, square]}}]"
    bound = bc.compile(bc.loads(text)).lipschitz
    derivative = bound.diff("k")
    assert derivative.reason == "there is no closed form in k"
    with pytest.raises(ArithmeticError, match="no closed form in k"):
        derivative.evaluate()
    assert bound.diff("R").evaluate() > 0


def test_at_a_resonance_the_closed_form_has_no_slope_but_the_recursion_has() -> None:
    """The case R = 1 of the closed form is its value there; its derivative by R is not that of the case."""
    bounds = compiled("mlp-deep.yaml", "total")
    values = {**point(bounds), bounds.symbols["R"]: sympy.S.One}
    for bound in (bounds.lipschitz, bounds.smoothness):
        derivative = bound.diff("R")
        assert close(derivative.certified(values), difference(bounds, bound, values, bounds.symbols["R"]))
        assert derivative.expression is not None
        with pytest.raises(ArithmeticError, match="no branch"):
            from_sympy(derivative.expression, values)
        nearby = {**values, bounds.symbols["R"]: sympy.Rational(3, 2)}
        assert close(from_sympy(derivative.expression, nearby, PRECISION), ball(derivative.certified(nearby)))
        by_n = bound.diff("n")  # along the resonance there is one
        assert by_n.expression is not None
        assert close(from_sympy(by_n.expression, values, PRECISION), ball(by_n.certified(values)))


@pytest.mark.parametrize(("radius", "depth"), [("1/2", 3), (1, 3), (2, 3), (2, 9)])
def test_a_closed_form_with_minima_has_the_slope_of_its_least_branch(radius: object, depth: int) -> None:
    text = "symbols: {R:, x: 3/2, k: {integer: true}}\nradius: R\ninput: {shape: [2], norm: x}\nlayers: [{repeat: {times: k, layers: [dense: {units: 2, bias: false}, tanh]}}]"
    bounds = bc.compile(bc.loads(text))
    values = resolve(bounds.graph.conditions, {"R": radius, "k": depth})
    k = bounds.symbols["k"]
    for bound in (bounds.norm, bounds.lipschitz, bounds.smoothness):
        form = bound.expression
        assert form is not None
        up, down = (ball(from_sympy(form, {**values, k: values[k] + s * STEP}, PRECISION)) for s in (1, -1))
        truth = (up - down) / (2 * ball(to_number(STEP)))
        assert close(bound.diff("k").certified(values), truth)
        assert bound.diff("k").upper == bound.upper != ()


# Minima -------------------------------------------------------------------------------------------------------------

BOUNDED = "symbols: {R:, x:}\nradius: R\ninput: {shape: [1], norm: x}\nlayers: [dense: {units: 1, bias: false}, tanh, dense: {units: 1, bias: false}]"


@pytest.mark.parametrize(("x", "active"), [("1/2", True), (2, False)])
def test_a_minimum_has_the_derivative_of_its_active_branch(x: object, active: bool) -> None:
    """norm = R min(1, R x)."""
    bounds = bc.compile(bc.loads(BOUNDED))
    values = resolve(bounds.graph.conditions, {"R": 1, "x": x})
    ties: list[int] = []
    assert bounds.norm.diff("x").certified(values, ties) == (1 if active else 0)
    assert bounds.norm.diff("R").certified(values, ties) == (2 * fmpq(1, 2) if active else 1)
    assert not ties


def test_ties_are_reported() -> None:
    bounds = bc.compile(bc.loads(BOUNDED))
    values = resolve(bounds.graph.conditions, {"R": 1, "x": 1})
    ties: list[int] = []
    assert bounds.norm.diff("x").certified(values, ties) in (0, 1)
    assert ties
    assert all(bounds.norm.scalar is not None and bounds.norm.scalar.arena.nodes[i].args for i in ties)


# By blocks ----------------------------------------------------------------------------------------------------------


def test_by_blocks_a_second_derivative_is_that_of_the_closed_form() -> None:
    """The seeds at which the first one is taken move too, so the program at fixed seeds would be wrong."""
    text = "symbols: {R: 3/2, r: 1/2}\ninput: {shape: [1], norm: 1}\nlayers: [{dense: {units: 1, bias: false, radius: R}}, {dense: {units: 1, bias: false, radius: r}}]"
    bounds = bc.compile(bc.loads(text), blocks="layer")
    R, r = bounds.symbols["R"], bounds.symbols["r"]
    assert bounds.lipschitz.expression is not None
    assert sympy.simplify(bounds.lipschitz.expression - sympy.sqrt(R**2 + r**2)) == 0
    second = bounds.lipschitz.diff("R").diff("R")
    assert second.evaluate() == pytest.approx(0.25 / 2.5**1.5, rel=1e-15)
    missing = bounds.smoothness.diff("R").diff("R")  # its closed form is the Frobenius norm, not the eigenvalue
    assert missing.reason is not None
    with pytest.raises(ArithmeticError):
        missing.evaluate()


def test_derivatives_behave_as_sympy_users_expect() -> None:
    bounds = compiled("deep-linear.yaml", "total")
    R, x, k = (bounds.symbols[s] for s in "Rxk")
    bound = bounds.lipschitz
    assert sympy.diff(bound, R) == bound.diff("R").expression == bound.diff(R).expression
    assert sympy.sympify(bound.diff("R")) == bound.diff("R").expression
    assert bound.subs({"R": 1}) == bound.subs(R, 1) == k * x
    assert bound.subs([("R", 2), ("k", 3)]) == 12 * x
    assert bound.lambdify()(3, 2.0, 1.0) == pytest.approx(12.0)  # in the order of the declaration: k, R, x
    assert bound.lambdify("x", "R", "k")(1.0, 2.0, 3) == pytest.approx(12.0)
    assert bound.series("x", 0, 2).removeO() == bound.expression
    assert bound.diff("R").definition == "d_lipschitz_by_R"
    assert bound.diff("R").free_symbols == {R, x, k}
    with pytest.raises(KeyError, match="unknown symbol 'eps'"):
        bound.diff("eps")


def test_an_infinite_bound_has_no_derivative() -> None:
    with pytest.raises(ArithmeticError, match="relu"):
        compiled("vgg11.yaml", "total").smoothness.diff("R")


JOIN = "symbols: {R: 3/2}\nradius: R\ninput: {shape: [3], norm: 1}\nlayers: [dense: 2, {concat: [[dense: 2, tanh], [dense: 3]]}, dense: 2]"


def test_a_short_form_behind_a_concatenation_is_differentiated() -> None:
    bounds = bc.compile(bc.loads(JOIN), blocks="layer")
    step = sympy.Rational(1, 10**6)
    above, below = (bounds.lipschitz.evaluate(R=sympy.Rational(3, 2) + by) for by in (step, -step))
    assert bounds.lipschitz.diff("R").evaluate() == pytest.approx((above - below) / (2 * float(step)), rel=1e-6)


def test_a_long_one_is_refused() -> None:
    bounds = compiled("shufflenet-v2.yaml", "layer")
    for bound in (bounds.lipschitz, bounds.smoothness):
        if bound.finite:
            with pytest.raises(ArithmeticError, match="arrays are joined"):
                bound.diff("R").evaluate()
