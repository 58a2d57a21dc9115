"""Repeats with a symbolic number of times, from the spec to the bounds: the loop, its closed form and the copies agree."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache

import pytest
import sympy
from flint import arb, ctx, fmpq

import boundcalc as bc
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.values import resolve
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.pipeline import unrolled_if_few
from boundcalc.program.evaluate import POWER, TooManyPassesError
from tests.reference.repeats import EXACT, HEADER, NETWORKS, OPEN, PLAIN, UPPER, VECTOR, network, repeat


@pytest.fixture(autouse=True)
def _precise() -> Iterator[None]:
    """The tests' own arithmetic on balls."""
    with ctx.workprec(300):
        yield


QUANTITIES = ("norm", "lipschitz", "smoothness")
RADII = (sympy.Rational(1, 3), sympy.Integer(1), sympy.Integer(2))  # around R = 1, and 1/3 for the convolutions


@cache
def symbolic(name: str) -> Bounds:
    return bc.compile(bc.loads(NETWORKS[name].replace("TIMES", "k")))


def unrolled(text: str, depth: int, **options: str) -> Bounds:
    return bc.compile(bc.loads(text.replace("TIMES", str(depth))), **options)  # type: ignore[arg-type]


def at(bounds: Bounds, **given: object) -> dict[sympy.Symbol, sympy.Expr]:
    given = {"x": sympy.Rational(3, 7), **given}
    return resolve(bounds.graph.conditions, {s: v for s, v in given.items() if s in bounds.symbols})


def same(found: Number, truth: Number) -> bool:
    if isinstance(found, fmpq) and isinstance(truth, fmpq):
        return bool(found == truth)
    return bool(abs(ball(found) - ball(truth)) <= arb(10) ** -30 * (abs(ball(truth)) + arb(10) ** -30))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_loop_gives_the_numbers_of_the_copies(name: str) -> None:
    bounds = symbolic(name)
    for depth in range(1, 9) if name != "nested, symbolic" else range(1, 5):
        copies = unrolled(NETWORKS[name], depth)
        for quantity in QUANTITIES:
            loop, plain = getattr(bounds, quantity), getattr(copies, quantity)
            assert loop.reason == plain.reason
            for radius in RADII if loop.finite else ():
                found, truth = loop.certified(at(bounds, R=radius, k=depth)), plain.certified(at(copies, R=radius))
                assert same(found, truth), (quantity, depth, radius)


def ratio(bound: Bound, values: Mapping[sympy.Symbol, sympy.Expr]) -> tuple[arb, Number, Number]:
    """Closed form / recursion, and both."""
    expression = bound.expression
    assert expression is not None
    closed, number = from_sympy(expression, values, 300), bound.certified(values)
    return (arb(1) if closed == number else ball(closed) / ball(number)), closed, number


@pytest.mark.parametrize("name", EXACT)
def test_exact_closed_forms(name: str) -> None:
    """At, below and above the resonance, from the first pass on."""
    bounds = symbolic(name)
    for quantity in QUANTITIES:
        bound: Bound = getattr(bounds, quantity)
        assert bound.upper == ()
        assert bound.unclosed is None
        for depth in range(1, 9) if bound.finite else ():
            for radius in RADII:
                _, closed, number = ratio(bound, at(bounds, R=radius, k=depth))
                assert same(closed, number), (quantity, depth, radius)


@pytest.mark.parametrize("name", UPPER)
def test_upper_closed_forms(name: str, record_property: Callable[[str, object], None]) -> None:
    """Never below the recursion; how far above is recorded, and is no more than a small factor at these points."""
    bounds = symbolic(name)
    marked = [q for q in QUANTITIES if getattr(bounds, q).upper]
    assert marked
    for quantity in QUANTITIES:
        bound: Bound = getattr(bounds, quantity)
        slack = 1.0
        for depth in (1, 2, 3, 5, 8):
            for radius in RADII:
                if bound.expression is None:
                    continue
                found, closed, number = ratio(bound, at(bounds, R=radius, k=depth))
                if quantity in marked:
                    assert found > 1 - arb(10) ** -30, (quantity, depth, radius)
                    slack = max(slack, float(found.mid()))
                else:
                    assert same(closed, number), (quantity, depth, radius)
        record_property(f"slack of {quantity}", slack)
        assert slack < 30


def test_what_is_upper_says_why() -> None:
    assert any("||a x + c||" in reason for reason in symbolic("bias").lipschitz.upper)
    assert any("minimum" in reason for reason in symbolic("tanh").lipschitz.upper)
    assert symbolic("collected").to_dict()["bounds"]["smoothness"]["upper"] is True  # type: ignore[index]
    assert "upper" not in symbolic("softplus").to_dict()["bounds"]["smoothness"]  # type: ignore[index]


def test_only_what_an_approximation_reaches_is_upper() -> None:
    """Entries scaled by a hypot of equal ones: the norm of a concatenation closes exactly."""
    bounds = bc.compile(
        bc.loads(
            network(repeat("{concat: [[dense: {units: 1, bias: false}], [dense: {units: 1, bias: false}]]}")).replace(
                "TIMES", "k"
            )
        )
    )
    assert bounds.norm.upper == ()
    assert bounds.lipschitz.upper != ()


def test_a_bounded_layer_takes_the_least_of_its_branches() -> None:
    bounds = symbolic("tanh")
    R, x, n, k = (bounds.symbols[s] for s in "Rxnk")
    bounded = sympy.Piecewise((x, sympy.Eq(k, 0)), (sympy.sqrt(2) * sympy.sqrt(n), True))
    assert bounds.norm.expression == sympy.Min(R**k * x, bounded, evaluate=False)
    few, many = at(bounds, R=2, k=2), at(bounds, R=2, k=40)
    assert ratio(bounds.norm, few)[1] == fmpq(12, 7)
    assert same(ratio(bounds.norm, many)[1], from_sympy(sympy.sqrt(6)))
    assert {"a minimum takes the side that is fixed", "a minimum takes the side that follows the carried state"} == set(
        bounds.norm.upper
    )


@pytest.mark.parametrize("name", OPEN)
def test_bodies_that_do_not_close_say_why(name: str) -> None:
    bounds = symbolic(name)
    bound = bounds.smoothness
    assert bound.finite
    assert bound.expression is None
    assert bound.unclosed is not None
    assert "their degree grows" in bound.unclosed
    assert bound.unclosed in repr(bound)
    assert bounds.definition(bound) is None
    with pytest.raises(ValueError, match="every pass multiplies carried states"):
        bound._sympy_()


@pytest.mark.parametrize("name", NETWORKS)
def test_everything_can_be_written_as_json(name: str) -> None:
    found = json.loads(json.dumps(symbolic(name).to_dict()))
    for quantity in QUANTITIES:
        bound: Bound = getattr(symbolic(name), quantity)
        entry = found["bounds"][quantity]
        assert entry["finite"] is bound.finite
        assert (entry["expression"] is None) is (not bound.finite or bound.expression is None)
        if entry["expression"] is not None:
            assert str(bc.parse(entry["expression"], symbolic(name).symbols)) == str(bound.expression)


def test_a_kink_inside_is_named() -> None:
    bound = symbolic("relu").smoothness
    assert not bound.finite
    assert "relu" in str(bound.reason)
    assert bound.evaluate(R=1, x=1, k=3) == sympy.oo


def test_nothing_differentiated_has_zero_bounds() -> None:
    bounds = symbolic("nothing differentiated")
    assert bounds.lipschitz.expression == bounds.smoothness.expression == 0


ZERO = HEADER.replace("{integer: true}", "") + VECTOR


@pytest.mark.parametrize(
    "body", [PLAIN, f"{PLAIN}, softplus", "dense: 2, softplus", f"{PLAIN}, tanh", f"{{residual: [{PLAIN}, softplus]}}"]
)
def test_no_pass_at_all(body: str) -> None:
    """A number of passes may be 0 without a declaration; the forms hold there."""
    text = network(f"dense: 2, {repeat(body)}, dense: {{units: 1, bias: false}}", ZERO)
    bounds, none = bc.compile(bc.loads(text.replace("TIMES", "k"))), unrolled(text, 0)
    for quantity in QUANTITIES:
        bound = getattr(bounds, quantity)
        for radius in RADII:
            values = at(bounds, R=radius, k=0)
            assert same(bound.certified(values), getattr(none, quantity).certified(at(none, R=radius)))
            found, closed, number = ratio(bound, values)
            assert found > 1 - arb(10) ** -30 if bound.upper else same(closed, number)


def test_passes_are_counted_by_whole_numbers() -> None:
    bounds = symbolic("linear")
    for wrong in (-1, "5/2"):
        with pytest.raises(ValueError, match="'k' is"):
            bounds.lipschitz.evaluate(R=1, x=1, k=wrong)
    with pytest.raises(KeyError, match="k"):
        bounds.lipschitz.evaluate(R=1, x=1)


def test_with_respect_to_the_input() -> None:
    text = network(repeat(f"{PLAIN}, softplus"))
    bounds = bc.compile(bc.loads(text.replace("TIMES", "k")), wrt="input")
    assert bounds.lipschitz.expression == bounds.symbols["R"] ** bounds.symbols["k"]
    copies = unrolled(text, 4, wrt="input")
    for radius in RADII:
        found = bounds.smoothness.certified(at(bounds, R=radius, k=4))
        assert same(found, copies.smoothness.certified(at(copies, R=radius)))


def test_a_regularizer_counts_every_pass() -> None:
    """||w|| <= sqrt(k) R over k balls: one ball for each pass, one ball in all when they share."""
    for fields in ("", "share: true, "):
        text = network(
            f"{repeat(PLAIN, fields)}, dense: 1", HEADER + VECTOR + "loss: {squared: {labels: 1}}\nregularizer: 1/10\n"
        )
        bounds = bc.compile(bc.loads(text.replace("TIMES", "k")))
        for depth in (1, 2, 5):
            copies = unrolled(text, depth)
            for quantity in ("lipschitz", "smoothness"):
                found = getattr(bounds.objective, quantity).certified(at(bounds, R=2, k=depth))
                assert same(found, getattr(copies.objective, quantity).certified(at(copies, R=2))), (fields, quantity)


def test_rows_inside_a_repeat_are_those_of_the_last_copy() -> None:
    bounds, copies = symbolic("softplus"), unrolled(NETWORKS["softplus"], 4)
    inside = [path for path in bounds.layers if ".*." in path]
    assert inside == ["loop.*.dense_0", "loop.*.softplus_0"]
    for path in inside:
        for loop, plain in zip(
            bounds.layers[path].quantities, copies.layers[path.replace("*", "3")].quantities, strict=True
        ):
            assert same(loop.certified(at(bounds, R=2, k=4)), plain.certified(at(copies, R=2)))


# The specs of the repository ----------------------------------------------------------------------------------------


def test_deep_linear_total() -> None:
    bounds = bc.compile(bc.load("specs/deep-linear.yaml"))
    R, x, k = (bounds.symbols[s] for s in "Rxk")
    assert bounds.norm.expression == R**k * x
    assert bounds.lipschitz.expression == k * R ** (k - 1) * x
    assert bounds.smoothness.expression == k * (k - 1) * R ** (k - 2) * x
    assert str(bounds.smoothness.expression) == "R**(k - 2)*k*x*(k - 1)"


def test_deep_linear_layer() -> None:
    bounds = bc.compile(bc.load("specs/deep-linear.yaml"), blocks="layer")
    R, x, k = (bounds.symbols[s] for s in "Rxk")
    assert bounds.lipschitz.expression == sympy.sqrt(k) * R ** (k - 1) * x
    assert bounds.lipschitz.upper == ()


@pytest.mark.parametrize("bias", [False, True])
def test_mlp_deep_fits_on_a_page(bias: bool) -> None:
    with open("specs/mlp-deep.yaml", encoding="utf-8") as file:
        text = file.read()
    bounds = bc.compile(bc.loads(text.replace("bias: false", "bias: true") if bias else text))
    for quantity in QUANTITIES:
        bound: Bound = getattr(bounds, quantity)
        assert bool(bound.upper) is bias
        assert len(str(bound.expression)) < 5000
        assert {s.name for s in bound.expression.free_symbols} <= {"n", "x", "width", "R", "k"}  # type: ignore[union-attr]
        for depth in (1, 3):
            values = at(bounds, R=sympy.Rational(3, 2), k=depth, n=4, width=9)
            found, closed, number = ratio(bound, values)
            assert found > 1 - arb(10) ** -30 if bias else same(closed, number)


def test_a_million_layers() -> None:
    bounds = bc.compile(bc.load("specs/deep-linear.yaml"))
    assert bounds.smoothness.evaluate(k=10**6, R=1, x=1) == 10**6 * (10**6 - 1)
    smooth = bc.compile(bc.load("specs/mlp-deep.yaml"))
    values = at(smooth, R=sympy.Rational(1, 2), k=10**6, n=4, width=9)
    assert same(smooth.lipschitz.certified(values), from_sympy(smooth.lipschitz.expression, values))  # type: ignore[arg-type]


# A block for each layer ----------------------------------------------------------------------------------------------

APART = [
    *(n for n in EXACT if n not in ("shared", "nested, symbolic", "relu", "nothing differentiated")),
    "relu",
    "bias",
    "tanh",
    "batchnorm",
    "concatenation",
    "several, with biases",
]


@pytest.mark.parametrize("name", APART)
def test_blocks_of_copies_are_kept_apart(name: str) -> None:
    """l from the loop's own recursion is ||p|| of the copies; L is that of `blocks: total`, never smaller."""
    architecture = bc.loads(NETWORKS[name].replace("TIMES", "k"))
    bounds = bc.compile(architecture, blocks="layer")
    assert any("for the smoothness" in warning for warning in bounds.warnings)
    for depth in (1, 2, 4):
        copies = bc.compile(bc.override(architecture, {"k": str(depth)}), blocks="layer")
        assert not copies.graph.loops
        for radius in RADII:
            here, there = at(bounds, R=radius, k=depth), at(copies, R=radius)
            found, truth = bounds.lipschitz.certified(here), copies.lipschitz.certified(there)
            assert abs(ball(found) - ball(truth)) <= arb(10) ** -25 * ball(truth), (depth, radius)
            if bounds.smoothness.finite:
                assert ball(bounds.smoothness.certified(here)) >= ball(copies.smoothness.certified(there)) * (
                    1 - arb(10) ** -25
                )


@pytest.mark.parametrize("name", ["shared", "lstm", "nested, symbolic", "collected"])
def test_blocks_that_cannot_be_kept_apart_fall_back(name: str) -> None:
    bounds = bc.compile(bc.loads(NETWORKS[name].replace("TIMES", "k")), blocks="layer")
    assert bounds.lipschitz.upper != ()
    assert any("blocks in a repeat cannot be kept apart (" in warning for warning in bounds.warnings)
    values = at(bounds, R=2, k=3)
    assert same(bounds.lipschitz.certified(values), symbolic(name).lipschitz.certified(at(symbolic(name), R=2, k=3)))
    copies = bc.compile(bc.override(bc.loads(NETWORKS[name].replace("TIMES", "k")), {"k": "3"}), blocks="layer")
    assert ball(bounds.lipschitz.certified(values)) >= ball(copies.lipschitz.certified(at(copies, R=2))) * (
        1 - arb(10) ** -25
    )


# Large numbers of passes ---------------------------------------------------------------------------------------------

THOUSAND = "symbols: {k: {integer: true, value: 1000}, R: 1}\nradius: R\ninput: {shape: [4], norm: 1}\n"


@pytest.mark.parametrize(
    "body",
    [PLAIN.replace("2", "4"), "dense: {units: 4, bias: false}, softplus", "dense: 4, tanh", "dense: 4, softplus"],
)
def test_two_repeats_of_a_thousand_passes(body: str) -> None:
    """2,000 blocks: under `blocks: layer` the loops stay, and give numbers without a layer for each pass."""
    text = f"{THOUSAND}layers: [{repeat(body)}, {{repeat: {{times: TIMES, layers: [{body}]}}}}]".replace("TIMES", "k")
    total, by_layer = (bc.compile(bc.loads(text), blocks=blocks) for blocks in ("total", "layer"))
    assert len(by_layer.layers) == len(total.layers) <= 4
    for bounds in (total, by_layer):
        assert len(bounds.numbers) == len(bounds.quantities)
        assert json.dumps(bounds.to_dict())
    assert ball(by_layer.numbers[by_layer.lipschitz]) <= ball(total.numbers[total.lipschitz])


def test_blocks_of_copies_are_counted_before_they_are_made() -> None:
    text = "symbols: {k: {integer: true, value: K}, R: 1}\nradius: R\ninput: {shape: [4], norm: 1}\n"
    for layers, few, many in (
        ("{repeat: {times: k, layers: [dense: 4, tanh]}}", "512", "513"),
        ("{repeat: {times: k, layers: [dense: 4, {residual: [dense: 4]}]}}", "256", "257"),
        ("{repeat: {times: k, layers: [{repeat: {times: k, layers: [dense: 4]}}]}}", "22", "23"),
    ):
        for value, loops in ((few, False), (many, True)):
            graph = unrolled_if_few(bc.loads(f"{text.replace('K', value)}layers: [{layers}]"))
            assert bool(graph.loops) is loops


@pytest.mark.parametrize("body", ["dense: 4, tanh", "dense: 4, softplus", "{residual: [dense: 4, softplus]}"])
def test_a_thousand_passes_in_each_of_a_thousand_are_few_steps_or_refused(body: str) -> None:
    text = f"{THOUSAND}layers: [{repeat(f'{body}, {{repeat: {{times: TIMES, layers: [{body}]}}}}')}]".replace(
        "TIMES", "k"
    )
    for blocks in ("total", "layer"):
        bounds = bc.compile(bc.loads(text), blocks=blocks)  # type: ignore[arg-type]
        with pytest.raises(TooManyPassesError, match="more than 100000 passes"):
            bounds.to_dict()


def test_powers_of_inner_repeats_count_as_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The inner one closes, the outer one has a bias: 1000 powers for each quantity."""
    inner = "{repeat: {times: TIMES, layers: [dense: {units: 4, bias: false}]}}"
    text = f"{THOUSAND}layers: [{repeat(f'dense: 4, {inner}')}]".replace("TIMES", "k")
    bounds = bc.compile(bc.loads(text))
    assert bounds.norm.evaluate() > 0
    monkeypatch.setattr("boundcalc.program.evaluate.PASSES", 1000 + 999 * POWER)
    with pytest.raises(TooManyPassesError):
        bounds.norm.evaluate()


def test_long_closed_forms_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of loops that carry less are not, and numbers are not concerned."""
    monkeypatch.setattr("boundcalc.program.depth.close.LONGEST", 300)
    bounds = bc.compile(bc.loads(NETWORKS["several, with biases"].replace("TIMES", "k")))
    assert bounds.lipschitz.expression is not None
    assert "it would have more than" in str(bounds.smoothness.unclosed)
    assert bounds.smoothness.evaluate(k=3, R=1, x=1) > 0
    assert bounds.to_dict()["bounds"]["smoothness"]["number"] is None  # type: ignore[index]
