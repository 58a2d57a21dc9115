"""How the output of a command is compared with what a page shows of it (conftest.py)."""

import runpy
from pathlib import Path

import pytest

CONFTEST = runpy.run_path(str(Path(__file__).parents[2] / "conftest.py"))
OUTPUT = "head   1\nnorm   2\ntail   3\n"


@pytest.mark.parametrize("expected", [OUTPUT, "...\n", "head   1\n...\n", "...\nnorm   2\n...\ntail   3\n"])
def test_dots_stand_for_any_lines(expected: str) -> None:
    assert CONFTEST["matches"](expected, OUTPUT)


@pytest.mark.parametrize(
    "expected", ["", "head   1\n", "...\nnorm   2\n", "...\nnorm\n...\n", "...\ntail   3\n...\nnorm   2\n"]
)
def test_everything_else_must_be_the_same(expected: str) -> None:
    assert not CONFTEST["matches"](expected, OUTPUT)


def test_an_update_leaves_out_the_same_lines() -> None:
    assert CONFTEST["elided_as"]("...\nnorm   1.9\n...\n", OUTPUT) == "...\nnorm   2\n...\n"


def test_a_block_of_commands_starts_with_one() -> None:
    assert list(CONFTEST["commands"]("$ a\n1\n$ b\n")) == [("a", "1\n"), ("b", "")]
    with pytest.raises(ValueError, match="starts with"):
        list(CONFTEST["commands"]("1\n"))
    with pytest.raises(ValueError, match="only boundcalc"):
        CONFTEST["run"]("rm x")


def test_commands_report_their_status() -> None:
    assert CONFTEST["run"]("boundcalc check missing.yaml")[0] == 2


@pytest.mark.parametrize("shown", ["0\n", "...\n0\n", "...\nx: no mistakes\n...\nx: no mistakes\n"])
def test_a_page_that_shows_something_else_fails(shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    console = CONFTEST["Console"]()
    monkeypatch.setitem(console._answer.__func__.__globals__, "run", lambda command: (0, "x: no mistakes\n"))
    assert console._answer("boundcalc check x", shown, {}) == "$ boundcalc check x\nx: no mistakes\n"


class _Example:
    def __init__(self, command: str) -> None:
        self.parsed = f"$ {command}\n"


def test_a_picture_is_the_file_that_its_command_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    spec = "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, tanh]\n"
    Path("net.yaml").write_text(spec, encoding="utf-8")
    draw = CONFTEST["draw"]
    assert draw(_Example("boundcalc show net.yaml --format svg -o net.svg")) is None
    assert "no picture is written" in draw(_Example("boundcalc show net.yaml -o net.txt"))
    assert draw(_Example("boundcalc show net.yaml")).startswith("exit status 0: net")
    assert draw(_Example("boundcalc show missing.yaml -o a.svg")).startswith("exit status 2: ")
