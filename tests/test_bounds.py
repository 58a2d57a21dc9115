"""The Python face: loading, compiling, asking for layers and symbols, numbers at given values."""

from __future__ import annotations

import io
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import boundcalc as bc
from boundcalc.bounds.options import Options

SPECS = Path(__file__).parent.parent / "specs"
TEXT = """
symbols: {n: 4, R:, k: {integer: true, value: 3}, p: {value: 1/2, below: 1}}
batch: n
input: {shape: [4], norm: {sample: 1}}
radius: R
define: {block: [dense: k, softplus, dropout: p]}
layers:
  - repeat: {times: 2, name: stack, layers: [block: {name: b}]}
  - {dense: {units: 2, name: head}}
"""


@pytest.fixture(scope="module")
def bounds() -> bc.Bounds:
    return bc.compile(bc.loads(TEXT))


def test_load_takes_paths_files_and_mappings(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(TEXT)
    mapping = {"input": {"shape": [4], "norm": 1}, "radius": Fraction(1, 3), "layers": [{"dense": 2}, "relu"]}
    answers = [bc.compile(bc.load(path)), bc.compile(bc.load(str(path))), bc.compile(bc.loads(TEXT.encode()))]
    with open(path) as text, open(path, "rb") as data:
        answers += [bc.compile(bc.load(file)) for file in (text, data, io.StringIO(TEXT))]  # type: ignore[arg-type]
    assert len({a.lipschitz.number(R=2) for a in answers}) == 1
    assert answers[0].name == "net"
    assert bc.compile(bc.load(mapping)).norm.expression == sympy.sqrt(2) / 3


def test_layers_by_path(bounds: bc.Bounds) -> None:
    assert bounds.layers["stack.1.b.dense_0"].path == "stack.1.b.dense_0"
    assert bounds.layers["stack.1.b"] is bounds.layers["stack.1.b.dropout_0"]
    assert bounds.layers["stack"] is bounds.layers["stack.1"] is bounds.layers["stack.1.b"]
    assert list(bounds.layers)[-1] == "head"
    assert len(bounds.layers) == 7
    assert bounds.layers["head"].lipschitz.number(R=2) == bounds.lipschitz.number(R=2)
    with pytest.raises(KeyError, match=r"did you mean 'stack.1.b'"):
        bounds.layers["stack.1.bb"]


def test_symbols_are_those_of_the_closed_forms(bounds: bc.Bounds) -> None:
    assert set(bounds.symbols) == {"n", "R", "k", "p"}
    assert bounds.lipschitz.free_symbols <= set(bounds.symbols.values())
    assert bounds.symbols["R"] in bounds.lipschitz.free_symbols
    assert sympy.Symbol("R") not in bounds.lipschitz.free_symbols


def test_values_by_name_symbol_or_keyword(bounds: bc.Bounds) -> None:
    expected = bounds.lipschitz.evaluate(R=2)
    for mapping in ({"R": 2}, {bounds.symbols["R"]: 2}, {sympy.Symbol("R"): 2}):
        assert bounds.lipschitz.evaluate(mapping) == expected
    assert bounds.lipschitz.evaluate({"R": 5}, R=2) == expected
    for two in (2.0, Fraction(2), Decimal(2), sympy.Integer(2), "4/2", np.int64(2), np.float32(2), sympy.Float(2)):
        assert bounds.lipschitz.evaluate(R=two) == expected


def test_closed_forms_are_ordinary_sympy(bounds: bc.Bounds) -> None:
    norm = bc.compile(bc.loads("symbols: {R:}\ninput: {shape: [4], norm: 3}\nradius: R\nlayers: [dense: 2]")).norm
    R = next(iter(norm.free_symbols))
    assert sympy.sympify(norm) == sympy.sqrt(10) * R
    assert norm._repr_latex_() == r"$\sqrt{10} R$"
    assert "sqrt(10)*R" in repr(norm)
    assert bounds.lipschitz.expression is not None


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({}, KeyError, "R"),
        ({"r": 1, "R": 1}, KeyError, "unknown symbol 'r'; did you mean 'R'"),
        ({"R": "2*"}, ValueError, "ends too early"),
        ({"R": b"2"}, TypeError, "not a number"),
        ({"R": True}, TypeError, "truth value"),
        ({"R": None}, TypeError, "not a number"),
        ({"R": 1j}, TypeError, "not a number"),
        ({"R": math.nan}, ValueError, "nan is not a finite number"),
        ({"R": math.inf}, ValueError, "inf is not a finite number"),
        ({"R": Decimal("nan")}, ValueError, "not a finite number"),
        ({"R": -1}, ValueError, "positive"),
        ({"R": 0}, ValueError, "positive"),
        ({"R": 1, "k": 2.5}, ValueError, "integer"),
        ({"R": 1, "p": 1}, ValueError, "p < 1"),
        ({"R": [1.0, math.nan]}, ValueError, "nan"),
        ({"R": [1.0, -1.0, 2.0]}, ValueError, "positive"),
        ({"R": [[1], [2]], "p": [0.1, 2, 0.3]}, ValueError, "p < 1"),
    ],
)
def test_values_that_are_refused(
    bounds: bc.Bounds, values: dict[str, Any], error: type[Exception], message: str
) -> None:
    for quantity in (bounds.lipschitz, bounds.norm):
        with pytest.raises(error, match=message):
            quantity.evaluate(values)


def test_what_shapes_were_built_on_is_checked_again() -> None:
    text = "symbols: {w: 6, v: 2}\ninput: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: w, {reshape: [3, v]}]"
    bounds = bc.compile(bc.loads(text))
    assert bounds.norm.evaluate(w=6) == bounds.norm.evaluate()
    with pytest.raises(ValueError, match="compile the spec again"):
        bounds.norm.evaluate(w=7)
    assert bounds.norm.evaluate(w=9, v=3) > 0
    pool = bc.compile(bc.loads("symbols: {d: 8}\ninput: {shape: [1, d, d], norm: 1}\nlayers: [avgpool2d: 4]"))
    with pytest.raises(ValueError, match="compile the spec again"):
        pool.norm.evaluate(d=2)


def test_arrays_broadcast_and_agree_with_scalars(bounds: bc.Bounds) -> None:
    radii, drops = np.array([[0.5], [3.0]]), np.array([0.1, 0.5, 0.9])
    for quantity in (bounds.norm, bounds.lipschitz, bounds.smoothness):
        grid = quantity.evaluate(R=radii, p=drops)
        assert isinstance(grid, np.ndarray)
        expected = [[quantity.evaluate(R=float(r), p=float(p)) for p in drops] for r in radii[:, 0]]
        np.testing.assert_allclose(grid, expected, rtol=1e-10)
    assert np.shape(bounds.norm.evaluate(R=[1, 2], n=np.ones((3, 1), int))) == (3, 2)


def test_numbers_of_any_magnitude(bounds: bc.Bounds) -> None:
    huge = 10**4000
    assert bounds.norm.evaluate(R=huge) == math.inf  # rounded up
    assert bounds.norm.log10(R=huge) == pytest.approx(12000, rel=1e-3)
    assert bounds.norm.number(R=huge).endswith("e+12000") or "e+1200" in bounds.norm.number(R=huge)
    assert float(bounds.norm.number(R=2)) >= bounds.norm.evaluate(R=2) * (1 - 1e-14)


def test_infinite_bounds_have_a_reason() -> None:
    bounds = bc.compile(bc.loads("symbols: {R:}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [dense: 3, relu]"))
    infinite = bounds.smoothness
    assert not infinite.finite
    assert "relu" in str(infinite.reason)
    assert infinite.evaluate() == infinite.evaluate(R=2) == math.inf
    assert np.all(infinite.evaluate(R=[1, 2]) == math.inf)
    assert infinite.log10() == math.inf
    assert sympy.sympify(infinite) == sympy.oo
    with pytest.raises(KeyError):
        infinite.evaluate(r=1)
    with pytest.raises(ArithmeticError):
        infinite.number()
    assert bounds.lipschitz.finite
    assert bounds.lipschitz.reason is None


def test_errors_are_data() -> None:
    with pytest.raises(bc.SpecError) as error:
        bc.loads("input: {shape: [4], norm: 1}\nlayers: [cnov2d: 3, {relu: {a: 1}}]", "net.yaml")
    assert str(error.value).splitlines()[0] == "net.yaml:2:10: unknown layer 'cnov2d'; did you mean 'conv2d'?"
    first, second = error.value.errors()
    assert first == {
        "type": "unknown_layer", "loc": ("net.yaml", 2, 10), "msg": "unknown layer 'cnov2d'",
        "ctx": {"remedy": "did you mean 'conv2d'?"},
    }  # fmt: skip
    assert second["type"] == "unknown_field"
    assert isinstance(error.value, ValueError)


def test_options_of_compile() -> None:
    spec = bc.load(SPECS / "vgg16-smooth.yaml")
    total = bc.compile(spec)
    assert total.options == Options(blocks="total", wrt=("parameters",), constants="sharp", refine=False)
    assert total.certified
    assert bc.compile(spec, wrt=["fc1", "fc2"]).lipschitz.evaluate() < total.lipschitz.evaluate()
    assert (
        bc.compile(spec, wrt="fc1, fc2").lipschitz.evaluate()
        == bc.compile(spec, wrt=["fc1", "fc2"]).lipschitz.evaluate()
    )
    assert not bc.compile(spec, constants="published").certified
    with pytest.raises(ValueError, match="not 'other'"):
        bc.compile(spec, constants="other")  # type: ignore[arg-type]
    with pytest.raises(bc.SpecError, match="selects nothing"):
        bc.compile(spec, wrt=["fc3"])
    with pytest.raises(bc.SpecError, match="'fc3' matches nothing that is differentiated by; did you mean 'fc1'"):
        bc.compile(spec, blocks="fc3")


def test_the_network_of_the_paper() -> None:
    """Batch-norm with a small eps makes both constants larger, with a large one both smaller."""
    plain = bc.compile(bc.load(SPECS / "vgg16-smooth.yaml"))
    for form in ("vgg16-smooth-batchnorm", "vgg16-smooth-batchnorm-additive"):
        normalised = bc.compile(bc.load(SPECS / f"{form}.yaml"))
        for name in ("lipschitz", "smoothness"):
            without = getattr(plain, name).evaluate()
            assert getattr(normalised, name).evaluate(eps=Fraction(1, 100)) > without
            assert getattr(normalised, name).evaluate(eps=100) < without


TRANSFORMER = """\
symbols: {n: 8, T: 1024, d: 768, eps: 1/100000, R: 1}
batch: n
input: {shape: [T, d], norm: {entry: 1/sqrt(768)}}
radius: R
layers:
  - repeat:
      times: 12
      layers:
        - residual: [layernorm: {eps: eps}, attention: {heads: 12}]
        - residual: [layernorm: {eps: eps}, dense: 4*d, gelu, dense: d]
  - layernorm: {eps: eps}
"""


@pytest.mark.parametrize(
    ("blocks", "lipschitz", "smoothness"), [("total", 134.801, 268.121), ("layer", 134.651, 267.820)]
)
def test_a_transformer_of_the_size_of_gpt_2(blocks: Any, lipschitz: float, smoothness: float) -> None:
    """Against a calculation that shares nothing with this one; a ball for each map makes 4 blocks of an attention."""
    bounds = bc.compile(bc.loads(TRANSFORMER), blocks=blocks)
    assert bounds.lipschitz.log10() == pytest.approx(lipschitz, abs=1e-3)
    assert bounds.smoothness.log10() == pytest.approx(smoothness, abs=1e-3)


def test_everything_public_is_there() -> None:
    for name in bc.__all__:
        assert getattr(bc, name) is not None
    assert set(bc.__all__) <= set(dir(bc))
    with pytest.raises(AttributeError):
        bc.nothing  # noqa: B018
