"""Cells of recurrent layers, written out in dense layers, gates and products; and layers that are made of them step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft
from boundcalc.importers.graph import Shape
from boundcalc.importers.operators.activations import entrywise
from boundcalc.importers.operators.arithmetic import product, total
from boundcalc.importers.operators.maps import dense
from boundcalc.importers.operators.parts import sliced
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value


@dataclass(frozen=True, slots=True)
class Weights:
    """Of one cell; biases may be missing."""

    inside: Learned
    hidden: Learned
    inside_bias: Learned | None
    hidden_bias: Learned | None


States = tuple[Held, ...]
Cell = Callable[[Draft, Held, States, Weights], States]


def _images(draft: Draft, of: Held, state: Held, weights: Weights) -> tuple[Held, Held]:
    def image(z: Held, weight: Learned, bias: Learned | None) -> Held:
        shape = (*z.shape[:-1], weight.shape[0])
        return dense(draft, z, weight, bias, shape)

    return image(of, weights.inside, weights.inside_bias), image(state, weights.hidden, weights.hidden_bias)


def _held(value: Value) -> Held:
    if not isinstance(value, Held):
        raise RefusalError("a state of it is no array")
    return value


def _parts(draft: Draft, of: Held, count: int) -> list[Held]:
    axis, size = len(of.shape) - 1, of.shape[-1] // count
    return [_held(sliced(draft, of, axis, i * size, (i + 1) * size)) for i in range(count)]


def lstm(draft: Draft, of: Held, states: States, weights: Weights) -> States:
    hidden, cell = states
    images = _images(draft, of, hidden, weights)
    i, f, g, o = _parts(draft, _held(total(draft, *images, 1.0)), 4)
    kept = product(draft, entrywise(draft, f, "sigmoid", {}), cell)
    written = product(draft, entrywise(draft, i, "sigmoid", {}), entrywise(draft, g, "tanh", {}))
    cell = _held(total(draft, kept, written, 1.0))
    shown = product(draft, entrywise(draft, o, "sigmoid", {}), entrywise(draft, cell, "tanh", {}))
    return _held(shown), cell


def gru(draft: Draft, of: Held, states: States, weights: Weights) -> States:
    """n = tanh(W x + r (U h)), h' = n + z (h - n)."""
    (hidden,) = states
    left, right = (_parts(draft, image, 3) for image in _images(draft, of, hidden, weights))
    r, z = (entrywise(draft, _held(total(draft, left[k], right[k], 1.0)), "sigmoid", {}) for k in (0, 1))
    n = entrywise(draft, _held(total(draft, left[2], product(draft, r, right[2]), 1.0)), "tanh", {})
    return (_held(total(draft, n, product(draft, z, total(draft, hidden, n, -1.0)), 1.0)),)


def rnn(kind: str) -> Cell:
    def cell(draft: Draft, of: Held, states: States, weights: Weights) -> States:
        images = _images(draft, of, states[0], weights)
        return (entrywise(draft, _held(total(draft, *images, 1.0)), kind, {}),)

    return cell


CELLS: Mapping[str, Cell] = {"lstm": lstm, "gru": gru, "tanh": rnn("tanh"), "relu": rnn("relu")}


def one(name: str) -> Rule:
    """torch.nn.LSTMCell, GRUCell, RNNCell."""

    def rule(draft: Draft, call: Call) -> Value:
        given = call.get("hx")
        of = call.held("input")
        like = of if of.batch is not None else None
        states = tuple(draft.held(each, like) for each in _arrays(given))
        whole = tuple(like_each(draft, state, of) for state in states)
        weights = Weights(call.learned("w_ih"), call.learned("w_hh"), call.optional("b_ih"), call.optional("b_hh"))
        found = CELLS[name](draft, of, whole, weights)
        return found if name == "lstm" else found[0]

    return rule


def _arrays(given: Value) -> Sequence[Held]:
    found = given if isinstance(given, tuple) else (given,)
    if not all(isinstance(each, Held | Learned | Fixed) for each in found):
        raise RefusalError("a state of it is no array")
    return found  # type: ignore[return-value]


def like_each(draft: Draft, state: Held, of: Held) -> Held:
    """A state that is the same for all samples, for each of them."""
    if state.batch == of.batch or of.batch is None:
        return state
    shape: Shape = (*of.shape[:-1], state.shape[-1])
    whole = (1,) * (len(shape) - len(state.shape)) + state.shape
    if state.batch is not None or whole[of.batch.axis] != 1:
        raise RefusalError("a state of it has the samples on another axis")
    own = (*whole[: of.batch.axis], *whole[of.batch.axis + 1 :]) if of.batch.others == 1 else whole
    return draft.expanded(state, own, shape, of.batch)
