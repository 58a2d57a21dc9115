"""Specs given as Python objects: nested dicts, lists, texts and exact numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from fractions import Fraction
from numbers import Rational
from typing import Any, cast

from boundcalc.language.tree import (
    ALLOW,
    MAX_DEPTH,
    MAX_SCALAR,
    ROOM,
    UNPRINTABLE,
    Mapping,
    Node,
    Room,
    Scalar,
    Sequence,
    describe_character,
)
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown

MAX_INTEGER_BITS = 3322  # 1,000 digits


def read_object(value: object, source: str = "<dict>", room: Room = ROOM) -> Node:
    """The tree of nested dicts, lists and scalars. Numbers become exact texts; a place is `source` and the path: `<dict>: layers[3]`.

    Raises SpecError for other types, numbers that are not finite, duplicate keys, cycles and what is too deep or too large.
    """
    mistakes = Mistakes()
    node = _Converter(mistakes, room).convert(value, Place(source), f"{source}: ", ())
    mistakes.raise_if_any()
    return node


class _Converter:
    def __init__(self, mistakes: Mistakes, room: Room) -> None:
        self.mistakes, self.room = mistakes, room
        self.nodes = 0

    def convert(self, value: object, place: Place, path: str, above: tuple[int, ...]) -> Node:
        """`path` is what the source of this value's parts starts with, `above` the identities of the collections around it."""
        self.nodes += 1
        if self.nodes > self.room.values:
            raise SpecError((Mistake(place, f"more than {self.room.values} values", ALLOW, "too_large"),))
        if not isinstance(value, (AnyMapping, list, tuple)):
            return self._scalar(value, place)
        if id(value) in above or len(above) >= MAX_DEPTH:
            message = "contains itself" if id(value) in above else f"more than {MAX_DEPTH} levels"
            self.mistakes.add(place, message, kind="too_large")
            return Scalar("", False, place)
        above = (*above, id(value))
        if isinstance(value, AnyMapping):
            return self._mapping(cast("AnyMapping[object, object]", value), place, path, above)
        parts = cast("Iterable[object]", value)
        stem = path if path.endswith(": ") else path.removesuffix(".")
        return Sequence(
            tuple(self.convert(v, Place(f"{stem}[{i}]"), f"{stem}[{i}].", above) for i, v in enumerate(parts)), place
        )

    def _mapping(self, value: AnyMapping[object, object], place: Place, path: str, above: tuple[int, ...]) -> Mapping:
        entries: dict[str, tuple[Scalar, Node]] = {}
        for key, part in value.items():
            text = self._scalar(key, place).text
            if key is None or text in entries:
                self.mistakes.add(
                    place, f"the key {shown(text)} is given twice" if text in entries else "a key is missing"
                )
            inside = Place(path + text)
            entries[text] = (Scalar(text, True, inside), self.convert(part, inside, f"{path}{text}.", above))
        return Mapping(tuple(entries.values()), place)

    def _scalar(self, value: object, place: Place) -> Scalar:
        text = _text_of(value)
        if text is None:
            message = f"{shown(repr(value))} is neither text, number, list nor mapping"
            if isinstance(value, float):
                message = f"{value} is not a finite number"
            elif isinstance(value, Rational):
                message = "a number of more than 1,000 digits"
            self.mistakes.add(place, message)
        elif len(text) > MAX_SCALAR:
            self.mistakes.add(place, f"more than {MAX_SCALAR} characters in one text", kind="too_large")
        elif bad := UNPRINTABLE.search(text):
            self.mistakes.add(place, f"{describe_character(bad[0])} in the text", "leave it out", "character")
        return Scalar(text or "", isinstance(value, str), place)


def _text_of(value: object) -> str | None:
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float.__repr__(value) if math.isfinite(value) else None
    if isinstance(value, Rational):  # int, Fraction, NumPy's and SymPy's integers and rationals
        number = Fraction(int(value.numerator), int(value.denominator))
        return str(number) if max(abs(number.numerator), number.denominator).bit_length() <= MAX_INTEGER_BITS else None
    sympy = sys.modules.get("sympy")  # nobody passes a SymPy number without having imported it
    if sympy is not None and isinstance(value, sympy.Expr) and cast("Any", value).is_number:
        return str(value)
    return None
