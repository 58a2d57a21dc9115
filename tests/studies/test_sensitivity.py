"""Elasticities: by hyperparameters, and by the balls of the layers."""

from __future__ import annotations

import math
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.exact.balls import ball
from boundcalc.studies.sensitivity import LONG, contributions, sensitivities, sensitivity

MLP = """
symbols: {n: 4, R: 3/2, eps: 1/10}
batch: n
radius: R
input: {shape: [6], norm: {sample: 1}}
layers: [dense: 5, softplus, dense: {units: 5, name: mid}, batchnorm: {eps: eps}, softplus, residual: [dense: 5, softplus], dense: {units: 2, bias: false, name: head}]
"""
REPEATED = "symbols: {R: 3/2, k: {integer: true, value: 6}}\nradius: R\ninput: {shape: [3], norm: 2}\nlayers: [{repeat: {times: k, layers: [dense: 3, softplus]}}, dense: 1]"


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_contributions_add_up_to_the_elasticity_by_the_common_radius(blocks: str) -> None:
    """R d/dR = the sum over the balls of R_t d/dR_t, where every R_t is R."""
    bounds = bc.compile(bc.loads(MLP), blocks=blocks)  # type: ignore[arg-type]
    found = contributions(bounds)
    assert found.keys() == {"lipschitz", "smoothness"}
    for name, parts in found.items():
        assert list(parts) == ["dense_0", "mid", "residual_0.dense_0", "head"]
        assert sum(parts.values()) == pytest.approx(getattr(bounds, name).elasticity("R"), rel=1e-9)


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_a_deep_linear_chain(blocks: str) -> None:
    """l = k R^(k-1) x: every ball contributes (k - 1) / k, R in all k - 1, and L contributes (k - 2) / k."""
    text = "symbols: {R: 2}\nradius: R\ninput: {shape: [1], norm: 3}\nlayers: [{repeat: {times: 5, name: c, layers: [dense: {units: 1, bias: false}]}}]"
    bounds = bc.compile(bc.loads(text), blocks=blocks)  # type: ignore[arg-type]
    found = contributions(bounds)
    assert list(found["lipschitz"].values()) == pytest.approx([4 / 5] * 5, rel=1e-12)
    assert list(found["smoothness"].values()) == pytest.approx([3 / 5] * 5, rel=1e-9)
    assert bounds.lipschitz.elasticity("R") == pytest.approx(4, rel=1e-12)
    assert bounds.smoothness.elasticity("R") == pytest.approx(3, rel=1e-9)


def test_contributions_through_a_symbolic_repeat() -> None:
    bounds = bc.compile(bc.loads(REPEATED))
    copies = bc.compile(bc.loads(REPEATED.replace("times: k", "times: 6")))
    for name, parts in contributions(bounds).items():
        assert sum(parts.values()) == pytest.approx(getattr(bounds, name).elasticity("R"), rel=1e-12)
        of_copies = contributions(copies)[name]
        inside = sum(value for path, value in of_copies.items() if path.startswith("repeat_0"))
        assert parts["repeat_0.*.dense_0"] == pytest.approx(inside, rel=1e-12)
        assert parts["dense_0"] == pytest.approx(of_copies["dense_0"], rel=1e-12)


def test_a_loop_by_blocks_has_no_contributions() -> None:
    """There are 2000 passes and no entry for each: what a ball contributes is not known."""
    bounds = bc.compile(bc.override(bc.loads(REPEATED), {"k": "2000"}), blocks="layer")
    assert bounds.graph.loops
    assert contributions(bounds) == {}


def test_without_values_there_are_none() -> None:
    bounds = bc.compile(bc.override(bc.loads(MLP), {"eps": None}))
    assert contributions(bounds) == {}
    found = sensitivities(bounds, ["R", "eps"])
    assert found["lipschitz"].numbers == found["lipschitz"].elasticities == {}
    assert bounds.symbols["eps"] in found["lipschitz"].derivatives["R"].free_symbols


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_elasticities_are_those_of_the_bounds(blocks: str) -> None:
    bounds = bc.compile(bc.loads(MLP), blocks=blocks)  # type: ignore[arg-type]
    found = sensitivities(bounds, ["n", "R", "eps"])
    assert found.keys() == {"lipschitz", "smoothness"}
    for name, one in found.items():
        bound = getattr(bounds, name)
        assert one.bound is bound
        assert not one.ties
        assert one.elasticities["eps"] < 0 < one.elasticities["R"]
        for symbol, elasticity in one.elasticities.items():
            assert elasticity == pytest.approx(bound.elasticity(symbol), rel=1e-12)
            if bounds.symbols[symbol].is_integer:
                continue  # there are no values near a whole number
            near = [
                float(bound.evaluate({symbol: bounds.values[bounds.symbols[symbol]] * factor}))
                for factor in (1 - UP, 1 + UP)
            ]
            assert elasticity == pytest.approx(
                (near[1] - near[0]) / (2 * float(UP)) / float(bound.evaluate()), rel=1e-5
            )


UP = bc.parse("1/100000", {})


def test_infinite_bounds_have_none() -> None:
    bounds = bc.compile(bc.loads(MLP.replace("softplus", "relu")))
    assert sensitivities(bounds, ["R"]).keys() == {"lipschitz"}
    assert contributions(bounds).keys() == {"lipschitz"}


def test_ties_are_reported() -> None:
    """min(1, R x) at R x = 1, in the coefficient of the last layer's weights."""
    text = "symbols: {R: 1, x: %s}\nradius: R\ninput: {shape: [1], norm: x}\nlayers: [dense: {units: 1, bias: false}, tanh, dense: {units: 1, bias: false}]"
    assert sensitivities(bc.compile(bc.loads(text % "1")), ["x"])["lipschitz"].ties
    assert not sensitivities(bc.compile(bc.loads(text % "2")), ["x"])["lipschitz"].ties


def test_a_bound_that_is_zero_has_no_elasticity() -> None:
    bounds = bc.compile(
        bc.loads(
            "symbols: {R: 2}\nradius: R\ninput: {shape: [2], norm: 1}\nlayers: [{dense: {units: 2, frozen: true}}]"
        )
    )
    with pytest.raises(ArithmeticError, match="is 0 there"):
        bounds.lipschitz.elasticity("R")
    assert sensitivities(bounds, ["R"])["lipschitz"].elasticities == {}
    assert contributions(bounds) == {}


def test_an_unknown_symbol_is_an_error() -> None:
    with pytest.raises(KeyError, match="unknown symbol 'radius'"):
        sensitivities(bc.compile(bc.loads(MLP)), ["radius"])


MINIMA = {
    "a symbol": ("r: 'min(a, b)'", "r"),
    "a field": ("", "min(a, b)"),
    "a chain": ("s: '3*min(a, b)', r: 'max(s, b) - b/2'", "r/2"),
    "roots that are equal but not the same": ("r: 'min(sqrt(a)*sqrt(3), sqrt(3*b))'", "r**2/3"),
    "logarithms": ("", "min(log(a**2), 2*log(b)) + 1"),
    "inside others": ("", "sqrt(max(1/8, min(a*b, b**2)) + ceil(a)/9)"),
}


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize("where", MINIMA)
def test_a_minimum_of_symbols_has_an_active_branch_and_ties(where: str, blocks: str) -> None:
    symbols, radius = MINIMA[where]

    def compiled(a: str) -> bc.Bounds:
        text = f"symbols: {{a: {a}, b: 2, {symbols}}}\ninput: {{shape: [3], norm: 1}}\nradius: '{radius}'\nlayers: [dense: 2, softplus, dense: 2]"
        return bc.compile(bc.loads(text), blocks=blocks)  # type: ignore[arg-type]

    for a, tie in (("3/2", False), ("5/2", False), ("2", True)):
        bounds = compiled(a)
        for name, one in sensitivities(bounds, ["a", "b"]).items():
            assert one.ties == tie
            if tie:
                continue
            bound = getattr(bounds, name)
            for symbol, number in one.numbers.items():
                value = bounds.values[bounds.symbols[symbol]]
                near = [float(bound.evaluate({symbol: value + s})) for s in (-UP, UP)]
                assert float(ball(number).mid()) == pytest.approx(
                    (near[1] - near[0]) / (2 * float(UP)), rel=1e-4, abs=1e-6
                )


def test_a_tie_in_the_value_of_a_depth_is_reported() -> None:
    """The number comes from the closed form there."""
    text = 'symbols: {a: 2, b: %s, k: {value: "min(a, b)", integer: true}}\ninput: {shape: [3], norm: 1}\nradius: 1/2\nlayers: [{repeat: {times: k, layers: [{dense: {units: 3, bias: false}}]}}]'
    for b, tie in (("3", False), ("2", True)):
        found = sensitivities(bc.compile(bc.loads(text % b)), ["a", "b"])["lipschitz"]
        assert found.ties == tie
        assert float(ball(found.numbers["a"]).mid()) != 0
        assert found.numbers["b"] == 0


def test_derivatives_of_too_many_operations_are_numbers_and_not_written_out() -> None:
    text = MLP.replace("residual: [dense: 5, softplus]", "repeat: {times: %d, layers: [dense: 5, softplus]}")
    few, many = (sensitivity(bc.compile(bc.loads(text % times)), "R").to_dict() for times in (20, 700))
    for data, long in ((few, False), (many, True)):
        derivative = data["derivatives"]["smoothness"]["R"]  # type: ignore[index, call-overload]
        assert derivative["number"] is not None
        assert derivative["reason"] == (LONG if long else None)
        assert (derivative["definition"] is None) == long
        assert (data["definitions"] == []) == long


@pytest.mark.parametrize("options", [{"norms": "mixed"}, {"measure": "sample"}, {"norms": "mixed", "blocks": "layer"}])
def test_what_layers_contribute_is_of_the_recursion_that_gave_the_bound(options: dict[str, Any]) -> None:
    """Whatever is told is the elasticity by a radius of its own, by the quotient of two bounds."""
    text = "symbols: {a: 1, b: 1}\nbatch: 9\ninput: {shape: [4], norm: {sample: 1}}\nlayers: [{dense: {units: 8, radius: a, name: first}}, softplus, {dense: {units: 3, radius: b, name: last}}]"
    spec = bc.loads(text)
    bounds = bc.compile(spec, **options)
    for name, parts in contributions(bounds).items():
        for path, elasticity in parts.items():
            symbol = {"first": "a", "last": "b"}[path]
            moved = bc.compile(bc.override(spec, {symbol: "1000001/1000000"}), **options)
            by_quotient = (moved.named[name].log10() - bounds.named[name].log10()) / math.log10(1 + 1e-6)  # type: ignore[operator]
            assert elasticity == pytest.approx(by_quotient, abs=1e-4), (name, path)
