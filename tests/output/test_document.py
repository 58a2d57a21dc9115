"""The neutral document: what the outputs read is what the bounds say."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

import boundcalc as bc

HEAD = "symbols: {R: 2, w:}\ninput: {shape: [4], norm: 1}\nradius: R\n"
SPEC = HEAD + "layers: [{dense: {units: 3, name: head}}, relu]\nloss: logistic"


def test_it_holds_what_the_bounds_hold() -> None:
    bounds = bc.compile(bc.loads(SPEC), blocks="layer")
    document = bounds.document
    assert document is bounds.document
    assert document.options is bounds.options
    assert [row.path for row in document.rows] == list(bounds.layers)
    assert [quantity.identifier for quantity in document.quantities] == [bound.name for bound in bounds.quantities]
    assert list(document.totals) == ["norm", "lipschitz", "smoothness", "objective lipschitz", "objective smoothness"]
    for quantity, bound in zip(document.quantities, bounds.quantities, strict=True):
        assert quantity.number is bounds.numbers.get(bound)
        assert str(quantity.number_alone) == str(bounds.number(bound))
        assert quantity.definition == bounds.definition(bound)
        assert quantity.finite == bound.finite
        assert quantity.upper == bound.upper
        assert quantity.expression == (bound.expression if bound.finite else None)
    assert document.totals["smoothness"].infinite_from == "relu_0"
    assert document.totals["smoothness"].infinite_because == "relu has a kink at 0: its derivative jumps"
    assert document.to_dict() == bounds.to_dict()
    with pytest.raises(FrozenInstanceError):
        document.name = "other"  # type: ignore[misc]


def test_slack_is_how_much_larger_the_form_is() -> None:
    text = "symbols: {R: 2}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [dense: 3, softplus, dense: 2]"
    layer = bc.compile(bc.loads(text), blocks="layer").document.totals["smoothness"]
    assert layer.upper
    assert layer.slack is not None
    assert 1 <= layer.slack < 2
    assert bc.compile(bc.loads(text.replace("R: 2", "R:"))).document.totals["smoothness"].slack is None


def test_numbers_are_not_asked_for_by_outputs_that_need_none() -> None:
    """A depth that would take hours has closed forms all the same."""
    text = "symbols: {R: 2, k: {integer: true, value: 10**9}}\ninput: {shape: [3], norm: 2}\nradius: R\nlayers: [{repeat: {times: k, layers: [{dense: {units: 3, bias: false}}]}}]"
    document = bc.compile(bc.loads(text)).document
    assert document.totals["norm"].expression is not None
