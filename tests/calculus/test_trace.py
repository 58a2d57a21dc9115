"""Tracing of loops: what stays zero, what becomes infinite, and loops over no more states than are needed."""

from __future__ import annotations

import pytest
import sympy
from flint import fmpq

import boundcalc as bc
from boundcalc.calculus.euclidean import Euclidean, Jet
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.trace import Traced, trace
from boundcalc.graph.expand import expand
from boundcalc.graph.lower import lower
from boundcalc.graph.selection import select
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Loop, Op, Scalar
from boundcalc.program.loops import separate_loops

K = sympy.Symbol("k", positive=True, integer=True)
R, x = sympy.symbols("R x", positive=True)
HEAD = "symbols: {R:, x:, k: {integer: true}}\nradius: R\ninput: {shape: [2], norm: x}\n"


def traced(layers: str, seeded: bool = False, wrt: tuple[str, ...] = ("parameters",)) -> tuple[Traced, Jet]:
    graph = expand(bc.loads(f"{HEAD}layers: [{layers}]"))
    primitives = lower(graph, select(graph, wrt))
    found = trace(primitives, Euclidean(Arena()), seeded=seeded)
    return found, Jet(*found.components(primitives.output).values())


def repeat(body: str) -> str:
    return f"{{repeat: {{times: k, layers: [{body}]}}}}"


def states(value: object) -> list[str]:
    """The names of the states of the loop that a result belongs to."""
    assert isinstance(value, Scalar)
    assert value.node.op is Op.RESULT
    loop = value.arena.nodes[value.node.args[0]].payload
    assert isinstance(loop, Loop)
    return [str(value.arena.nodes[s].payload).split(" ")[0] for s in loop.states]


def test_every_quantity_has_a_loop_over_what_it_needs() -> None:
    _, jet = traced(repeat("dense: {units: 2, bias: false}, softplus"))
    assert states(jet.norm) == ["norm"]
    assert states(jet.sup) == ["norm", "sup"]
    assert states(jet.lipschitz) == ["norm", "lipschitz"]
    assert states(jet.smoothness) == ["norm", "lipschitz", "smoothness"]


def test_a_largest_entry_that_is_the_norm_is_one_state() -> None:
    _, jet = traced(repeat("dense: {units: 2, bias: false}"))
    assert jet.sup == jet.norm
    assert states(jet.norm) == ["norm"]


def test_the_loop_of_a_norm_has_no_seeds() -> None:
    found, jet = traced(repeat("dense: 2, softplus"), seeded=True)
    (seed,) = found.seeds.values()

    def leaves(value: object) -> set[object]:
        assert isinstance(value, Scalar)
        return {value.arena.nodes[i].payload for i in value.arena.needed([value.index])}

    assert seed not in leaves(jet.norm)
    assert seed in leaves(jet.lipschitz)


def test_separate_loops_are_one_loop() -> None:
    arena = Arena()
    a, b, c = (arena.variable(name) for name in "abc")
    two, r = arena.leaf(2), arena.leaf(R)
    begin, following = [arena.leaf(x), arena.one, arena.zero], [two * a, r * b + a, c + b * b]
    times = arena.leaf(K)
    together = arena.loop([a, b, c], begin, following, times)
    apart = separate_loops(arena, [a, b, c], begin, following, times)
    assert [len(arena.nodes[s.node.args[0]].payload.states) for s in apart] == [1, 2, 3]  # type: ignore[union-attr]
    values = {R: fmpq(1, 3), x: fmpq(2, 5), K: 7}
    assert evaluate(apart, values) == evaluate(together, values)


def test_states_that_feed_each_other_stay_together() -> None:
    arena = Arena()
    a, b = arena.variable("a"), arena.variable("b")
    apart = separate_loops(arena, [a, b], [arena.one, arena.leaf(x)], [b, a], arena.leaf(K))
    assert apart[0].node.args == apart[1].node.args
    assert evaluate(apart, {x: 3, K: 5}) == [3, 1]


def test_a_kink_on_what_does_not_depend_on_the_parameters_costs_nothing() -> None:
    _, jet = traced(repeat("{dense: {units: 2, frozen: true}}, relu"))
    assert isinstance(jet.lipschitz, Scalar)
    assert isinstance(jet.smoothness, Scalar)
    assert jet.lipschitz.is_zero
    assert jet.smoothness.is_zero


@pytest.mark.parametrize(("before", "zero"), [("{dense: {units: 2, frozen: true}}", True), ("dense: 2", False)])
def test_a_kink_counts_once_the_state_depends_on_them(before: str, zero: bool) -> None:
    """The first guess, that the carried state does not depend on the parameters, is corrected by what a pass gives."""
    _, jet = traced(f"{before}, " + repeat("relu, {dense: {units: 2, frozen: true}}"))
    assert isinstance(jet.lipschitz, Scalar)
    assert jet.lipschitz.is_zero is zero
    assert isinstance(jet.smoothness, Scalar if zero else Unbounded)


def test_the_reason_of_an_infinite_state_goes_through_the_loop() -> None:
    _, jet = traced(repeat("{residual: [dense: 2, relu]}") + ", dense: 2, softplus")
    assert isinstance(jet.smoothness, Unbounded)
    assert "relu" in jet.smoothness.reason
    assert states(traced(repeat("{residual: [dense: 2, relu]}"))[1].lipschitz) == ["norm", "lipschitz"]


def test_an_unknown_norm_goes_through_the_loop() -> None:
    _, jet = traced(repeat("{map: {lipschitz: 1/2, smoothness: 1}}"), wrt=("input",))
    assert isinstance(jet.norm, Unbounded)
    assert isinstance(jet.sup, Unbounded)
    assert states(jet.lipschitz) == ["lipschitz"]
    assert states(jet.smoothness) == ["lipschitz", "smoothness"]


def test_bounded_entries_are_carried_apart_from_the_norm() -> None:
    """After a tanh the entries are at most 1, whatever the norm: sup is a state of its own."""
    _, jet = traced(repeat("dense: {units: 2, bias: false}, tanh"))
    assert jet.sup != jet.norm


def test_loops_in_loops() -> None:
    _, jet = traced(repeat("dense: {units: 2, bias: false}, " + repeat("dense: {units: 2, bias: false}")))
    assert states(jet.norm) == ["norm"]
    assert isinstance(jet.norm, Scalar)
    symbols = {
        s.name: s
        for i in jet.norm.arena.needed([jet.norm.index])
        if isinstance(p := jet.norm.arena.nodes[i].payload, sympy.Expr)
        for s in p.free_symbols
    }
    (value,) = evaluate([jet.norm], {symbols["R"]: 2, symbols["x"]: 3, symbols["k"]: 3})
    assert value == 3 * 2 ** (3 * 4)
