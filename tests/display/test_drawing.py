"""Pictures: what is drawn, in which formats, and where there is nothing to draw."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

import boundcalc as bc
from boundcalc.bounds.pictured import through_the_layers
from boundcalc.cli import main
from boundcalc.display.drawing import COLOURS, _power, draw
from boundcalc.display.picture import Bars, Curve, Lines, Picture

SPECS = Path(__file__).parents[2] / "specs"
TEXT = "name: net\nsymbols: {R: 1}\nbatch: 4\ninput: {shape: [4], norm: {sample: 1}}\nradius: R\nlayers: [{dense: 3}, softplus, {dense: 2}]\nloss: logistic"
PICTURE = Picture(
    "a title",
    (
        Lines("lines", "x", "bound", (Curve("first", [1, 2], [0.0, None]), Curve("second", [1, 2], [400.0, 500.0]))),
        Bars("bars", "share", ["a", "b"], (("l", [1.0, -2.0]),)),
    ),
)


def letters(file: Path) -> str:
    return " ".join(ElementTree.parse(file).getroot().itertext())


def test_the_bounds_through_the_layers_are_the_numbers() -> None:
    bounds = bc.compile(bc.load(SPECS / "vgg16-smooth.yaml"))
    (panel,) = through_the_layers(bounds).panels
    assert isinstance(panel, Lines)
    assert list(panel.ticks) == list(bounds.layers)
    for curve in panel.curves:
        of_layers = [row.named[curve.name] for row in bounds.layers.values()]
        assert list(curve.y) == [None if bound.log10() is None else bound.log10() for bound in of_layers]


def test_what_stands_in_a_drawing(tmp_path: Path) -> None:
    draw(PICTURE, tmp_path / "a.svg")
    text = letters(tmp_path / "a.svg")
    for part in ("a title", "lines", "bars", "first", "second", "share"):
        assert part in text
    draw(PICTURE, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


@pytest.mark.parametrize(("suffix", "head"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_the_formats(tmp_path: Path, suffix: str, head: bytes) -> None:
    bc.compile(bc.loads(TEXT)).plot(tmp_path / f"net{suffix}")
    assert (tmp_path / f"net{suffix}").read_bytes().startswith(head)


@pytest.mark.parametrize(
    ("height", "text"),
    [
        (0, "1"),
        (1, "10"),
        (0.5, "3.16"),
        (20, "$10^{20}$"),
        (20.5, "$10^{20.50}$"),
        (400, "$10^{400}$"),
        (-400, "$10^{-400}$"),
    ],
)
def test_heights_of_any_magnitude(height: float, text: str) -> None:
    assert _power(height, 0) == text


def test_the_colours_differ_in_lightness() -> None:
    """For prints in grey: no two of the first four are equally light."""

    def lightness(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        return sum(share * part**2.2 for share, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))

    light = sorted(map(lightness, COLOURS[:4]))
    assert all(b - a > 0.02 for a, b in pairwise(light))


@pytest.mark.parametrize("command", [["bounds"], ["diff"], ["explain"], ["compare"], ["compare", "--over", "R=1:2:5"], ["sweep", "--over", "R=1:2:5"], ["sweep", "--over", "R=1:9:5:log", "--over", "dense_0.units=2:4:3"]])  # fmt: skip
def test_every_command_that_draws(command: list[str], tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "net.yaml").write_text(TEXT)
    with pytest.raises(SystemExit) as stop:
        main([command[0], str(tmp_path / "net.yaml"), *command[1:], "--plot", str(tmp_path / "net.svg")])
    assert stop.value.code == 0
    assert "net" in letters(tmp_path / "net.svg")


def test_a_picture_of_a_comparison_marks_the_crossovers() -> None:
    flat = TEXT.replace("softplus, ", "").replace("\nloss: logistic", "")
    other = bc.loads(flat.replace("{dense: 3}, ", "{dense: 3}, {dense: 3}, ").replace("net", "deep"))
    report = bc.compare(bc.loads(flat), other, over="R=1/100:10:9:log")
    assert report.picture is not None
    crossed = {each["quantity"]: each for each in report.to_dict()["crossovers"]}  # type: ignore[union-attr, index]
    assert crossed
    for panel in report.picture().panels:
        assert isinstance(panel, Lines)
        ends = [] if panel.title not in crossed else [float(crossed[panel.title]["enclosure"][1])]  # type: ignore[index, call-overload]
        assert panel.marks == pytest.approx(ends)
        assert panel.log_x
        assert [len(curve.y) for curve in panel.curves] == [9, 9]


@pytest.mark.parametrize(
    ("arguments", "finding"),
    [
        (
            ["bounds", "--plot", "net.gif"],
            "--plot net.gif: this is no format of pictures; end the name with .svg, .png, .pdf",
        ),
        (["bounds", "--plot", "net"], "this is no format of pictures"),
        (["bounds", "--plot", "nowhere/net.svg"], "cannot be written: No such file or directory"),
        (["bounds", "--set", "R=", "--plot", "net.svg"], "no value for R; give some with --set R=1"),
        (["explain", "--set", "R=", "--plot", "net.svg"], "there is nothing to draw"),
    ],
)
def test_mistakes(arguments: list[str], finding: str, tmp_path: Path, capsys: Any, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.yaml").write_text(TEXT)
    with pytest.raises(SystemExit) as stop:
        main([arguments[0], "net.yaml", *arguments[1:]])
    captured = capsys.readouterr()
    assert stop.value.code == 2
    assert finding in captured.err
    assert "Traceback" not in captured.err


def test_too_many_curves_are_refused() -> None:
    report = bc.sweep(bc.loads(TEXT), ["R=1:2:2", "dense_0.units=1:20:20"])
    assert report.picture is not None
    with pytest.raises(bc.SpecError, match="20 curves are too many"):
        report.picture()


def test_data_frames_are_never_below(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    bounds = bc.compile(bc.loads(TEXT))
    frame = bounds.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame["path"]) == [*bounds.layers, "", ""]
    for row, value in zip(bounds.layers.values(), frame["norm"], strict=False):
        assert value >= row.norm.evaluate()
        assert math.isclose(value, row.norm.evaluate(), rel_tol=1e-14)
