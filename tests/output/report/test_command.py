"""`boundcalc report` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.cli import main

TEXT = "name: net\nsymbols: {R: 2, free:}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: 3, name: head}}, relu]\n"


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "net.yaml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(arguments)
    assert isinstance(left.value.code, int)
    return left.value.code


def test_it_writes_the_page_of_python(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", str(spec), "--set", "R=3", "--blocks", "layer", "-o", "page.html") == 0
    assert capsys.readouterr() == ("", "")
    written = Path("page.html").read_text(encoding="utf-8")
    assert written == bc.report(bc.override(bc.load(spec), {"R": "3"}), blocks="layer")
    assert "with R = 3; free: free" in written
    assert "blocks: layer" in written[: written.index("</header>")]


def test_without_a_file_it_goes_to_standard_output(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", str(spec)) == 0
    assert capsys.readouterr().out.startswith("<!DOCTYPE html>")


def test_several_specs_and_warnings(spec: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("report", str(spec), str(spec), "--constants", "published", "-o", "page.html") == 0
    assert capsys.readouterr().err == "warning: published constants are not upper bounds in general\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("report", "none.yaml"), "none.yaml"),
        (("report", "net.yaml", "--set", "S=1"), "'S'"),
        (("report", "net.yaml", "--norms", "mixed", "--constants", "published"), "the whole batch only"),
        (("report", "net.yaml", "-o", "no/such/folder.html"), "cannot write no/such/folder.html"),
        (("report",), "Missing argument"),
    ],
)
def test_mistakes(spec: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str) -> None:
    assert run(*arguments) == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said
