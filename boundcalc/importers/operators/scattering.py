"""Entries put in place of others, or added to them, at fixed places."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.graph import Array
from boundcalc.importers.operators.arithmetic import number_of, total
from boundcalc.importers.operators.fixed_linear import mapped
from boundcalc.importers.operators.masks import filled
from boundcalc.importers.operators.moves import expanded, reshaped
from boundcalc.importers.operators.parts import joined, sliced
from boundcalc.importers.operators.taking import taken
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value

Part = Held | Learned | Fixed


def slice_scatter(draft: Draft, call: Call) -> Value:
    of, source = call.array("self"), call.array("src")
    axis = call.integer("dim", 0) % len(of.shape)
    places = range(*slice(call.get("start"), call.get("end"), call.get("step")).indices(of.shape[axis]))
    return _placed(draft, of, source, axis, places)


def select_scatter(draft: Draft, call: Call) -> Value:
    of, source = call.array("self"), call.array("src")
    axis = call.integer("dim") % len(of.shape)
    at = call.integer("index") % of.shape[axis]
    row = reshaped(draft, source, (*of.shape[:axis], 1, *of.shape[axis + 1 :]))
    return _placed(draft, of, _part(row), axis, range(at, at + 1))


def copied(draft: Draft, call: Call) -> Value:
    """All entries of one array in place of those of another."""
    source = call.array("src")
    return (
        Fixed(np.broadcast_to(source.array, call.shape))
        if isinstance(source, Fixed)
        else expanded(draft, source, call.shape)
    )


def _placed(draft: Draft, of: Part, source: Part, axis: int, places: range | Array) -> Value:
    count = of.shape[axis]
    if isinstance(of, Fixed) and isinstance(source, Fixed):
        array = np.array(of.array)
        array[(slice(None),) * axis + (np.asarray(places),)] = source.array
        return Fixed(array)
    if isinstance(places, range) and len(places) == count and places.step == 1:
        return source
    if isinstance(places, range) and places.step == 1:
        parts = [_part(sliced(draft, of, axis, 0, places.start)), source]
        parts.append(_part(sliced(draft, of, axis, places.stop, count)))
        return joined(draft, [part for part in parts if part.shape[axis]], axis, of.shape)
    both = _part(joined(draft, [of, source], axis, (*of.shape[:axis], count + len(places), *of.shape[axis + 1 :])))
    order = np.arange(count)
    order[np.asarray(places)] = count + np.arange(len(places))
    return taken(draft, both, Fixed(order), axis, of.shape)


def _part(value: Value) -> Part:
    if not isinstance(value, Held | Learned | Fixed):
        raise RefusalError("it puts in what is no array")
    return value


def index_put(draft: Draft, call: Call) -> Value:
    """A number at fixed places; arrays at fixed places of one axis, put in or added."""
    of, given, values = call.array("self"), call.get("indices"), call.get("values")
    if not isinstance(given, tuple) or not all(each is None or isinstance(each, Fixed) for each in given):
        raise RefusalError("its indices are not known before the network runs")
    number = values.number if isinstance(values, Fixed) else number_of(values)
    if number is None or call.flag("accumulate"):
        return _rows_put(draft, call, given)
    at = tuple(each.array if isinstance(each, Fixed) else slice(None) for each in given)
    mask = np.zeros(of.shape, dtype=bool)
    mask[at] = True
    return filled(draft, draft.held(of), Fixed(mask), number)


def _rows_put(draft: Draft, call: Call, given: tuple[Value, ...]) -> Value:
    of, source = call.array("self"), call.array("values")
    known = [(axis, each.array) for axis, each in enumerate(given) if isinstance(each, Fixed)]
    if len(known) != 1 or known[0][1].ndim > 1:
        raise RefusalError("it puts arrays in at indices of several axes")
    ((axis, found),) = known
    places = found.nonzero()[0] if found.dtype == bool else np.where(found < 0, found + of.shape[axis], found).ravel()
    shape = (*of.shape[:axis], places.size, *of.shape[axis + 1 :])
    rows = Fixed(np.broadcast_to(source.array, shape)) if isinstance(source, Fixed) else expanded(draft, source, shape)
    if call.flag("accumulate"):
        return added(draft, of, _part(rows), axis, places, 1.0)
    if np.unique(places).size != places.size:
        raise RefusalError("it puts several entries in one place")
    return _placed(draft, of, _part(rows), axis, places)


def index_add(draft: Draft, call: Call) -> Value:
    axis = call.integer("dim") % len(call.shape)
    places = call.fixed("index").array.ravel()
    return added(draft, call.array("self"), call.array("source"), axis, places, call.number("alpha", 1.0))


def scatter_add(draft: Draft, call: Call) -> Value:
    """Rows added up at places that are the same along the other axes."""
    if call.get("reduce") not in (None, "sum", "add"):
        raise RefusalError("it takes no sum")
    if call.get("include_self") is False:
        raise RefusalError("it leaves out what was there")
    of, source, found = call.array("self"), call.array("src"), call.fixed("index").array
    axis = call.integer("dim") % len(of.shape)
    rows = np.moveaxis(found, axis, -1).reshape(-1, found.shape[axis])
    others = (*of.shape[:axis], found.shape[axis], *of.shape[axis + 1 :])
    if not bool((rows == rows[:1]).all()) or not found.shape == source.shape == others:
        raise RefusalError("its indices are others along the other axes")
    return added(draft, of, source, axis, rows[0], 1.0)


def added(draft: Draft, of: Part, source: Part, axis: int, places: Array, alpha: float) -> Value:
    """`of` with the slices of `source` along an axis added at places. A place gets the sum of the slices that name it, so that the rows
    of the matrix are orthogonal, and its norm is the root of the largest number of them."""
    count = of.shape[axis]
    matrix = (np.arange(count)[:, None] == np.where(places < 0, places + count, places)).astype(np.float64)
    most = int(matrix.sum(axis=1).max(initial=0))
    norm: Field = 1 if most == 1 else f"sqrt({most})"
    image = mapped(draft, draft.held(source, of if isinstance(of, Held) else None), matrix, axis, norm)
    return total(draft, of, image, alpha)
