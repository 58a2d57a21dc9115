"""Every surface gives the number that is certified: arrays, generated Python and `lambdify`, for random networks, at the values of
the spec and at others, also next to them: there growth factors of a repeat nearly coincide, and a closed form would lose its digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.output.python import to_python
from tests.reference.random_specs import random_spec

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"blocks": "layer"},
    {"norms": "mixed"},
    {"measure": "sample"},
    {"measure": "entry"},
    {"third_order": True},
)
FACTORS = tuple(map(sympy.Rational, (1, "1.000001", "0.999999999", "1.5", "0.3")))
LARGEST = 1e140  # squares of it are no doubles
CLOSE = 1e-8


@pytest.mark.parametrize("seed", range(24))
def test_all_surfaces_agree(seed: int) -> None:
    _agree(seed)


@pytest.mark.slow
@pytest.mark.parametrize("hundred", range(20))
def test_all_surfaces_agree_for_thousands(hundred: int) -> None:
    for seed in range(1000 + 100 * hundred, 1100 + 100 * hundred):
        _agree(seed)


def _agree(seed: int) -> None:
    rng, options = Random(seed), OPTIONS[seed % len(OPTIONS)]
    bounds = bc.compile(bc.loads(random_spec(seed)), **options)
    scope: dict[str, Any] = {}
    exec(to_python(bounds.document), scope)
    function = scope["bounds"]
    names = function.__wrapped__.__code__.co_varnames[: function.__wrapped__.__code__.co_argcount - 1]
    for trial in range(3):
        at = {name: _value(bounds, name, rng) for name in names if trial and _is_free(bounds, name)}
        given = {name: float(value) for name, value in at.items()}
        found, refused = {}, False
        try:
            found = function(**given)
        except ValueError:
            refused = True
        for name, bound in _bounds(bounds).items():
            if not bound.finite:
                continue
            if refused:
                with pytest.raises(ValueError, match=r"is |hold|compiled for"):
                    bound.evaluate(at)
                continue
            certified = float(bound.evaluate(at))
            larger = bool(bound.upper) or (
                options.get("norms") == "mixed" and trial > 0
            )  # the ways are those at the spec's values
            _is(found[name], certified, larger, f"{seed} {name} {at} in Python")
            if given:
                arrays = bound.evaluate({key: np.array([value]) for key, value in given.items()})
                _is(np.asarray(arrays).item(), certified, False, f"{seed} {name} {at} in arrays")
            elif bound.free_symbols and bound.expression is not None and bound.free_symbols <= bounds.values.keys():
                symbols = sorted(bound.free_symbols, key=str)
                values = [float(bounds.values[s]) for s in symbols]
                _is(
                    bound.lambdify(*(s.name for s in symbols))(*values), certified, larger, f"{seed} {name} by lambdify"
                )


def _bounds(bounds: bc.Bounds) -> Mapping[str, bc.Bound]:
    found = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    if bounds.objective is not None:
        found |= {
            "objective_lipschitz": bounds.objective.lipschitz,
            "objective_smoothness": bounds.objective.smoothness,
        }
    return found


def _is_free(bounds: bc.Bounds, name: str) -> bool:
    """Whether a value may be moved: what is whole is a size, and what is computed follows."""
    symbol = bounds.symbols[name]
    return not symbol.is_integer and not bounds.graph.conditions.declared[symbol].free_symbols


def _value(bounds: bc.Bounds, name: str, rng: Random) -> sympy.Expr:
    """Next to the value of the spec, or another, as a double."""
    return sympy.Rational(float(bounds.values[bounds.symbols[name]] * rng.choice(FACTORS)))


def _is(found: float, certified: float, larger: bool, where: str) -> None:
    assert found >= certified * (1 - CLOSE), where
    assert larger or certified > LARGEST or found <= certified * (1 + CLOSE), where
    assert not math.isnan(found), where
