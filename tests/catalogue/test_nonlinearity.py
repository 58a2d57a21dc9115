"""Instantiation: simultaneous, exact, strict about names and domains; conditional facts."""

import dataclasses
import subprocess
import sys

import pytest
import sympy

from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.index import ELEMENTWISE, LOG_SOFTMAX, LOSSES, NORMALISATIONS, SOFTMAX

Z = sympy.Integer
EVERY = [*ELEMENTWISE.values(), *NORMALISATIONS.values(), *LOSSES.values(), SOFTMAX, LOG_SOFTMAX]


def test_names_are_keys():
    assert all(name == entry.name for name, entry in (*ELEMENTWISE.items(), *LOSSES.items()))
    assert all(kind == entry.name for (kind, _), entry in NORMALISATIONS.items())
    assert len(EVERY) == 28 + 10 + 18 + 2


@pytest.mark.parametrize("entry", EVERY, ids=lambda e: e.name)
def test_every_fact_is_documented_and_exact(entry):
    for fact in (entry.lipschitz, entry.smoothness, entry.norm, entry.sup):
        if fact is None:
            continue
        assert fact.source
        assert fact.witness is not None
        assert fact.witness.text
        if fact.value is None:
            assert fact.reason
        else:
            assert not fact.value.has(sympy.Float)
    assert entry.title
    assert entry.domain
    allowed = set(entry.sizes) | {p.symbol for p in entry.parameters}
    values = (
        entry.lipschitz.value,
        entry.smoothness.value,
        entry.at_zero.value,
        entry.sup_at_zero,
        entry.derivative_at_zero,
    )
    for value in values:
        assert value is None or value.free_symbols <= allowed


def test_entries_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        SOFTMAX.name = "hardmax"
    with pytest.raises(TypeError):
        ELEMENTWISE["mine"] = SOFTMAX


def test_unknown_and_missing_names():
    with pytest.raises(TypeError, match="softplus takes beta, entries; not gamma"):
        ELEMENTWISE["softplus"].instantiate(entries=Z(1), gamma=Z(1))
    with pytest.raises(TypeError, match="needs entries"):
        ELEMENTWISE["softplus"].instantiate()
    with pytest.raises(TypeError, match="needs rows, classes"):
        SOFTMAX.instantiate()
    assert ELEMENTWISE["relu"].instantiate().lipschitz.value == 1  # `entries` does not occur


@pytest.mark.parametrize("value", [0.5, "2", None, True, sympy.Float("0.5"), sympy.true])
def test_values_must_be_exact(value):
    with pytest.raises(TypeError, match="exact SymPy expression"):
        ELEMENTWISE["softplus"].instantiate(entries=Z(1), beta=value)


def test_replacement_is_simultaneous():
    rows, classes = sympy.Symbol("rows", positive=True), sympy.Symbol("classes", positive=True)
    entry = SOFTMAX.instantiate(rows=classes, classes=rows)
    assert entry.at_zero.value == sympy.sqrt(classes / rows)


def test_a_users_x_is_not_captured():
    x = sympy.Symbol("x", real=True)
    entry = ELEMENTWISE["leaky_relu"].instantiate(negative_slope=x)
    assert entry.function(Z(-2)) == -2 * x


def test_domains():
    softplus, celu, hardtanh = (ELEMENTWISE[name] for name in ("softplus", "celu", "hardtanh"))
    for bad in (Z(0), Z(-1)):
        with pytest.raises(ValueError, match="beta must be positive, not"):
            softplus.instantiate(entries=Z(1), beta=bad)
        with pytest.raises(ValueError, match="alpha > 0"):
            celu.instantiate(alpha=bad)
    with pytest.raises(ValueError, match="min_val < max_val"):
        hardtanh.instantiate(entries=Z(1), min_val=Z(1))
    with pytest.raises(ValueError, match="lambd must be nonnegative"):
        ELEMENTWISE["softshrink"].instantiate(lambd=Z(-1))
    with pytest.raises(ValueError, match="alpha must be real"):
        ELEMENTWISE["elu"].instantiate(alpha=sympy.I)


def test_undecided_conditions_are_kept():
    b = sympy.Symbol("b", real=True)
    positive = sympy.Symbol("c", positive=True)
    softplus = ELEMENTWISE["softplus"]
    assert softplus.instantiate(entries=Z(1), beta=b).assumed == (b > 0,)
    assert softplus.instantiate(entries=Z(1), beta=positive).assumed == ()
    assert ELEMENTWISE["celu"].instantiate(alpha=b).assumed == (b > 0,)
    assert ELEMENTWISE["hardtanh"].instantiate(entries=Z(1), max_val=b).assumed == (sympy.Lt(-1, b),)


def test_conditional_smoothness():
    elu = ELEMENTWISE["elu"]
    assert elu.smoothness.holds_if != sympy.true
    smooth = elu.instantiate()
    assert (smooth.smoothness.value, smooth.derivative_at_zero, smooth.smoothness.reason) == (1, 1, "")
    a = sympy.Symbol("a", positive=True)
    for value in (Z(2), a, 1 + a):
        rough = elu.instantiate(alpha=value)
        assert rough.smoothness.value is None
        assert "kink at 0" in rough.smoothness.reason
        assert rough.derivative_at_zero is None
    assert elu.instantiate(alpha=a).lipschitz.value == sympy.Max(1, a)
    assert elu.instantiate(alpha=Z(-3)).lipschitz.value == 3
    assert ELEMENTWISE["leaky_relu"].instantiate(negative_slope=Z(1)).smoothness.value == 0


def test_infinite_facts_need_a_reason():
    with pytest.raises(ValueError, match="reason"):
        Fact(None, "somewhere")
    with pytest.raises(ValueError, match="reason"):
        Fact(Z(1), "somewhere", holds_if=sympy.Eq(sympy.Symbol("a"), 1))


def test_catalogue_imports_no_other_stage():
    program = "import sys, boundcalc.catalogue.index, boundcalc.catalogue.published, boundcalc.catalogue.poolings;"
    program += "print([m for m in sys.modules if m.startswith('boundcalc.') and 'catalogue' not in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
