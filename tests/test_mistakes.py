"""Places, mistakes, the error that carries them, and suggestions."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundcalc.mistakes import SHOWN, STOP, Mistake, Mistakes, Place, SpecError, shown, suggest

WORDS = ["conv2d", "conv1d", "dense", "softplus", "relu", "layernorm", "avgpool2d", "R", "eps", "max"]


def test_a_mistake_is_one_line_with_its_place_and_remedy() -> None:
    mistake = Mistake(Place("specs/vgg.yaml", 12, 7), "unknown layer 'cnov2d'", "did you mean 'conv2d'?")
    assert str(mistake) == "specs/vgg.yaml:12:7: unknown layer 'cnov2d'; did you mean 'conv2d'?"
    assert str(Mistake(Place("specs/vgg.yaml", 12, 7), "odd")) == "specs/vgg.yaml:12:7: odd"


def test_without_a_position_the_place_is_its_source() -> None:
    assert str(Place("<dict>: layers[3].dense.units")) == "<dict>: layers[3].dense.units"


@pytest.mark.parametrize(
    ("place", "offset", "column"),
    [
        (Place("f", 1, 5), 3, 8),
        (Place("f", 1, 5, lead=1), 3, 9),
        (Place("f", 1, 5, lead=None), 3, 5),
        (Place("f", 0, 0), 3, 0),
    ],
)
def test_places_inside_a_text(place: Place, offset: int, column: int) -> None:
    assert place.after(offset).column == column


def test_the_layout_of_a_text_is_not_part_of_its_place() -> None:
    assert Place("f", 1, 5, lead=1) == Place("f", 1, 5)
    assert hash(Place("f", 1, 5, lead=1)) == hash(Place("f", 1, 5))


def test_mistakes_come_in_order_of_position_each_once() -> None:
    found = Mistakes()
    found.add(Place("b", 2, 1), "second of b")
    found.add(Place("a", 9, 1), "of a")
    found.add(Place("b", 1, 10), "first of b, later")
    found.add(Place("b", 1, 9), "first of b")
    found.add(Place("b", 2, 1), "second of b")
    with pytest.raises(SpecError) as caught:
        found.raise_if_any()
    assert [m.message for m in caught.value.mistakes] == ["first of b", "first of b, later", "second of b", "of a"]
    assert str(caught.value).splitlines()[0] == "b:1:9: first of b"


def test_no_mistakes_raise_nothing() -> None:
    found = Mistakes()
    assert not found
    found.raise_if_any()
    found.add(Place("f", 1, 1), "bad")
    assert found
    assert len(found) == 1


def test_the_first_fifty_are_kept_and_the_others_counted() -> None:
    found = Mistakes()
    for line in range(62, 0, -1):
        found.add(Place("f", line, 1), "bad")
    with pytest.raises(SpecError) as caught:
        found.raise_if_any()
    assert [m.place.line for m in caught.value.mistakes] == list(range(1, SHOWN + 1))
    assert caught.value.omitted == 12
    assert str(caught.value).splitlines()[-1] == "and 12 more mistakes"

    more = Mistakes()
    more.extend(caught.value)
    more.add(Place("g", 1, 1), "one more")
    with pytest.raises(SpecError) as again:
        more.raise_if_any()
    assert again.value.omitted == 13


def test_collecting_stops_by_itself() -> None:
    found = Mistakes()
    with pytest.raises(SpecError) as caught:  # noqa: PT012
        for line in range(STOP + 1):
            found.add(Place("f", line, 1), "bad")
    assert len(caught.value.mistakes) + caught.value.omitted == STOP


def test_errors_have_the_shape_of_pydantics() -> None:
    error = SpecError([Mistake(Place("f", 1, 2), "bad", "write good", "value"), Mistake(Place("f", 3, 4), "odd")])
    assert error.errors() == [
        {"type": "value", "loc": ("f", 1, 2), "msg": "bad", "ctx": {"remedy": "write good"}},
        {"type": "invalid", "loc": ("f", 3, 4), "msg": "odd"},
    ]


def test_a_spec_error_is_a_value_error_that_can_be_pickled() -> None:
    error = SpecError([Mistake(Place("f", i, 1), "bad") for i in range(60)])
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(error, ValueError)
    assert (again.mistakes, again.omitted, str(again)) == (error.mistakes, 10, str(error))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("cnov2d", "conv2d"),
        ("conv_2d", "conv2d"),
        ("Conv2D", "conv2d"),
        ("conv2", "conv2d"),
        ("dnese", "dense"),
        ("soft_plus", "softplus"),
        ("LayerNorm", "layernorm"),
        ("layer_nrom", "layernorm"),
        ("r", "R"),
        ("esp", "eps"),
        ("maxx", "max"),
        ("rel", "relu"),
    ],
)
def test_suggestions(name: str, meant: str) -> None:
    assert suggest(name, WORDS) == f"did you mean '{meant}'?"


@pytest.mark.parametrize("name", ["x", "attention", "", "_", "w", "zz", "n" * 5000])
def test_nothing_near_suggests_nothing(name: str) -> None:
    assert suggest(name, WORDS) is None


def test_a_name_is_not_suggested_for_itself_and_ties_are_broken_the_same_way_always() -> None:
    assert suggest("dense", ["dense"]) is None
    assert suggest("conv3d", WORDS) == suggest("conv3d", WORDS[::-1]) == "did you mean 'conv1d'?"


def test_among_very_many_only_case_and_underscores_may_differ() -> None:
    many = [f"layer{i}" for i in range(1000)]
    assert suggest("Layer_7", many) == "did you mean 'layer7'?"
    assert suggest("lyaer7", many) is None


@given(st.text(max_size=12), st.lists(st.text(max_size=12), max_size=6))
def test_suggest_answers_with_a_candidate_or_none(name: str, candidates: list[str]) -> None:
    answer = suggest(name, candidates)
    assert answer is None or answer in {f"did you mean '{c}'?" for c in candidates if c != name}


@given(st.text())
def test_shown_is_one_short_printable_line(text: str) -> None:
    line = shown(text)
    assert "\n" not in line
    assert line.isprintable()
    assert len(text) > 40 or line == repr(text)
