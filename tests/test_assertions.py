"""`bounds SPEC --assert DEMAND`: for whoever wants to be told when a bound grows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.bounds.assertions import broken, read_demands
from boundcalc.cli import main

TEXT = "name: net\nsymbols: {R: 3}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: 3, bias: false}}, {dense: {units: 2, bias: false}}]"


def reasons(demand: str, text: str = TEXT) -> list[str]:
    bounds = bc.compile(bc.loads(text))
    return broken(read_demands([demand], bounds), bounds)


@pytest.mark.parametrize(
    "demand", ["norm <= 9", "norm<=R**2", "norm < 9.0001", "lipschitz <= 2*R", "smoothness <= 2", " norm <= R + 6 "]
)
def test_what_is_met(demand: str) -> None:
    assert reasons(demand) == []


@pytest.mark.parametrize(
    ("demand", "reason"),
    [
        ("norm < 9", "norm < 9: norm is at most 9, not 9"),
        ("norm <= 8.999999999", "norm <= 8.999999999: norm is at most 9, not 8999999999/1000000000"),
        ("lipschitz <= R", "lipschitz <= R: lipschitz is at most 6, not 3"),
    ],
)
def test_what_is_not_met(demand: str, reason: str) -> None:
    assert reasons(demand) == [reason]


def test_an_infinite_bound_meets_no_demand() -> None:
    (reason,) = reasons("smoothness <= 1e300", TEXT.replace("}}, {dense", "}}, relu, {dense"))
    assert reason.startswith("smoothness <= 1e300: smoothness is infinite: relu has a kink")


def run(capsys: Any, tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    (tmp_path / "net.yaml").write_text(TEXT)
    with pytest.raises(SystemExit) as stop:
        main(["bounds", str(tmp_path / "net.yaml"), *arguments])
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_the_exit_status(capsys: Any, tmp_path: Path) -> None:
    status, out, err = run(capsys, tmp_path, "--assert", "norm <= 9", "--assert", "lipschitz <= 6")
    assert (status, err) == (0, "")
    status, out, err = run(
        capsys, tmp_path, "--assert", "norm <= 8", "--assert", "lipschitz <= 6", "--assert", "smoothness < 2"
    )
    assert status == 1
    assert out.startswith("net: bounds")
    assert err.splitlines() == ["norm <= 8: norm is at most 9, not 8", "smoothness < 2: smoothness is at most 2, not 2"]


def test_mistakes_all_at_once_and_before_any_answer(capsys: Any, tmp_path: Path) -> None:
    demands = ["lipshitz <= 2", "norm >= 2", "norm <= r", "norm <= ", "norm == 9"]
    status, out, err = run(capsys, tmp_path, *(part for demand in demands for part in ("--assert", demand)))
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 5
    for finding in ("did you mean 'lipschitz'?", "no upper limit", "unknown symbol 'r'", "an expression is missing"):
        assert finding in err


def test_without_values_nothing_can_be_told(capsys: Any, tmp_path: Path) -> None:
    status, _, err = run(capsys, tmp_path, "--set", "R=", "--assert", "norm <= 9")
    assert status == 2
    assert err == "--assert 'norm <= 9': no value for R: nothing can be told; give it with --set R=1\n"
