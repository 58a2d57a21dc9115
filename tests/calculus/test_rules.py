"""What the rules say to people is what the calculus computes: the formulas are read and compared with it."""

from __future__ import annotations

import inspect
import re
from typing import get_args

import pytest
import sympy
from sympy import Rational

from boundcalc.calculus import primitives as p
from boundcalc.calculus import rules
from boundcalc.calculus.constants import constants_of
from boundcalc.calculus.euclidean import Euclidean, Jet
from boundcalc.calculus.pushed import pushed
from boundcalc.calculus.views import NONE
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.to_sympy import to_sympy

ENTRY = Nonlinearity(
    "map", "a map", "everywhere", Fact(Rational(7, 5), "."), Fact(Rational(9, 4), "."), Fact(Rational(3, 7), "."), norm=Fact(Rational(50), ".")
)  # fmt: skip
# Of each kind of primitive one without anything special; what its letters stand for, besides the jets.
CASES: dict[str, tuple[p.Primitive, dict[str, sympy.Expr]]] = {
    "linear": (p.Linear(0, Rational(5, 3)), {"a": Rational(5, 3)}),
    "bilinear": (
        p.Bilinear(0, 1, Rational(2, 3), Rational(4, 9)),
        {"b": Rational(2, 3), "c": Rational(4, 9)},
    ),
    "map": (
        p.Map(0, ENTRY),
        {"ell_a": Rational(7, 5), "L_a": Rational(9, 4), "a_0": Rational(3, 7), "M": Rational(50)},
    ),
    "average": (
        p.Average(0, ENTRY, sympy.Integer(6), NONE),
        {"ell_a": Rational(7, 5), "L_a": Rational(9, 4), "a_0": Rational(3, 7), "N": sympy.Integer(6)},
    ),
    "sum": (p.Sum((0, 1)), {}),
    "concat": (p.Concat((0, 1)), {}),
}
VALUES = (
    {"m": "11/10", "s": "3/10", "ell": "13/10", "L": "17/10"},
    {"m": "19/10", "s": "7/10", "ell": "23/10", "L": "29/10"},
)


def read(latex: str) -> sympy.Expr:
    """The little LaTeX that formulas are written in."""
    text = re.sub(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", r"((\1)/(\2))", latex)
    text = re.sub(r"\\(?:sqrt)\{([^{}]*)\}", r"sqrt(\1)", text)
    text = text.replace(r"\ell", "ell").replace(r"\min", "Min").replace(r"\max", "Max").replace("^2", "**2")
    tokens = re.findall(r"Min|Max|sqrt|[A-Za-z]+(?:_[A-Za-z0-9])?|\d+|\*\*|[-+/(),]", text)
    assert "".join(tokens) == text.replace(" ", ""), latex
    joined = ""
    for before, token in zip(["(", *tokens], tokens, strict=False):
        starts = token[0].isalnum() or token == "("
        ends = before == ")" or (before[-1].isalnum() and before not in ("Min", "Max", "sqrt"))
        joined += ("*" if starts and ends else "") + token
    names = {name: sympy.Symbol(name) for name in re.findall(r"[A-Za-z]+_?[A-Za-z0-9]?", joined)} | {
        "sqrt": sympy.sqrt,
        "Min": sympy.Min,
        "Max": sympy.Max,
    }
    return sympy.parse_expr(joined, local_dict=names)


def values(count: int, given: dict[str, sympy.Expr]) -> dict[str, sympy.Expr]:
    found = dict(given)
    for letter, operands in (("f", VALUES[0]), ("g", VALUES[1])):
        found |= {f"{name}_{letter}": Rational(value) for name, value in operands.items()}
    found |= {name: Rational(value) for name, value in VALUES[0].items()}
    if {"b", "c"} <= given.keys():
        found["a_f"] = given["b"] * found["m_f"]
        found["a_g"] = sympy.sqrt(given["b"] ** 2 * found["m_g"] ** 2 + given["c"] ** 2)
    return found


@pytest.mark.parametrize("name", CASES)
def test_formulas_are_what_the_calculus_computes(name: str) -> None:
    primitive, given = CASES[name]
    rule = rules.rule_of(primitive)
    arena = Arena()
    count = len(p.operands(primitive))
    jets = [Jet(*(arena.leaf(Rational(value)) for value in operands.values())) for operands in VALUES[:count]]
    found = pushed(Euclidean(arena), 0, primitive, jets)
    assert rule.formulas is not None
    known = values(count, given)
    for entry in ("norm", "sup", "lipschitz", "smoothness"):
        computed = getattr(found, entry)
        assert isinstance(computed, Scalar)
        formula = getattr(rule.formulas, entry)
        if formula == "m_h":
            assert entry == "sup"
            assert computed == found.norm
            continue
        said = read(formula).subs({sympy.Symbol(key): value for key, value in known.items()})
        exact = to_sympy(computed, 1000)
        assert exact is not None
        assert abs(float(said - exact)) < 1e-12, (entry, formula)


def test_the_reading_of_formulas_sees_a_wrong_one() -> None:
    known = {sympy.Symbol(key): value for key, value in values(1, CASES["map"][1]).items()}
    right, wrong = read(rules.MAP.formulas.smoothness), read(r"\ell_a L + L_a \ell")  # type: ignore[union-attr]
    assert right.xreplace(known) != wrong.xreplace(known)
    assert read(r"\frac{\ell_a m}{\sqrt{N}}") == sympy.Symbol("ell_a") * sympy.Symbol("m") / sympy.sqrt(
        sympy.Symbol("N")
    )


def test_every_primitive_has_a_rule_and_every_rule_a_primitive() -> None:
    source = inspect.getsource(rules.rule_of)
    assert all(f"p.{kind.__name__}()" in source for kind in get_args(p.Primitive))
    listed = [value for value in vars(rules).values() if isinstance(value, rules.Rule)]
    assert len({rule.name for rule in listed}) == len(listed) == 11
    for rule in listed:
        assert rule.sentence.endswith(".")
        assert rule.given.count("$") % 2 == rule.proof.count("$") % 2 == 0


def test_constants_of_largest_entries_are_marked() -> None:
    found = {used.name: used for used in constants_of(CASES["map"][0], refine=False)}
    assert set(found) == {"Lipschitz constant", "smoothness constant", "norm of the image of 0", "largest norm"}
    linear = list(constants_of(CASES["linear"][0], refine=False))
    assert [(used.letter, used.fact.source) for used in linear] == [("a", "")]
