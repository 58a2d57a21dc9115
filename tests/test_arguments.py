"""Wrong names, types and attributes in the Python face: the kind of error a caller expects, with finding and remedy."""

from __future__ import annotations

import io
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc

TEXT = """
symbols: {R: 1, n:, w: 8}
batch: n
input: {shape: [4], norm: 1}
radius: R
layers: [{dense: {units: w, name: hidden}}, softplus, {dense: {units: 2, name: head}}]
"""
ARCHITECTURE = bc.loads(TEXT)
BOUNDS = bc.compile(ARCHITECTURE)
anything: Any = BOUNDS  # the mistakes below are those that a type checker would find
L: Any = BOUNDS.lipschitz
face: Any = bc


def closed() -> io.StringIO:
    stream = io.StringIO(TEXT)
    stream.close()
    return stream


CASES: list[tuple[Callable[[], object], type[Exception], str]] = [
    # reading
    (lambda: face.load("nope.yaml"), bc.SpecError, "nope.yaml: there is no such file"),
    (lambda: face.load(3), TypeError, "a spec cannot be 3; pass a path, an open file or a mapping"),
    (lambda: face.load(None), TypeError, "a spec cannot be None; pass a path"),
    (lambda: face.load(["a.yaml"]), TypeError, "a spec cannot be a list; pass a path"),
    (lambda: face.load(ARCHITECTURE), TypeError, "a spec cannot be an Architecture; pass a path"),
    (lambda: face.load(TEXT), bc.SpecError, "a text of several lines is no path; bc.loads reads"),
    (lambda: face.load(closed()), bc.SpecError, "cannot be read: I/O operation on closed file; pass its path"),
    (lambda: face.loads(3), TypeError, "the text of a spec cannot be 3; pass a text"),
    (lambda: face.loads({}), TypeError, "the text of a spec cannot be a dict; pass a text"),
    # compiling
    (lambda: face.compile("a.yaml"), TypeError, "the architecture cannot be 'a.yaml'; make one with bc.load"),
    (lambda: face.compile({}), TypeError, "the architecture cannot be a dict; make one with bc.load"),
    (lambda: face.compile(BOUNDS), TypeError, "the architecture cannot be a Bounds; make one"),
    (
        lambda: face.compile(ARCHITECTURE, blocks="layers"),
        bc.SpecError,
        "'layers' matches nothing that is differentiated by; did you mean 'layer'?",
    ),
    (
        lambda: face.compile(ARCHITECTURE, blocks=None),
        TypeError,
        "write 'total', 'layer', or patterns of paths such as 'stage*'",
    ),
    (
        lambda: face.compile(ARCHITECTURE, blocks="total,a"),
        ValueError,
        "blocks is total, or patterns of paths, not both",
    ),
    (lambda: face.compile(ARCHITECTURE, blocks="a,,b"), ValueError, "blocks has an empty pattern"),
    (lambda: face.compile(ARCHITECTURE, constants=["sharp"]), ValueError, "or 'published', not a list"),
    (lambda: face.compile(ARCHITECTURE, refine="yes"), TypeError, "refine cannot be 'yes'; write True or False"),
    (lambda: face.compile(ARCHITECTURE, wrt=None), TypeError, "wrt cannot be None; write 'parameters'"),
    (lambda: face.compile(ARCHITECTURE, wrt=[3]), TypeError, "an entry of wrt cannot be 3; write 'parameters'"),
    (lambda: face.compile(ARCHITECTURE, wrt="hed"), bc.SpecError, "did you mean 'head'?"),
    (lambda: face.override(BOUNDS, {"R": 2}), TypeError, "the architecture cannot be a Bounds; make one"),
    (lambda: face.override(ARCHITECTURE, "R=2"), bc.SpecError, "expected a mapping of values"),
    (lambda: face.override(ARCHITECTURE, {"r": 2}), bc.SpecError, "unknown symbol 'r'; did you mean 'R'?"),
    # names
    (lambda: anything.layers["hed"], KeyError, "unknown layer 'hed'; did you mean 'head'?"),
    (lambda: anything.layers["x"], KeyError, "unknown layer 'x'; there are hidden, softplus_0, head"),
    (lambda: anything.layers[0], TypeError, "the name of a layer cannot be 0; write it as text"),
    (lambda: anything.symbols["r"], KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: anything.symbols[["R"]], TypeError, "the name of a symbol cannot be a list"),
    (lambda: anything.layers["head"].own["operator_nrom"], KeyError, "did you mean 'operator_norm'?"),
    (lambda: L.diff("r"), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.diff(3), TypeError, "a symbol cannot be 3; name it by its text"),
    (lambda: L.diff("R").diff("r"), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.diff("R").evaluate(r=2), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.gradient(["R", "r"]), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.gradient("Rn"), TypeError, "the symbols are a list, not a text; write ['Rn']"),
    (lambda: L.gradient(None), TypeError, "the symbols cannot be None; write a list of names"),
    (lambda: L.elasticity("r", n=2), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.lambdify("r"), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.subs("r", 2), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.subs("R", None), TypeError, "the replacement is not a number: None; write a number"),
    (lambda: L.subs("R"), TypeError, "write subs({'R': 2})"),
    (lambda: L.series("r"), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    # values
    (lambda: L.evaluate(r=2), KeyError, "unknown symbol 'r'; did you mean 'R'?"),
    (lambda: L.evaluate({3: 2}), TypeError, "a symbol cannot be 3; name it by its text"),
    (lambda: L.evaluate(), KeyError, "no value for n; pass n=..."),
    (lambda: L.evaluate([("n", 2)]), TypeError, "the values cannot be a list; pass {'R': 2}, or R=2"),
    (lambda: L.evaluate("n=2"), TypeError, "the values cannot be 'n=2'; pass {'R': 2}, or R=2"),
    (lambda: L.evaluate(n="abc"), ValueError, "the value of 'n', 'abc': unknown name 'abc'; write a number"),
    (lambda: L.evaluate(n=""), ValueError, "the value of 'n', '': an expression is missing; write a number"),
    (lambda: L.evaluate(n=None), TypeError, "the value of 'n' is not a number: None; write a number"),
    (lambda: L.evaluate(n=math.nan), ValueError, "the value of 'n': nan is not a finite number; write a number"),
    (lambda: L.evaluate(n=2j), TypeError, "the value of 'n' is not a number: 2j; write a number"),
    (lambda: L.evaluate(n=sympy.I), ValueError, "the value of 'n': I is not a finite real number; write a number"),
    (lambda: L.evaluate(n={2}), TypeError, "the value of 'n' is not a number: a set; write a number"),
    (lambda: L.evaluate(n=[None, 1]), TypeError, "an entry of 'n' is not a number: None; write a number"),
    (lambda: L.evaluate(n=np.array([object()])), TypeError, "an entry of 'n' is not a number: an object"),
    (lambda: L.evaluate(n=["1", "x"]), ValueError, "an entry of 'n', 'x': unknown name 'x'; write a number"),
    (lambda: L.evaluate(n=[True, False]), TypeError, "an entry of 'n' is a truth value; write a number"),
    (lambda: L.evaluate(n=[1, 2j]), TypeError, "an entry of 'n' is not a number"),
    (lambda: L.evaluate(n=[[1], [1, 2]]), ValueError, "a list of lists of different lengths; make them equal"),
    (lambda: L.evaluate(n=[1, 2], R=[1, 2, 3]), ValueError, "n: (2,), R: (3,); axes are equal or 1"),
    # expressions
    (lambda: face.parse(3, BOUNDS.symbols), TypeError, "an expression cannot be 3; pass its text"),
    (lambda: face.parse("R", None), TypeError, "the symbols cannot be None; pass bounds.symbols"),
    (lambda: face.parse("R", ["R"]), TypeError, "the symbols cannot be a list; pass bounds.symbols"),
    (lambda: face.parse("R", {"R": 3}), TypeError, "a symbol cannot be 3; pass bounds.symbols"),
    (lambda: face.parse("r", BOUNDS.symbols), bc.SpecError, "unknown name 'r'; did you mean 'R'?"),
    # attributes
    (lambda: anything.lipshitz, AttributeError, "'Bounds' has no attribute 'lipshitz'; did you mean 'lipschitz'?"),
    (lambda: anything.layer, AttributeError, "did you mean 'layers'?"),
    (lambda: anything.layers["head"].smoothnes, AttributeError, "did you mean 'smoothness'?"),
    (lambda: L.evalute(), AttributeError, "did you mean 'evaluate'?"),
    (lambda: L.diff("R").expresion, AttributeError, "did you mean 'expression'?"),
    (lambda: getattr(face, "complie"), AttributeError, "did you mean 'compile'?"),  # noqa: B009
]


@pytest.mark.parametrize(("wrong", "kind", "message"), CASES, ids=[message for _, _, message in CASES])
def test_what_is_wrong_and_what_to_write(wrong: Callable[[], object], kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as caught:
        wrong()
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not str(caught.value).startswith(("'\"", '"', '\\"'))  # no quotation of a sentence


def test_errors_are_data() -> None:
    with pytest.raises(bc.SpecError) as caught:
        bc.load("nope.yaml")
    assert caught.value.errors() == [{"type": "unreadable", "loc": ("nope.yaml", 0, 0), "msg": "there is no such file"}]


def test_mappings_behave_as_mappings() -> None:
    assert list(BOUNDS.layers) == ["hidden", "softplus_0", "head"]
    assert len(BOUNDS.symbols) == 3
    assert "head" in BOUNDS.layers
    assert "hed" not in BOUNDS.layers
    assert anything.layers.get(3) is None
    assert BOUNDS.symbols.get("r") is None
    assert dict(BOUNDS.symbols) == BOUNDS.symbols
    assert "R" in repr(BOUNDS.symbols)


def test_attributes_that_protocols_ask_for_are_merely_absent() -> None:
    assert not hasattr(BOUNDS, "_repr_png_")
    assert not hasattr(BOUNDS, "__array_interface__")
    assert pickle.loads(pickle.dumps(ARCHITECTURE)).name == ARCHITECTURE.name


def test_entries_of_any_exact_kind_make_an_array() -> None:
    plain = BOUNDS.lipschitz.evaluate(n=[2, 3])
    for entries in (["2", "3"], np.array([sympy.Integer(2), sympy.Integer(3)]), [sympy.Rational(4, 2), 3]):
        assert BOUNDS.lipschitz.evaluate(n=entries) == pytest.approx(plain, rel=1e-11)
    huge = BOUNDS.lipschitz.evaluate(n=[10**400, 2])
    assert isinstance(huge, np.ndarray)
    assert huge[0] == pytest.approx(float(BOUNDS.lipschitz.evaluate(n=10**400)))
    empty = BOUNDS.lipschitz.evaluate(n=[])
    assert isinstance(empty, np.ndarray)
    assert empty.shape == (0,)
