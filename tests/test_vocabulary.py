"""Kinds of a person's own: handed in in Python, and by `--vocabulary MODULE:NAME`."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.cli import main
from boundcalc.graph.kind import Kind
from boundcalc.language.structure import StepFields
from boundcalc.layers import dense, square

MODULE = '''
from boundcalc import VOCABULARY
from boundcalc.graph.kind import Kind
from boundcalc.language.structure import StepFields
from boundcalc.layers import square

class Fields(StepFields):
    """Twice square."""

KIND = Kind("mine", Fields, square.place, square.lower, square.forward)
EXTRA = {"mine": KIND}
WHOLE = VOCABULARY | EXTRA
WRONG = {"mine": 3}
'''
SPEC = "input: {shape: [4], norm: 1}\nradius: 2\nlayers: [{dense: {units: 3, name: head}}, mine]\n"


class Fields(StepFields):
    """z^2."""


MINE: Kind[Any, Any] = Kind("mine", Fields, square.place, square.lower, square.forward)
WITH_MINE: Mapping[str, Kind[Any, Any]] = {**bc.VOCABULARY, "mine": MINE}


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of a person's own, left as Python was."""
    (tmp_path / "kinds_of_mine.py").write_text(MODULE)
    (tmp_path / "broken_kinds.py").write_text("1 / 0")
    (tmp_path / "needs_another.py").write_text("import no_such_module")
    (tmp_path / "spec.yaml").write_text(SPEC)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "kinds_of_mine", raising=False)
    return tmp_path


# Python --------------------------------------------------------------------------------------------------------------


def test_a_kind_of_ones_own() -> None:
    with pytest.raises(bc.SpecError, match="unknown layer 'mine'"):
        bc.loads(SPEC)
    bounds = bc.compile(bc.loads(SPEC, vocabulary=WITH_MINE))
    known = bc.compile(bc.loads(SPEC.replace("mine", "square")))
    assert bounds.layers["mine_0"].lipschitz.number() == known.layers["square_0"].lipschitz.number()
    assert bounds.smoothness.number() == known.smoothness.number()


def test_compile_replaces_the_kinds() -> None:
    architecture = bc.loads(SPEC, vocabulary=WITH_MINE)
    widened = replace(MINE, lower=lambda facts, inputs, lowering: inputs[0])
    bounds = bc.compile(architecture, vocabulary={**WITH_MINE, "mine": widened})
    assert bounds.lipschitz.number() == bounds.layers["head"].lipschitz.number()
    assert bc.compile(architecture).lipschitz.number() != bounds.lipschitz.number()
    assert architecture.vocabulary["mine"] is MINE
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(architecture, vocabulary=bc.VOCABULARY)
    assert str(caught.value).startswith("<text>:3:43: the vocabulary has no layer 'mine'")
    other = replace(MINE, fields=dense.Fields)
    with pytest.raises(
        bc.SpecError, match=r"'mine' has other fields in this vocabulary; read the spec with it as well"
    ):
        bc.compile(architecture, vocabulary={**WITH_MINE, "mine": other})


def test_every_step_is_looked_up_and_nothing_else() -> None:
    """Modules, their arguments, branches and losses; a module or an argument may be called as a kind that is missing."""
    text = """
define:
  block:
    args: {act: [mine]}
    layers: [act, residual: [tanh], repeat: {times: 2, layers: [add: [[], [dense: 2]]]}]
input: {shape: [2], norm: 1}
radius: 1
layers: [block: {act: [mine]}]
loss: logistic
"""
    architecture = bc.loads(text, vocabulary=WITH_MINE)
    needed = ("mine", "tanh", "add", "dense", "logistic")
    assert bc.compile(architecture, vocabulary={name: WITH_MINE[name] for name in needed}).objective is not None
    for name in needed:
        left = {other: kind for other, kind in WITH_MINE.items() if other != name}
        with pytest.raises(bc.SpecError, match=f"the vocabulary has no (layer|loss) '{name}'"):
            bc.compile(architecture, vocabulary=left)


@pytest.mark.parametrize(
    ("vocabulary", "message"),
    [
        ([MINE], "a vocabulary cannot be a list; write bc.VOCABULARY"),
        ({"mine": 3}, "the kind 'mine' cannot be 3; make one with boundcalc.graph.kind.Kind"),
        ({"other": MINE}, "the kind 'other' is called 'mine' by itself; write it under 'mine'"),
        ({3: MINE}, "the name of a kind cannot be 3; write it as text"),
        ({"repeat": replace(MINE, name="repeat")}, "'repeat' is a construct of the language; give the kind another name"),
    ],
)  # fmt: skip
def test_what_is_no_vocabulary(vocabulary: Any, message: str) -> None:
    for wrong in (
        lambda: bc.loads(SPEC, vocabulary=vocabulary),
        lambda: bc.load({}, vocabulary=vocabulary),
        lambda: bc.compile(bc.loads(SPEC, vocabulary=WITH_MINE), vocabulary=vocabulary),
    ):
        with pytest.raises(TypeError) as caught:
            wrong()
        assert message in str(caught.value)


# The command line ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["EXTRA", "WHOLE"])
@pytest.mark.parametrize(
    "command", ["bounds spec.yaml", "diff spec.yaml", "check spec.yaml", "show spec.yaml", "schema"]
)
def test_every_command_that_reads_a_spec(
    capsys: pytest.CaptureFixture[str], folder: Path, command: str, name: str
) -> None:
    status, out, err = run(capsys, *command.split(), "--vocabulary", f"kinds_of_mine:{name}")
    assert err == ""
    assert status == (1 if command.startswith("diff") and "symbol" not in out else 0)
    assert "mine" in out or command.startswith(("check", "diff"))


def test_asymptotics_and_the_second_column(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    (folder / "spec.yaml").write_text("symbols: {R: 2}\n" + SPEC.replace("radius: 2", "radius: R"))
    given = ("--vocabulary", "kinds_of_mine:EXTRA")
    status, out, _ = run(capsys, "asymptotics", "spec.yaml", "--in", "R", "--format", "json", *given)
    assert status == 0
    assert json.loads(out)["asymptotics"].keys() == {"norm", "lipschitz", "smoothness"}
    assert "blocks: layer" in run(capsys, "bounds", "spec.yaml", *given)[1]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("kinds_of_mine", "a module and a name in it are wanted; write MODULE:NAME, such as kinds:VOCABULARY"),
        ("kinds_of_mine:", "a module and a name in it are wanted"),
        ("no_such_kinds:EXTRA", "there is no module 'no_such_kinds'; it is sought in this folder"),
        ("kinds_of_mine.inner:EXTRA", "there is no module 'kinds_of_mine.inner'"),
        ("kinds_of_mine:EXTRAS", "the module 'kinds_of_mine' has no 'EXTRAS'; did you mean 'EXTRA'?"),
        ("kinds_of_mine:KIND", "a vocabulary cannot be a Kind; write bc.VOCABULARY"),
        ("kinds_of_mine:WRONG", "the kind 'mine' cannot be 3"),
        ("broken_kinds:EXTRA", "the module 'broken_kinds' cannot be imported: ZeroDivisionError: division by zero"),
        ("needs_another:EXTRA", "the module 'needs_another' cannot be imported: No module named 'no_such_module'"),
        (".kinds:EXTRA", "the module '.kinds' cannot be imported"),
    ],
)
@pytest.mark.parametrize("command", ["bounds spec.yaml", "check spec.yaml", "schema"])
def test_mistakes_have_a_place_and_a_remedy(
    capsys: pytest.CaptureFixture[str], folder: Path, command: str, reference: str, message: str
) -> None:
    status, out, err = run(capsys, *command.split(), "--vocabulary", reference)
    assert (status, out) == (2, "")
    assert err.startswith(f"--vocabulary {reference}: {message}")
    assert "; " in err


def test_the_kinds_need_not_be_named_where_they_are_not_used(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run(capsys, "check", "spec.yaml")[0] == 2
