"""PyYAML's syntax errors in our words, at the place a person would look at."""

from __future__ import annotations

import re
from typing import Literal

import yaml

from boundcalc.mistakes import Mistake, Place, shown

# (what PyYAML says, whether the place is where the construct starts or where it goes wrong, our message, our remedy)
_WORDS: tuple[tuple[str, Literal["start", "here"], str, str | None], ...] = (
    (
        "quoted scalar.*end of stream|quoted scalar.*document (indicator|separator)",
        "start",
        "the quote that opens here is never closed",
        None,
    ),
    (
        "escape|hexdecimal",
        "start",
        "no such escape inside double quotes",
        "use single quotes, or write two backslashes for one",
    ),
    (
        "mapping values are not allowed",
        "here",
        "a `:` where no key can be",
        "put fields in braces, `dense: {units: 3}`, or on lines of their own",
    ),
    ("could not find expected ':'", "start", "a key without `:`, or text that is not indented", "write `key: value`"),
    (
        "sequence entries are not allowed",
        "here",
        "a `-` where no list can start",
        "start the list on a line of its own",
    ),
    ("mapping keys are not allowed", "here", "a `?` where no key can be", "quote text that starts with `?`"),
    (
        "expected '?<document start>",
        "here",
        "text after the end of the spec",
        "check the indentation; quote a whole value that starts with a quote",
    ),
    (
        "block scalar",
        "here",
        "a block text that is not written as YAML wants it",
        "start its text on the next line, indented",
    ),
    ("plain scalar", "here", "a text that YAML cannot read", "quote it"),
    ("node content", "here", "a value is missing", None),
)
_MARKER = {"*": ("alias", "aliases"), "&": ("anchor", "anchors"), "!": ("tag", "tags")}


def in_our_words(error: yaml.MarkedYAMLError, lines: list[str], source: str) -> Mistake:
    """The mistake that an error of PyYAML stands for; `lines` is the text it was reading."""
    said = f"{error.context or ''} {error.problem or ''}"
    here = _place(error.problem_mark or error.context_mark, source)
    start = _place(error.context_mark or error.problem_mark, source)
    if re.search("(an alias|an anchor|a tag|tag handle)", said):
        return marker(lines, start)
    if closing := re.search(r"',' or '([\]}])'", said):
        return _not_closed(closing[1], start, here, lines)
    if "cannot start any token" in said:
        return Mistake(here, f"{shown(_character(lines, here))} cannot start a value", "quote the text", "yaml")
    for pattern, where, message, remedy in _WORDS:
        if re.search(pattern, said):
            return Mistake(start if where == "start" else here, message, remedy, "yaml")
    if re.search("block (collection|mapping|sequence)|<block end>", said):
        return _not_in_block(start, here, lines)
    return Mistake(here, f"not YAML: {error.problem}", None, "yaml")


def marker(lines: list[str], place: Place) -> Mistake:
    """The mistake of an alias, an anchor or a tag at `place`."""
    match = re.match(r"([*&!])[^\s,\[\]{}]*", lines[place.line - 1][place.column - 1 : place.column + 60])
    if match is None:  # a tag in front of a collection may be on another line
        return Mistake(place, "an anchor or a tag; they are not part of the language", "leave it out", "yaml")
    text = match[0]
    one, many = _MARKER[match[1]]
    if text == match[1] and one != "tag":
        return Mistake(
            place, f"`{text}` starts a YAML {one}; {many} are not part of the language", "quote the text", "yaml"
        )
    remedy = f"write {text[1:]}" if one == "alias" else "leave it out"
    return Mistake(place, f"`{text}` is a YAML {one}; {many} are not part of the language", remedy, "yaml")


def _not_closed(closing: str, start: Place, here: Place, lines: list[str]) -> Mistake:
    opening = "{" if closing == "}" else "["
    found = _character(lines, here)
    if found in ("[", "{"):
        message = f"`{found}` inside a value: between braces or brackets it starts a new list or mapping"
        return Mistake(here, message, "quote the whole text; there is no indexing in expressions", "yaml")
    if not found or here.line != start.line:
        remedy = None if not found else f"or a comma is missing before {here.line}:{here.column}"
        return Mistake(start, f"the `{opening}` that opens here is not closed", remedy, "yaml")
    if found == ":":
        return Mistake(
            here,
            f"a second `:` in one entry of the `{opening}` at {start.line}:{start.column}",
            "add a comma or braces",
            "yaml",
        )
    return Mistake(here, f"a `,` or `{closing}` is missing before this", None, "yaml")


def _not_in_block(start: Place, here: Place, lines: list[str]) -> Mistake:
    if here == start:
        return Mistake(here, "a key is missing", None, "yaml")
    if lines[here.line - 1][: here.column - 1].strip(" "):
        return Mistake(
            here, "text after the end of a value", "quote the whole value, or put a key on a line of its own", "yaml"
        )
    return Mistake(here, "this line is not indented as the lines above it", "align it with them", "yaml")


def _place(mark: object, source: str) -> Place:
    line, column = getattr(mark, "line", None), getattr(mark, "column", None)
    return Place(source) if line is None or column is None else Place(source, line + 1, column + 1)


def _character(lines: list[str], place: Place) -> str:
    line = lines[place.line - 1] if 0 < place.line <= len(lines) else ""
    return line[place.column - 1 : place.column]
