"""Exported programs: what is in the file is not run, whatever the file says of it."""

from __future__ import annotations

import json
import pickle
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import boundcalc as bc
from boundcalc.importers.programs import read_program

torch = pytest.importorskip("torch")
Change = Callable[[str, bytes], list[tuple[str, bytes]]]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh())
    file = tmp_path_factory.mktemp("programs") / "model.pt2"
    torch.export.save(torch.export.export(module, (torch.randn(2, 3),)), file)
    return file


def changed(program: Path, to: Path, change: Change) -> Path:
    with zipfile.ZipFile(program) as archive, zipfile.ZipFile(to, "w") as copy, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two files of one name
        for name in archive.namelist():
            for entry, data in change(name, archive.read(name)):
                copy.writestr(entry, data)
    return to


def refusal(file: Path) -> str:
    with pytest.raises(bc.SpecError) as caught:
        read_program(str(file))
    return str(caught.value)


class Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_a_program_is_read(program: Path) -> None:
    name, found = read_program(str(program))
    assert name == "model"
    assert [tuple(array.shape) for array in found.state_dict.values()] == [(2, 3), (2,)]


def test_what_is_pickled_is_not_called(program: Path, tmp_path: Path) -> None:
    trap = pickle.dumps(Trap(tmp_path / "ran"))

    def pickled(name: str, data: bytes) -> list[tuple[str, bytes]]:
        return [(name, trap if name.endswith(".pt") else data)]

    def beside(name: str, data: bytes) -> list[tuple[str, bytes]]:
        first = [(name, trap)] if name.endswith(".pt") else []
        return [*first, (name, data)]

    def called(name: str, data: bytes) -> list[tuple[str, bytes]]:
        """The configuration says that weights are pickled, and they are a trap."""
        if not name.endswith("weights_config.json"):
            return [(name, trap if "/weights/weight_" in name else data)]
        config = json.loads(data)
        for entry in config["config"].values():
            entry["use_pickle"] = True
        return [(name, json.dumps(config).encode())]

    assert "is pickled and holds more than arrays" in refusal(changed(program, tmp_path / "a.pt2", pickled))
    assert "two files in it have one name" in refusal(changed(program, tmp_path / "b.pt2", beside))
    assert "is pickled and holds more than arrays" in refusal(changed(program, tmp_path / "c.pt2", called))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("target", "finding"),
    [
        ("torch.ops.aten.from_file.default", "it calls 'torch.ops.aten.from_file.default'"),
        ("torch.ops.mine.run.default", "it calls 'torch.ops.mine.run.default'"),
        ("torch.hub.load", "it calls 'torch.hub.load'"),
        ("math.exp", "it calls 'math.exp'"),
    ],
)
def test_operators_are_those_of_arrays(target: str, finding: str, program: Path, tmp_path: Path) -> None:
    def renamed(name: str, data: bytes) -> list[tuple[str, bytes]]:
        return [(name, data.replace(b"torch.ops.aten.tanh.default", target.encode()))]

    assert finding in refusal(changed(program, tmp_path / "model.pt2", renamed))


def test_sizes_are_numbers(tmp_path: Path) -> None:
    size = torch.export.Dim("n")
    found = torch.export.export(torch.nn.Tanh(), (torch.randn(2, 3),), dynamic_shapes=({0: size},))
    torch.export.save(found, tmp_path / "model.pt2")
    assert "it has sizes that are symbols" in refusal(tmp_path / "model.pt2")
