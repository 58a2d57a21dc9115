"""`--set PATH=EXPR`: a symbol gets another value, or none; a field of a step another expression."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from boundcalc.spec.architecture import Architecture
from boundcalc.spec.expression import parse
from boundcalc.spec.fields import PATH, describe, fail
from boundcalc.spec.mistakes import Mistakes, Place, SpecError, suggest
from boundcalc.spec.reader import Mapping as NodeMapping
from boundcalc.spec.reader import Scalar, read_file

FILE_FIELDS = ("batch", "radius")


def override(architecture: Architecture, assignments: Mapping[str, str], source: str = "--set") -> Architecture:
    """A copy with other values. A path without a dot is a symbol (or the file's `batch` or `radius`); an empty text makes
    a symbol free again. Paths of fields are checked when the graph is built, which knows them all.

    Raises SpecError for unknown symbols and texts that are not expressions.
    """
    symbols = dict(architecture.symbols)
    fields: dict[str, Scalar] = dict(architecture.overrides)
    mistakes = Mistakes()
    for path, text in assignments.items():
        place = Place(f"{source} {path}={text}", 0, 0)
        try:
            if path in symbols:
                value = parse(text, place) if text.strip() else None
                symbols[path] = replace(symbols[path], value=value)
            elif not PATH.match(path):
                mistakes.add(place, f"'{path}' is not a symbol or a path", "write --set R=2 or --set head.radius=2*R")
            elif "." in path or path in FILE_FIELDS:
                fields[path] = Scalar(text, False, place)
            else:
                remedy = suggest(path, [*symbols, *FILE_FIELDS]) or f"the symbols are {', '.join(symbols) or 'none'}"
                mistakes.add(place, f"unknown symbol '{path}'", remedy, kind="unknown_symbol")
        except SpecError as error:
            mistakes.extend(error)
    mistakes.raise_if_any()
    return replace(architecture, symbols=symbols, overrides=fields)


def read_values(path: str) -> dict[str, str]:
    """A YAML or JSON file of `path: expression`. Raises SpecError."""
    tree = read_file(path)
    if not isinstance(tree, NodeMapping):
        raise fail(tree.place, f"expected a mapping of values, found {describe(tree)}", "write lines such as R: 2")
    values: dict[str, str] = {}
    mistakes = Mistakes()
    for key, value in tree.entries:
        if isinstance(value, Scalar):
            values[key.text] = "" if value.is_null else value.text
        else:
            mistakes.add(value.place, f"the value of '{key.text}' is {describe(value)}", "write an expression")
    mistakes.raise_if_any()
    return values
