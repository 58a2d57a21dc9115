"""The table of functions: what a row says, everything knows; and no function is spelled beside it without a reason."""

from __future__ import annotations

import ast
import math
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy
from flint import arb, ctx, fmpq

from boundcalc.exact import balls, enclosures, signed_log
from boundcalc.exact.arrays import on_arrays
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.relations import RELATIONS
from boundcalc.exact.signs import is_integer, sign_range
from boundcalc.exact.syntax import CLOSED_FORM, LANGUAGE, closed_forms, compile_text, language
from boundcalc.exact.table import Function, Table
from boundcalc.output.parts.python_printer import Printer

PACKAGE = Path(__file__).parents[2] / "boundcalc"
X = sympy.Symbol("x", real=True)
ROW = 'Function("asinh", word="asinh", ball=lambda x: x.asinh(), exact_at=((0, 0),), array="arcsinh", signs=lambda of: of)'
ASINH = Function(
    "asinh", word="asinh", ball=lambda x: x.asinh(), exact_at=((0, 0),), array="arcsinh", signs=lambda of: of
)
WITH_ASINH = Table((*FUNCTIONS.rows, ASINH))


def test_readings_know_a_function_from_its_row() -> None:
    expression = 2 * sympy.asinh(X)
    assert [step.value for step in compile_text("asinh(x)", language(WITH_ASINH))] == ["x", "asinh"]
    assert "asinh" in closed_forms(WITH_ASINH).functions
    with ctx.workprec(128):
        certified = balls.ball(enclosures.reading(WITH_ASINH).read(expression, {X: fmpq(3)}))
        assert certified.contains(2 * arb(3).asinh())
        assert enclosures.reading(WITH_ASINH).read(expression, {X: fmpq(0)}) == fmpq(0)
    points = np.array([-2.0, 0.0, 0.5])
    expected = [2 * math.asinh(point) for point in points]
    with np.errstate(divide="ignore"):  # the logarithm of zero
        signed = signed_log.reading(WITH_ASINH).read(expression, {X: signed_log.from_array(points)})
    assert signed.value == pytest.approx(expected)
    assert on_arrays(sympy.Lambda(X, expression), points, np, WITH_ASINH) == pytest.approx(expected)
    printed = Printer({"x": "x"}, WITH_ASINH).doprint(expression)
    assert printed == "2*xp.arcsinh(x)"
    with pytest.raises(TypeError, match="cannot evaluate asinh"):
        from_sympy(expression, {X: 3})


def test_adding_a_function_is_one_row(tmp_path: Path) -> None:
    """In a copy of the package, one line of one file is added."""
    shutil.copytree(PACKAGE, tmp_path / "boundcalc", ignore=shutil.ignore_patterns("__pycache__"))
    table = tmp_path / "boundcalc" / "exact" / "functions.py"
    text = table.read_text("utf-8")
    before = '        Function("tanh"'
    assert text.count(before) == 1
    table.write_text(text.replace(before, f"        {ROW},\n{before}"), "utf-8")
    code = """
import math, sympy
import boundcalc as bc
from boundcalc.exact.signs import sign, sign_range
def bound(norm):
    text = f"symbols: {{r:}}\\ninput: {{shape: [4], norm: {norm}}}\\nradius: asinh(3)\\nlayers: [{{dense: 2}}, tanh]\\n"
    return bc.compile(bc.loads(text)).lipschitz
r = sympy.Symbol("r", positive=True)
print(bc.__file__)
print(bound("asinh(r)").evaluate({"r": 2}), bound("asinh(r)").lambdify()(2.0), bound("r").evaluate({"r": math.asinh(2)}))
print(bc.parse("1 + asinh(r)", {"r": r}) == 1 + sympy.asinh(r), sign_range(sympy.asinh(r)), sign(sympy.asinh(1) - 1))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    copied, values, rest = done.stdout.splitlines()
    assert Path(copied).is_relative_to(tmp_path)
    certified, plain, directly = map(float, values.split())
    assert certified == pytest.approx(plain, rel=1e-9)
    assert certified == pytest.approx(directly, rel=1e-9)
    assert rest == "True (1, 1) -1"


def test_every_function_that_texts_may_use_can_be_evaluated() -> None:
    heads = FUNCTIONS.heads.items()
    assert all(row.certified or row.extremum for _, row in heads if row.closed)
    assert FUNCTIONS.called.keys() >= LANGUAGE.functions.keys()
    assert CLOSED_FORM.functions.keys() - FUNCTIONS.called.keys() == {"Piecewise", "Eq", "Ne"}
    assert len(FUNCTIONS.heads) == len(FUNCTIONS.rows) - 1  # sqrt is a power


@pytest.mark.parametrize("row", [row for row in FUNCTIONS.heads.values() if row.certified], ids=lambda row: row.name)
@pytest.mark.parametrize("point", ["-5/2", "-1", "0", "1/3", "1", "2", "7/2"])
def test_the_columns_of_a_row_agree(row: Function, point: str) -> None:
    """Certified values, values by logarithms, SymPy's, signs and integrality."""
    at = sympy.Rational(point)
    expression = row.head(X, evaluate=False)
    if row.name == "log" and at <= 0:
        with pytest.raises(ArithmeticError):
            from_sympy(expression, {X: at})
        return
    expected = row.head(at)
    found = from_sympy(expression, {X: at})
    assert float(balls.ball(found)) == pytest.approx(float(expected), rel=1e-15)
    assert all(from_sympy(row.head(X, evaluate=False), {X: x}) == y for x, y in row.exact_at)
    with np.errstate(divide="ignore"):  # the logarithm of zero
        signed = signed_log.leaf(expression, {X: signed_log.from_value(at)})
    assert float(signed.value) == pytest.approx(float(expected), rel=1e-14)
    low, high = sign_range(row.head(sympy.Symbol("y", nonnegative=at >= 0, nonpositive=at <= 0), evaluate=False))
    assert low <= sympy.sign(expected) <= high
    if is_integer(row.head(sympy.Symbol("k", integer=True), evaluate=False)) and at.is_integer:
        assert expected.is_integer


def test_relations_are_what_their_orders_say() -> None:
    for row in RELATIONS:
        for left, right in [(1, 2), (2, 2), (3, 2)]:
            assert row.holds(left, right) == bool(row.head(left, right)) == (left - right in row.orders)


# Where functions are spelled ------------------------------------------------------------------------------------------

NAMES = {row.name for row in FUNCTIONS.heads.values()}
# Files that state laws of a function which no row can say, and of which.
LAWS = {
    "exact/powers.py": {"exp", "log", "Abs"},  # powers: exp(c log x) = x**c, |x|**2 = x**2
    "exact/guarded.py": {"floor", "ceiling", "Min", "Max"},  # what is whole leaves a rounding; extrema are flat
    "exact/limits.py": {"exp"},  # nested powers
    "exact/intervals.py": {"floor"},  # x is whole where x = floor(x)
    "exact/arrays.py": {"exp", "log"},  # log(1 + exp(x)) without overflow
    "bounds/guards.py": {"floor"},  # wholeness again
    "output/parts/latex_lines.py": {"Min", "Max"},  # long ones are broken over lines
    "graph/given.py": {"Min"},  # of two norms that are given of one output
    "importers/operators/ranges.py": {
        "exp",
        "Abs",
        "Min",
        "Max",
        "tanh",
        "sin",
        "cos",
    },  # between which numbers they are
    "exact/formulas/text.py": {
        "tanh",
        "erf",
        "sin",
        "cos",
        "atan",
    },  # the dialect of formulas, which has functions of its own
}
# Folders with mathematics of kinks, roundings and growth.
WITH_LAWS = {
    "program": {"exp", "log", "floor", "ceiling", "sign", "Abs", "Min", "Max"},
    "bounds": {"Min", "Max"},  # their cases
    "layers": {
        "floor",
        "ceiling",
        "Min",
        "Max",
        "log",
    },  # sizes, and by how much a smooth map differs from one with kinks
}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_functions_are_named_in_the_table_alone(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    folder = name.partition("/")[0]
    if folder == "catalogue":
        return  # activations are written in them
    found = {taken for node in ast.walk(ast.parse(path.read_text("utf-8"))) for taken in _from_sympy(node)} & NAMES
    if name in LAWS:
        assert found == LAWS[name]
    else:
        assert found <= WITH_LAWS.get(folder, set())


def _from_sympy(node: ast.AST) -> list[str]:
    """What a node takes from SymPy: `sympy.floor`, or `from sympy import floor`."""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "sympy":
        return [node.attr]
    if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sympy"):
        return [alias.name for alias in node.names]
    return []
