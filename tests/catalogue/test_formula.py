"""The catalogue's own activations, written as formulas: the search finds their constants, of which it knows nothing."""

from __future__ import annotations

import math

import pytest
import sympy
from counts import calls

from boundcalc.catalogue.activations import SMOOTH
from boundcalc.catalogue.elementwise import ACTIVATIONS
from boundcalc.catalogue.formula import activation
from boundcalc.catalogue.gates import GATES, GELUS
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.formulas.text import parse_formula
from boundcalc.mistakes import Place

FORMULAS = {
    "identity": "x",
    "softplus": "log(1 + exp(x))",
    "logsigmoid": "-log(1 + exp(-x))",
    "sigmoid": "1/(1 + exp(-x))",
    "tanh": "tanh(x)",
    "tanhshrink": "x - tanh(x)",
    "arctan": "arctan(x)",
    "softsign": "x/(1 + abs(x))",
    "celu": "max(x, 0) + exp(min(x, 0)) - 1",
    "sin": "sin(x)",
    "gaussian": "exp(-x**2)",
    "affine": "x",
    "gelu": "x*(1 + erf(x/sqrt(2)))/2",
    "gelu_tanh": "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))",
    "silu": "x/(1 + exp(-x))",
    "mish": "x*tanh(log(1 + exp(x)))",
    "relu": "max(x, 0)",
    "relu6": "min(max(x, 0), 6)",
    "hardtanh": "min(max(x, -1), 1)",
    "leaky_relu": "max(x, 0) + min(x, 0)/100",
    "elu": "max(x, 0) + exp(min(x, 0)) - 1",
    "square": "x**2",
}
JOINED = {"softsign", "celu", "elu"}  # smooth where two smooth branches meet: to a formula a maximum is a kink
ROWS = {entry.name: entry for entry in (*SMOOTH, *GATES, *GELUS, *ACTIVATIONS.values())}


def test_every_smooth_row_of_the_catalogue_is_written() -> None:
    assert {entry.name for entry in (*SMOOTH, *GATES, *GELUS)} <= FORMULAS.keys()


def found(name: str) -> Nonlinearity:
    return activation("own", parse_formula(FORMULAS[name], Place("f"))).instantiate(entries=sympy.Integer(7))


@pytest.mark.parametrize("name", sorted(FORMULAS.keys() & ROWS.keys()))
def test_the_search_finds_the_constants_of_the_catalogue(name: str) -> None:
    """To twelve digits, and never below."""
    own, row = found(name), ROWS[name].instantiate(entries=sympy.Integer(7))
    for ours, theirs in (
        (own.lipschitz.value, row.lipschitz.value),
        (own.smoothness.value, None if name in JOINED else row.smoothness.value),
        (own.third.value if own.third else None, row.third.value if row.third and name not in JOINED else None),
        (own.at_zero.value, row.at_zero.value),
        (own.sup.value if own.sup else None, row.sup.value if row.sup else None),
    ):
        assert (ours is None) == (theirs is None), (name, ours, theirs)
        if ours is not None and theirs is not None:
            exact = sympy.N(theirs, 30)
            assert -1e-17 * exact <= sympy.N(ours, 30) - exact <= 1e-12 * max(exact, sympy.Float("1e-30")), name


@pytest.mark.parametrize("name", ["mish", "gelu", "gelu_tanh", "silu", "softplus", "tanh", "sigmoid", "arctan"])
def test_enclosures_are_narrow_and_found_soon(name: str) -> None:
    found: list[Nonlinearity] = []
    work = calls(lambda: found.append(activation(f"timed_{name}", parse_formula(FORMULAS[name], Place("f")))))
    assert work < 1_500_000  # calls; mish takes 670,000
    [own] = found
    for fact in (own.lipschitz, own.smoothness, own.third):
        assert fact is not None
        assert fact.enclosure is not None
        low, high = (float(end) for end in fact.enclosure)
        assert fact.value == fact.enclosure[1]
        assert low <= high <= low * (1 + 1e-13)
        assert fact.witness is not None
        assert fact.witness.kind in ("attained", "limit")


def test_symbols_of_a_formula_have_values() -> None:
    formula = parse_formula("log(1 + exp(b*x))/b", Place("f"))
    row = ROWS["softplus"]
    for b in (sympy.Rational(1, 2), sympy.Integer(3), sympy.sqrt(2)):
        own, theirs = activation("own", formula, {"b": b}), row.instantiate(entries=sympy.S.One, beta=b)
        assert own.smoothness.value is not None
        assert theirs.smoothness.value is not None
        assert math.isclose(own.smoothness.value, theirs.smoothness.value, rel_tol=1e-13)
