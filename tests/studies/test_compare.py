"""The studies `compare` and `table`."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.cli import main
from boundcalc.exact.balls import Number, compare
from boundcalc.studies.parts.crossing import WIDTH, comparison, crossings, signs
from boundcalc.studies.parts.over import read_over

SPECS = Path(__file__).parents[2] / "specs"
WIDE = "name: wide\nsymbols: {R: 1}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: 3, bias: false}}, {dense: {units: 2, bias: false}}]"
DEEP = "name: deep\nsymbols: {R: 1}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: 3, bias: false}}, {dense: {units: 3, bias: false}}, {dense: {units: 2, bias: false}}]"


def report(*arguments: object, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return int(stop.value.code or 0), captured.out, captured.err


def test_crossovers_of_products_are_the_points_of_paper() -> None:
    """On balls of radius R, one block: norms R^2 and R^3 cross at 1, lipschitz 2 R and 3 R^2 at 2/3."""
    found: Any = bc.compare(bc.loads(WIDE), bc.loads(DEEP), over="R=1/10:10:30:log").to_dict()
    crossed = {each["quantity"]: each for each in found["crossovers"]}
    assert float(crossed["norm"]["at"]) == pytest.approx(1, rel=1e-12)
    low, high = map(Fraction, crossed["lipschitz"]["enclosure"])
    assert low <= Fraction(2, 3) <= high
    assert (high - low) <= Fraction(1, 10**12) * high


def test_a_crossover_is_certified_from_both_sides() -> None:
    first, second = bc.compile(bc.loads(WIDE)), bc.compile(bc.loads(DEEP))
    found: Any = bc.compare(bc.loads(WIDE), bc.loads(DEEP), over="R=1/10:10").to_dict()["crossovers"]
    assert found
    for each in found:
        low, high = each["enclosure"]
        a, b = first.named[each["quantity"]], second.named[each["quantity"]]
        below = compare(a.enclosure(R=Fraction(low)), b.enclosure(R=Fraction(low)))
        above = compare(a.enclosure(R=Fraction(high)), b.enclosure(R=Fraction(high)))
        assert {below, above} == {-1, 1}


def test_regimes_cover_the_range_without_gaps() -> None:
    found: Any = bc.compare(bc.loads(WIDE), bc.loads(DEEP), over="R=1/10:10").to_dict()["regimes"]
    of_norm = [each for each in found if each["quantity"] == "norm"]
    assert [(each["from"], each["to"], each["smallest"]) for each in of_norm] == [
        ("0.1", "1", ["deep"]),
        ("1", "10", ["wide"]),
    ]


def test_the_symbol_may_be_in_one_spec_only() -> None:
    text = WIDE.replace("R: 1}", "R: 1, S: 1}").replace("wide", "other").replace("radius: R", "radius: S")
    found: Any = bc.compare(bc.loads(WIDE), bc.loads(text), over="S=1/2:2").to_dict()["crossovers"]
    assert {(each["quantity"], each["symbol"]) for each in found} == {("norm", "S"), ("lipschitz", "S")}


def test_whole_numbers_cross_between_two_neighbours() -> None:
    repeated = "name: repeated\nsymbols: {k: {value: 3, integer: true}}\ninput: {shape: [4], norm: 1}\nradius: 2\nlayers: [{repeat: {times: k, layers: [{dense: {units: 4, bias: false}}]}}]"
    once = "name: once\ninput: {shape: [4], norm: 1}\nradius: 100\nlayers: [{dense: {units: 4, bias: false}}]"
    found: Any = bc.compare(bc.loads(repeated), bc.loads(once), over="k=1:20").to_dict()["crossovers"]
    norm = next(each for each in found if each["quantity"] == "norm")
    assert norm["enclosure"] == ["6", "7"]


def test_ratios_are_those_of_the_numbers_and_round_up() -> None:
    rows: Any = bc.compare(bc.loads(WIDE), bc.loads(DEEP), blocks="total").to_dict()["rows"]
    ratio = rows[1]["lipschitz_ratio"]
    assert Fraction(3, 2) <= Fraction(ratio["number"]) <= Fraction(3, 2) * (1 + Fraction(1, 10**13))


def test_networks_of_one_name_are_told_apart() -> None:
    assert bc.table(bc.loads(WIDE, "a.yaml"), bc.loads(WIDE, "b.yaml")).specs == ("wide (a.yaml)", "wide (b.yaml)")
    assert bc.table(bc.loads(WIDE), bc.loads(WIDE)).specs == ("wide (<text>) 1", "wide (<text>) 2")


def test_what_is_infinite_and_what_has_no_value_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "kink.yaml").write_text(WIDE.replace("[{dense", "[relu, {dense").replace("R: 1", "R:"))
    status, out, _ = report("compare", SPECS / "mlp.yaml", tmp_path / "kink.yaml", capsys=capsys)
    assert status == 0
    assert "note: mlp: width, R have no values: `--set width=1 --set R=1` gives numbers" in out
    status, out, err = report("compare", SPECS / "mlp.yaml", "--over", "R=1:2", capsys=capsys)
    assert (status, out) == (2, "")
    assert "the bounds are no numbers: no value for width; give some with --set width=1" in err


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("eps", "is not a range"),
        ("eps=1", "is not a range"),
        ("eps=2:1", "is empty"),
        ("eps=0:1:log", "starts above 0"),
        ("eps=1:2:x", "points are none"),
        ("eps=1:2:1", "points are none"),
        ("eps=1:2:3:4", "is not a range"),
        ("eps=a:2", "unknown"),
        ("eps=1:sqrt(2)", "is not a rational number"),
        ("=1:2", "is not a range"),
    ],
)
def test_what_is_no_range(text: str, finding: str) -> None:
    with pytest.raises(bc.SpecError, match=finding):
        read_over(text, 5)


def test_points_of_a_range() -> None:
    assert read_over("R=1:2", 3).points() == (1, Fraction(3, 2), 2)
    assert read_over("R=1:100:3:log", 9).points() == (1, 10, 100)
    assert read_over("k=1:4:50", 9).points(whole=True) == (1, 2, 3, 4)
    ends = read_over("R=1/3:10/3:7:log", 9).points()
    assert (ends[0], ends[-1], len(ends)) == (Fraction(1, 3), Fraction(10, 3), 7)
    assert list(ends) == sorted(ends)
    assert read_over("R=1/10**30:10**30:5:log", 2).points()[2] == 1


@pytest.mark.parametrize("root", [Fraction(1, 7), Fraction(355, 113), Fraction(1, 10**9), Fraction(10**8, 3)])
def test_a_crossing_is_narrowed_to_twelve_digits(root: Fraction) -> None:
    from flint import fmpq

    def at(x: Fraction) -> Number:
        return fmpq(x.numerator, x.denominator)

    of = comparison(lambda x: at(x * x), lambda x: at(root * x))
    points = read_over("x=1/10**12:10**12:20:log", 2).points()
    (crossing,) = crossings(signs(points, of), of, whole=False)
    assert crossing.low < root <= crossing.high or crossing.low <= root < crossing.high
    assert crossing.high - crossing.low <= WIDTH * crossing.high
    assert crossing.before == -1


def test_vgg_with_and_without_batch_norm() -> None:
    """The comparison of the talk: with small eps batch-norm makes both bounds larger, with large eps smaller."""
    specs = [bc.load(SPECS / f"{name}.yaml") for name in ("vgg16-smooth", "vgg16-smooth-batchnorm")]
    found: Any = bc.compare(*specs, over="eps=1/100:100:9:log").to_dict()
    crossed = {each["quantity"]: each for each in found["crossovers"]}
    assert crossed.keys() == {"lipschitz", "smoothness"}
    for each in crossed.values():
        assert (each["smaller"], each["then"]) == ("vgg16-smooth", "vgg16-smooth-batchnorm")
        low, high = each["enclosure"]
        assert 0 < Fraction(high) - Fraction(low) <= Fraction(high) / 10**12


def test_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = report("table", SPECS / "mlp.yaml", SPECS / "vgg16-smooth.yaml", "--format", "json", capsys=capsys)
    data = json.loads(out)
    assert status == 0
    assert list(data) == ["schema", "study", "options", "specs", "rows", "notes"]
    assert (data["study"], data["specs"]) == ("table", ["mlp", "vgg16-smooth"])
    assert [row["parameters"] for row in data["rows"]] == ["width**2 + 796*width + 10", "138357544"]
    assert data["rows"][1]["lipschitz"]["log10"] == pytest.approx(9.476, abs=1e-3)
