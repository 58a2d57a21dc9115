"""Imports of files of ONNX: the network of the spec is the file, whoever wrote it."""

from __future__ import annotations

import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.importing import Import
from boundcalc.importers.onnx.importing import imported
from boundcalc.importers.settings import Settings

onnx: Any = pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from importers import onnx_models  # noqa: E402

from boundcalc.importers.onnx.folding import FOLDED  # noqa: E402
from boundcalc.importers.onnx.rules.index import OPERATORS  # noqa: E402

EVALUATED = {"Acos", "Asin"}  # not finite everywhere: refused unless what they read is known


def made(name: str, folder: Path, **options: Any) -> Import:
    file = folder / "network.onnx"
    onnx.save(onnx_models.MODELS[name](), file)
    return imported(file, Settings(batch=2, radius="1/10", input_norm={"entry": 1}), **options)


@pytest.mark.parametrize("name", onnx_models.MODELS)
def test_the_spec_computes_what_the_file_does(name: str, tmp_path: Path) -> None:
    found = made(name, tmp_path)
    assert found.difference is not None, found.notes
    assert found.difference <= 1e-10
    assert bc.compile(found.architecture).lipschitz.finite


def test_every_row_of_the_table_is_among_the_models() -> None:
    used = {node.op_type for make in onnx_models.MODELS.values() for node in make().graph.node}
    assert set(OPERATORS) - EVALUATED <= used
    assert {name for name in OPERATORS if not onnx.defs.has(name, "")} == set()
    assert {name for name in FOLDED if not onnx.defs.has(name, "")} == set()


def test_functions_of_the_language_are_recognised_where_they_are_written_out(tmp_path: Path) -> None:
    text = made("written gelu", tmp_path).written.text
    assert "- gelu" in text
    assert "formula" not in text
    layers = made("functions", tmp_path).written.text
    for word in ("softplus", "softshrink", "leaky_relu: {negative_slope: 1/5", "gelu: {approximate: tanh"):
        assert f"- {word}" in layers
    assert made("thresholds", tmp_path).written.text.count("- softplus") == 2
    groups = made("groups", tmp_path).written.text
    assert "groupnorm: {groups: 2, eps: 1/100000, affine: true" in groups
    assert "parameter" not in groups
    dense = made("perceptron", tmp_path).written.text
    assert dense.count("dense") == 4  # two steps with the names of their kind, bias and all
    assert "bias" not in dense
    assert "parameter" not in dense


@pytest.mark.parametrize("name", onnx_models.MODELS)
def test_all_learned_arrays_are_in_the_spec(name: str, tmp_path: Path) -> None:
    """But statistics, masks, indices, divisors and single numbers."""
    fixed = {"mean", "var", "root", "low", "mask", "ones", "zeros"}
    found = made(name, tmp_path, check=False)
    stored = onnx.load(tmp_path / "network.onnx").graph.initializer
    count = sum(
        prod(each.dims)
        for each in stored
        if each.data_type == onnx.TensorProto.FLOAT and each.dims and each.name not in fixed and each.name != "scales"
    )
    ours = {path: np.size(array) for path, array in found.arrays.items() if "running" not in path}
    if name == "chosen":
        count -= 4  # of the branch that is not taken
    assert sum(ours.values()) == count


def test_samples_are_counted_apart_from_the_file_unless_it_counts_them(tmp_path: Path) -> None:
    assert made("attentive", tmp_path).translated.draft.batch not in (2, 4, 6, 24)
    assert made("attentive, its own samples", tmp_path).translated.draft.batch == 2


def test_samples_on_the_second_axis(tmp_path: Path) -> None:
    nodes: list[onnx_models.Node] = [("LSTM", "x,w,r,b", "s", {"hidden_size": 3}), ("Squeeze", "s,axis", "y")]
    arrays = {
        "w": onnx_models.drawn(1, 12, 4),
        "r": onnx_models.drawn(1, 12, 3),
        "b": onnx_models.drawn(1, 24),
        "axis": onnx_models.ints(1),
    }
    for sizes in ([5, "n", 4], [5, 2, 4]):
        file = tmp_path / "sequence.onnx"
        onnx.save(onnx_models.model(nodes, arrays, {"x": sizes}), file)
        found = imported(file, Settings())
        assert found.translated.draft.graph.batch_axis == 1
        assert "shape: [5, 4]" in found.written.text


def test_a_wrong_import_is_a_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from boundcalc.importers.check import MismatchError
    from boundcalc.importers.onnx.rules import entrywise

    file = tmp_path / "network.onnx"
    onnx.save(onnx_models.one("Elu", [3], alpha=0.5), file)
    monkeypatch.setattr(entrywise.Op, "number", lambda op, name, default: default)
    with pytest.raises(MismatchError, match="'elu' differs by"):
        bc.from_onnx(file)
    assert "elu" in bc.from_onnx(file, check=False).to_yaml()
    from boundcalc.cli import main

    with pytest.raises(SystemExit) as stop:
        main(["import", str(file)])
    assert stop.value.code == 70


def test_what_the_reference_does_not_run_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from boundcalc.importers.onnx import subject

    def fails(*_: object) -> None:
        raise NotImplementedError("no such operator")

    monkeypatch.setattr(subject, "evaluated", fails)
    found = made("perceptron", tmp_path)
    assert found.difference is None
    assert any(
        "its values are not compared with the file" in note and "no such operator" in note for note in found.notes
    )


@pytest.mark.parametrize("name", ["perceptron", "convolutional", "attentive"])
def test_bounds_at_given_weights_are_above_the_jacobian(name: str, tmp_path: Path) -> None:
    """By power iteration with differences of the file's own outputs: a lower bound of what is bounded."""
    file = tmp_path / "network.onnx"
    onnx.save(onnx_models.MODELS[name](), file)
    found = bc.from_onnx(file, weights="norms", radius=0, batch=1, input_norm={"entry": 3})
    bound = float(bc.compile(found, wrt="input", norms="mixed").lipschitz.evaluate())
    run = onnx.reference.ReferenceEvaluator(str(file)).run
    shape = [1, *(axis.dim_value for axis in onnx.load(file).graph.input[0].type.tensor_type.shape.dim[1:])]
    source = np.random.default_rng(0)
    for _ in range(2):
        at = np.clip(source.standard_normal(shape), -2.9, 2.9).astype(np.float32)
        base = run(None, {"x": at})[0].ravel().astype(np.float64)
        step = 2.0**-6
        columns = [
            (run(None, {"x": at + step * unit.reshape(shape).astype(np.float32)})[0].ravel() - base) / step
            for unit in np.eye(at.size)
        ]
        jacobian = np.stack(columns, axis=1)
        vector = source.standard_normal(at.size)
        for _ in range(20):
            vector = jacobian.T @ (jacobian @ vector)
            vector /= np.linalg.norm(vector)
        found_norm = float(np.linalg.norm(jacobian @ vector))
        assert 0 < found_norm * 0.98 <= bound  # differences over a step are no derivatives


def test_files_are_imported_on_the_command_line(tmp_path: Path) -> None:
    onnx.save(onnx_models.perceptron(), tmp_path / "net.onnx")

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "boundcalc", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    done = run("import", "net.onnx", "-o", "net.yaml", "--weights", "norms")
    assert done.returncode == 0, done.stderr
    assert "net is imported in evaluation mode" in done.stderr
    assert run("bounds", "net.yaml", "--values", "net.values.yaml", "--set", "R=0").returncode == 0
    assert run("import", "net.onnx", "-o", "plain.yaml").returncode == 0
    answers = [
        run("bounds", spec, "--set", "R=1", "--set", "X=1", "--set", "n=3") for spec in ("net.onnx", "plain.yaml")
    ]
    assert [answer.returncode for answer in answers] == [0, 0]
    assert answers[0].stdout == answers[1].stdout


def test_the_command_line_knows_the_files_that_are_read() -> None:
    from boundcalc.cli.spec import PROGRAMS
    from boundcalc.importers.formats import READERS

    assert set(PROGRAMS) == set(READERS)


LIGHT = {
    "bvlc_alexnet": 60_965_224,
    "densenet121": 8_062_504,
    "inception_v1": 6_998_552,
    "inception_v2": 11_214_888,
    "resnet50": 25_557_032,
    "shufflenet": 1_393_320,
    "squeezenet": 1_235_496,
    "vgg19": 143_667_240,
    "zfnet512": 87_250_536,
}


@pytest.mark.parametrize("name", LIGHT)
def test_light_models_compile(name: str) -> None:
    """The library's own, whose weights are made of nothing."""
    file = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"
    found = imported(file, Settings(input_norm={"entry": 1}), check=False)
    assert sum(np.size(array) for path, array in found.arrays.items() if "running" not in path) == LIGHT[name]
    assert bc.compile(found.architecture).lipschitz.finite


@pytest.mark.parametrize("name", ["squeezenet", "shufflenet", *(pytest.param(name, marks=pytest.mark.slow) for name in sorted(LIGHT.keys() - {"squeezenet", "shufflenet", "vgg19"}))])  # fmt: skip
def test_light_models_compute_what_their_files_do(name: str) -> None:
    """Each takes 20 seconds to two minutes, nearly all of them in the reference of ONNX."""
    file = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / f"light_{name}.onnx"
    found = imported(file, Settings())
    assert found.difference is not None
    assert found.difference <= 1e-10
