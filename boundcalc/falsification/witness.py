"""Witnesses in files: the learned arrays by path (head.weight), the inputs by name, and directions as direction.PATH."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from boundcalc.arguments import nearest
from boundcalc.falsification.sets import Domain, Point
from boundcalc.mistakes import Mistakes, Place, SpecError

_PREFIX = "direction."
_SLACK = 1e-9  # how far outside its set, relative to the set, rounding may have put a point


def save(file: str, point: Point, direction: Point) -> None:
    """Raises OSError where the file cannot be written."""
    with Path(file).open("wb") as stream:  # by a name alone NumPy would append .npz
        arrays: dict[str, Any] = {**point, **{_PREFIX + name: array for name, array in direction.items()}}
        np.savez(stream, **arrays)


def load(file: str, shapes: Mapping[str, Sequence[int]], domain: Domain) -> tuple[Point, Point]:
    """A point of the domain and a direction; what a file says of no direction is zero.

    Raises SpecError for a file that cannot be read, for arrays that are missing, unknown, of another shape or outside their sets.
    """
    mistakes, place = Mistakes(), Place(file)
    found = _arrays(file, place)
    wanted = {name: tuple(shape) for name, shape in shapes.items()}
    wanted |= {_PREFIX + name: tuple(shapes[name]) for name in domain.selected}
    for name, array in found.items():
        if name not in wanted:
            mistakes.add(place, f"unknown array '{name}'", nearest(name, "array", wanted), "unknown_array")
        elif array.shape != wanted[name]:
            mistakes.add(place, f"'{name}' has shape {list(array.shape)}", f"the network's has {list(wanted[name])}")
        elif not np.all(np.isfinite(array)):
            mistakes.add(place, f"'{name}' has entries that are no finite numbers", "a witness is made of numbers")
    for name in shapes:
        if name not in found:
            mistakes.add(place, f"there is no array '{name}'", f"the network has {', '.join(sorted(shapes)[:8])}")
    mistakes.raise_if_any()
    point = {name: np.asarray(found[name], dtype=float) for name in shapes}
    _check_inside(point, domain, mistakes, place)
    directions = {
        name: np.asarray(found.get(_PREFIX + name, np.zeros(shapes[name])), dtype=float) for name in domain.selected
    }
    return point, directions


def _arrays(file: str, place: Place) -> Mapping[str, np.ndarray]:
    mistakes = Mistakes()
    try:
        with np.load(file, allow_pickle=False) as stored:
            found = {name: stored[name] for name in stored.files}
        if all(np.issubdtype(array.dtype, np.number) and not np.iscomplexobj(array) for array in found.values()):
            return found
        mistakes.add(place, "holds arrays that are not of real numbers", "write it with --save")
    except OSError as error:
        mistakes.add(place, f"cannot be read: {error.strerror or error}", "name a file that --save wrote", "unreadable")
    except (ValueError, zipfile.BadZipFile, EOFError, AttributeError):
        mistakes.add(place, "is no file of NumPy arrays", "name a file that --save wrote", "unreadable")
    raise SpecError(mistakes)


def _check_inside(point: Point, domain: Domain, mistakes: Mistakes, place: Place) -> None:
    inside = domain.project(point)
    for name, array in point.items():
        distance = float(np.linalg.norm(array - inside[name]))
        if distance > _SLACK * max(float(np.linalg.norm(inside[name])), 1e-300) and distance > 1e-300:
            mistakes.add(place, f"'{name}' is outside its set by {distance:.3g}", "the bound says nothing about it")
    mistakes.raise_if_any()
