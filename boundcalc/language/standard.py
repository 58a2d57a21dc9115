"""The library of modules that ships with the package: `include: [std/transformer.yaml]`."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from boundcalc.language import reader
from boundcalc.language.fields import fail
from boundcalc.language.tree import Node, Scalar
from boundcalc.mistakes import shown, suggest

FOLDER = "std"
PREFIX = f"{FOLDER}/"


def is_standard(name: str) -> bool:
    """Whether an include means the library."""
    return name.startswith(PREFIX)


def names() -> list[str]:
    """The files of the library, as an include has them."""
    return sorted(
        f"{PREFIX}{entry.name}"
        for entry in files("boundcalc").joinpath(FOLDER).iterdir()
        if entry.name.endswith(".yaml")
    )


def read_standard(item: Scalar, folder: Path | None) -> Node:
    """The file that an include names; `folder`: of the spec, None for a text. Raises SpecError at the include."""
    if folder is not None and (folder / FOLDER).is_dir():
        finding = f"a folder '{FOLDER}' beside the spec has the name of the library that ships"
        raise fail(item.place, finding, "give the folder another name")
    if item.text not in names():
        remedy = suggest(item.text, names()) or f"there are {', '.join(names())}"
        raise fail(item.place, f"the library has no file {shown(item.text)}", remedy)
    return reader.read_text(files("boundcalc").joinpath(item.text).read_text("utf-8"), item.text)
