"""Repeats with a symbolic number of times are never below the copies, whatever a pass reads from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import pytest
import sympy
from flint import arb, ctx

import boundcalc as bc
from boundcalc.blocks.total import LOOSE
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import resolve
from boundcalc.exact.balls import ball
from boundcalc.exact.enclosures import from_sympy
from tests.reference.repeats import NETWORKS, OUTSIDE

REPEATS = {**NETWORKS, **OUTSIDE}
DEPTHS = range(1, 6)
SHALLOW = range(1, 4)  # of repeats inside one another
RADIUS = sympy.Rational(5, 4)


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    with ctx.workprec(300):
        yield


def compiled(name: str, times: str, blocks: str, wrt: str) -> Bounds:
    return bc.compile(bc.loads(REPEATS[name].replace("TIMES", times)), blocks=blocks, wrt=wrt)


def paired(loop: Bounds, copies: Bounds, depth: int) -> Iterator[tuple[Bound, Bound]]:
    """The quantities of the network, of the objective, and of the rows: those of the last copy."""
    yield loop.norm, copies.norm
    yield loop.lipschitz, copies.lipschitz
    yield loop.smoothness, copies.smoothness
    if loop.objective is not None and copies.objective is not None:
        yield loop.objective.lipschitz, copies.objective.lipschitz
        yield loop.objective.smoothness, copies.objective.smoothness
    for path, row in loop.layers.items():
        yield from zip(row.quantities, copies.layers[path.replace("*", str(depth - 1))].quantities, strict=True)


@pytest.mark.parametrize("blocks", ["total", "layer", "*", "*.*"])
@pytest.mark.parametrize("name", REPEATS)
def test_never_below_the_copies(name: str, blocks: str) -> None:
    """By `*` all copies are one block, by `*.*` each is."""
    graph = bc.compile(bc.loads(REPEATS[name].replace("TIMES", "k"))).graph
    for wrt in ("parameters", "input", "input, parameters", *graph.balls):
        try:
            loop = compiled(name, "k", blocks, wrt)
        except bc.SpecError:
            known = compiled(name, "k", "layer", wrt).primitives.blocks
            assert not any(blocks == "*" or "." in ball for ball in known)
            continue
        for depth in DEPTHS if all(len(layer.loops) < 2 for layer in graph) else SHALLOW:
            copies = compiled(name, str(depth), blocks, wrt)
            assert not copies.graph.loops
            here = {"R": RADIUS, "x": sympy.Rational(3, 7)}
            given = resolve(loop.graph.conditions, {**here, "k": depth})
            same = resolve(copies.graph.conditions, here)
            for found, truth in paired(loop, copies, depth):
                if not found.finite:  # the loop cannot tell its first pass from the others
                    assert not truth.finite or depth == 1
                    continue
                assert truth.finite
                low, high = ball(truth.certified(same)), ball(found.certified(given))
                assert high >= low * (1 - arb(10) ** -20), (wrt, depth, found.name)


SCALAR = "symbols: {k: {integer: true}}\nradius: 1\ninput: {shape: [1], norm: 1}\n"
UNIT = "dense: {units: 1, bias: false"
# (spec, what it is differentiated by, what k passes attain). All weights are 1, the input is 1.
ATTAINED: list[tuple[str, str, Callable[[int], sympy.Expr]]] = [
    (  # a^k b: the derivative by a is k, that by b is 1
        f"{SCALAR}layers: [{UNIT}, name: a}}, {UNIT}, from: input, name: b}}, {{repeat: {{times: k, layers: [{UNIT}, share: a}}]}}}}]",
        "parameters",
        lambda k: sympy.sqrt(k**2 + 1),
    ),
    (  # h' = h + a x from 0: k a x
        f"{SCALAR}layers: [{UNIT}, name: a}}, {{repeat: {{times: k, name: r, carry: {{h: {{shape: [1], next: s}}}}, layers: [{{add: {{from: [h, a], name: s}}}}]}}}}, {{identity: {{from: r.h}}}}]",
        "parameters",
        sympy.Integer,
    ),
    (  # z' = w_t z + x from p: p + k x at weights 1
        f"{SCALAR}layers: [{{parameter: {{shape: [1]}}}}, {{repeat: {{times: k, layers: [{UNIT}}}, {{add: [[], input]}}]}}}}]",
        "input",
        sympy.Integer,
    ),
    (  # h' = h + x_t from 0: the sum of the entries, whose gradient is (1, ..., 1)
        f"{SCALAR.replace('shape: [1]', 'shape: [k, 1]')}layers: [{{repeat: {{times: k, name: r, each: {{x: input}}, carry: {{h: {{shape: [1], next: s}}}}, layers: [{{add: {{from: [x, h], name: s}}}}]}}}}, {{identity: {{from: r.h}}}}]",
        "input",
        sympy.sqrt,
    ),
    (  # h' = c, c' = a x + 0 c, one pass later: h is a x from the second pass on, twice with the one of before
        f"{SCALAR}layers: [{UNIT}, name: a}}, {{repeat: {{times: k, name: r, carry: {{h: {{shape: [1], next: old}}, c: {{start: a, next: d}}}}, layers: [{UNIT}, from: c, name: d}}, {{identity: {{from: c, name: old}}}}]}}}}, {{identity: {{from: r.h}}}}]",
        "parameters",
        lambda k: sympy.sqrt(k),  # a and k - 1 weights, each with the derivative 1
    ),
]


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize(("text", "wrt", "attained"), ATTAINED)
def test_what_is_attained_is_the_least_that_is_printed(
    text: str, wrt: str, attained: Callable[[int], sympy.Expr], blocks: Literal["total", "layer"]
) -> None:
    bounds = bc.compile(bc.loads(text), blocks=blocks, wrt=wrt)
    k = bounds.symbols["k"]
    for depth in (1, 2, 3, 4, 5, 2000):
        given = resolve(bounds.graph.conditions, {"k": depth})
        least = from_sympy(attained(depth))
        assert ball(bounds.lipschitz.certified(given)) >= ball(least) * (1 - arb(10) ** -20)
        assert bounds.lipschitz.expression is not None
        assert bounds.lipschitz.expression.subs(k, depth).evalf() >= attained(depth).evalf() * (1 - 1e-12)
    if blocks == "layer" and not isinstance(bounds.lipschitz.expression, sympy.Integer):
        assert bounds.lipschitz.upper
        assert any("cannot be kept apart" in warning for warning in bounds.warnings)


def test_blocks_from_outside_are_named_as_the_reason() -> None:
    """Under `blocks: layer` the form is that of `total`, marked, for the network and for the objective."""
    for name in ("shared", "lstm", "scan", "injects the input", "a loss of a shared repeat"):
        bounds = compiled(name, "k", "layer", "input, parameters")
        total = compiled(name, "k", "total", "input, parameters")
        of = [(bounds.lipschitz, total.lipschitz)]
        if bounds.objective is not None and total.objective is not None:
            of.append((bounds.objective.lipschitz, total.objective.lipschitz))
            assert any(warning.startswith("the objective: blocks in a repeat") for warning in bounds.warnings)
        for found, plain in of:
            assert found.upper[0] == LOOSE
            assert found.expression == plain.expression
        assert any("cannot be kept apart (" in warning for warning in bounds.warnings)


def test_the_objective_of_fresh_blocks_is_sharper_than_the_total() -> None:
    """By layer the chain has l = sqrt(k) R^(k - 1) x, times the slope of the loss."""
    by_layer, total = (
        compiled("a loss of the repeat alone", "k", blocks, "parameters") for blocks in ("layer", "total")
    )
    assert by_layer.objective is not None
    assert total.objective is not None
    assert by_layer.objective.lipschitz.upper == ()
    assert by_layer.objective.lipschitz.evaluate(k=9, R=1, x=1) < total.objective.lipschitz.evaluate(k=9, R=1, x=1) / 2
