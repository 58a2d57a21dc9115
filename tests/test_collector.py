"""The collector of garbage is paused while something is built, and goes on afterwards."""

from __future__ import annotations

import gc

import pytest

import boundcalc as bc
from boundcalc.collector import paused

TEXT = "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, tanh]"


def test_it_goes_on_afterwards() -> None:
    assert gc.isenabled()
    with paused():
        assert not gc.isenabled()
        with paused():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(KeyError), paused():
        raise KeyError
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    gc.disable()
    try:
        bc.compile(bc.loads(TEXT))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_no_collection_while_a_network_is_read_and_compiled() -> None:
    collections: list[str] = []

    def note(phase: str, about: dict[str, int]) -> None:
        collections.append(phase)

    text = TEXT.replace("dense: 2, tanh", ", ".join(["dense: 2, tanh"] * 500))
    gc.collect()
    gc.callbacks.append(note)
    try:
        bc.compile(bc.loads(text))
    finally:
        gc.callbacks.remove(note)
    assert len(collections) <= 4  # between the two, and at the end
    assert gc.isenabled()
    with pytest.raises(bc.SpecError):
        bc.loads("layers: [")
    assert gc.isenabled()
