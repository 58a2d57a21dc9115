"""Programs that torch.export.save wrote, read without running code that is in them.

PyTorch's reader unpickles freely where arrays or example inputs ask for it, and evaluates the text of symbolic sizes. So the archive is
looked at first: what is pickled has to be readable by the unpickler that knows weights alone, which reads the same bytes and
calls nothing else; sizes are numbers; operators are those of ATen. Any other file is refused.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from boundcalc.importers.pytorch import needs_torch
from boundcalc.mistakes import Mistake, Place, SpecError

_OPERATORS = ("torch.ops.aten.", "torch.ops.prims.", "torch.ops.higher_order.")
_FUNCTIONS = frozenset({"_operator.getitem"})
_REFUSED = frozenset({"torch.ops.aten.from_file.default"})
_OBJECTS = ("custom_obj", "opaque_obj")  # what the names of pickled objects begin with


def read_program(path: str) -> tuple[str, Any]:
    """The name of a program and itself. Raises SpecError for what is none, ExtraMissingError without PyTorch."""
    file = Path(path)
    if file.suffix != ".pt2":
        remedy = "write one with torch.export.save(torch.export.export(model, args), 'model.pt2')"
        raise _mistake(file, "is no file of an exported program (.pt2)", remedy)
    if not file.is_file():
        raise _mistake(file, "there is no such file", None)
    needs_torch()
    torch: Any = import_module("torch")
    try:
        flaw = _flaw(file, torch)
        if flaw is None:
            return file.stem, torch.export.load(str(file))
    except Exception as error:  # whatever PyTorch says of a file that is none
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise _mistake(
            file, f"cannot be read: {lines[0]}", "export it with the PyTorch that is installed here"
        ) from error
    raise _mistake(file, f"is not read, since {flaw}", "import the module itself, with boundcalc.from_torch")


def _flaw(file: Path, torch: Any) -> str | None:
    """Why reading it could run code."""
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        if len(set(names)) < len(names):
            return "two files in it have one name: who reads it decides which is meant"
        bases = {name: name.rpartition("/")[2] for name in names}
        models = [name for name in names if "/models/" in name and name.endswith(".json")]
        if not models or not any(base == "archive_format" for base in bases.values()):
            return "it is of an older format"
        if any(base.startswith(_OBJECTS) for base in bases.values()):
            return "it holds objects that are no arrays"
        pickled = {base for base in bases.values() if base.endswith(".pt")}
        for name in names:
            if name.endswith("_config.json"):
                pickled.update(_pickled(json.loads(archive.read(name))))
        for name, base in bases.items():
            if base in pickled and not _is_of_arrays(archive.read(name), torch):
                return f"'{base}' is pickled and holds more than arrays"
        for name in models:
            for key, value in _entries(json.loads(archive.read(name))):
                if key == "expr_str":
                    return "it has sizes that are symbols"
                if key == "target" and isinstance(value, str) and not _is_operator(value):
                    return f"it calls '{value}'"
    return None


def _is_operator(target: str) -> bool:
    """Of a node; those of arrays (`0.weight`) and of arguments are their names."""
    is_name = not target.startswith(("torch", "math", "_operator", "#", "operator"))
    return is_name or target in _FUNCTIONS or (target.startswith(_OPERATORS) and target not in _REFUSED)


def _is_of_arrays(data: bytes, torch: Any) -> bool:
    try:
        torch.load(io.BytesIO(data), weights_only=True)
    except Exception:  # what the unpickler of weights does not know
        return False
    return True


def _pickled(config: Any) -> Iterator[str]:
    for entry in config.get("config", {}).values():
        if entry.get("use_pickle"):
            yield str(entry.get("path_name"))


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    """The keys and values of a JSON document, at all depths."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            for key, each in found.items():
                yield str(key), each
                waiting.append(each)
        elif isinstance(found, list):
            waiting.extend(found)


def _mistake(file: Path, finding: str, remedy: str | None) -> SpecError:
    return SpecError([Mistake(Place(str(file)), finding, remedy, "unreadable")])
