"""Recurrent layers: rnn, lstm, gru over sequences, from states that are zero."""

from __future__ import annotations

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft, Field
from boundcalc.importers.operators.moves import permuted
from boundcalc.importers.operators.parts import sliced
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value


def recurrent(kind: str, nonlinearity: str | None = None) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        of = call.held("input")
        _check_states(call.get("hx"))
        layers, both = call.integer("num_layers"), call.flag("bidirectional")
        if not call.flag("has_biases"):
            raise RefusalError("it has no biases")
        if call.flag("train") and layers > 1 and call.number("dropout") != 0:
            raise RefusalError("it has dropout between its layers")
        arrays = _arrays(call.get("params"), layers, both)
        units = arrays[f"hidden{'_0' if layers > 1 else ''}.weight"].shape[1]
        fields: dict[str, Field] = {"units": units}
        if nonlinearity is not None and nonlinearity != "tanh":
            fields["nonlinearity"] = nonlinearity
        if both:
            fields["both"] = True
        if layers > 1:
            fields["layers"] = layers
        if of.batch is None or len(of.own) != 2 or of.batch.others != 1:
            raise RefusalError("it reads what is no sequence for each sample")
        time = 1 - of.batch.axis
        if of.batch.axis == (1 if call.flag("batch_first") else 0):
            raise RefusalError("its steps are along the axis of the samples")
        states = draft.step(kind, fields, (of,), call.node.shapes[0], of.batch, arrays=arrays)
        read = draft.parts_read(call.node.name)
        if 2 in read:
            raise RefusalError("the states of its cells are read")
        if 1 not in read:
            return (states,)
        if both or layers > 1:
            raise RefusalError("its last states are read, and it has several layers or directions")
        steps = states.shape[time]
        last = sliced(draft, states, time, steps - 1, steps)
        if not isinstance(last, Held):
            raise RefusalError("it has no step")
        return (states, last if time == 0 else permuted(draft, last, (1, 0, 2)))

    return rule


def _check_states(given: Value) -> None:
    for state in given if isinstance(given, tuple) else (given,):
        if not isinstance(state, Fixed) or state.number != 0:
            raise RefusalError("its first states are not zero")


def _arrays(params: Value, layers: int, both: bool) -> dict[str, Learned]:
    if not isinstance(params, tuple):
        raise RefusalError("its arrays are not learned")
    names = [
        f"{of}{f'_{layer}' if layers > 1 else ''}{direction}.{array}"
        for layer in range(layers)
        for direction in (("", "_reverse") if both else ("",))
        for array in ("weight", "bias")
        for of in ("input", "hidden")
    ]
    learned = [each for each in params if isinstance(each, Learned)]
    if len(learned) != len(names) or len(params) != len(names):
        raise RefusalError("it has projections, or arrays that are not learned")
    return dict(zip(names, learned, strict=True))
