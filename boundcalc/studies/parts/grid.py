"""The points of a sweep: a grid of ranges, or the rows of a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from pathlib import Path

import sympy

from boundcalc.bounds.values import exact
from boundcalc.language.fields import PATH
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown
from boundcalc.studies.parts.over import Over, Point, rational

MOST = 10_000_000


def grid(overs: Sequence[Over], is_whole: Callable[[str], bool]) -> list[Point]:
    """Every combination, the last range fastest. Raises SpecError for a name that stands twice, and for too many points."""
    names = [over.name for over in overs]
    for over in overs:
        if names.count(over.name) > 1:
            raise SpecError([Mistake(Place(f"--over {over.name}"), "the name stands twice", "write one range for it")])
    axes = [over.points(is_whole(over.name)) for over in overs]
    if (count := prod(map(len, axes))) > MOST:
        raise SpecError([Mistake(Place("--over"), f"{count:,} points are more than {MOST:,}", "write smaller counts")])
    return [dict(zip(names, values, strict=True)) for values in product(*axes)]


def read_points(path: str) -> list[Point]:
    """The rows of a CSV file under the names in its first line. Raises SpecError with every mistake of the file."""
    rows = csv.reader(io.StringIO(_text(path)))
    names = [name.strip() for name in next(rows, [])]
    if not names or not all(PATH.match(name) for name in names) or len(set(names)) < len(names):
        finding = "the first line has no names of symbols or fields, each once"
        raise SpecError([Mistake(Place(path, 1, 1), finding, "write a line such as R,eps")])
    mistakes = Mistakes()
    points: list[Point] = []
    for row in rows:
        place = Place(path, rows.line_num, 1)
        if not row:
            continue
        if len(row) != len(names):
            mistakes.add(
                place,
                f"there are {len(row)} values for {len(names)} names",
                f"write one for each of {', '.join(names)}",
            )
            continue
        try:
            points.append({name: rational(text, place) for name, text in zip(names, row, strict=True)})
        except SpecError as error:
            mistakes.extend(error)
    if not points and not mistakes:
        mistakes.add(Place(path, 1, 1), f"{shown(path)} has no points", "write a line of values below the names")
    mistakes.raise_if_any()
    return points


def given_points(points: Sequence[Mapping[str, object]]) -> list[Point]:
    """Points that are passed. Raises ValueError for none, and for names that differ; TypeError for what is no rational number."""
    found = [{name: _rational(value, name) for name, value in point.items()} for point in points]
    if not found or any(point.keys() != found[0].keys() for point in found) or not found[0]:
        raise ValueError("the points are no values of the same names; pass [{'R': 1}, {'R': 2}]")
    return list(found)


def _rational(value: object, name: str) -> Fraction:
    number = exact(value, f"the value of {name}")
    if not isinstance(number, sympy.Rational):
        raise TypeError(f"the value of {name} is not a rational number; pass one such as 0.5 or Fraction(1, 3)")
    return Fraction(int(number.p), int(number.q))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        finding = "is not a text"
    except OSError as error:
        finding = f"cannot be read: {error.strerror}"
    raise SpecError([Mistake(Place(path), finding, "name a CSV file", "unreadable")])
