"""Files of arrays: what is read, and that nothing in them is run or believed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.files import read_arrays

ARRAYS = {
    "a.weight": np.arange(6, dtype=np.float32).reshape(2, 3),
    "b": np.array(2.5),
    "n": np.array([3, 4], dtype=np.int64),
}
NAMES = {"float64": "F64", "float32": "F32", "float16": "F16", "int64": "I64"}


def safetensors(arrays: dict[str, Any], **changes: Any) -> bytes:
    """A file as the format has it; `changes` are entries of the header."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    content = b""
    for name, array in arrays.items():
        stored = array.tobytes()
        offsets = [len(content), len(content) + len(stored)]
        header[name] = {"dtype": NAMES[array.dtype.name], "shape": list(array.shape), "data_offsets": offsets}
        content += stored
    text = json.dumps({**header, **changes}).encode()
    return len(text).to_bytes(8, "little") + text + content


def refusal(file: Path) -> str:
    with pytest.raises(bc.SpecError) as caught:
        read_arrays(file)
    return str(caught.value).removeprefix(f"{file}: ")


@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_arrays_are_read(form: str, tmp_path: Path) -> None:
    file = tmp_path / f"weights.{form}"
    if form == "npz":
        np.savez(file, **ARRAYS)
    else:
        file.write_bytes(safetensors(ARRAYS))
    found = read_arrays(file)
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        assert found[name].shape == array.shape
        assert np.array_equal(found[name], array)


def test_bfloat16_is_exact(tmp_path: Path) -> None:
    values = np.array([1.0, -3.140625, 1e-38, 2.0**100], dtype=np.float32)
    halves = (values.view(np.uint32) >> 16).astype(np.uint16)
    entry = {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]}
    text = json.dumps({"w": entry}).encode()
    file = tmp_path / "w.safetensors"
    file.write_bytes(len(text).to_bytes(8, "little") + text + halves.tobytes())
    assert np.array_equal(read_arrays(file)["w"].view(np.uint32), halves.astype(np.uint32) << 16)


def test_the_format_is_that_of_the_library(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    file = tmp_path / "w.safetensors"
    library.save_file(ARRAYS, file)
    found = read_arrays(file)
    assert all(np.array_equal(found[name], array) for name, array in ARRAYS.items())


W = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}


@pytest.mark.parametrize(
    ("content", "finding"),
    [
        (b"", "too short for a header"),
        (b"\xff" * 40, "the header is longer than the file"),
        (b"\x02" + b"\0" * 7 + b"[]", "the header is no mapping"),
        (b"\x02" + b"\0" * 7 + b"{,", "cannot be read: Expecting property name"),
        (safetensors({}, w=W), "the array 'w' is not inside the file"),
        (safetensors(ARRAYS, w={**W, "shape": [2, 4]}), "the array 'w' of shape [2, 4] takes 32 bytes, not 24"),
        (safetensors(ARRAYS, w={**W, "shape": [2, -3]}), "the array 'w' is not inside the file"),
        (safetensors(ARRAYS, w={**W, "shape": [2, True]}), "the array 'w' is not inside the file"),
        (safetensors(ARRAYS, w={**W, "dtype": "F8_E4M3"}), "the array 'w' has numbers of type F8_E4M3"),
        (safetensors(ARRAYS, w={"dtype": "F32"}), "cannot be read: "),
        (safetensors(ARRAYS, w=3), "cannot be read: "),
        (b"\x0d" + b"\0" * 7 + b'{"a":1,"a":2}', "a name is given twice"),
    ],
)  # fmt: skip
def test_files_that_are_not_what_they_say(content: bytes, finding: str, tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes(content)
    assert finding in refusal(file)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "ran",))

    np.savez(tmp_path / "w.npz", w=np.array([Trap()], dtype=object))
    assert "cannot be read: Object arrays cannot be loaded when allow_pickle=False" in refusal(tmp_path / "w.npz")
    for name in ("w.pt", "w.pkl", "w"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap()))
        assert "is no file of arrays that can be read without running code; save the arrays as .safetensors" in refusal(
            tmp_path / name
        )
    assert not (tmp_path / "ran").exists()


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for name in ("w.npz", "w.safetensors"):
        assert refusal(tmp_path / name) == "cannot be read: No such file or directory"
    (tmp_path / "w.npz").write_bytes(b"no archive")
    assert "cannot be read" in refusal(tmp_path / "w.npz")
    (tmp_path / "d.npz").mkdir()
    assert "cannot be read: Is a directory" in refusal(tmp_path / "d.npz")
