"""`boundcalc init`, and what a shell completes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.shell_completion import ShellComplete

import boundcalc as bc
from boundcalc.cli import main
from boundcalc.cli.commands import cli

TEXT = "symbols: {R: 1, width: 3}\ninputs: {x: {shape: [4], norm: 1}}\nradius: R\nlayers: [{dense: {units: width, name: head}}, softplus]"


def run(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


@pytest.mark.parametrize("file", ["network.yaml", "my net.yaml", "1.yaml", "\N{GREEK SMALL LETTER PSI}.yaml"])
def test_the_example_compiles_to_finite_numbers(file: str, tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    status, _, err = run(capsys, "init", file)
    assert (status, err) == (0, "")
    bounds = bc.compile(bc.load(file))
    assert all(bound.finite for bound in bounds.totals.values())
    assert bounds.objective is not None
    assert run(capsys, "check", file)[0] == 0


def test_nothing_is_overwritten(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("network.yaml").write_text("mine")
    status, out, err = run(capsys, "init")
    assert (status, out) == (2, "")
    assert err == "network.yaml: there is such a file already; name another one\n"
    assert Path("network.yaml").read_text() == "mine"
    assert run(capsys, "init", "nowhere/x.yaml")[0] == 2


def completed(*words: str) -> list[str]:
    *before, last = words
    shell = ShellComplete(cli, {}, "boundcalc", "_BOUNDCALC_COMPLETE")
    return [item.value for item in shell.get_completions(before, last)]


def test_what_a_shell_completes(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(TEXT)
    assert completed("com") == ["compare"]
    assert completed("bounds", "net.yaml", "--set", "") == ["R=", "width=", "head.radius="]
    assert completed("bounds", "net.yaml", "--set", "h") == ["head.radius="]
    assert completed("bounds", "net.yaml", "--wrt", "") == ["parameters", "x", "head"]
    assert completed("bounds", "net.yaml", "--wrt", "x,h") == ["x,head"]
    assert completed("compare", "net.yaml", "--set", "R") == ["R="]
    assert completed("bounds", "nowhere.yaml", "--set", "") == []
    assert "--plot" in completed("sweep", "net.yaml", "--p")
    assert completed("show", "net.yaml", "--format", "m") == ["mermaid"]
