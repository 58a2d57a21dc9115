"""Designs: optima that are known on paper, scans that must find nothing better, and constraints that hold exactly."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import boundcalc as bc
from boundcalc.cli.run import run
from boundcalc.mistakes import ExtraMissingError
from boundcalc.studies.parts.constraints import Constraint, read_constraint
from boundcalc.studies.parts.convex import Status, solve
from boundcalc.studies.parts.geometric import geometric
from boundcalc.studies.parts.rounding import NotExact, exact_points
from boundcalc.studies.parts.sides import Active
from boundcalc.studies.parts.variables import variables_of, varied

SPECS = Path(__file__).parents[2] / "specs"
# Two linear maps without bias on inputs of norm 3: l = 3 (a + b).
CHAIN = """
symbols: {R: 1}
input: {shape: [3], norm: 3}
radius: R
layers: [{dense: {units: 2, bias: false, name: a}}, {dense: {units: 2, bias: false, name: b}}]
"""
PERCEPTRON = """
symbols: {n: 100, width: 32, R: 1}
batch: n
input: {shape: [784], norm: {sample: 1}}
radius: R
layers: [dense: width, softplus, {dense: {units: 10, name: head}}]
"""
NORMED = """
symbols: {R: 1, eps: 1/10}
batch: 4
input: {shape: [3], norm: 2}
radius: R
layers: [{dense: {units: 3, name: a}}, {batchnorm: {eps: eps, name: n}}, softplus, {dense: {units: 2, name: b}}]
"""
GELU = PERCEPTRON.replace("softplus", "gelu").replace("n: 100", "n: 4")
INFEASIBLE = "infeasible: by the solver, no values within a factor of 1e12 of the start meet all constraints"
RADII = ("a.radius", "b.radius")


def data(text: str, **asked: Any) -> dict[str, Any]:
    return bc.design(bc.loads(text), **asked).to_dict()


def point(found: Mapping[str, Any]) -> dict[str, Fraction]:
    return {row["name"]: Fraction(row["after"]) for row in found["rows"]}


def bound_at(text: str, quantity: str, values: Mapping[str, object], **options: Any) -> float:
    """The bound that a person gets with `--set`."""
    bounds = bc.compile(bc.override(bc.loads(text), dict(values)), **options)
    return float(bounds.totals[quantity].evaluate())


# On paper


@pytest.mark.parametrize(
    ("subject", "optimum"),
    [
        ("prod(**.radius) >= 4", (2, 2)),
        ("prod(**.radius) == 4", (2, 2)),
        ("a.radius**2 * b.radius == 4", (2, 1)),  # a + b is least where a = 2 b
        ("a.radius * sqrt(b.radius) >= 2", (2, 1)),
        ("1/a.radius + 4/b.radius <= 1", (3, 6)),  # b = 2 a by the slopes
        (("prod(a.radius, b.radius) >= 4", "a.radius <= 1"), (1, 4)),
        (("sum(**.radius) >= 4", "a.radius >= 1", "b.radius == 3"), (1, 3)),
    ],
)
def test_two_radii(subject: str | tuple[str, ...], optimum: tuple[float, float]) -> None:
    found = data(CHAIN, minimise="lipschitz", vary="**.radius", subject=subject)
    assert list(point(found)) == list(RADII)
    assert [float(x) for x in point(found).values()] == pytest.approx(optimum, rel=2e-4)
    assert float(found["after"]["number"]) == pytest.approx(3 * sum(optimum), rel=1e-5)
    assert found["before"]["number"] == "6"
    assert found["status"] == "solved"


def test_nice_optima_are_nice_numbers() -> None:
    found = data(CHAIN, minimise="lipschitz", vary="a.radius, b.radius", subject="prod(**.radius) >= 4")
    assert [row["after"] for row in found["rows"]] == ["2", "2"]
    assert (found["after"]["number"], found["global"], found["kept"]) == ("12", True, False)


def test_symbols_and_what_is_computed_from_them() -> None:
    text = CHAIN.replace("{R: 1}", "{R: 1, S: R/2}").replace("name: b", "radius: S, name: b")
    found = data(text, minimise="lipschitz", vary="R", subject="R*S >= 2")
    assert found["rows"] == [{"name": "R", "before": "1", "after": "2"}]
    assert found["after"]["number"] == "9"
    names = CHAIN.replace("{R: 1}", "{R: 1, R_1: 1, R_2: 3}").replace("name: a", "radius: R_1, name: a")
    found = data(
        names.replace("name: b", "radius: R_2, name: b"), minimise="lipschitz", vary="R_*", subject="R_1*R_2>=4"
    )
    assert point(found) == {"R_1": 2, "R_2": 2}


def test_a_variable_moves_by_itself() -> None:
    """Also where the spec computes it from another one."""
    text = CHAIN.replace("{R: 1}", "{R: 1, S: R/3}").replace("name: b", "radius: S, name: b")
    for options in ({}, {"blocks": "layer"}):
        found = data(text, minimise="lipschitz", vary="R,S", subject="R*S >= 4", **options)
        assert [float(x) for x in point(found).values()] == pytest.approx([2, 2], rel=1e-3)


def test_names_that_the_spec_has_already() -> None:
    text = CHAIN.replace("{R: 1}", "{R: 1, varied1: 7}").replace(
        "layers: [",
        "define: {part: {args: {varied2: 9}, layers: [{dense: {units: 2, bias: false, name: c}}]}}\nlayers: [part, ",
    )
    found = data(
        text, minimise="norm", vary="**.radius", subject=[f"{name} >= 2" for name in ("part_0.c.radius", *RADII)]
    )
    assert found["after"]["number"] == "24"


def test_one_variable_for_all_passes_of_a_symbolic_repeat() -> None:
    spec = bc.override(bc.load(SPECS / "deep-linear.yaml"), {"k": 5, "R": 3, "x": 1})
    found = bc.design(spec, minimise="lipschitz", vary="**.radius", subject="chain.dense_0.radius >= 2").to_dict()
    assert found["rows"] == [{"name": "chain.dense_0.radius", "before": "3", "after": "2"}]
    assert found["after"]["number"] == "80"  # k R^(k - 1)


def test_forms_that_are_chosen_anew() -> None:
    """Under mixed norms by blocks the search goes on from where it ended: the answer is that of the spec there."""
    subject = ("dense_0.radius * head.radius >= 1/2", "head.radius <= 4")
    found = data(PERCEPTRON, minimise="smoothness", vary="**.radius", subject=subject, sharpest=True)
    after = float(found["after"]["number"])
    at = {name: str(value) for name, value in point(found).items()}
    assert after == pytest.approx(bound_at(PERCEPTRON, "smoothness", at, sharpest=True), rel=1e-14)
    assert after < float(found["before"]["number"])


def test_a_search_that_is_cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Says so; what it has is certified all the same."""
    monkeypatch.setattr("boundcalc.studies.parts.posed.SECONDS", 0.0)
    asked: dict[str, Any] = {"minimise": "lipschitz", "vary": "**.radius", "subject": "prod(**.radius) >= 1"}
    report = bc.design(bc.loads(PERCEPTRON), **asked, blocks="layer")
    assert any(note.startswith("the search was cut short after") for note in report.notes)
    assert math.prod(point(report.to_dict()).values()) >= 1
    assert not any("cut short" in note for note in bc.design(bc.loads(PERCEPTRON), **asked).notes)  # no search


def test_some_vary_and_others_are_fixed() -> None:
    """A product is one of all that its pattern matches."""
    text = CHAIN.replace("name: b", "radius: 5, name: b")
    found = data(text, minimise="lipschitz", vary="a.radius", subject="prod(**.radius) >= 4")
    assert point(found) == {"a.radius": Fraction(4, 5)}


def test_one_ball_for_each_array() -> None:
    text = CHAIN.replace("bias: false, name: b", "radius: {weight: 1, bias: 3}, name: b")
    found = data(text, minimise="norm", vary="b.radius.weight", subject="b.radius.weight >= 2")
    assert found["rows"] == [{"name": "b.radius.weight", "before": "1", "after": "2"}]
    assert found["after"]["number"] == bc.compile(bc.loads(text.replace("weight: 1", "weight: 2"))).norm.number()


def test_maximum_of_a_product_of_powers() -> None:
    found = data(CHAIN, maximise="norm", vary="**.radius", subject="a.radius + 2*b.radius <= 8")
    assert [float(x) for x in point(found).values()] == pytest.approx([4, 2], rel=1e-4)
    assert found["global"]


def test_the_start_is_kept_where_it_is_the_best() -> None:
    report = bc.design(bc.loads(CHAIN), minimise="lipschitz", vary="**.radius", subject="prod(**.radius) == 1")
    found = report.to_dict()
    assert (found["kept"], found["before"], point(found)) == (True, found["after"], dict.fromkeys(RADII, 1))
    assert "nothing better was found: the values stay as they are" in str(report.parts[0])
    assert report.answered


# Against scans


def scan(value: Callable[..., float], axes: Sequence[Sequence[float]]) -> float:
    return min(value(*place) for place in itertools.product(*axes))


@pytest.mark.parametrize(
    ("quantity", "options", "is_global"),
    [
        ("lipschitz", {}, True),
        ("lipschitz", {"blocks": "layer"}, False),
        ("lipschitz", {"norms": "mixed"}, True),
        ("lipschitz", {"sharpest": True}, False),
    ],
)
def test_perceptron_at_equal_product(quantity: str, options: dict[str, Any], is_global: bool) -> None:
    found = data(PERCEPTRON, minimise=quantity, vary="**.radius", subject="prod(**.radius) >= 1", **options)
    after = float(found["after"]["number"])
    assert found["global"] is is_global
    assert math.prod(point(found).values()) >= 1

    def value(log: float) -> float:
        a = Fraction(math.exp(log)).limit_denominator(10**6)
        return bound_at(PERCEPTRON, quantity, {"dense_0.radius": a, "head.radius": 1 / a}, **options)

    least = min(map(value, np.linspace(-2, 2, 41)))
    assert least * (1 - 1e-3) <= after <= least * (1 + 2e-5)
    assert after < float(found["before"]["number"])


def test_smoothness_of_an_objective_at_equal_product() -> None:
    """The radii of a perceptron of three layers that reduce L at equal product of the norms, beside a scan of both ratios."""
    spec = bc.override(bc.load(SPECS / "mlp.yaml"), {"width": 32, "R": 1})
    found = bc.design(spec, minimise="objective smoothness", vary="**.radius", subject="prod(**.radius) == 1").to_dict()
    assert found["global"]
    assert math.prod(point(found).values()) == 1
    bounds = bc.compile(varied(spec, variables_of(bc.compile(spec), ["**.radius"])[0]))
    u, v = (axis.ravel() for axis in np.meshgrid(np.exp(np.linspace(-2, 2, 201)), np.exp(np.linspace(-2, 2, 201))))
    numbers = np.asarray(bounds.objective.smoothness.evaluate(varied1=u, varied2=v, varied3=1 / (u * v)))
    after = float(found["after"]["number"])
    assert numbers.min() * (1 - 1e-3) <= after <= numbers.min() * (1 + 2e-5)
    assert after < 0.8 * float(found["before"]["number"])


@pytest.mark.parametrize(
    ("eps", "options", "reason"),
    [("eps", {}, None), ("eps + 1/100", {}, "a quotient by a sum"), ("eps", {"blocks": "layer"}, "blocks")],
)
def test_the_smoothing_of_a_batchnorm(eps: str, options: dict[str, Any], reason: str | None) -> None:
    """What its smoothing adds is chosen against the radius before it, beside a scan."""
    text = NORMED.replace("eps: eps", f"eps: {eps}")
    subject = ("eps * a.radius <= 1/10", "eps <= 2", "a.radius * b.radius >= 1")
    found = data(text, minimise="smoothness", vary=("eps", "a.radius", "b.radius"), subject=subject, **options)
    assert found["global"] is (reason is None)
    assert (reason or "a geometric program") in found["method"]
    at = point(found)
    assert at["eps"] * at["a.radius"] <= Fraction(1, 10)
    assert at["a.radius"] * at["b.radius"] >= 1
    after = float(found["after"]["number"])
    assert after == pytest.approx(bound_at(text, "smoothness", at, **options), rel=1e-14)

    def value(eps: float, a: float) -> float:
        a = min(a, 0.1 / eps)
        return float(bounds.smoothness.evaluate(eps=eps, varied1=a, varied2=1 / a))

    spec = bc.loads(text)
    bounds = bc.compile(varied(spec, variables_of(bc.compile(spec), ["a.radius", "b.radius"])[0]), **options)
    least = scan(value, [np.geomspace(1e-2, 2, 30), np.geomspace(1e-2, 10, 30)])
    assert least * 0.8 <= after <= least * (1 + 2e-5)


@pytest.mark.parametrize("most", [64, 1])
def test_a_minimum(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refined slopes are a minimum of two: all choices of sides are tried, or it is a local optimum; no scan finds less."""
    monkeypatch.setattr("boundcalc.studies.parts.optimum.MOST_SIDES", most)
    subject = ("dense_0.radius * head.radius >= 1/100", "head.radius <= 1")
    found = data(GELU, minimise="lipschitz", vary="**.radius", subject=subject, refine=True)
    method = (
        "the least of 2 geometric programs"
        if most > 1
        else "no geometric program (its minima have more than 1 choices of sides"
    )
    assert found["method"].startswith(method)
    assert found["global"] is (most > 1)
    spec = bc.loads(GELU)
    bounds = bc.compile(varied(spec, variables_of(bc.compile(spec), ["**.radius"])[0]), refine=True)
    b = np.geomspace(1e-4, 1, 20_001)
    least = np.asarray(bounds.lipschitz.evaluate(varied1=1 / (100 * b), varied2=b)).min()
    assert least * (1 - 1e-3) <= float(found["after"]["number"]) <= least * (1 + 2e-5)


@pytest.mark.parametrize("name", ["vgg16-smooth", "mlp-deep-bias", "lenet5", "vgg16-smooth-batchnorm"])
def test_the_geometric_program_is_the_bound(name: str) -> None:
    """At fixed values the least number of the program is the number of the bound."""
    free = {"R": "3/2", "x": 2, "n": 3, "width": 4, "k": 3}
    spec = bc.load(SPECS / f"{name}.yaml")
    spec = bc.override(
        spec, {symbol: free.get(symbol, 2) for symbol, d in spec.symbols.items() if d.value is None or symbol == "R"}
    )
    bounds = bc.compile(spec)
    radius = bounds.symbols["R"]
    moving = {**bounds.values, radius: radius}
    for bound in (b for b in bounds.named.values() if b.finite):
        fixed = Constraint("", radius, sympy.Rational(3, 2), equal=True)
        sides = Active([math.log(1.5)])
        solved = solve(geometric(bound.program, [radius], moving, [fixed], sides=sides), np.zeros(1), 10.0)
        assert solved.status is Status.SOLVED
        assert solved.height == pytest.approx(float(bound.log10() or 0) * math.log(10), abs=1e-5)


# Where there is no optimum


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ((), "unbounded: a.radius goes to 0, b.radius goes to 0"),
        ("a.radius >= 1", "unbounded: b.radius goes to 0"),
        ("a.radius**2 * b.radius >= 1 + a.radius**3", None),
    ],
)
def test_unbounded(subject: str | tuple[str, ...], words: str | None) -> None:
    report = bc.design(bc.loads(CHAIN), minimise="lipschitz", vary="**.radius", subject=subject)
    if words is None:
        assert report.answered
        return
    assert not report.answered
    assert report.parts == (words,)
    assert report.to_dict()["status"] == "unbounded"
    assert [row["after"] for row in report.to_dict()["rows"]] == [None, None]


def test_a_supremum_that_is_not_attained() -> None:
    report = bc.design(bc.loads(PERCEPTRON), maximise="lipschitz", vary="**.radius", subject="sum(**.radius) <= 2")
    assert not report.answered
    assert report.parts == ("unbounded: dense_0.radius goes to 0",)


def test_far_optima_are_optima() -> None:
    found = data(CHAIN, maximise="norm", vary="R", subject="R <= 1e8")
    assert found["rows"][0]["after"] == "100000000"


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        (("a.radius >= 2", "a.radius <= 1"), INFEASIBLE),
        (("prod(**.radius) >= 9", "sum(**.radius) <= 5"), INFEASIBLE),
        ("sum(**.radius) <= 0", "infeasible: 'sum(**.radius) <= 0' asks for a sum of positive numbers that is 0"),
        ("2 <= 1", "infeasible: '2 <= 1' does not hold, and no variable is in it"),
    ],
)
def test_infeasible(subject: str | tuple[str, ...], words: str) -> None:
    report = bc.design(bc.loads(CHAIN), minimise="lipschitz", vary="**.radius", subject=subject)
    assert not report.answered
    assert report.parts == (words,)
    assert report.to_dict()["status"] == "infeasible"


def test_infeasible_for_a_bound_that_is_no_posynomial() -> None:
    subject = ("a.radius >= 2", "a.radius <= 1")
    report = bc.design(bc.loads(CHAIN), minimise="lipschitz", vary="**.radius", subject=subject, blocks="layer")
    assert report.parts == (INFEASIBLE,)


def test_an_infinite_bound() -> None:
    report = bc.design(bc.loads(PERCEPTRON.replace("softplus", "relu")), minimise="smoothness", vary="R")
    assert not report.answered
    assert str(report.parts[0]).startswith("smoothness is infinite: relu has a kink")


def test_what_the_bound_relies_on_is_kept() -> None:
    text = CHAIN.replace("{R: 1}", "{R: {value: 2, above: 1}}")
    report = bc.design(bc.loads(text), minimise="lipschitz", vary="R")
    assert report.to_dict()["rows"] == [{"name": "R", "before": "2", "after": "1.00001"}]
    assert "the values are at the edge of what the bound holds for: R > 1" in report.notes
    report = bc.design(bc.loads(text), minimise="lipschitz", vary="R", subject="R <= 1")
    assert not report.answered


def test_values_that_no_decimals_are_proved_to_meet() -> None:
    circle = "a.radius**2 + b.radius**2 == 4"
    report = bc.design(bc.loads(CHAIN), maximise="lipschitz", vary="**.radius", subject=circle)
    assert not report.answered
    assert report.parts == (f"no exact values near the numerical solution were proved to meet '{circle}'",)


# Mistakes


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"minimise": "lipshitz"}, "--minimise lipshitz: there is no bound 'lipshitz'; did you mean 'lipschitz'?"),
        ({}, "one quantity is asked for, not 0; write one --minimise QUANTITY, or one --maximise QUANTITY"),
        ({"minimise": "norm", "maximise": "norm"}, "one quantity is asked for, not 2"),
        ({"minimise": "norm", "vary": ()}, "nothing is said to vary; --vary '**.radius', or the name of a symbol"),
        ({"minimise": "norm", "vary": "**.radus"}, "'**.radus' matches no symbol and no field of a layer; such as R, **.radius"),
        ({"minimise": "norm", "vary": "heat.radius"}, "did you mean 'head.radius'?"),
        ({"minimise": "norm", "vary": "width"}, "'width' is a whole number; a whole number is no variable of a smooth problem; compare its values with `sweep`"),
        ({"minimise": "norm", "vary": "head.units"}, "'head.units' is a whole number"),
        ({"minimise": "norm", "subject": "R > 1"}, "a constraint has one of <=, >= and ==; found '>'"),
        ({"minimise": "norm", "subject": "R"}, "found none; write 'prod(**.radius) >= 4'"),
        ({"minimise": "norm", "subject": "1 <= R <= 2"}, "found '<=', '<='"),
        ({"minimise": "norm", "subject": "R >="}, "one side of the relation is empty"),
        ({"minimise": "norm", "subject": "Q >= 1"}, "unknown name 'Q'"),
        ({"minimise": "norm", "subject": "head.radios >= 1"}, "unknown name 'head.radios'; did you mean 'head.radius'?"),
        ({"minimise": "norm", "subject": "prod(**.radios) >= 1"}, "'**.radios' in 'prod(**.radios)' matches no symbol"),
        ({"minimise": "norm", "subject": "R^2 >= 1"}, "write ** for powers"),
        ({"minimise": "norm", "subject": "log(R) >= 1"}, "the signs of its terms depend on the values of the variables"),
    ],
)  # fmt: skip
def test_mistakes(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        bc.design(bc.loads(PERCEPTRON), **{"vary": "R", **asked})
    assert words in str(caught.value)


def test_what_has_no_value() -> None:
    with pytest.raises(
        bc.SpecError, match="'R' starts from the value that it has now, and R has none; give it one: --set R=1"
    ):
        bc.design(bc.loads(PERCEPTRON.replace("R: 1", "R:")), minimise="norm", vary="R")
    with pytest.raises(bc.SpecError, match="without one: width; give it one: --set width=1"):
        bc.design(bc.loads(PERCEPTRON.replace("width: 32", "width:")), minimise="norm", vary="R")


def test_zeros_stay() -> None:
    text = CHAIN.replace("name: b", "radius: 0, name: b")
    report = bc.design(bc.loads(text), minimise="lipschitz", vary="**.radius", subject="prod(**.radius) >= 4")
    assert [row["name"] for row in report.to_dict()["rows"]] == ["a.radius"]
    assert report.notes[0] == "b.radius is 0 and stays 0, apart from products: a variable is positive"
    with pytest.raises(bc.SpecError, match="all that it names is 0"):
        bc.design(bc.loads(text), minimise="lipschitz", vary="b.radius")


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boundcalc.studies.parts.convex.find_spec", lambda library: None)
    with pytest.raises(ExtraMissingError, match=r"pip install 'boundcalc\[design\]'"):
        bc.design(bc.loads(CHAIN), minimise="lipschitz", vary="R")


# Exactly


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[sympy.Symbol], list[Constraint], np.ndarray]:
    """Constraints that hold, some of them as equations, at a point that is known up to the error of a solver."""
    variables = [sympy.Symbol(f"x{i}", positive=True) for i in range(draw(st.integers(1, 4)))]
    names = {str(x): x for x in variables}
    logs = [draw(st.floats(-3, 3)) for _ in variables]
    at = dict(zip(variables, map(math.exp, logs), strict=True))
    found: list[Constraint] = []
    for _ in range(draw(st.integers(0, 2))):
        powers = [draw(st.sampled_from([-2, -1, 1, 2])) for _ in variables]
        term = sympy.Mul(*(x**p for x, p in zip(variables, powers, strict=True)))
        number = Fraction(float(term.subs(at))).limit_denominator(10**9)
        if number:
            found.append(read_constraint(f"{term} {draw(st.sampled_from(['<=', '>=']))} {number}", names))
    if draw(st.booleans()):
        number = Fraction(sum(at.values())).limit_denominator(10**9)
        found.append(read_constraint(f"{' + '.join(names)} {draw(st.sampled_from(['<=', '>=']))} {number}", names))
    if draw(st.booleans()) and len(variables) > 1:
        number = Fraction(math.prod(at.values())).limit_denominator(10**9)
        if number:
            found.append(read_constraint(f"{'*'.join(names)} == {number}", names))
    error = np.asarray([draw(st.floats(-1e-6, 1e-6)) for _ in variables])
    return variables, found, np.asarray(logs) + error


@settings(max_examples=40)
@given(problems())
def test_rounded_values_meet_constraints_exactly(
    problem: tuple[list[sympy.Symbol], list[Constraint], np.ndarray],
) -> None:
    variables, constraints, logs = problem
    try:
        found = list(exact_points(variables, constraints, logs))
    except NotExact:
        assert len(constraints) > 1  # which leave one point, perhaps, that is no decimal
        return
    for constraint, values in itertools.product(constraints, found):
        low, high = (Fraction(str(side.subs(values))) for side in (constraint.low, constraint.high))
        assert low == high if constraint.equal else low <= high
    if len(constraints) < 2:  # with others no point near may do, and what is farther is no better than the bound there
        assert [math.log(found[-1][x]) for x in variables] == pytest.approx(list(logs), abs=1e-2)


@given(st.fractions(Fraction(1, 100), 100), st.sampled_from([">=", "=="]))
def test_products_hold_exactly(product: Fraction, sign: str) -> None:
    found = data(CHAIN, minimise="lipschitz", vary="**.radius", subject=f"prod(**.radius) {sign} {product}")
    a, b = point(found).values()
    assert a * b == product if sign == "==" else product <= a * b <= product * (1 + Fraction(1, 10**4))
    assert float(found["after"]["number"]) == pytest.approx(6 * math.sqrt(product), rel=1e-5)


# The command


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(CHAIN, encoding="utf-8")
    words = ["design", str(file), "--minimise", "lipschitz", "--vary", "a.radius", "--vary", "b.radius"]
    assert run([*words, "--subject", "a.radius*b.radius >= 4", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["constraints"] == ["a.radius*b.radius >= 4"]
    assert found["rows"] == [{"name": name, "before": "1", "after": "2"} for name in RADII]
    assert run([*words, "--subject", "a.radius <= -1"]) == 1
    assert "infeasible" in capsys.readouterr().out
    assert run([*words, "--subject", "nonsense"]) == 2
    assert "a constraint has one of" in capsys.readouterr().err
