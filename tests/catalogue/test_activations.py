"""Elementwise entries: sampled slopes never exceed the constants, the witnesses reach them, kinks are kinks."""

import math

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import elementwise_grad
from autograd.extend import defvjp, primitive

from boundcalc.catalogue.index import ELEMENTWISE

erf = primitive(np.vectorize(math.erf, otypes=[float]))
defvjp(erf, lambda ans, x: lambda g: g * 2 / np.sqrt(np.pi) * np.exp(-(x**2)))
tanh = primitive(np.tanh)  # autograd's own derivative overflows far out
defvjp(tanh, lambda ans, x: lambda g: g * (1 - ans**2))

# What the names mean, written down a second time, as in the documentation of torch.nn.functional.
REFERENCE = {
    "identity": lambda x: 1.0 * x,
    "relu": lambda x: anp.maximum(x, 0.0),
    "relu6": lambda x: anp.minimum(anp.maximum(x, 0.0), 6.0),
    "hardtanh": lambda x, min_val=-1.0, max_val=1.0: anp.where(
        x < min_val, min_val, anp.where(x > max_val, max_val, x)
    ),
    "leaky_relu": lambda x, negative_slope=0.01: anp.where(x > 0, x, negative_slope * x),
    "selu": lambda x: (
        1.0507009873554804934193349852946
        * anp.where(x > 0, x, 1.6732632423543772848170429916717 * (anp.exp(anp.where(x > 0, 0.0, x)) - 1))
    ),
    "softplus": lambda x, beta=1.0: anp.logaddexp(0.0, beta * x) / beta,
    "logsigmoid": lambda x: -anp.logaddexp(0.0, -x),
    "sigmoid": lambda x: 0.5 * (1 + tanh(x / 2)),
    "tanh": tanh,
    "tanhshrink": lambda x: x - tanh(x),
    "arctan": anp.arctan,
    "softsign": lambda x: x / (1 + anp.abs(x)),
    "elu": lambda x, alpha=1.0: anp.where(x > 0, x, alpha * (anp.exp(anp.where(x > 0, 0.0, x)) - 1)),
    "celu": lambda x, alpha=1.0: anp.where(x > 0, x, alpha * (anp.exp(anp.where(x > 0, 0.0, x) / alpha) - 1)),
    "affine": lambda x, scale=1.0, shift=0.0: scale * x + shift,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "gelu_tanh": lambda x: 0.5 * x * (1 + tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
    "silu": lambda x: x * 0.5 * (1 + tanh(x / 2)),
    "mish": lambda x: x * tanh(anp.logaddexp(0.0, x)),
    "sin": anp.sin,
    "gaussian": lambda x: anp.exp(-(x**2)),
    "square": lambda x: x**2,
    "hardsigmoid": lambda x: anp.minimum(anp.maximum(x + 3, 0.0), 6.0) / 6,
    "hardswish": lambda x: x * anp.minimum(anp.maximum(x + 3, 0.0), 6.0) / 6,
    "softshrink": lambda x, lambd=0.5: anp.where(x > lambd, x - lambd, anp.where(x < -lambd, x + lambd, 0.0)),
    "moreau_relu": lambda x, mu=1.0: anp.where(x < 0, 0.0, anp.where(x < 2 * mu, x**2 / (4 * mu), x - mu)),
    "hardshrink": lambda x, lambd=0.5: anp.where(anp.abs(x) > lambd, x, 0.0),
}

CASES = [(name, {}) for name in ELEMENTWISE] + [
    ("softplus", {"beta": "3"}),
    ("moreau_relu", {"mu": "1/10"}),
    ("moreau_relu", {"mu": "3"}),
    ("softplus", {"beta": "1/7"}),
    ("leaky_relu", {"negative_slope": "5/2"}),
    ("leaky_relu", {"negative_slope": "-3"}),
    ("leaky_relu", {"negative_slope": "1"}),
    ("elu", {"alpha": "2"}),
    ("elu", {"alpha": "1/3"}),
    ("elu", {"alpha": "-2"}),
    ("celu", {"alpha": "2"}),
    ("celu", {"alpha": "1/5"}),
    ("affine", {"scale": "-2", "shift": "1/3"}),
    ("hardtanh", {"min_val": "-3", "max_val": "1/2"}),
    ("hardtanh", {"min_val": "1", "max_val": "2"}),
    ("hardtanh", {"min_val": "-5", "max_val": "-4"}),
    ("softshrink", {"lambd": "2"}),
    ("hardshrink", {"lambd": "3"}),
]
FAR = 400.0  # stands for infinity: every limit is reached to double precision there, but for arctan and softsign


def build(name, parameters):
    entry = ELEMENTWISE[name].instantiate(entries=9, **{k: sympy.Rational(v) for k, v in parameters.items()})
    numbers = {k: float(sympy.Rational(v)) for k, v in parameters.items()}

    def function(x):
        return REFERENCE[name](x, **numbers)

    return entry, function, elementwise_grad(function)


def grid():
    return np.unique(np.concatenate([np.linspace(-40, 40, 40001), np.linspace(-6, 6, 60001)]))


def near(point):
    """Pairs of points at and on either side of a point, ever closer; far out, the pair of a far segment."""
    if point.is_infinite:
        end = FAR if point == sympy.oo else -FAR
        return [(end, end + 1e-3), (end - 1e-3, end)]
    p = float(point)
    return [
        pair for h in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7) for pair in ((p - h, p), (p, p + h), (p - h / 2, p + h / 2))
    ]


def steepest(function, pairs):
    """The largest slope of a chord, a few units of rounding of the two values taken off."""
    a, b = np.array(pairs, dtype=float).T
    start, end = function(a), function(b)
    rounding = 8 * np.finfo(float).eps * (1 + np.abs(start) + np.abs(end))
    return float(np.max((np.abs(end - start) - rounding) / np.abs(b - a)))


def grid_steepest(function):
    points = grid()
    return steepest(function, np.stack([points[:-1], points[1:]], axis=1))


def test_every_entry_has_a_reference():
    assert set(REFERENCE) == set(ELEMENTWISE)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_function_is_the_named_one(name, parameters):
    entry, function, _ = build(name, parameters)
    for point in (-9.25, -4.5, -1.5, -0.75, -0.25, 0.0, 0.25, 0.75, 1.5, 4.5, 9.25):
        exact = entry.function(sympy.Rational(point))
        assert float(exact) == pytest.approx(float(function(np.array([point]))[0]), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_lipschitz(name, parameters):
    entry, function, _ = build(name, parameters)
    if entry.lipschitz.value is None:
        assert entry.lipschitz.reason
        return
    constant = float(entry.lipschitz.value)
    assert grid_steepest(function) <= constant * (1 + 1e-9)
    assert steepest(function, near(entry.lipschitz.witness.point)) == pytest.approx(constant, rel=1e-6)


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_smoothness(name, parameters):
    entry, _, slope = build(name, parameters)
    point = entry.smoothness.witness.point
    if entry.smoothness.value is None:
        assert entry.smoothness.reason
        if entry.lipschitz.value is not None:  # a kink: the slope jumps by more than any constant allows
            assert steepest(slope, [(float(point) - 1e-9, float(point) + 1e-9)]) > 1e6
        return
    constant = float(entry.smoothness.value)
    assert grid_steepest(slope) <= constant * (1 + 1e-9)
    assert steepest(slope, near(point)) == pytest.approx(constant, rel=1e-6)


@pytest.mark.filterwarnings("ignore:Output seems independent of input")  # the slope of a linear function
@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_third_order(name, parameters):
    """Chords of the second derivative; all that are smooth have a constant, or a point where the second derivative jumps."""
    entry, _, slope = build(name, parameters)
    bend = elementwise_grad(slope)
    if entry.third is None or entry.smoothness.value is None:
        assert entry.smoothness.reason
        return
    point = entry.third.witness.point
    if entry.third.value is None:
        assert entry.third.reason
        assert steepest(bend, [(float(point) - 1e-9, float(point) + 1e-9)]) > 1e6
        return
    constant = float(entry.third.value)
    points = np.linspace(-40, 40, 40001)  # farther apart than rounding of second derivatives matters
    assert steepest(bend, np.stack([points[:-1], points[1:]], axis=1)) <= constant * (1 + 1e-6)
    assert steepest(bend, near(point)[:12]) == pytest.approx(constant, rel=1e-4)


def test_square_and_hardshrink_are_not_lipschitz():
    square, hardshrink = build("square", {})[1], build("hardshrink", {})[1]
    assert steepest(square, [(1e6, 1e6 + 1)]) > 1e6
    assert steepest(hardshrink, [(0.5 - 1e-9, 0.5 + 1e-9)]) > 1e6


@pytest.mark.parametrize(("name", "parameters"), CASES)
def test_values(name, parameters):
    entry, function, slope = build(name, parameters)
    zero = np.array([0.0])
    assert float(entry.sup_at_zero) == pytest.approx(abs(float(function(zero)[0])), abs=1e-15)
    assert entry.at_zero.value == 3 * entry.sup_at_zero
    if entry.smoothness.value is not None:
        assert float(entry.derivative_at_zero) == pytest.approx(abs(float(slope(np.array([-1e-9]))[0])), abs=1e-8)
    else:
        assert entry.derivative_at_zero is None
    if entry.sup is None:
        assert entry.norm is None
        assert np.max(np.abs(function(np.array([-1e4, 1e4])))) > 1e3
        return
    largest = float(entry.sup.value)
    assert np.max(np.abs(function(grid()))) <= largest * (1 + 1e-12)
    point = entry.sup.witness.point
    reached = function(np.array([1e9 if point == sympy.oo else float(point)]))
    assert abs(float(reached[0])) == pytest.approx(largest, rel=1e-6)
    assert sympy.simplify(entry.norm.value - 3 * entry.sup.value) == 0


@pytest.mark.parametrize(
    "name", [name for name in ELEMENTWISE if ELEMENTWISE[name].instantiate(entries=1).derivative_at_zero is not None]
)
def test_refinement_of_the_lipschitz_constant(name, rng):
    """|a'(x)| <= |a'(0)| + L |x|."""
    entry, _, slope = build(name, {})
    points = rng.uniform(-4, 4, size=2000)
    bound = float(entry.derivative_at_zero) + float(entry.smoothness.value) * np.abs(points)
    assert np.all(np.abs(slope(points)) <= bound + 1e-12)
