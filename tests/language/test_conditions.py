"""Symbols, their values and ranges, and what a compiled bound relies on."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.exact.intervals import shown
from boundcalc.graph.expand import expand
from boundcalc.language.conditions import Conditions, declare
from boundcalc.mistakes import Mistakes, Place

HERE = Place("spec.yaml", 1, 1)


def declared(symbols: str) -> Conditions:
    architecture = bc.loads(f"symbols: {symbols}\ninput: {{shape: [3], norm: 1}}\nlayers: [relu]", "spec.yaml")
    mistakes = Mistakes()
    conditions = declare(architecture.symbols, mistakes)
    mistakes.raise_if_any()
    return conditions


def refused(symbols: str) -> list[str]:
    with pytest.raises(bc.SpecError) as caught:
        declared(symbols)
    return str(caught.value).splitlines()


def test_symbols_are_positive_reals_unless_declared_otherwise() -> None:
    symbols = declared(
        "{R:, k: {integer: true}, s: {above: -1}, p: {above: 0, below: 1}, z: {at_least: 0}, one: {at_least: 1},"
        " low: {at_least: -1}, count: {integer: true, above: -1}, both: {above: -1, at_least: 0}, of: {at_least: R}}"
    ).symbols
    assert symbols["R"] == sympy.Symbol("R", positive=True)
    assert symbols["z"] == sympy.Symbol("z", nonnegative=True)
    assert symbols["one"] == sympy.Symbol("one", positive=True)
    assert symbols["low"] == sympy.Symbol("low", real=True)
    assert symbols["count"] == sympy.Symbol("count", nonnegative=True, integer=True)
    assert symbols["both"] == sympy.Symbol("both", nonnegative=True)
    assert symbols["of"] == sympy.Symbol("of", positive=True)
    assert symbols["k"] == sympy.Symbol("k", positive=True, integer=True)
    assert symbols["s"] == sympy.Symbol("s", real=True)
    assert symbols["p"].is_positive


def test_values_may_use_other_symbols_in_any_order() -> None:
    found = declared("{d_ff: 4*d, d: 3, free:, twice: 2*free}")
    values = {str(symbol): value for symbol, value in found.values.items()}
    assert values == {"d_ff": 12, "d": 3, "twice": 2 * found.symbols["free"]}


@pytest.mark.parametrize(
    ("symbols", "line"),
    [
        ("{a: b, b: c, c: a}", "depend on each other"),
        ("{a: a}", "depend on each other"),
        ("{a: 0}", "spec.yaml:1:14: the symbol 'a' is positive, and 0 is not"),
        ("{a: -3/2}", "the symbol 'a' is positive, and -3/2 is not"),
        ("{a: {value: 3/2, integer: true}}", "the symbol 'a' is an integer, and 3/2 is not"),
        ("{a: {value: 1, below: 1}}", "the symbol 'a' must be below 1, and 1 is not"),
        ("{a: {value: -2, above: -1}}", "the symbol 'a' must be above -1, and -2 is not"),
        ("{b: 3, a: {value: 2, above: b}}", "the symbol 'a' must be above 3, and 2 is not"),
        ("{a: {value: 2, above: b}, b: 3}", "the symbol 'a' must be above 3, and 2 is not"),
        ("{a: {value: 1, at_least: 2}}", "the symbol 'a' must be at least 2, and 1 is not"),
        (
            "{a: {value: -1, at_least: 0}}",
            "the symbol 'a' is at least 0, and -1 is not; declare a: {value: -1, at_least: -1}",
        ),
        ("{a: -3/2}", "declare a: {value: -3/2, at_least: -2} if it may be that small"),
        ("{a: {below: 0}}", "no value of the symbol 'a' is in its range"),
        ("{a: nope + 1}", "unknown name 'nope'"),
        ("{a: 1/0}", "division by zero"),
        ("{a: 10**10**10}", "too large or too small"),
    ],
)
def test_values_outside_their_range_are_refused(symbols: str, line: str) -> None:
    found = refused(symbols)
    assert any(line in mistake for mistake in found), found
    assert all(mistake.startswith("spec.yaml:1:") for mistake in found)


def test_all_mistakes_of_the_symbols_come_together() -> None:
    assert len(refused("{a: 0, b: {value: 1/2, integer: true}, c: nope}")) == 3


def test_negative_values_where_the_range_allows_them() -> None:
    found = declared("{s: {value: -1/2, above: -1}}")
    assert found.values[found.symbols["s"]] == sympy.Rational(-1, 2)


def test_equal_sizes_are_equal_identically_or_by_their_values() -> None:
    found = declared("{a: 4, b: 4, c: 5, f:, g:}")
    a, b, c, f, g = (found.symbols[name] for name in "abcfg")
    assert found.same(2 * a + 2, 2 * (a + 1), HERE)
    assert not found.assumed
    assert not found.same(a, c, HERE)
    assert not found.same(f, g, HERE)
    assert not found.same(f, f + 1, HERE)
    assert not found.assumed
    assert found.same(a, b, HERE)
    assert dict(found.assumed) == {sympy.Eq(a, b): HERE}


def test_relations_hold_do_not_hold_or_are_kept() -> None:
    found = declared("{a: 4, f:}")
    a, f = found.symbols["a"], found.symbols["f"]
    assert found.holds(sympy.true, HERE) is True
    assert found.holds(sympy.Lt(a, 3), HERE) is False
    assert not found.assumed
    assert found.holds(sympy.Lt(a, 5), HERE) is True
    assert found.holds(sympy.Lt(f, 5), HERE) is None
    assert set(found.assumed) == {sympy.Lt(a, 5), sympy.Lt(f, 5)}


MODEL = "symbols: {a: 4, b: 4, p: 1/2}\ninput: {shape: [a], norm: 1}\nradius: 1\nlayers: [{dense: {units: b, bias: false}}, dropout: p, {add: [[], input]}]"


def test_what_was_assumed_is_kept_by_the_graph() -> None:
    graph = expand(bc.loads(MODEL))
    a, b, p = (graph.conditions.symbols[name] for name in "abp")
    assert set(graph.conditions.assumed) == {sympy.Eq(b, a), sympy.Lt(p, 1)}


def test_an_evaluation_that_breaks_an_assumption_is_refused() -> None:
    bounds = bc.compile(bc.loads(MODEL))
    assert bounds.norm.evaluate() == pytest.approx(3)
    assert bounds.norm.evaluate(p=0.75) == pytest.approx(5)
    assert bounds.norm.evaluate(a=9, b=9) == pytest.approx(3)
    with pytest.raises(ValueError, match="compile the spec again"):
        bounds.norm.evaluate(a=9)
    with pytest.raises(ValueError, match="compile the spec again"):
        bounds.norm.evaluate(p=1)


def test_an_evaluation_outside_the_declared_range_is_refused() -> None:
    bounds = bc.compile(
        bc.loads(
            "symbols: {R:, k: {integer: true}, s: {below: 1}}\ninput: {shape: [k], norm: s}\nradius: R\nlayers: [dense: 2]"
        )
    )
    assert bounds.lipschitz.evaluate(R=1, k=2, s=0.5) == pytest.approx(1.25**0.5)
    for wrong in ({"R": -1}, {"R": 0}, {"k": 1.5}, {"s": 2}):
        with pytest.raises(ValueError, match=r"positive|integer|compile the spec again|below|range|<"):
            bounds.norm.evaluate({"R": 1, "k": 2, "s": 0.5, **wrong})


def test_sizes_are_whole_and_passes_may_be_none() -> None:
    text = "symbols: {w:, n:, k:, z: {at_least: 0}, R:}\nbatch: n\nradius: R\ninput: {shape: [w], norm: 1}\nlayers: [repeat: {times: k, layers: [dense: w, tanh]}, dense: z]"
    graph = expand(bc.loads(text))
    symbols = graph.conditions.symbols
    assert symbols["w"] == sympy.Symbol("w", positive=True, integer=True)
    assert symbols["n"] == sympy.Symbol("n", positive=True, integer=True)
    assert symbols["k"] == sympy.Symbol("k", nonnegative=True, integer=True)
    assert symbols["z"] == sympy.Symbol("z", nonnegative=True, integer=True)
    assert symbols["R"] == sympy.Symbol("R", positive=True)
    assert [shown(condition) for condition in graph.conditions.assumed] == ["z >= 1"]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ("dense: c/2", ["c/2 is whole"]),
        ("dense: 2*c", []),
        ("dense: c - 1", ["c >= 2"]),
        ("repeat: {times: c - 1, layers: [relu]}", []),
        ("repeat: {times: c - 2, layers: [relu]}", ["c >= 2"]),
        ("repeat: {times: R, layers: [relu]}", []),
        ("{conv1d: {channels: 4, kernel: 1, groups: 2}}", ["c/2 is whole"]),
        ("{conv1d: {channels: 2*c, kernel: 1, groups: c}}", []),
        ("{conv1d: {channels: c, kernel: 3}}", ["t >= 3"]),
        ("{reshape: [-1, 5]}", ["c*t/5 is whole"]),
        ("{reshape: [t, -1]}", []),
        ("{avgpool1d: {kernel: 4, padding: r}}", ["r <= 2", "2*r + t >= 4"]),
    ],
)
def test_what_sizes_without_values_must_meet_is_kept(layers: str, expected: list[str]) -> None:
    """And nothing that the symbols meet anyway."""
    text = f"symbols: {{c:, t:, r:, R:}}\nradius: 1\ninput: {{shape: [c, t], norm: 1}}\nlayers: [{layers}]"
    assert [shown(condition) for condition in expand(bc.loads(text)).conditions.assumed] == expected


@pytest.mark.parametrize(
    ("symbols", "layers", "message"),
    [
        ("{c: 3}", "{conv1d: {channels: 4, kernel: 1, groups: 2}}", "3 input channels do not divide into 2 groups"),
        ("{c: 4}", "{reshape: [5, -1]}", "24 entries do not fill the other axes of the new shape"),
        ("{c: 3/2}", "relu", "the symbol 'c' is an integer, and 3/2 is not"),
        ("{c: 3}", "dense: c/2", "the number of units must be a positive whole number, not 3/2"),
        ("{c: 3}", "repeat: {times: c/2, layers: [relu]}", "a number of times must be a whole number, not 3/2"),
        ("{c: 3, k: 2}", "{avgpool1d: {kernel: 3, padding: k}}", "the padding is larger than half the kernel"),
        ("{c: {value: 0, at_least: 0}}", "relu", "an axis must be a positive whole number, not 0"),
        (
            "{c: 3, k: {value: 0, at_least: 0}}",
            "repeat: {times: k, layers: [parameter: [5]]}",
            "0 passes hand on nothing",
        ),
        (
            "{c: 3}",
            "repeat: {times: 3, index: i, collect: true, layers: [dense: 6 - i]}",
            "copies of the shape [c, 6], and copy 1 has [c, 5]",
        ),
    ],
)
def test_sizes_that_do_not_fit_are_refused(symbols: str, layers: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        expand(
            bc.loads(f"symbols: {symbols}\nradius: 1\ninput: {{shape: [c, 6], norm: 1}}\nlayers: [{layers}]", "s.yaml")
        )
    (mistake,) = caught.value.mistakes
    assert message in mistake.message
    assert mistake.place.line > 0


def test_collected_copies_keep_the_condition_that_their_shapes_agree() -> None:
    text = "symbols: {a: 3, b: 3}\nradius: 1\ninput: {shape: [a], norm: 1}\nlayers: [repeat: {times: 2, index: i, collect: true, layers: [dense: a*(1 - i) + b*i]}]"
    assert [shown(condition) for condition in expand(bc.loads(text)).conditions.assumed] == ["b is whole", "b == a"]


def test_conditions_are_few_however_many_layers_there_are() -> None:
    steps = ", ".join(["dense: w/2, {dropout: p}"] * 400)
    bounds = bc.compile(
        bc.loads(f"symbols: {{w: 8, p: 1/2}}\nradius: 1\ninput: {{shape: [w], norm: 1}}\nlayers: [{steps}]")
    )
    assert [shown(condition) for condition in bounds.conditions] == ["w/2 is whole", "p < 1"]
