"""The balls of layers of several learned maps: one for each map, unless a field names arrays."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.selection import select

HEAD = "input: {shape: [3, 4], norm: 1}\nradius: 1\n"
MAPS = ("query", "key", "value", "out")
HALF = sympy.Rational(1, 2)


def graph(*steps: str) -> LayerGraph:
    return expand(bc.loads(HEAD + f"layers: [{', '.join(f'{{attention: {{{step}}}}}' for step in steps)}]"))


def balls(*steps: str) -> dict[str, tuple[sympy.Expr, sympy.Expr | None]]:
    return {path: (ball.radius, ball.center) for path, ball in graph(*steps).balls.items()}


def test_a_map_has_a_ball_of_its_own() -> None:
    found = graph("heads: 2, name: a")
    assert list(found.balls) == [f"a.{name}" for name in MAPS]
    assert {array.origin: array.ball for array in found.layer("a").arrays} == {
        f"a.{name}.{array}": f"a.{name}" for name in MAPS for array in ("weight", "bias")
    }


def test_a_field_may_name_a_map() -> None:
    found = balls("heads: 1, radius: {query: 2, key: 3, value: 4, out: 5}, center: {key: 6}, name: a")
    assert found == {"a.query": (2, None), "a.key": (3, 6), "a.value": (4, None), "a.out": (5, None)}


def test_a_field_may_name_an_array_of_all_maps_or_of_one() -> None:
    found = balls("heads: 1, radius: {weight: 2, bias: 3, out: 4, key.bias: 5}, center: {query.bias: 6}, name: a")
    assert found == {
        "a.query.weight": (2, None), "a.query.bias": (3, 6), "a.key.weight": (2, None), "a.key.bias": (5, None),
        "a.value.weight": (2, None), "a.value.bias": (3, None), "a.out": (4, None),
    }  # fmt: skip


def test_an_array_that_is_named_besides_its_map_has_a_ball_of_its_own() -> None:
    for arrays in ("bias", "weight"):
        found = balls(f"heads: 1, radius: {{query: 2, weight: 3, bias: 3, query.{arrays}: 5}}, name: a")
        assert found[f"a.query.{arrays}"] == (5, None)
        assert {radius for path, (radius, _) in found.items() if path.startswith("a.query")} == {2, 5}


def test_what_a_module_says_of_balls_that_it_shares() -> None:
    """The radius of a table is a field of its own, whatever the module says of the others."""
    text = (
        "define: {block: [{attention: {heads: 1, radius: 2, relative_bias: 1, name: a}}]}\n" + HEAD
        + "layers: [{block: {name: x}}, {block: {name: y, share: x}}]"
    )  # fmt: skip
    found = expand(bc.loads(text))
    assert all(array.shared for array in found.layer("y.a").arrays)


def test_centres_of_arrays_in_one_ball_add_their_squares() -> None:
    found = balls("heads: 1, center: {query.weight: 3, query.bias: 4}, name: a")
    assert found["a.query"] == (1, 5)
    assert found["a.key"] == (1, None)


def test_the_radius_of_a_table_is_a_field() -> None:
    found = graph("heads: 2, relative_bias: 1/2, radius: {weight: 2, bias: 3}, name: a")
    assert found.balls["a.relative_bias"].radius == HALF
    assert next(a for a in found.layer("a").arrays if a.name == "relative_bias.weight").shape == (2, 5)


def test_maps_and_arrays_are_shared() -> None:
    found = graph(
        "heads: 1, name: a",
        "heads: 1, share: {query: a.key, out.bias: a.out.bias}, name: b",
        "heads: 1, share: a, name: c",
    )
    arrays = {array.name: (array.origin, array.ball) for array in found.layer("b").arrays}
    assert arrays["query.weight"] == ("a.key.weight", "a.key")
    assert arrays["query.bias"] == ("a.key.bias", "a.key")
    assert arrays["out.bias"] == ("a.out.bias", "a.out")
    assert arrays["out.weight"] == ("b.out.weight", "b.out.weight")  # what is left of a map that is shared in part
    assert all(array.shared for array in found.layer("c").arrays)


def test_a_dense_layer_takes_an_array_of_a_map() -> None:
    text = (
        HEAD + "layers: [attention: {heads: 1, name: a}, dense: {units: 4, share: {weight: a.value.weight}, name: d}]"
    )
    (weight, _) = expand(bc.loads(text)).layer("d").arrays
    assert (weight.origin, weight.ball) == ("a.value.weight", "a.value")


def test_a_map_can_be_selected() -> None:
    found = graph("heads: 1, name: a", "heads: 1, name: b")
    assert select(found, ["a.query"]).balls == {"a.query"}
    assert select(found, ["b"]).balls == {f"b.{name}" for name in MAPS}
    assert select(found, ["*.out"]).balls == {"a.out", "b.out"}


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (("heads: 1, radius: {queri: 1}",), "'attention' has no learned array 'queri'; did you mean 'query'?"),
        (("heads: 1, radius: {query: 1}",), "the learned array 'key.weight' of 'attention' has no radius"),
        (("heads: 1, relative_bias: 1, radius: {relative_bias: 2}",), "the radius of 'relative_bias' is the field `relative_bias`"),
        (
            ("heads: 1, relative_bias: 1, name: a", "heads: 1, relative_bias: 2, share: a"),
            "`relative_bias` is 2 here, and 1 in 'a.relative_bias'",
        ),
        (("heads: 1, name: a", "heads: 1, share: {query: a.quer}"), "there is no learned array 'a.quer.weight' to share"),
        (("heads: 1, name: a", "heads: 1, share: {quer: a.query}"), "'attention' has no learned array 'quer'"),
        (("heads: 1, relative_bias: -1",), "a radius must not be negative: -1"),
    ],
)  # fmt: skip
def test_mistakes(steps: tuple[str, ...], message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        graph(*steps)
    assert message in str(caught.value)


def test_the_radii_that_are_shown() -> None:
    bounds = bc.compile(
        bc.loads(HEAD + "layers: [attention: {heads: 1, radius: {query: 2, key: 3, value: 4, out: 5}}]")
    )
    assert bounds.layers["attention_0"].radius == {"query": 2, "key": 3, "value": 4, "out": 5}


VECTOR = "symbols: {R: 1/10}\ninput: {shape: [4], norm: 1}\nlayers:\n  - "


def test_the_spectral_norm_of_a_centre_bounds_the_map_around_it() -> None:
    """||V* + E||_2 <= ||V*||_2 + ||E||, also where a bias is in the ball: of the two bounds that are known the smaller counts."""
    for step, norm in (
        ("dense: {units: 4, bias: false, center: {norm: 3, spectral: 2}, radius: R}", 2.1),
        ("dense: {units: 4, bias: false, center: {weight: {norm: 3, spectral: 2}}, radius: R}", 2.1),
        ("dense: {units: 4, bias: false, center: {norm: 3, spectral: 4}, radius: R}", 3.1),
        ("dense: {units: 4, bias: false, center: {norm: 3, spectral: 2}, spectral: 1/2, radius: R}", 0.5),
        ("dense: {units: 4, center: {weight: {norm: 3, spectral: 2}}, radius: {weight: R, bias: 0}}", 2.1),
        ("dense: {units: 4, bias: false, center: {norm: 3, spectral: 2}, radius: 0}", 2.0),
        ("dense: {units: 4, bias: false, center: {norm: 3, spectral: 2}, radius: center/30}", 2.1),
        (
            "repeat: {times: 1, center: {norm: 3, spectral: 2}, radius: center/30, layers: [dense: {units: 4, bias: false}]}",
            2.1,
        ),
    ):
        bounds = bc.compile(bc.loads(VECTOR + step))
        assert float(bounds.norm.number() or "nan") == pytest.approx(norm, rel=1e-12)


def test_of_a_convolution_it_is_that_of_the_map_and_not_of_the_array() -> None:
    """||B(E, .)|| <= b ||E||, b > 1 where a window overlaps others."""
    head = "input: {shape: [1, 6, 6], norm: 1}\nlayers:\n  - conv2d: {channels: 2, kernel: 3, bias: false, radius: 1/10"
    plain = bc.compile(bc.loads(head + "}"))
    centred = bc.compile(bc.loads(head + ", center: {norm: 3, spectral: 2}}"))
    own = centred.layers["conv2d_0"].own
    assert own["spectral"] == 2 + own["operator_norm"] / 10
    assert centred.norm.evaluate() == pytest.approx(min(2 + plain.norm.evaluate(), 3.1 * 10 * plain.norm.evaluate()))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (
            "dense: {units: 4, center: {norm: 3, spectral: 2}, radius: 1}",
            "'dense' has several learned arrays, and this centre is of one; "
            "say of which: center: {weight: {norm: E, spectral: E}}",
        ),
        (
            "dense: {units: 4, center: {bias: {norm: 3, spectral: 2}}, radius: 1}",
            "no bound uses the spectral norm of the centre of 'bias' of 'dense'; say its norm alone: center: E",
        ),
        ("dense: {units: 4, center: {spectral: 3}, radius: 1}", "a centre has a norm and a spectral norm"),
        ("dense: {units: 4, center: {norm: 3, spectrum: 2}, radius: 1}", "unknown field 'spectrum' of a centre"),
        ("dense: {units: 4, center: {norm: -3, spectral: 2}, bias: false, radius: 1}", "a centre must not be negative"),
        (
            "dense: {units: 4, center: {norm: 3, spectral: -2}, bias: false, radius: 1}",
            "a spectral norm must not be neg",
        ),
        ("dense: {units: 4, radius: center/3}", "`center` is not known here; a radius may be relative to the norm"),
        ("dense: {units: center, radius: 1}", "`center` is not known here"),
    ],
)
def test_mistakes_of_a_centre(step: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as error:
        bc.compile(bc.loads(VECTOR + step))
    assert message in str(error.value)


def test_a_symbol_is_not_called_as_the_centre() -> None:
    with pytest.raises(bc.SpecError, match="'center'"):
        bc.loads("symbols: {center: 1}\ninput: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3]")
