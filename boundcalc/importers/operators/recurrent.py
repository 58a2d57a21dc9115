"""Recurrent layers: rnn, lstm, gru over sequences, from states that are zero; others step by step, as their cells."""

from __future__ import annotations

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.cells import CELLS, States, Weights, like_each
from boundcalc.importers.operators.parts import selected, sliced, stacked
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value

MOST_STEPS = 128  # that are written out: each is a few layers


def recurrent(kind: str, nonlinearity: str | None = None) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        of = call.held("input")
        layers, both = call.integer("num_layers"), call.flag("bidirectional")
        if call.flag("train") and layers > 1 and call.number("dropout") != 0:
            raise RefusalError("it has dropout between its layers")
        if of.batch is None or len(of.shape) != 3:
            raise RefusalError("it reads what is no sequence for each sample")
        if of.batch.axis == (1 if call.flag("batch_first") else 0):
            raise RefusalError("its steps are along the axis of the samples")
        weights = _weights(call.get("params"), layers * (2 if both else 1), call.flag("has_biases"))
        read = draft.parts_read(call.node.name)
        is_joined = of.batch.others != 1  # several sequences for each sample
        if is_joined or not call.flag("has_biases") or 2 in read or not _are_zero(call.get("hx")):
            return _unrolled(draft, call, of, kind if nonlinearity is None else nonlinearity, weights, both)
        fields: dict[str, Field] = {"units": weights[0].hidden.shape[1]}
        if nonlinearity is not None and nonlinearity != "tanh":
            fields["nonlinearity"] = nonlinearity
        if both:
            fields["both"] = True
        if 1 in read:
            return _layer_by_layer(draft, of, kind, fields, weights, both)
        if layers > 1:
            fields["layers"] = layers
        arrays = _arrays(weights, layers, both)
        return (draft.step(kind, fields, (of,), call.node.shapes[0], of.batch, arrays=arrays),)

    return rule


def _layer_by_layer(
    draft: Draft, of: Held, kind: str, fields: dict[str, Field], weights: list[Weights], both: bool
) -> Value:
    """A step for each layer, of which the last states are read: of the direction back, those at the first place."""
    assert of.batch is not None
    time, directions = 1 - of.batch.axis, 2 if both else 1
    units, last = weights[0].hidden.shape[1], list[Held]()
    for layer in range(len(weights) // directions):
        own = weights[layer * directions : (layer + 1) * directions]
        shape = (*of.shape[:2], units * directions)
        of = draft.step(kind, fields, (of,), shape, of.batch, arrays=_arrays(own, 1, both))
        for direction in range(directions):
            at = of.shape[time] - 1 if direction == 0 else 0
            whole = _held(selected(draft, of, time, at, (of.shape[1 - time], shape[2])))
            last.append(_held(sliced(draft, whole, 1, direction * units, (direction + 1) * units)))
    return (of, _states(draft, last))


def _states(draft: Draft, last: list[Held]) -> Held:
    """[layers and directions, samples, units]."""
    return stacked(draft, last, 0)


def _unrolled(draft: Draft, call: Call, of: Held, cell: str, weights: list[Weights], both: bool) -> Value:
    assert of.batch is not None
    time, directions = 1 - of.batch.axis, 2 if both else 1
    if len(weights) * of.shape[time] > MOST_STEPS:
        raise RefusalError(
            f"it has {len(weights) * of.shape[time]} steps, and what is read of it, or its first states, has them written out"
        )
    first = _first(draft, call.get("hx"), of, len(weights))
    ends: list[States] = []
    for layer in range(len(weights) // directions):
        parts: list[Held] = []
        for direction in range(directions):
            number = layer * directions + direction
            states, found = first[number], list[Held]()
            for at in range(of.shape[time]):
                place = at if direction == 0 else of.shape[time] - 1 - at
                entry = _held(selected(draft, of, time, place, (of.shape[1 - time], of.shape[2])))
                states = CELLS[cell](draft, entry, tuple(like_each(draft, s, entry) for s in states), weights[number])
                found.append(states[0])
            ends.append(states)
            parts.append(stacked(draft, found if direction == 0 else found[::-1], time))
        of = parts[0] if directions == 1 else joined(draft, parts)
    return (of, *(_states(draft, [end[k] for end in ends]) for k in range(len(ends[0]))))


def joined(draft: Draft, parts: list[Held]) -> Held:
    """Both directions side by side."""
    shape = (*parts[0].shape[:2], sum(part.shape[2] for part in parts))
    return draft.step("concat", {"axis": len(parts[0].own) - 1}, parts, shape, parts[0].batch)


def _first(draft: Draft, given: Value, of: Held, count: int) -> list[States]:
    """The first states of each layer and direction."""
    arrays = given if isinstance(given, tuple) else (given,)
    found: list[list[Held]] = [[] for _ in range(count)]
    for array in arrays:
        if not isinstance(array, Held | Learned | Fixed):
            raise RefusalError("its first states are no arrays")
        for number, states in enumerate(found):
            if isinstance(array, Fixed):
                if not bool((array.array == array.array[:, :1]).all()):
                    raise RefusalError("its first states are constants that differ between samples")
                states.append(draft.constant(array.array[number, :1]))
                continue
            held = draft.held(array)
            states.append(_held(selected(draft, held, 0, number, held.shape[1:])))
    return [tuple(states) for states in found]


def _held(value: Value) -> Held:
    if not isinstance(value, Held):
        raise RefusalError("a state of it is no array")
    return value


def _are_zero(given: Value) -> bool:
    arrays = given if isinstance(given, tuple) else (given,)
    return all(isinstance(state, Fixed) and state.number == 0 for state in arrays)


def _weights(params: Value, cells: int, has_biases: bool) -> list[Weights]:
    each = 4 if has_biases else 2
    learned = [array for array in params if isinstance(array, Learned)] if isinstance(params, tuple) else []
    if not isinstance(params, tuple) or len(learned) != len(params) or len(params) != cells * each:
        raise RefusalError("it has projections, or arrays that are not learned")
    groups = [learned[i * each : (i + 1) * each] for i in range(cells)]
    return [Weights(g[0], g[1], *(g[2:] if has_biases else (None, None))) for g in groups]


def _arrays(weights: list[Weights], layers: int, both: bool) -> dict[str, Learned]:
    """By their names in the language."""
    found: dict[str, Learned] = {}
    places = [
        f"{f'_{layer}' if layers > 1 else ''}{direction}"
        for layer in range(layers)
        for direction in (("", "_reverse") if both else ("",))
    ]
    for place, each in zip(places, weights, strict=True):
        found |= {f"input{place}.weight": each.inside, f"hidden{place}.weight": each.hidden}
        if each.inside_bias is not None and each.hidden_bias is not None:
            found |= {f"input{place}.bias": each.inside_bias, f"hidden{place}.bias": each.hidden_bias}
    return found
