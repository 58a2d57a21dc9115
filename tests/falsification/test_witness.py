"""Witnesses in files: what is saved is what is loaded, and every mistake of a file is a message."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from reference.subjects import Numbers, subject_and_bounds

import boundcalc as bc
from boundcalc.falsification.attack import replay
from boundcalc.falsification.sets import Point
from boundcalc.falsification.subject import Subject
from boundcalc.falsification.witness import load, save

TEXT = "batch: 2\nradius: 2\ninput: {shape: [3], norm: {sample: 1}}\nlayers: [{dense: {units: 2, name: head, spectral: 1}}, tanh]"
SUBJECT: Subject = subject_and_bounds(TEXT, wrt=("parameters", "input"))[0]


def place() -> tuple[Point, Point]:
    rng = np.random.default_rng(0)
    raw, direction = ({name: rng.normal(size=shape) for name, shape in SUBJECT.network.shapes.items()} for _ in "pd")
    return SUBJECT.domain.project(raw), direction


def stored(file: Path, **changes: Any) -> Path:
    """A witness with some arrays in place of others; None: without it. A dot in a name is written as two underscores."""
    point, direction = place()
    arrays: dict[str, Any] = {**point, **{f"direction.{name}": array for name, array in direction.items()}}
    arrays |= {name.replace("__", "."): array for name, array in changes.items()}
    np.savez(file, **{name: array for name, array in arrays.items() if array is not None})
    return file


def loaded(file: Path) -> tuple[Point, Point]:
    return load(str(file), SUBJECT.network.shapes, SUBJECT.domain)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    point, direction = place()
    file = tmp_path / "a witness"  # nothing is appended to the name
    save(str(file), point, direction)
    with np.load(file) as arrays:
        assert set(arrays.files) == {"head.weight", "head.bias", "input", "direction.head.weight", "direction.head.bias", "direction.input"}  # fmt: skip
    again, along = loaded(file)
    assert again.keys() == point.keys()
    assert all(np.allclose(again[name], array, rtol=1e-15, atol=0) for name, array in point.items())
    assert all(np.array_equal(along[name], array) for name, array in direction.items())


def test_what_a_file_says_of_no_direction_is_zero(tmp_path: Path) -> None:
    _, direction = loaded(stored(tmp_path / "w.npz", direction__input=None))
    assert not np.any(direction["input"])
    assert direction["input"].shape == (2, 3)


def test_whole_and_short_numbers_are_numbers(tmp_path: Path) -> None:
    file = stored(tmp_path / "w.npz", head__bias=np.array([0, 1]), input=np.zeros((2, 3), dtype=np.float16))
    point, _ = loaded(file)
    assert point["head.bias"].dtype == point["input"].dtype == np.float64


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"head__bias": None}, "there is no array 'head.bias'; the network has head.bias, head.weight, input"),
        ({"head__bais": np.zeros(2)}, "unknown array 'head.bais'; did you mean 'head.bias'?"),
        ({"direction__hed__bias": np.zeros(2)}, "unknown array 'direction.hed.bias'; did you mean 'direction.head.bias'?"),
        ({"head__weight": np.zeros((3, 2))}, "'head.weight' has shape [3, 2]; the network's has [2, 3]"),
        ({"direction__input": np.zeros(3)}, "'direction.input' has shape [3]; the network's has [2, 3]"),
        ({"head__bias": np.array([0, np.nan])}, "'head.bias' has entries that are no finite numbers; a witness is made of numbers"),
        ({"direction__head__bias": np.array([0, np.inf])}, "'direction.head.bias' has entries that are no finite numbers"),
        ({"input": np.ones((2, 3))}, "'input' is outside its set by"),
        ({"input": np.full((2, 3), 1e300)}, "'input' is outside its set by"),
        ({"head__weight": np.eye(2, 3) * 1.0001}, "'head.weight' is outside its set by"),
        ({"head__bias": np.array([1.5, 1.5])}, "is outside its set by"),
        ({"head__bias": np.array([True, False])}, "holds arrays that are not of real numbers; write it with --save"),
        ({"head__bias": np.array([1j, 0])}, "holds arrays that are not of real numbers"),
        ({"head__bias": np.array(["a", "b"])}, "holds arrays that are not of real numbers"),
        ({"head__bias": np.array([1, 2], dtype="m8[s]")}, "holds arrays that are not of real numbers"),
        ({"head__bias": np.array([None, 1])}, "is no file of NumPy arrays; name a file that --save wrote"),
    ],
)  # fmt: skip
def test_mistakes_of_arrays_are_messages(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    file = stored(tmp_path / "w.npz", **changes)
    with pytest.raises(bc.SpecError) as caught:
        loaded(file)
    assert f"{file}: " in str(caught.value)
    assert message in str(caught.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(bc.SpecError) as caught:
        loaded(stored(tmp_path / "w.npz", head__bias=None, other=np.zeros(1), input=np.zeros(1)))
    assert len(caught.value.mistakes) == 3


class Evil:
    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('unpickled')",))


def archive(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr(name, content)
    return stream.getvalue()


def array_file(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


HUGE = array_file(np.zeros(1)).replace(b"(1,), }", b"(9999999999999,), }"[:7] + b"}")  # a header that is none


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"layers: [dense: 3]",
        b"PK\x03\x04 no archive",
        pickle.dumps(Evil()),
        archive("head.weight.npy", pickle.dumps(Evil())),
        array_file(np.zeros(3)),
        archive("head.weight.npy", array_file(np.zeros(100))[:200]),
        archive("head.weight.npy", HUGE),
        archive("head.weight.npy", array_file(np.zeros((2, 3))))[:-30],
        archive("head.weight.npy", array_file(np.random.default_rng(0).normal(size=100))).replace(b"\x00\x01", b"\x01\x07"),
    ],
    ids=["empty", "text", "torn", "pickle", "pickle inside", "one array", "short", "header", "cut", "changed"],
)  # fmt: skip
def test_what_is_no_witness_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "w.npz"
    file.write_bytes(content)
    with pytest.raises(bc.SpecError) as caught:
        loaded(file)
    assert str(caught.value).startswith(f"{file}: ")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for file, reason in ((tmp_path / "none.npz", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(bc.SpecError) as caught:
            loaded(file)
        assert f"{file}: cannot be read: {reason}" in str(caught.value)
        assert "name a file that --save wrote" in str(caught.value)


def test_a_point_just_outside_its_set_violates_nothing(tmp_path: Path) -> None:
    """Twenty arrays that are too large by less than the slack: together they would exceed the bound by more than rounding."""
    text = "radius: 1\ninput: {shape: [1], norm: 1}\nlayers: [{repeat: {times: 20, layers: [dense: {units: 1, bias: false}]}}]"
    subject, bounds = subject_and_bounds(text, blocks="layer")
    point = {name: np.full(shape, 1 + 9e-10) for name, shape in subject.network.shapes.items()}
    file = tmp_path / "w.npz"
    save(str(file), point, {})
    assert results_of(subject, bounds, file) == []


def results_of(subject: Subject, bounds: Numbers, file: Path) -> list[tuple[str, int]]:
    found = replay(subject, bounds, *load(str(file), subject.network.shapes, subject.domain))
    return [target for target, result in found.items() if result.violated]
