"""The study `falsify`, in Python and on the command line: its answer, its witnesses, its exit statuses and what it refuses."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flint import fmpq

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.cli import main
from boundcalc.questions import falsify

SPEC = """symbols: {R: 2, w: 3}
input: {shape: [2], norm: 1}
radius: R
layers: [{dense: {units: w, name: head}}, softplus, {dense: 1}]
loss: {squared: {labels: 1}}
regularizer: 1/2
"""
FEW = ("--trials", "1")


class Answer(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    def run(text: str, *arguments: object) -> Answer:
        (tmp_path / "spec.yaml").write_text(text)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main(["falsify", str(tmp_path / "spec.yaml"), *map(str, arguments)])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(int(stop.value.code or 0), captured.out, captured.err)

    return run


def planted(monkeypatch: pytest.MonkeyPatch, factor: str = "9/10") -> None:
    """Every number a tenth too small."""
    numbers = Bounds.numbers.func
    monkeypatch.setattr(
        Bounds,
        "numbers",
        property(lambda self: {q: n * fmpq(*map(int, factor.split("/"))) for q, n in numbers(self).items()}),
    )


def test_the_json(run: Any, tmp_path: Path) -> None:
    options = ("--blocks", "layer", "--set", "R=3", "--seed", 4)
    answer = run(SPEC, *FEW, *options, "--format", "json")
    assert (answer.status, answer.err) == (0, "")
    data = json.loads(answer.out)
    assert list(data)[:6] == ["schema", "study", "options", "specs", "rows", "notes"]
    assert list(data)[6:] == ["name", "blocks", "norms", "measure", "wrt", "constants", "refine", "third_order", "smooth", "symbols", "conditions", "trials", "seed", "bounds", "objective", "layers"]  # fmt: skip
    assert (data["blocks"], data["trials"], data["seed"]) == ("layer", 1, 4)
    assert data["symbols"] == {"R": "3", "w": "3"}
    assert list(data["bounds"]) == ["norm", "lipschitz", "smoothness"]
    assert list(data["objective"]) == ["lipschitz", "smoothness"]
    assert [row["path"] for row in data["layers"]] == ["head", "softplus_0", "dense_0"]
    assert [list(row) for row in data["layers"]] == [["path", "kind", "norm", "lipschitz", "smoothness"]] * 3
    for quantity in (*data["bounds"].values(), *data["objective"].values()):
        assert list(quantity) == ["bound", "found", "ratio"]
        assert float(quantity["bound"]) >= quantity["found"] * (1 - 1e-9) > 0
        assert quantity["ratio"] == pytest.approx(max(1, float(quantity["bound"]) / quantity["found"]), rel=1e-9)
    spec = bc.override(bc.load(tmp_path / "spec.yaml"), {"R": 3})
    assert json.loads(json.dumps(falsify(spec, trials=1, seed=4, blocks="layer").to_dict())) == data


def test_the_text(run: Any) -> None:
    answer = run(SPEC, *FEW)
    assert answer.status == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("spec: attack of the bounds in 1 trials (seed 0)")
    assert "nothing exceeds its bound" in lines[-1]
    for word in ("bound", "found", "ratio", "norm", "lipschitz", "smoothness", "objective lipschitz", "head"):
        assert word in answer.out


def test_a_witness_that_violates_nothing(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "w.npz"
    assert run(SPEC, *FEW, "--save", file).status == 0
    answer = run(SPEC, "--witness", file, "--format", "json")
    assert answer.status == 0
    assert json.loads(answer.out)["trials"] == 0
    assert run(SPEC, "--witness", file).out.startswith("spec: bounds at a witness")


def test_a_violation_is_found_saved_and_replayed(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "w.npz"
    text = "radius: 2\ninput: {shape: [2], norm: 1}\nlayers: [dense: 2]"
    with monkeypatch.context() as planting:
        planted(planting)
        answer = run(text, "--trials", 3, "--save", file)
        assert answer.status == 1
        assert "the network's lipschitz is too small: the bound is" in answer.out
        assert "nothing exceeds" not in answer.out
        found = falsify(bc.loads(text), trials=3)
        assert found.falsified
        assert found.tightest is not None
        assert 0.899 < (found.tightest.result.ratio or 0) < 0.95
        replayed = run(text, "--witness", file, "--format", "json")
        assert replayed.status == 1
        ratios = [q["ratio"] for q in json.loads(replayed.out)["bounds"].values() if q["ratio"] is not None]
        assert 0.899 < min(ratios) < 0.95
        assert falsify(bc.loads(text), witness=file).falsified
    assert run(text, "--witness", file).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "R="), "only networks with numbers can be attacked; without a value: R; give them with --set R=4"),
        (("--set", "w=100000"), "the network is too large to attack"),
        (("--set", "w=100000"), "scale the spec down: --set w=4"),
        (("--trials", "0"), "--trials 0: '0' is not a whole number, at least 1; --trials 10"),
        (("--trials", "many"), "'many' is not a whole number"),
        (("--trials", "1.5"), "'1.5' is not a whole number"),
        (("--seed", "-1"), "'-1' is not a whole number, at least 0; --seed 1"),
        (("--seconds", "nan"), "'nan' is not a positive number"),
        (("--seconds", "inf"), "'inf' is not a positive number"),
        (("--seconds", "0"), "'0' is not a positive number; --seconds 60"),
        (("--seconds", "soon"), "'soon' is not a positive number"),
        (("--witness", "none.npz"), "none.npz: cannot be read: No such file or directory"),
        (("--trials", "1", "--save", "missing/w.npz"), "--save missing/w.npz: nothing is written: No such file or directory"),
    ],
)  # fmt: skip
def test_refusals(
    run: Any, arguments: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run(SPEC, *arguments)
    assert (answer.status, answer.out) == (2, "")
    assert message in answer.err


def test_too_many_layers_are_refused(run: Any) -> None:
    text = "symbols: {k: {value: 5000, integer: true}}\nradius: 1\ninput: {shape: [1], norm: 1}\nlayers: [{repeat: {times: k, layers: [dense: 1]}}]"
    answer = run(text)
    assert answer.status == 2
    assert "it has more than 2000 layers; scale the spec down: --set k=4" in answer.err


def test_what_python_raises() -> None:
    spec = bc.loads(SPEC)
    for wrong in ({"trials": 0}, {"seed": -1}, {"seconds": 0}, {"seconds": float("nan")}, {"blocks": "none"}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            falsify(spec, **wrong)
    for wrong in ({"trials": "3"}, {"seed": 1.5}, {"seconds": "1"}, {"unknown": 1}):
        with pytest.raises(TypeError):
            falsify(spec, **wrong)
    with pytest.raises(bc.SpecError, match="cannot be read"):
        falsify(spec, witness="none.npz")
    with pytest.raises(ValueError, match="no witness"):
        falsify(bc.loads("input: {shape: [1], norm: 0}\nradius: 1\nlayers: [relu]"), trials=1).save("never")


WITHOUT = """
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "autograd":
            raise ModuleNotFoundError(name)
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "autograd" else real(name, package)
sys.meta_path.insert(0, Hidden())
from boundcalc.cli import main
main(sys.argv[1:])
"""


def test_without_the_extra_there_is_a_line_for_pip(run: Any, tmp_path: Path) -> None:
    file = tmp_path / "w.npz"
    assert run(SPEC, *FEW, "--save", file).status == 0  # a witness needs no search
    for arguments, status in ((FEW, 2), (("--witness", str(file)), 0)):
        command = [sys.executable, "-c", WITHOUT, "falsify", str(tmp_path / "spec.yaml"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        assert ("pip install 'boundcalc[falsify]'" in done.stderr) == (status == 2)
        assert "Traceback" not in done.stderr


def test_the_least_networks() -> None:
    for text in (
        "input: {shape: [1], norm: 0}\nradius: 0\nlayers: [dense: 1]",
        "input: {shape: [1], norm: 1}\nradius: 1\nlayers: [{dense: {units: 1, frozen: true}}]",
    ):
        found = falsify(bc.loads(text), trials=2)
        assert not found.falsified
        json.dumps(found.to_dict(), allow_nan=False)


def test_by_inputs() -> None:
    found = falsify(
        bc.loads("radius: 2\ninput: {shape: [2], norm: 1}\nlayers: [{dense: {units: 2, bias: false}}]"),
        trials=3,
        wrt="input",
    )
    assert found.bounds["lipschitz"].result.found == pytest.approx(2)
    assert found.to_dict()["wrt"] == ["input"]


def test_the_name_of_the_function_is_not_that_of_a_folder() -> None:
    assert callable(bc.falsify)
    found = bc.falsify(bc.loads(SPEC), trials=1)
    assert callable(bc.falsify)
    assert not found.falsified


def test_the_largest_array_may_be_one_of_several_maps_of_a_layer() -> None:
    text = (
        "batch: 32\nradius: 1\ninput: {shape: [28, 28], norm: 1}\nlayers: [lstm: {units: 128, layers: 2, name: cells}]"
    )
    with pytest.raises(bc.SpecError, match=r"'cells.hidden_0.weight' of shape \[512, 128\]; .*--set cells.units=4"):
        bc.falsify(bc.loads(text), trials=1)
