"""The file that says what an architecture says: its own tree, with what it includes and what was set since put in."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping

from boundcalc.language.standard import is_standard
from boundcalc.language.tree import Mapping, Node, Scalar, Sequence
from boundcalc.mistakes import Place

# The keys of a file, in the order in which they are written.
FILE_KEYS = (
    "name", "include", "symbols", "activations", "define", "batch", "input", "inputs", "radius", "layers", "output", "loss", "regularizer",
    "smooth", "set",
)  # fmt: skip
MERGED = ("activations", "define")  # what files that are included have, besides symbols
NOWHERE = Place("<written>")


NOTHING = Scalar("", False, NOWHERE)


def text(value: str) -> Scalar:
    return Scalar(value, True, NOWHERE)


def mapping(entries: AnyMapping[str, Node]) -> Mapping:
    return Mapping(tuple((text(key), value) for key, value in entries.items()), NOWHERE)


def whole_file(root: Mapping, included: AnyMapping[str, Node], said: AnyMapping[str, Node]) -> Mapping:
    """The root with the files that it includes, but for those of the library, which it still includes. `said` are the values of
    other keys, those of the root and of files among them; what is empty is left out."""
    files = [tree for name, tree in included.items() if not is_standard(name)]
    library = tuple(text(name) for name in included if is_standard(name))
    merged = {key: _joined([tree.get(key) for tree in (*files, root) if isinstance(tree, Mapping)]) for key in MERGED}
    ours = {"include": Sequence(library, NOWHERE), **merged, **said}
    found = {key.text: value for key, value in root.entries if key.text not in ours}
    found |= {key: value for key, value in ours.items() if not _is_nothing(value)}
    return mapping({key: found[key] for key in FILE_KEYS if key in found})


def _joined(sections: Iterable[Node | None]) -> Mapping:
    return Mapping(tuple(entry for part in sections if isinstance(part, Mapping) for entry in part.entries), NOWHERE)


def _is_nothing(node: Node) -> bool:
    return node.is_null if isinstance(node, Scalar) else not (node.entries if isinstance(node, Mapping) else node.items)
