"""Files of ONNX that are not what they say, and those that the language has no words for: refused by name, without a traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.cli import main

onnx: Any = pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from importers import onnx_models  # noqa: E402
from importers.onnx_models import drawn, ints, model  # noqa: E402
from onnx import ModelProto, TensorProto, helper, numpy_helper  # noqa: E402


def saved(made: ModelProto, folder: Path) -> Path:
    file = folder / "network.onnx"
    file.write_bytes(made.SerializeToString())
    return file


def refusal(file: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command says, which is what Python raises."""
    with pytest.raises(bc.SpecError) as caught:
        bc.from_onnx(file)
    with pytest.raises(SystemExit) as stop:
        main(["import", str(file)])
    said = capsys.readouterr().err
    assert stop.value.code == 2
    assert "Traceback" not in said
    assert said.strip() == str(caught.value)
    return said


def filled(*shape: int) -> ModelProto:
    """A weight that is made of nothing."""
    value = numpy_helper.from_array(np.array([0.5], dtype=np.float32))
    return model(
        [("ConstantOfShape", "s", "w", {"value": value}), ("MatMul", "x,w", "y")], {"s": ints(*shape)}, {"x": ["n", 3]}
    )


def computed(*nodes: onnx_models.Node, **arrays: np.ndarray) -> ModelProto:
    """What is made of nothing but of nodes, added to an input."""
    return model([*nodes, ("Add", "x,z", "y")], arrays, {"x": ["n", 3]})


def beside(location: str, length: int = 60, **entries: str) -> ModelProto:
    made = onnx_models.factors()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    for key, value in {"location": location, "offset": "0", "length": str(length), **entries}.items():
        tensor.external_data.add(key=key, value=value)
    return made


def shaped(*dims: int) -> ModelProto:
    made = onnx_models.factors()
    del made.graph.initializer[0].dims[:]
    made.graph.initializer[0].dims.extend(dims)
    return made


def function(body: list[Any], called: str = "twice") -> ModelProto:
    made = model([("Relu", "x", "y")], {}, {"x": ["n", 3]})
    made.opset_import.append(helper.make_opsetid("own", 1))
    opsets = [helper.make_opsetid("", 24), helper.make_opsetid("own", 1)]
    made.functions.append(helper.make_function("own", "twice", ["a"], ["b"], body, opsets))
    made.graph.node[0].op_type, made.graph.node[0].domain = called, "own"
    return made


def wired(name: str) -> ModelProto:
    """Reads an array of that name, which nothing makes before."""
    return model([("Add", f"x,{name}", "a"), ("Relu", "a", "y")], {}, {"x": ["n", 3]})


FILES: dict[str, tuple[Callable[[], ModelProto], str]] = {
    "a weight of 10^12 entries": (lambda: filled(3, 10**12), "more than 268,435,456 entries"),
    "a weight of less than nothing": (lambda: filled(3, -4), "entries"),
    "an array that is spread": (
        lambda: computed(("Expand", "one,s", "z"), one=drawn(), s=ints(10**5, 10**4, 3)), "more than 33,554,432 entries",
    ),
    "an array that is repeated": (
        lambda: computed(("Tile", "w,s", "z"), w=ints(1, 2), s=ints(10**11)), "entries",
    ),
    "an array that counts": (
        lambda: computed(("Range", "a,b,c", "z"), a=np.array(0), b=np.array(10**12), c=np.array(1)), "entries",
    ),
    "an array that counts without end": (
        lambda: computed(("Range", "a,b,c", "z"), a=np.array(0), b=np.array(9), c=np.array(0)), "it counts without end",
    ),
    "arrays that are spread one after the other": (
        lambda: computed(*(("Concat", f"w{i},w{i}", f"w{i + 1}", {"axis": 0}) for i in range(40)), ("ReduceSum", "w40", "z"), w0=ints(1, 2)),
        "entries",
    ),
    "an input of 10^12 entries": (lambda: model([("Relu", "x", "y")], {}, {"x": ["n", 10**6, 10**6]}), "more than 268,435,456 entries"),
    "an array of another size": (lambda: shaped(5, 10**9), "'w' of shape [5, 1000000000] has 80 bytes"),
    "an array of less than nothing": (lambda: shaped(-5, -4), "has a type or a shape that is none of numbers"),
    "an array above the folder": (lambda: beside("../weights.bin"), "lies outside of the file's folder"),
    "an array at the root": (lambda: beside("/etc/passwd"), "lies outside of the file's folder"),
    "an array in no file": (lambda: beside("weights.bin"), "and there is no such file"),
    "an array beyond the end": (lambda: beside("network.onnx", 10**9), "is not inside 'network.onnx'"),
    "an array of no length": (lambda: beside("network.onnx", length=-3), "has no offset and length that are numbers"),
    "operators of another domain": (lambda: function([], "other"), "the operator `own::other` of the network at node 'Relu_0'"),
    "a function that calls itself": (lambda: function([helper.make_node("twice", ["a"], ["b"], domain="own")]), "calls itself"),
    "an array that nothing makes": (lambda: wired("z"), "'z' is read, and nothing makes it before"),
    "an array that is made later": (lambda: wired("y"), "'y' is read, and nothing makes it before"),
    "two arrays of one name": (lambda: model([("Relu", "x", "y"), ("Tanh", "x", "y")], {}, {"x": ["n", 3]}), "two operators give 'y'"),
    "an axis without a size": (lambda: model([("Relu", "x", "y")], {}, {"x": ["n", "T"]}), "has an axis of no size (T)"),
    "no input": (lambda: model([("Relu", "w", "y")], {"w": drawn(3)}, {}), "has no input"),
    "operands that do not fit": (lambda: model([("MatMul", "x,w", "y")], {"w": drawn(4, 2)}, {"x": ["n", 3]}), "`MatMul` of the network at node 'MatMul_0' is not imported: its operands do not fit"),
    "a loop": (lambda: computed(("Loop", "m,,x", "z", {"body": helper.make_graph([], "b", [], [])}), m=np.array(10**12)), "`Loop`"),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_says_is_not_believed(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make, finding = FILES[name]
    assert finding in refusal(saved(make(), tmp_path), capsys)


def test_bytes_that_are_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = onnx_models.perceptron().SerializeToString()
    for content in (b"", b"no model at all", whole[: len(whole) // 2], b"\x80" * 100, bytes(1000)):
        file = tmp_path / "network.onnx"
        file.write_bytes(content)
        assert "is no file of ONNX" in refusal(file, capsys)
    assert "there is no such file" in refusal(tmp_path / "none.onnx", capsys)
    other = tmp_path / "network.onnx.txt"
    other.write_bytes(whole)
    with pytest.raises(bc.SpecError, match="is no file of ONNX"):
        bc.from_onnx(other)


def test_links_do_not_leave_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "weights.bin").write_bytes(drawn(5, 4).tobytes())
    (tmp_path / "inside" / "weights.bin").symlink_to(tmp_path / "weights.bin")
    assert "lies outside of the file's folder" in refusal(saved(beside("weights.bin", 80), tmp_path / "inside"), capsys)


def test_arrays_beside_the_file_are_read(tmp_path: Path) -> None:
    weight = drawn(5, 4)
    (tmp_path / "weights.bin").write_bytes(bytes(12) + weight.tobytes())
    file = saved(beside("weights.bin", 80, offset="12"), tmp_path)
    found = bc.from_onnx(file, weights="norms", radius=0, batch=1, input_norm=1)
    bound = float(bc.compile(found, wrt="input").lipschitz.evaluate())
    assert bound == pytest.approx(0.5 * np.linalg.norm(weight, 2), rel=1e-2)
    assert bound >= 0.5 * np.linalg.norm(weight, 2) * (1 - 1e-6)


def test_overlapping_arrays_are_not_read_again_and_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = beside("weights.bin", 80)
    for i in range(20):
        tensor = made.graph.initializer.add()
        tensor.CopyFrom(made.graph.initializer[0])
        tensor.name = f"again_{i}"
    (tmp_path / "weights.bin").write_bytes(bytes(80))
    assert "its arrays overlap in the files beside it" in refusal(saved(made, tmp_path), capsys)


def test_functions_are_put_in(tmp_path: Path) -> None:
    body = [helper.make_node("Add", ["a", "a"], ["c"]), helper.make_node("Tanh", ["c"], ["b"])]
    text = bc.from_onnx(saved(function(body), tmp_path)).to_yaml()
    assert "tanh" in text


def test_functions_do_not_explode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = function([helper.make_node("Relu", ["a"], ["b"])])
    opsets = [helper.make_opsetid("", 24), helper.make_opsetid("own", 1)]
    for i in range(9):
        inner = "twice" if i == 0 else f"f{i - 1}"
        names = ["a", *(f"v{k}" for k in range(9)), "b"]
        body = [helper.make_node(inner, [a], [b], domain="own") for a, b in pairwise(names)]
        made.functions.append(helper.make_function("own", f"f{i}", ["a"], ["b"], body, opsets))
    made.graph.node[0].op_type = "f8"
    assert "its functions become more than 500,000 operators" in refusal(saved(made, tmp_path), capsys)


def test_all_unknown_operators_at_once_without_what_is_made_of_them(tmp_path: Path) -> None:
    nodes: list[onnx_models.Node] = [
        ("TopK", "x,k", "a,i"), ("Relu", "a", "b"), ("ArgMax", "x", "c"), ("Cast", "c", "d", {"to": 1}), ("Add", "b,d", "e"),
        ("Div", "e,x", "f"), ("Det", "x", "g"), ("Div", "w,x", "h"), ("Add", "f,g", "p"), ("Add", "p,h", "y"),
    ]  # fmt: skip
    made = model(nodes, {"k": ints(2), "w": drawn(2, 2)}, {"x": ["n", 2, 2]})
    made.graph.node[2].name = "/blocks/blocks.1/head/ArgMax"
    with pytest.raises(bc.UnsupportedError) as caught:
        bc.from_onnx(saved(made, tmp_path))
    found = {(each.operator, each.module, each.source) for each in caught.value.operators}
    assert found == {
        ("TopK", "", "node 'TopK_0'"),
        ("ArgMax", "blocks.1.head", "node '/blocks/blocks.1/head/ArgMax'"),
        ("Det", "", "node 'Det_6'"),
        ("Div", "", "node 'Div_7'"),
    }


def test_a_file_has_one_mode(tmp_path: Path) -> None:
    file = saved(onnx_models.trained(), tmp_path)
    assert "mode" not in bc.from_onnx(file, mode="train").to_yaml()
    with pytest.raises(bc.SpecError, match="it was exported in mode train, and a file of ONNX has no other one"):
        bc.from_onnx(file, mode="eval")
    with pytest.raises(bc.SpecError, match="export the network in mode train"):
        bc.from_onnx(saved(onnx_models.perceptron(), tmp_path), mode="train")
    with pytest.raises(ValueError, match="mode is one of train, eval, not 'test'"):
        bc.from_onnx(file, mode="test")
    with pytest.raises(ValueError, match="weights is one of symbols, norms"):
        bc.from_onnx(file, weights="numbers")


def test_without_onnx_the_extra_is_named() -> None:
    code = (
        "import sys\nsys.modules['onnx'] = None\nimport boundcalc as bc\n"
        "try:\n    bc.from_onnx('network.onnx')\nexcept ImportError as error:\n    print(error)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "boundcalc[onnx]" in found
