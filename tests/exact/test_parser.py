"""Short texts are read without the grammar, as the grammar reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundcalc.exact.parser import parser, read_atom

ATOMS = st.from_regex(r"[ \n]{0,2}([0-9]{1,18}|[A-Za-z_][A-Za-z0-9_]{0,6})[ \t]{0,2}", fullmatch=True)


@given(ATOMS)
def test_an_atom_is_what_the_grammar_reads(text: str) -> None:
    assert read_atom(text) == parser()(text)


@pytest.mark.parametrize(
    "text", ["", " ", "1/2", "-1", "1e3", ".5", "2 3", "a b", "sqrt(2)", "(a)", "1a", "é", "1" * 19]
)
def test_what_is_no_short_atom_is_left_to_the_grammar(text: str) -> None:
    assert read_atom(text) is None
