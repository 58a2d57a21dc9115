"""The files of networks that are read: which front end reads which, by what their names end with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from boundcalc.importers.importing import Import
from boundcalc.importers.onnx import importing as onnx
from boundcalc.importers.programs import read_program
from boundcalc.importers.pytorch import imported
from boundcalc.importers.settings import Settings
from boundcalc.mistakes import Mistake, Place, SpecError

Reader = Callable[[str, Settings, str | None, str | None, bool], Import]


def imported_file(
    file: str, settings: Settings, mode: str | None = None, smooth: str | None = None, check: bool = True
) -> Import:
    """A file of a network. Raises as its front end does, SpecError for a file that none reads."""
    reader = READERS.get(Path(file).suffix)
    if reader is None:
        remedy = (
            "write one with torch.export.save(torch.export.export(model, args), 'model.pt2'), or with torch.onnx.export"
        )
        finding = f"is no file of an exported program ({', '.join(READERS)})"
        raise SpecError([Mistake(Place(file), finding, remedy, "unreadable")])
    return reader(file, settings, mode, smooth, check)


def _program(file: str, settings: Settings, mode: str | None, smooth: str | None, check: bool) -> Import:
    name, program = read_program(file)
    return imported(program, (), None, settings, mode=mode, smooth=smooth, check=check, name=name)


def _onnx(file: str, settings: Settings, mode: str | None, smooth: str | None, check: bool) -> Import:
    return onnx.imported(file, settings, mode=mode, smooth=smooth, check=check)


READERS: Mapping[str, Reader] = MappingProxyType({".pt2": _program, ".onnx": _onnx})
