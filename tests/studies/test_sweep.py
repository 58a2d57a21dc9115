"""The study `sweep`: grids, files of points, what is kept, other processes."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.cli import main

TEXT = "name: net\nsymbols: {R: 1, w: 4, k: {value: 2, integer: true}}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: w, name: head}}, softplus, {repeat: {times: k, layers: [{dense: w}]}}]"


@pytest.fixture
def spec() -> Any:
    return bc.loads(TEXT)


def rows(report: Any) -> Any:
    return report.to_dict()["rows"]


def test_a_grid_has_the_numbers_of_evaluate(spec: Any) -> None:
    bounds = bc.compile(spec)
    found = rows(bc.sweep(spec, ["R=1/2:2:3", "w=2:6:3"]))
    assert [(row["R"], row["w"]) for row in found] == [(R, w) for R in ("1/2", "5/4", "2") for w in ("2", "4", "6")]
    for row in found:
        for name, bound in bounds.named.items():
            assert row[name]["number"] == bound.number(R=row["R"], w=row["w"])


def test_depths_and_fields_are_compiled_anew(spec: Any) -> None:
    for row in rows(bc.sweep(spec, "k=0:3:4", blocks="layer")):  # unrolled: the bound is no function of k
        again = bc.compile(bc.override(spec, {"k": row["k"]}), blocks="layer")
        assert row["smoothness"]["number"] == again.smoothness.number()
    for row in rows(bc.sweep(spec, "head.radius=1:3:3")):
        again = bc.compile(bc.override(spec, {"head.radius": row["head.radius"]}))
        assert row["lipschitz"]["number"] == again.lipschitz.number()


def test_points_of_a_file_and_points_that_are_passed(spec: Any, tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("R, w\n0.5, 3\n\n1/3,5\n")
    found = rows(bc.sweep(spec, points=file))
    assert [(row["R"], row["w"]) for row in found] == [("1/2", "3"), ("1/3", "5")]
    assert rows(bc.sweep(spec, points=[{"R": 0.5, "w": 3}, {"R": Fraction(1, 3), "w": 5}])) == found


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "the first line has no names"),
        ("R,R\n1,2", "each once"),
        ("R,w\n1", "there are 1 values for 2 names"),
        ("R\nx", "x"),
        ("R\n", "has no points"),
    ],
)
def test_a_file_that_is_none(spec: Any, tmp_path: Path, text: str, finding: str) -> None:
    (tmp_path / "points.csv").write_text(text)
    with pytest.raises(bc.SpecError, match=finding):
        bc.sweep(spec, points=tmp_path / "points.csv")


def test_all_mistakes_of_a_file_at_once(spec: Any, tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text("R\n1\nx\n1,2\n")
    with pytest.raises(bc.SpecError) as caught:
        bc.sweep(spec, points=tmp_path / "points.csv")
    assert [mistake.place.line for mistake in caught.value.mistakes] == [3, 4]


def test_where_a_bound_does_not_hold_the_reason_stands() -> None:
    spec = bc.loads(TEXT.replace("w: 4", "w: {value: 4, integer: true}"))
    report = bc.sweep(spec, points=[{"w": 3}, {"w": 0}])
    first, second = rows(report)
    assert first["norm"]["finite"]
    assert "w" in second["reason"]
    assert report.notes == (f"none: {second['reason']}",)
    assert report.answered
    assert not bc.sweep(spec, points=[{"w": -1}]).answered


def test_a_sweep_goes_on_where_it_was_stopped(spec: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept.jsonl"
    whole = rows(bc.sweep(spec, "R=1:2:5"))
    rows(bc.sweep(spec, "R=1:2:3", checkpoint=file))  # three of the five
    with file.open("a") as kept:
        kept.write('["{\\"R\\": \\"5/4\\"}", {"nor')  # stopped in the middle of a line
    asked: list[int] = []
    number = Bounds.numbers_at
    monkeypatch.setattr(Bounds, "numbers_at", lambda self, *given: asked.append(1) or number(self, *given))
    assert rows(bc.sweep(spec, "R=1:2:5", checkpoint=file)) == whole
    assert len(asked) == 2
    assert rows(bc.sweep(spec, "R=1:2:5", checkpoint=file)) == whole
    assert len(asked) == 2


def test_a_checkpoint_of_another_sweep_is_refused(spec: Any, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    bc.sweep(spec, "R=1:2:2", checkpoint=file)
    for other in (lambda: bc.sweep(spec, "R=1:2:2", checkpoint=file, refine=True), lambda: bc.sweep(bc.override(spec, {"w": 9}), "R=1:2:2", checkpoint=file)):  # fmt: skip
        with pytest.raises(bc.SpecError, match="holds another sweep"):
            other()
    head = file.read_text().splitlines()[0]
    file.write_text(head + "\nnonsense\n")
    with pytest.raises(bc.SpecError, match="is damaged"):
        bc.sweep(spec, "R=1:2:2", checkpoint=file)


def test_other_processes_find_the_same(spec: Any) -> None:
    over = ["R=1:2:30", "w=2:6:5"]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert rows(bc.sweep(spec, over, executor=executor)) == rows(bc.sweep(spec, over))


def test_the_command_shares_the_work(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TEXT)
    command = [
        sys.executable,
        "-m",
        "boundcalc",
        "sweep",
        str(tmp_path / "net.yaml"),
        "--over",
        "R=1:2:70",
        "--format",
        "csv",
    ]
    alone, shared = (
        subprocess.run([*command, *more], capture_output=True, text=True, check=True) for more in ((), ("--jobs", "2"))
    )
    assert alone.stdout == shared.stdout
    assert len(alone.stdout.splitlines()) == 71


def test_a_cluster_finds_the_same(spec: Any) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster, distributed.Client(cluster) as client:  # fmt: skip
        executor = client.get_executor()
        assert rows(bc.sweep(spec, "R=1:2:60", executor=executor)) == rows(bc.sweep(spec, "R=1:2:60"))


@pytest.mark.parametrize(
    ("given", "finding"),
    [
        ((), "nothing is swept"),
        (("--over", "r=1:2"), "did you mean 'R'"),
        (("--over", "R=1:2", "--over", "R=2:3"), "the name stands twice"),
        (("--over", "R=1:2", "--points", "x.csv"), "both ranges and points"),
        (("--over", "R=1:2", "--jobs", "0"), "is no number of processes"),
        (("--points", "nowhere.csv"), "cannot be read: No such file"),
        (("--over", "R=1:2:99999", "--over", "w=1:99999:99999"), "are more than"),
    ],
)
def test_mistakes_of_the_command(given: tuple[str, ...], finding: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "net.yaml").write_text(TEXT)
    with pytest.raises(SystemExit) as stop:
        main(["sweep", str(tmp_path / "net.yaml"), *given])
    captured = capsys.readouterr()
    assert (stop.value.code, captured.out) == (2, "")
    assert finding in captured.err
    assert "Traceback" not in captured.err


def test_the_command_writes_csv(tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "net.yaml").write_text(TEXT)
    with pytest.raises(SystemExit):
        main(["sweep", str(tmp_path / "net.yaml"), "--over", "R=1:2:2", "--format", "csv"])
    head, first, second = capsys.readouterr().out.splitlines()
    assert head.startswith("R,norm,norm.log10,lipschitz,lipschitz.log10,smoothness,smoothness.log10,blocks")
    assert (first.partition(",")[0], second.partition(",")[0]) == ("1", "2")
    with pytest.raises(SystemExit):
        main(["sweep", str(tmp_path / "net.yaml"), "--over", "R=1:2:2", "--format", "json"])
    data = json.loads(capsys.readouterr().out)
    assert list(data) == ["schema", "study", "options", "specs", "rows", "notes"]
    assert data["rows"][0]["R"] == "1"
