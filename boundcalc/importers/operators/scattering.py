"""Entries put in place of others, at fixed places."""

from __future__ import annotations

import numpy as np

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.arithmetic import number_of
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


def _placed(draft: Draft, of: Part, source: Part, axis: int, places: range) -> Value:
    count = of.shape[axis]
    if isinstance(of, Fixed) and isinstance(source, Fixed):
        array = np.array(of.array)
        array[(slice(None),) * axis + (np.asarray(places),)] = source.array
        return Fixed(array)
    if len(places) == count and places.step == 1:
        return source
    if places.step == 1:
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
    """A number at fixed places."""
    of, given, values = call.array("self"), call.get("indices"), call.get("values")
    number = values.number if isinstance(values, Fixed) else number_of(values)
    if call.flag("accumulate") or number is None or not isinstance(given, tuple):
        raise RefusalError("it adds to entries, or puts in what is no number")
    if not all(each is None or isinstance(each, Fixed) for each in given):
        raise RefusalError("its indices are not known before the network runs")
    at = tuple(each.array if isinstance(each, Fixed) else slice(None) for each in given)
    mask = np.zeros(of.shape, dtype=bool)
    mask[at] = True
    return filled(draft, draft.held(of), Fixed(mask), number)
