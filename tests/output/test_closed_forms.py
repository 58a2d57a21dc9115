"""Closed forms in the depth as they are printed: short, with their definitions, and equal to the recursion."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy
import pytest
import sympy

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.document import document
from boundcalc.exact.printing import to_str
from boundcalc.output.latex import to_latex
from boundcalc.output.parts.cases import by_cases
from boundcalc.output.parts.closed_forms import closed_forms, used
from boundcalc.output.python import to_python
from boundcalc.output.text import to_text
from boundcalc.program.evaluate import evaluate
from tests.reference.named import at

Q = sympy.Rational
SPEC = """
symbols: {{k: {{integer: true}}, w: {{integer: true}}, n: {{integer: true}}, R:, r:}}
batch: n
input: {{shape: [w], norm: {{sample: 1}}}}
radius: R
layers:
  - repeat: {{times: {times}, layers: [residual: [{dense}, softplus], {second}]}}
"""
LONGEST = 1500


def network(times: str = "k", bias: bool = False, radius: str = "R") -> Bounds:
    dense = "dense: {units: w" + ("" if bias else ", bias: false") + "}"
    second = dense[:-1] + f", radius: {radius}}}"
    return bc.compile(bc.loads(SPEC.format(times=times, dense=dense, second=second)))


@pytest.fixture(scope="module", params=[False, True], ids=["no bias", "bias"])
def deep(request: pytest.FixtureRequest) -> Bounds:
    return network(bias=request.param)


@pytest.fixture(scope="module")
def two_radii() -> Bounds:
    return network(radius="r")


def form(bounds: Bounds, name: str) -> Any:
    return dict(bounds.definitions)[name]


def test_smoothness_fits_on_a_page_with_all_its_definitions(deep: Bounds) -> None:
    chain = used(deep.definitions, ["smoothness"])
    assert sum(len(f"{name} = {to_str(value)}") for name, value in chain) < LONGEST
    assert [name for name, _ in chain if name.startswith("growth")] == ["growth_1"]
    assert form(deep, "growth_1") == deep.symbols["R"] * (deep.symbols["R"] + 1)


def test_a_resonance_is_a_second_line(deep: Bounds) -> None:
    text = "\n".join(closed_forms(document(deep)))
    sign = "<=" if deep.smoothness.upper else "="
    lines = text.splitlines()
    for name in ("norm", "lipschitz", "smoothness"):
        (place,) = (i for i, line in enumerate(lines) if line.startswith(f"  {name} {sign} "))
        assert lines[place + 1].startswith("    where ")
        assert " = 1: " in lines[place + 1]
    assert "    where growth_1 = 1: " in text
    assert "Piecewise" not in text
    definitions = lines[lines.index("where") + 1 :]
    (smoothness,) = (i for i, line in enumerate(lines) if line.startswith(f"  smoothness {sign} "))
    assert len("\n".join([*lines[smoothness : smoothness + 2], *definitions])) < LONGEST
    names = {line.split(" = ")[0].strip() for line in definitions}
    assert {"growth_1", "c_1"} <= names
    assert "smoothness" not in names  # it stands above, not twice


def test_latex_has_the_same_lines(deep: Bounds) -> None:
    text = to_latex(document(deep))
    assert r"\mathrm{growth}_{1} &= R \left(R + 1\right)" in text
    assert text.count(r"\quad \text{where } \mathrm{growth}_{1} = 1") == 3
    assert r"\begin{cases}" not in text


@pytest.mark.parametrize("depth", range(1, 9))
def test_equal_to_the_recursion(two_radii: Bounds, depth: int) -> None:
    """Exactly, as numbers a + b log(2) + c log(2)^2, with the passes written one after another; also where growth is 1."""
    unrolled = network(times=str(depth), radius="r")
    definitions = dict(two_radii.definitions)
    for radius, second in [
        (Q(1, 2), Q(2, 3)),
        (Q(1, 2), Q(1, 3)),
        (Q(5, 4), Q(2)),
        (Q(3), Q(1, 4)),
        (Q(1, 3), Q(1, 7)),
    ]:
        numbers = {"w": Q(4), "n": Q(9), "R": radius, "r": second}
        known = {two_radii.symbols[name]: value for name, value in numbers.items()} | {two_radii.symbols["k"]: Q(depth)}
        passes: dict[str, Any] = {}
        truth = {unrolled.symbols[name]: value for name, value in numbers.items()}
        for name, value in unrolled.definitions:
            written: Any = value.xreplace(
                {**truth, **{s: passes[str(s)] for s in value.free_symbols if str(s) in passes}}
            )
            passes[name] = sympy.expand(written)
        for quantity in ("norm", "lipschitz", "smoothness"):
            found = passes[str(unrolled.definition(getattr(unrolled, quantity)))]
            assert at(definitions[quantity], definitions, known) == found, (quantity, numbers)


def test_upper_forms_are_never_below_the_recursion() -> None:
    bounds = network(bias=True, radius="r")
    definitions = dict(bounds.definitions)
    radii = [(Q(1, 2), Q(2, 3)), (Q(1, 2), Q(1, 3)), (Q(2), Q(3, 2)), (Q(7, 9), Q(1, 50)), (Q(1, 100), Q(5))]
    for (radius, second), depth in product(radii, [0, 1, 2, 3, 5, 8, 12]):
        values = {"w": Q(3), "n": Q(2), "R": radius, "r": second, "k": sympy.Integer(depth)}
        known = {bounds.symbols[name]: value for name, value in values.items()}
        for quantity in (bounds.norm, bounds.lipschitz, bounds.smoothness):
            assert quantity.scalar is not None
            (truth,) = evaluate([quantity.scalar], known)
            found = at(definitions[str(bounds.definition(quantity))], definitions, known)
            (upper,) = evaluate([quantity.scalar.arena.leaf(found)], {})
            assert not upper < truth, (quantity.name, values)


def test_python_takes_the_case_that_holds(two_radii: Bounds) -> None:
    module: dict[str, Any] = {}
    exec(to_python(document(two_radii)), module)
    radii = numpy.array([0.5, 1.0, 1.0, 3.0])
    second = numpy.array([0.5, 0.5, 0.25, 0.25])  # growth 3/4, 1, 1/2, 1
    found = module["bounds"](k=4, w=3, n=2, R=radii, r=second)
    for name in ("norm", "lipschitz", "smoothness"):
        for i, (radius, other) in enumerate(zip(radii, second, strict=True)):
            truth = float(getattr(two_radii, name).number(k=4, w=3, n=2, R=str(radius), r=str(other)))
            assert found[name][i] == pytest.approx(truth, rel=1e-9)


def test_the_expression_is_one_of_the_symbols(deep: Bounds) -> None:
    """Also where it is found by the definitions only."""
    expression: Any = deep.smoothness.expression
    assert expression is not None
    assert expression.free_symbols <= set(deep.symbols.values())
    values = {"w": Q(3), "n": Q(2), "R": Q(1, 3), "k": sympy.Integer(5)}
    known: Any = {deep.symbols[name]: value for name, value in values.items()}
    definitions = dict(deep.definitions)
    difference: Any = expression.subs(known) - at(definitions["smoothness"], definitions, known)
    assert abs(difference.evalf(30)) < 1e-20


def test_short_forms_are_written_out() -> None:
    bounds = bc.compile(bc.load("specs/deep-linear.yaml"))
    assert [name for name, _ in bounds.definitions if name.startswith(("c_", "growth"))] == []
    assert "  smoothness = R**(k - 2)*k*x*(k - 1)" in "\n".join(closed_forms(document(bounds)))


def test_cases_are_apart_where_they_are_the_same_ones() -> None:
    x, y = sympy.symbols("x y", positive=True)
    one = sympy.Piecewise((x, sympy.Eq(y, 1)), (x / y, True))
    other = sympy.Piecewise((1 + x, sympy.Eq(y, 1)), (y, True))
    general, special = by_cases(2 * one + other)
    assert general == 2 * x / y + y
    assert special == ((sympy.Eq(y, 1), 3 * x + 1),)
    third = sympy.Piecewise((x, sympy.Eq(y, 2)), (x**2, True))
    assert not by_cases(one + third).are_apart
    assert by_cases(x + y) == (x + y, ())


def test_irrational_growth_factors_that_coincide_leave_open_how_much_larger_the_form_is() -> None:
    """At R = 1 two of them are sqrt(6)/4 + 3/32 by different minima, which balls cannot tell: that ended the command."""
    text = """
    symbols: {R: 1, w: 2, wide: w + 1, k: {value: 3, integer: true}}
    batch: 2
    input: {shape: [3, wide], norm: {batch: 3/2}}
    radius: R
    layers:
      - repeat:
          times: k
          carry: {h: {shape: [2, 2], next: next}}
          each: {x: input}
          spectral: 1/2
          layers: [{sigmoid: {from: x}}, {dense: {units: in + 1, bias: false}}, {reshape: [2, -1]}, {multiply: [[], h]}, {dense: w}, {identity: {name: next}}]
    """
    bounds = bc.compile(bc.loads(text))
    said = [answer.slack for answer in bounds.document.totals.values()]
    assert said[0] == pytest.approx(1.09, abs=0.01)
    assert said[1] is None
    assert "an upper form" in to_text(bounds.document)


@pytest.mark.parametrize("exponent", [6, 12, 60])
def test_how_much_larger_a_form_is_is_told_next_to_a_resonance_too(exponent: int) -> None:
    text = f"symbols: {{R: 1 + 10**-{exponent}, k: {{value: 7, integer: true}}}}\ninput: {{shape: [3], norm: {{sample: 1}}}}\nradius: R\nlayers: [{{repeat: {{times: k, layers: [dense: 3, sin: ]}}}}]"
    said = [answer.slack for answer in bc.compile(bc.loads(text)).document.totals.values()]
    assert said == pytest.approx([1, 1.39905, 1.91508], rel=1e-4)
