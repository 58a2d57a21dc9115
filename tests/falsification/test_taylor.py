"""Truncated Taylor series: every operation against difference quotients of values with so many digits that they are exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.subjects import subject_and_bounds

from boundcalc.falsification.elementary import ELEMENTARY
from boundcalc.falsification.namespaces import DOUBLES, Base, balls, recording
from boundcalc.falsification.taylor import Taylor
from boundcalc.falsification.taylor_namespace import TaylorNamespace

Operation = Callable[[Any, Taylor, Taylor, Taylor], Taylor]  # of the namespace, x and y of shape [2, 3], z of shape [3]
DIGITS, STEP = 120, arb(2) ** -70  # exact

OPERATIONS: dict[str, Operation] = {
    "add": lambda xp, x, y, z: x + y,
    "add a number": lambda xp, x, y, z: 2 + x + 0.5,
    "add, broadcast": lambda xp, x, y, z: x + z,
    "add, broadcast from the left": lambda xp, x, y, z: z + x,
    "add an array": lambda xp, x, y, z: np.ones((4, 2, 3)) * 0.25 + x,
    "subtract": lambda xp, x, y, z: x - y,
    "subtract, broadcast": lambda xp, x, y, z: z - x,
    "subtract from a number": lambda xp, x, y, z: 1.5 - x,
    "negative": lambda xp, x, y, z: -x,
    "multiply": lambda xp, x, y, z: x * y,
    "multiply, broadcast": lambda xp, x, y, z: z * x,
    "multiply by a number": lambda xp, x, y, z: 3 * x * 0.5,
    "divide": lambda xp, x, y, z: x / y,
    "divide, broadcast": lambda xp, x, y, z: x / z,
    "divide by a number": lambda xp, x, y, z: x / 4,
    "divide a number": lambda xp, x, y, z: 3 / y,
    **{f"power {p}": lambda xp, x, y, z, p=p: x**p for p in (0, 1, 2, 3, -1, -2)},
    **{f"power {p}": lambda xp, x, y, z, p=p: (x * x + 1) ** p for p in (0.5, -0.5, 1.5)},
    "entries": lambda xp, x, y, z: x[:, 1] * y[..., 0],
    "slice": lambda xp, x, y, z: x[:, ::2],
    "transpose": lambda xp, x, y, z: x.T,
    "reshape": lambda xp, x, y, z: xp.reshape(x + z, (3, -1)),
    "permute": lambda xp, x, y, z: xp.permute_dims(xp.reshape(x, (1, 2, 3)), (2, 0, 1)),
    "sum": lambda xp, x, y, z: xp.sum(x * y),
    "sum along an axis": lambda xp, x, y, z: xp.sum(x * y, axis=1, keepdims=True),
    "sum along axes": lambda xp, x, y, z: xp.sum(xp.reshape(x * y, (2, 1, 3)), axis=(0, 2)),
    "mean": lambda xp, x, y, z: xp.mean(x * y),
    "mean along an axis": lambda xp, x, y, z: xp.mean(x * y, axis=0),
    "maximum": lambda xp, x, y, z: xp.max(x * y, axis=-1),
    "maximum along the first axis, kept": lambda xp, x, y, z: xp.max(x * y, axis=0, keepdims=True),
    "matrix product": lambda xp, x, y, z: xp.matmul(x, y.T),
    "matrix and vector": lambda xp, x, y, z: xp.matmul(x, z),
    "where": lambda xp, x, y, z: xp.where(x > 0.3, x * x, y),
    "where both": lambda xp, x, y, z: xp.where((x < y) & (x != y), x, y * z),
    "where not": lambda xp, x, y, z: xp.where((x >= 0) | (x == y) | (x <= -9), x * y, y),
    "where, one branch constant": lambda xp, x, y, z: xp.where(x > 0, xp.full((2, 3), 0.5), x),
    "absolute value": lambda xp, x, y, z: xp.abs(x),
    "concatenate": lambda xp, x, y, z: xp.concat([x * x, y], axis=1),
    "concatenate with constants": lambda xp, x, y, z: xp.concat([xp.zeros((2, 1)), x * x, xp.asarray([[2.0], [3.0]])], axis=1),
    "stack": lambda xp, x, y, z: xp.stack([x * y, y, x + z], axis=-1),
    "stack of some": lambda xp, x, y, z: xp.stack([z, z * z], axis=0),
    **{f"function {name}": lambda xp, x, y, z, name=name: getattr(xp, name)(x if name not in ("log", "sqrt") else x * x + 1) for name in ELEMENTARY},
    "composed": lambda xp, x, y, z: xp.log(xp.sum(xp.exp(x * y), axis=-1)) - xp.tanh(xp.erf(z))[0],
}  # fmt: skip
RNG = np.random.default_rng(3)
X, Y, Z = (
    RNG.uniform(0.4, 1.5, (2, 3)) * RNG.choice((-1, 1), (2, 3)),
    RNG.uniform(0.5, 1.5, (2, 3)),
    RNG.uniform(0.5, 1.5, 3),
)
DIRECTIONS = [RNG.normal(size=array.shape) for array in (X, Y, Z)]
SECOND = RNG.normal(size=(2, 3))  # of x alone
VARIED = [(True, True, True), (True, False, False), (False, True, False), (False, False, True), (False, False, False)]


def over(base: Base, array: Any) -> Any:
    return np.array([base.scalar(float(entry)) for entry in array.ravel()], dtype=object if base is not DOUBLES else float).reshape(array.shape)  # fmt: skip


def series(base: Base, varied: Sequence[bool], order: int = 2) -> list[Taylor]:
    found: list[Taylor] = []
    for array, direction, yes in zip((X, Y, Z), DIRECTIONS, varied, strict=True):
        second = over(base, SECOND) if array is X and yes else None
        parts = (over(base, array), over(base, direction) if yes else None, second)
        found.append(Taylor(base, parts[: order + 1]))
    return found


def exact(operation: Operation, varied: Sequence[bool]) -> list[Any]:
    """The coefficients of t^0, t^1 and t^2, from values alone."""
    base = balls()

    def at(t: arb) -> Any:
        moved: list[Taylor] = []
        for x in series(base, varied):
            parts = [part for part in x.parts if part is not None]
            moved.append(Taylor(base, (sum((part * t**k for k, part in enumerate(parts[1:], 1)), parts[0]),)))
        return operation(TaylorNamespace(base), *moved).parts[0]

    behind, here, ahead = at(-STEP), at(arb(0)), at(STEP)
    return [here, (ahead - behind) / (2 * STEP), (ahead - 2 * here + behind) / (2 * STEP * STEP)]


def floats(part: Any, like: Any) -> Any:
    return np.zeros(np.shape(like)) if part is None else np.asarray(part, dtype=float)


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_have_their_derivatives(name: str) -> None:
    operation = OPERATIONS[name]
    for varied in VARIED:
        with ctx.workdps(DIGITS):
            expected = exact(operation, varied)
            digits = operation(TaylorNamespace(balls()), *series(balls(), varied)).parts
            for part, value in zip(digits, expected, strict=False):
                found = np.zeros_like(value) if part is None else part
                assert np.shape(found) == np.shape(value)
                assert all(abs(a - b) < arb(10) ** -30 for a, b in zip(np.ravel(found), np.ravel(value), strict=True))
        doubles = operation(TaylorNamespace(DOUBLES), *series(DOUBLES, varied)).parts
        for part, value in zip(doubles, expected, strict=False):
            assert part is None or np.shape(part) == np.shape(value)
            assert np.allclose(floats(part, value), floats(value, value), rtol=1e-11, atol=1e-11), (varied, name)


@pytest.mark.parametrize("order", [0, 1])
def test_lower_orders_are_the_beginning_of_higher_ones(order: int) -> None:
    xp = TaylorNamespace(DOUBLES)
    for operation in OPERATIONS.values():
        whole, part = (operation(xp, *series(DOUBLES, VARIED[0], k)).parts for k in (2, order))
        assert len(part) == order + 1
        assert all(np.array_equal(a, b) for a, b in zip(part, whole, strict=False) if a is not None and b is not None)


@pytest.mark.parametrize("name", OPERATIONS)
def test_recorded_values_are_the_same(name: str) -> None:
    base = recording()
    found = OPERATIONS[name](TaylorNamespace(base), *(Taylor(base, x.parts) for x in series(DOUBLES, VARIED[0]))).parts
    expected = OPERATIONS[name](TaylorNamespace(DOUBLES), *series(DOUBLES, VARIED[0])).parts
    for part, value in zip(found, expected, strict=True):
        assert np.allclose(floats(part, value), floats(value, value), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_are_recorded_through_every_operation(name: str) -> None:
    """The gradient of <g, all parts> along a line against its difference quotient."""
    from autograd import grad

    inputs = [part for x in series(DOUBLES, VARIED[0]) for part in x.parts]
    weights = np.random.default_rng(5)
    g: list[Any] = []

    def height(base: Base, *parts: Any) -> Any:
        x, y, z = (Taylor(base, parts[3 * i : 3 * i + 3]) for i in range(3))
        found = OPERATIONS[name](TaylorNamespace(base), x, y, z).parts
        if not g:
            g.extend(weights.normal(size=np.shape(part)) for part in found if part is not None)
        return sum(base.module.sum(a * b) for a, b in zip(g, (p for p in found if p is not None), strict=True))

    leaves = [np.zeros(3) if part is None and i >= 6 else np.zeros((2, 3)) if part is None else part for i, part in enumerate(inputs)]  # fmt: skip
    line = [weights.normal(size=np.shape(leaf)) for leaf in leaves]
    ahead, behind = (height(DOUBLES, *(a + s * 1e-5 * b for a, b in zip(leaves, line, strict=True))) for s in (1, -1))
    base = recording()
    found = grad(lambda *parts: height(base, *parts), tuple(range(len(leaves))))(*leaves)
    slope = sum(float(np.sum(a * b)) for a, b in zip(found, line, strict=True))
    assert slope == pytest.approx((ahead - behind) / 2e-5, rel=1e-6, abs=1e-6)


FUNCTIONS = {name: getattr(sympy, name) for name in ELEMENTARY if name != "sign"}  # of which below


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("point", ["3/10", "5/4", "12"])
@pytest.mark.parametrize("sign", [1, -1])
def test_elementary_functions_are_those_of_sympy(name: str, point: str, sign: int) -> None:
    if name in ("log", "sqrt") and sign < 0:
        return
    symbol, value = sympy.Symbol("x"), sign * sympy.Rational(point)
    expected = [sympy.N(FUNCTIONS[name](symbol).diff(symbol, k).subs(symbol, value).doit(), 40) for k in range(3)]
    with ctx.workdps(40):
        base = balls()
        entry = np.array([arb(value.p) / arb(value.q)], dtype=object)
        for part, number in zip(ELEMENTARY[name](base, entry, 2), expected, strict=True):
            difference = abs(part[0] - arb(str(number)))
            assert difference < arb(10) ** -30 * (1 + abs(part[0])), name
    for part, number in zip(ELEMENTARY[name](DOUBLES, np.array([float(value)]), 2), expected, strict=True):
        assert part[0] == pytest.approx(float(number), rel=1e-12, abs=1e-14)


coefficients = st.lists(st.lists(st.integers(-8, 8), min_size=3, max_size=3), min_size=2, max_size=2)


@given(coefficients, st.sampled_from("+-*"))
@settings(max_examples=60, deadline=None)
def test_arithmetic_is_that_of_polynomials(parts: list[list[int]], operation: str) -> None:
    """What is zero may be None, on either side, and nothing changes."""
    left, right = parts
    expected = {"+": np.polynomial.polynomial.polyadd, "-": np.polynomial.polynomial.polysub, "*": np.polynomial.polynomial.polymul}  # fmt: skip
    wanted = np.resize(np.append(expected[operation](left, right), np.zeros(3)), 3)
    x, y = (
        Taylor(DOUBLES, [np.array(float(c)) if c or k == 0 else None for k, c in enumerate(cs)]) for cs in (left, right)
    )
    found = x + y if operation == "+" else x - y if operation == "-" else x * y
    assert [0.0 if part is None else float(part) for part in found.parts] == list(wanted)


# Kinks: all parts are those of one branch ----------------------------------------------------------------------------


def line(value: Any, slope: Any, bend: Any = None) -> Taylor:
    return Taylor(DOUBLES, [np.asarray(part, dtype=float) if part is not None else None for part in (value, slope, bend)])  # fmt: skip


def test_where_branches_meet_one_of_them_is_taken() -> None:
    xp = TaylorNamespace(DOUBLES)
    x = line([0.0, 0.0], [3.0, -3.0], [1.0, 2.0])
    for found in (xp.abs(x), xp.where(x > 0, x, 0.2 * x), xp.where(x >= 0, x, 0.2 * x)):
        ratios = [found.parts[1][i] / x.parts[1][i] for i in range(2)]
        assert ratios == pytest.approx([found.parts[2][i] / x.parts[2][i] for i in range(2)])
        assert all(round(ratio, 9) in (1.0, 0.2, -1.0) for ratio in ratios)


def test_branches_are_those_just_after_the_start() -> None:
    """max(0, x) + min(0, x) is x, also at 0, where each of them has a kink."""
    xp = TaylorNamespace(DOUBLES)
    for slope, bend in ((3.0, 1.0), (-3.0, 1.0), (0.0, 1.0), (0.0, -1.0)):
        x, zero = line(0.0, slope, bend), xp.full((), 0.0)
        for found in (
            xp.where(zero > x, zero, x) + xp.where(zero < x, zero, x),
            xp.where(x >= 0, x, zero) + xp.where(x <= 0, x, zero),
            xp.max(xp.stack([x, zero]), axis=0) + xp.where(x < 0, x, zero),
        ):
            assert [float(part) for part in found.parts] == [0.0, slope, bend]


def test_a_tie_of_the_maximum_goes_to_what_is_larger_just_after() -> None:
    x = line([[1.0, 2.0, 2.0], [5.0, 5.0, 5.0]], [[1.0, 3.0, 2.0], [6.0, 5.0, 6.0]], [[7.0, 8.0, 9.0], [1.0, 2.0, 1.0]])
    for base in (DOUBLES, balls()):
        there = Taylor(base, [over(base, part) for part in x.parts])
        found = TaylorNamespace(base).max(there, axis=1)
        assert [[float(entry) for entry in part] for part in found.parts] == [[2.0, 5.0], [3.0, 6.0], [8.0, 1.0]]


def test_sign_is_constant_on_either_side() -> None:
    found = TaylorNamespace(DOUBLES).sign(line([-2.0, 0.0, 3.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]))
    assert [part.tolist() for part in found.parts] == [[-1.0, 0.0, 1.0], [0.0] * 3, [0.0] * 3]


exp, log = mpmath.exp, mpmath.log
SMOOTH: dict[str, Callable[[Any], Any]] = {
    "softplus": lambda x: log(1 + exp(x)),
    "logsigmoid": lambda x: -log(1 + exp(-x)),
    "sigmoid": lambda x: 1 / (1 + exp(-x)),
    "silu": lambda x: x / (1 + exp(-x)),
    "mish": lambda x: x * mpmath.tanh(log(1 + exp(x))),
    "gelu": lambda x: x * (1 + mpmath.erf(x / mpmath.sqrt(2))) / 2,
    "tanhshrink": lambda x: x - mpmath.tanh(x),
    "gaussian": lambda x: exp(-(x**2)),
}


@pytest.mark.parametrize("kind", SMOOTH)
def test_smooth_activations_have_their_derivatives_at_zero_and_far_away(kind: str) -> None:
    subject, _ = subject_and_bounds(f"input: {{shape: [1], norm: 1000}}\nlayers: [{kind}]", wrt="input")
    direction = {"input": np.array([[1.0]])}
    for value in (0, 2, -2, 40, -40, 100, -100):
        point = {"input": np.array([[float(value)]])}
        with np.errstate(all="ignore"):
            outputs = subject.series(point, direction, DOUBLES, 2)
        for order in range(3):
            with mpmath.workdps(200):  # e^-100 beside 1
                expected = float(mpmath.diff(SMOOTH[kind], value, order) / mpmath.factorial(order))
            part = outputs.slices("", order)[0]
            assert float(np.asarray(part).item()) == pytest.approx(expected, rel=1e-9, abs=1e-12), (value, order)
            by_point, by_direction = subject.gradients("", order, point, direction)
            assert all(np.isfinite(g).all() for g in (*by_point.values(), *by_direction.values())), (value, order)
