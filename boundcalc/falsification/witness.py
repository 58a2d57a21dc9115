"""Witnesses in files: the learned arrays by path (head.weight), the inputs by name, and directions as direction.PATH."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from boundcalc.arguments import nearest
from boundcalc.falsification.sets import Array, Domain, Point, length
from boundcalc.mistakes import Mistakes, Place, SpecError

_PREFIX = "direction."
_SLACK = 1e-9  # how far outside its set, relative to the set, a point may be: it is moved inside


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
    point = {name: found[name] for name in shapes}
    inside = _inside(point, domain, mistakes, place)
    directions = {name: found.get(_PREFIX + name, np.zeros(shapes[name])) for name in domain.selected}
    return inside, directions


def _arrays(file: str, place: Place) -> Mapping[str, Array]:
    mistakes = Mistakes()
    try:
        with zipfile.ZipFile(file) as archive:
            found = {name.removesuffix(".npy"): _array(archive, name) for name in archive.namelist()}
        if all(array.dtype.kind in "fiu" for array in found.values()):
            with np.errstate(over="ignore"):  # what has more digits than a double becomes infinite
                return {name: array.astype(float) for name, array in found.items()}
        mistakes.add(place, "holds arrays that are not of real numbers", "write it with --save")
    except OSError as error:
        mistakes.add(place, f"cannot be read: {error.strerror or error}", "name a file that --save wrote", "unreadable")
    except (ValueError, EOFError, MemoryError, RuntimeError, SyntaxError, TokenError, zipfile.BadZipFile, zlib.error):
        mistakes.add(place, "is no file of NumPy arrays", "name a file that --save wrote", "unreadable")
    raise SpecError(mistakes)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    with archive.open(name) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _inside(point: Point, domain: Domain, mistakes: Mistakes, place: Place) -> Point:
    inside = domain.project(point)
    for name, array in point.items():
        distance = length((array - inside[name],))
        if distance > _SLACK * length((inside[name],)):
            mistakes.add(place, f"'{name}' is outside its set by {distance:.3g}", "the bound says nothing about it")
    mistakes.raise_if_any()
    return inside
