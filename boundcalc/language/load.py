"""From a path, a text or a Python mapping to an `Architecture`, with the files that it includes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from boundcalc.arguments import expect
from boundcalc.language import fields, reader
from boundcalc.language.architecture import Architecture, W
from boundcalc.language.formulas import Own
from boundcalc.language.objects import read_object
from boundcalc.language.override import override, values_of
from boundcalc.language.schema import read_architecture
from boundcalc.language.standard import is_standard, read_standard
from boundcalc.language.tree import ROOM, Node, Room, Scalar, Sequence
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown

INCLUDE_LIMIT = 64


def load(
    source: str | os.PathLike[str] | Mapping[str, object],
    vocabulary: Mapping[str, W],
    own: Own[W],
    room: Room = ROOM,
) -> Architecture[W]:
    """Read an architecture from a file, an open text file, or a mapping shaped like the YAML. `own` makes the kind of an
    activation that it declares; each file is at most as large as `room`.

    Raises SpecError with every mistake of the file and of the files it includes.
    """
    if isinstance(source, Mapping):
        return _architecture(read_object(source, room=room), "<dict>", None, "architecture", vocabulary, own, room)
    if hasattr(source, "read"):
        name = str(getattr(source, "name", "<file>"))
        return loads(_contents(source, name), name, vocabulary, own, room)
    path = os.fspath(expect(source, (str, os.PathLike), "a spec", "pass a path, an open file or a mapping"))
    if "\n" in path and not os.path.exists(path):
        raise SpecError(
            [Mistake(Place("<path>"), "a text of several lines is no path", "bc.loads reads a spec from a text")]
        )
    return _architecture(reader.read_file(path, room), path, Path(path).parent, Path(path).stem, vocabulary, own, room)


def loads(
    text: str | bytes, source: str, vocabulary: Mapping[str, W], own: Own[W], room: Room = ROOM
) -> Architecture[W]:
    """Read an architecture from YAML text; `source` names it in messages. A text has no folder to include from."""
    expect(text, (str, bytes), "the text of a spec", "pass a text; bc.load reads files and mappings")
    return _architecture(reader.read_text(text, source, room), source, None, "architecture", vocabulary, own, room)


def _contents(stream: Any, name: str) -> str | bytes:
    try:
        return stream.read()
    except (OSError, ValueError) as error:  # a closed file, one that is open for writing only, bytes that are no text
        raise SpecError(
            [Mistake(Place(name), f"cannot be read: {str(error).rstrip('.')}", "pass its path", "unreadable")]
        ) from None


def _architecture(
    tree: Node, source: str, folder: Path | None, name: str, vocabulary: Mapping[str, W], own: Own[W], room: Room
) -> Architecture[W]:
    included: dict[str, Node] = {}
    mistakes = Mistakes()
    if folder is not None or _includes(tree) is not None:
        _include(tree, source, folder, [], included, mistakes, room)
    mistakes.raise_if_any()
    architecture = read_architecture(tree, source, included, name, vocabulary, own)
    values = tree.get("set") if isinstance(tree, NodeMapping) else None
    return architecture if values is None else override(architecture, values_of(values))


def _includes(tree: Node) -> Node | None:
    return tree.get("include") if isinstance(tree, NodeMapping) else None


def _include(
    tree: Node,
    source: str,
    folder: Path | None,
    chain: list[Path],
    included: dict[str, Node],
    mistakes: Mistakes,
    room: Room,
) -> None:
    """Depth first, so that a file comes after the files it builds on."""
    node = _includes(tree)
    if node is None:
        return
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        if not isinstance(item, Scalar) or item.is_null:
            mistakes.add(item.place, f"expected a file name, found {fields.describe(item)}", "include: [blocks.yaml]")
        elif is_standard(item.text):
            _include_standard(item, folder, chain, included, mistakes, room)
        elif folder is None:
            mistakes.add(
                item.place, "a spec without a file of its own cannot include others", "save it and pass its path"
            )
        else:
            _include_file(item, folder, source, chain, included, mistakes, room)


def _include_standard(
    item: Scalar,
    folder: Path | None,
    chain: list[Path],
    included: dict[str, Node],
    mistakes: Mistakes,
    room: Room,
) -> None:
    """A file of the library may include others of it."""
    if item.text in included or Path(item.text) in chain:
        return
    try:
        tree = read_standard(item, folder)
    except SpecError as error:
        mistakes.extend(error)
        return
    _include(tree, item.text, None, [*chain, Path(item.text)], included, mistakes, room)
    included[item.text] = tree


def _include_file(
    item: Scalar,
    folder: Path,
    source: str,
    chain: list[Path],
    included: dict[str, Node],
    mistakes: Mistakes,
    room: Room,
) -> None:
    root = _real(folder)
    target = _real(Path(source).parent / item.text)
    path = os.path.normpath(Path(source).parent / item.text)
    if Path(item.text).is_absolute() or not target.is_relative_to(root):
        mistakes.add(
            item.place,
            f"{shown(item.text)} is outside the spec's folder",
            "an included file lies in the spec's folder or below it",
        )
    elif target in chain or target == _real(source):
        mistakes.add(
            item.place, f"{shown(item.text)} includes itself, directly or through others", "break the cycle of includes"
        )
    elif path not in included:
        if len(included) + len(chain) >= INCLUDE_LIMIT:
            mistakes.add(item.place, f"more than {INCLUDE_LIMIT} files are included")
            return
        try:
            tree = reader.read_file(path, room)
        except SpecError as error:
            if error.mistakes[0].kind == "unreadable":  # said where the name is written
                mistakes.add(item.place, f"the included file {shown(item.text)}: {error.mistakes[0].message}")
            else:
                mistakes.extend(error)
            return
        _include(tree, path, folder, [*chain, target], included, mistakes, room)
        included[path] = tree


def _real(path: str | os.PathLike[str]) -> Path:
    """Where a path leads. `Path.resolve` raises RuntimeError for a link to itself, which opening it refuses in words."""
    return Path(os.path.realpath(path))
