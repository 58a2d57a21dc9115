"""What people meet says what it is: short, no fields of a record, no exception; as HTML with balanced tags."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sympy
from reading import Reader

import boundcalc as bc
from boundcalc.bounds.shown import LATER

SPECS = Path(__file__).parents[1] / "specs"
OF_A_RECORD = re.compile(r"\b[A-Z]\w*\(\w+=")
SHORT = 4_000
PATHS = ("resnet50", "mlp", "mlp-deep", "lstm", "deq", "pinn", "own-activation", "mlp-deep-bias")
LOOP = """
symbols: {n: 8, R:, T:}
batch: n
input: {shape: [4], norm: {sample: 1}}
radius: R
layers: [{repeat: {times: T, layers: [{dense: 4}, relu]}}]
loss: logistic
"""


@cache
def compiled(name: str, **options: Any) -> bc.Bounds:
    architecture = bc.loads(LOOP) if name == "loop" else bc.load(SPECS / f"{name}.yaml")
    return bc.compile(architecture, **options)


def met(bounds: bc.Bounds) -> list[Any]:
    """The bounds, and what hangs on them."""
    found = [
        bounds,
        bounds.architecture,
        bounds.graph,
        bounds.primitives,
        bounds.options,
        bounds.layers,
        bounds.symbols,
    ]
    found += [bounds.document, bounds.document.rows[0], bounds.trail, bounds.graph.conditions, *bounds.totals.values()]
    last = list(bounds.layers.values())[-1]
    found += [last, last.layer, last.lipschitz, next(iter(bounds.layers.values())).norm, bounds.objective]
    if bounds.lipschitz.finite:
        found += bounds.lipschitz.gradient(list(bounds.symbols)[:2])
    if bounds.objective is not None:
        training = bc.objective(bounds.architecture)
        found += [training, training.step, training.stochastic_step, training.targets, training.steps, training.kernel]
        found += [training.spectral, training.iterations]
    return found


@pytest.mark.parametrize("name", [*PATHS, "loop"])
@pytest.mark.parametrize("options", [{}, {"blocks": "layer", "norms": "mixed"}], ids=["total", "mixed"])
def test_every_object_is_short(name: str, options: dict[str, str]) -> None:
    for each in met(compiled(name, **options)):
        text = repr(each)
        assert len(text) <= SHORT, type(each)
        assert OF_A_RECORD.search(text) is None, text[:200]
        assert "object at 0x" not in text
        if hasattr(each, "_repr_html_"):
            Reader(each._repr_html_())


def test_what_the_text_says_the_html_says() -> None:
    bounds = compiled("resnet50", blocks="layer", refine=True, wrt="head")
    read = "".join(Reader(bounds._repr_html_()).text)
    for words in ("with respect to head", "blocks: layer", "refined slopes", "eps = 1/100"):
        assert words in repr(bounds)
        assert words in read


def test_conditions_are_said() -> None:
    text = "symbols: {a: 4, b: 4}\nbatch: 2\ninputs: {x: {shape: [a], norm: 1}, y: {shape: [b], norm: 1}}\nradius: 1\nlayers: [{add: [x, y]}, {dense: 2}]"
    bounds = bc.compile(bc.loads(text))
    assert bounds.conditions
    for shown in (repr(bounds), bounds._repr_html_(), bounds.lipschitz._repr_html_()):
        assert "holds if" in shown


def test_published_constants_are_marked_in_html() -> None:
    html = compiled("mlp", constants="published")._repr_html_()
    assert "published constants" in html
    assert "not upper bounds" in html


def test_long_networks_are_cut_in_the_middle() -> None:
    rows = "\n".join(["  - dense: 4\n  - softplus"] * 400)
    text = f"symbols: {{n: 8, R: 1}}\nbatch: n\ninput: {{shape: [4], norm: {{sample: 1}}}}\nradius: R\nlayers:\n{rows}"
    bounds = bc.compile(bc.loads(text))
    assert "... 780 more layers" in repr(bounds)
    assert "... 788 more" in repr(bounds.layers)
    assert len(repr(bounds).splitlines()) <= 35


def test_numbers_are_those_that_are_certified() -> None:
    bounds = compiled("resnet50")
    cells = {
        line.split()[0]: line.split()[-1] for line in repr(bounds).splitlines() if line.startswith(("norm", "lip"))
    }
    for name, cell in cells.items():
        assert float(cell) >= bounds.named[name].evaluate(), name


def test_what_takes_long_is_left_out_until_it_is_known() -> None:
    text = LOOP.replace("T:}", "T: 90000}").replace("R:,", "R: 1/90000,").replace("relu", "softplus, layernorm: 1")
    bounds = bc.compile(bc.loads(text))
    assert LATER in repr(bounds)
    assert "bounds.lipschitz.number()" in repr(bounds)


def test_sympy_writes_them() -> None:
    bounds = compiled("mlp")
    for each in (bounds.norm, bounds.lipschitz, bounds.lipschitz.diff("R"), bc.objective(bounds.architecture).step):
        assert sympy.latex(each) == sympy.latex(each.expression)
        assert each._repr_latex_() == f"${sympy.latex(each)}$"
    assert sympy.latex(bounds.norm, mode="inline") == f"${sympy.latex(bounds.norm)}$"
    assert sympy.latex(compiled("resnet50").smoothness) == r"\infty"
    assert sympy.latex(compiled("resnet50").lipschitz) == r"\ell"


def test_formulas_are_mathematics() -> None:
    bounds = compiled("mlp")
    read = Reader(bounds._repr_html_())
    assert read.tags.count("math") >= 5
    assert read.tags.count("details") == 1
    assert not any("\\" in text for text in read.text)


def test_names_are_no_markup() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    architecture = bc.loads(
        f"name: {hostile}\nbatch: 2\ninput: {{shape: [3], norm: 1}}\nradius: 1\nlayers: [{{dense: 2}}]"
    )
    for shown in (architecture, bc.compile(architecture), bc.table(architecture)):
        read = Reader(shown._repr_html_())
        assert "img" not in read.tags
        assert hostile in "".join(read.text)


def test_kinds_and_activations() -> None:
    for each in (bc.describe("dense"), bc.activation("x*sigmoid(x)"), bc.activation("x*sigmoid(x)").lipschitz):
        assert len(repr(each)) <= SHORT
        assert OF_A_RECORD.search(repr(each)) is None
    Reader(bc.describe("dense")._repr_html_())
    assert repr(bc.network(bc.load(SPECS / "lenet5.yaml"))).startswith("<Network: ")
