"""`--set PATH=EXPR` and `--values FILE`: a symbol gets another value, or none; a field of a step another expression."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from dataclasses import replace

from boundcalc.arguments import expect
from boundcalc.exact.expression import Expression, parse
from boundcalc.language.architecture import FEATURES, Architecture, W
from boundcalc.language.fields import PATH, describe, fail
from boundcalc.language.objects import read_object
from boundcalc.language.reader import read_file
from boundcalc.language.tree import Mapping, Node, Scalar
from boundcalc.mistakes import Mistakes, Place, SpecError, shown, suggest

FILE_FIELDS = ("batch", "radius")


def override(architecture: Architecture[W], assignments: AnyMapping[str, object] | Mapping) -> Architecture[W]:
    """A copy with other values. A path without a dot is a symbol (or the file's `batch` or `radius`), a path with dots a
    field such as `head.radius`; a value is an expression or an exact number (of a field: what the spec may say of it), and None
    (or an empty text) makes a symbol free again. `features` is a mapping with the norms of outputs of layers at the given weights by path. Paths of fields are checked when the graph is built, which knows them all.

    Raises SpecError for unknown symbols and values that are not expressions.
    """
    expect(architecture, Architecture, "the architecture", "make one with bc.load(path) or bc.loads(text)")
    tree = assignments if isinstance(assignments, Mapping) else values_of(read_object(assignments, "<values>"))
    symbols = dict(architecture.symbols)
    fields: dict[str, Node] = dict(architecture.overrides)
    features = dict(architecture.features)
    mistakes = Mistakes()
    for key, value in tree.entries:
        path = key.text
        if path == FEATURES and isinstance(value, Mapping):
            features.update(_features(value, mistakes))
        elif path in symbols:
            try:
                symbols[path] = replace(symbols[path], value=_symbol_value(path, value))
            except SpecError as error:
                mistakes.extend(error)
        elif not PATH.match(path):
            mistakes.add(key.place, f"{shown(path)} is not a symbol or a path", "write R=2 or head.radius=2*R")
        elif "." in path or path in FILE_FIELDS:
            fields[path] = value
        else:
            remedy = suggest(path, [*symbols, *FILE_FIELDS]) or f"the symbols are {', '.join(symbols) or 'none'}"
            mistakes.add(key.place, f"unknown symbol {shown(path)}", remedy, kind="unknown_symbol")
    mistakes.raise_if_any()
    return replace(architecture, symbols=symbols, overrides=fields, features=features)


def _symbol_value(name: str, node: Node) -> Expression | None:
    if not isinstance(node, Scalar):
        raise fail(node.place, f"the value of {shown(name)} is {describe(node)}", "write an expression")
    return None if node.is_null or not node.text.strip() else parse(node.text, node.place)


def _features(tree: Mapping, mistakes: Mistakes) -> dict[str, Scalar]:
    found: dict[str, Scalar] = {}
    for key, value in tree.entries:
        if isinstance(value, Scalar) and PATH.match(key.text):
            found[key.text] = value
        elif isinstance(value, Scalar):
            mistakes.add(key.place, f"{shown(key.text)} is not the path of a layer", "`boundcalc show` lists the paths")
        else:
            finding = f"the norm of the output of {shown(key.text)} is {describe(value)}"
            mistakes.add(value.place, finding, "write an expression")
    return found


def read_assignments(assignments: Iterable[str]) -> Mapping:
    """`PATH=EXPR` texts of the command line; the last one of a path wins. Raises SpecError for a text without `=`."""
    entries: dict[str, tuple[Scalar, Node]] = {}
    mistakes = Mistakes()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        place = Place(f"--set {shown(assignment)[1:-1]}")
        if not equals:
            mistakes.add(place, "an `=` is missing", "write PATH=EXPR, such as R=2; R= makes R symbolic")
        entries[path.strip()] = (Scalar(path.strip(), True, place), Scalar(text, False, place))
    mistakes.raise_if_any()
    return Mapping(tuple(entries.values()), Place("--set"))


def read_values(path: str) -> Mapping:
    """A YAML or JSON file of `path: expression`. Raises SpecError."""
    return values_of(read_file(path))


def values_of(tree: Node) -> Mapping:
    if not isinstance(tree, Mapping):
        raise fail(tree.place, f"expected a mapping of values, found {describe(tree)}", "write lines such as R: 2")
    return tree
