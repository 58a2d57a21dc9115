"""Files of ONNX as architectures. It needs the library onnx, and nothing else."""

from __future__ import annotations

from importlib import import_module
from os import PathLike, fspath
from pathlib import Path

from boundcalc.importers.importing import Import, check_mode, imported_from
from boundcalc.importers.settings import Settings
from boundcalc.mistakes import ExtraMissingError, Mistake, Place, SpecError


def imported(
    path: str | PathLike[str],
    settings: Settings,
    *,
    mode: str | None = None,
    smooth: str | None = None,
    check: bool = True,
) -> Import:
    """A file as an architecture. See `boundcalc.from_onnx` for arguments and errors."""
    check_mode(mode)
    needs_onnx()
    from boundcalc.importers.onnx.model import model_of
    from boundcalc.importers.onnx.reading import read_model
    from boundcalc.importers.onnx.subject import OnnxSubject

    file = fspath(path)
    subject = OnnxSubject(Path(file).stem, model_of(read_model(file), Path(file).stem, file))
    made = imported_from(subject, settings, smooth=smooth, check=check)
    own = "train" if made.translated.draft.graph.training else "eval"
    if mode is not None and mode != own:
        finding = f"it was exported in mode {own}, and a file of ONNX has no other one"
        raise SpecError([Mistake(Place(file), finding, f"export the network in mode {mode}", "import")])
    return made


def needs_onnx() -> None:
    try:
        import_module("onnx")
    except ImportError:
        raise ExtraMissingError("onnx", "an import of a file of ONNX", "onnx") from None
