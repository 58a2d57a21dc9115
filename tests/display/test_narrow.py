"""Tables on terminals that are narrower than they are: no word is broken."""

from __future__ import annotations

import os
import sys
from typing import Any

import pytest

from boundcalc.display.page import Table
from boundcalc.display.text import table_to_text

TABLE = Table(
    ("layer", "what it is", "norm", "lipschitz"),
    [
        ["stage_0.convs.0.conv_0.conv2d_0", "a convolution of 3 channels, the first one", "2534.117", "3.849e20"],
        ["head", "dense", "1", "2"],
    ],
    ("norm", "lipschitz"),
)


@pytest.fixture
def window(monkeypatch: Any) -> Any:
    def narrow(columns: int) -> None:
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, 24)))

    return narrow


@pytest.mark.parametrize("columns", [60, 70, 80, 90])
def test_words_and_numbers_stay_whole(window: Any, columns: int) -> None:
    window(columns)
    text = table_to_text(TABLE)
    assert max(map(len, text.splitlines())) <= columns
    flat = " ".join(text.split())
    for word in ("2534.117", "3.849e20", "convolution", "channels,", "conv2d_0", "lipschitz", "head", "dense"):
        assert word in flat
    pieces = [line.split("   ")[0].strip() for line in text.splitlines()[2:]]
    assert "".join(pieces).startswith("stage_0.convs.0.conv_0.conv2d_0")


def test_wide_windows_and_pipes_change_nothing(window: Any) -> None:
    plain = table_to_text(TABLE)
    window(200)
    assert table_to_text(TABLE) == plain
    assert len(plain.splitlines()) == 4


def test_what_cannot_be_narrower_is_left_to_the_terminal(window: Any) -> None:
    window(60)
    wide = Table(("a" * 50, "b" * 50), [["x", "y"]])
    assert table_to_text(wide).splitlines()[0] == f"{'a' * 50}   {'b' * 50}"
