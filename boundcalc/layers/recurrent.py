"""rnn, lstm, gru: [steps, features] -> [steps, units], or with `last` the last state alone; the maps and gates of torch.nn.

One pass of the cell (parts/cells.py) after another over the entries of the sequence, from states that are zero. It lowers to the
primitives of the recurrence: copies of the cell, or a loop where the length is symbolic, over the same learned arrays. With
`both` a second cell reads the sequence backwards, and its states stand beside; `layers` are stacked, at most 64. Each cell has two
learned maps, `input` and `hidden`, which have the rows of all gates, with a bias and a ball each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Bilinear, Concat, Constant, Linear
from boundcalc.calculus.views import Window, moved, same
from boundcalc.catalogue import gains
from boundcalc.catalogue.activations import SOFTPLUS, TANH
from boundcalc.catalogue.kinked import RELU
from boundcalc.catalogue.smoothings import MOREAU_RELU
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed, Smoothed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language import fields as types
from boundcalc.language.fields import Flag, Size
from boundcalc.language.structure import StepFields
from boundcalc.layers.parts import cells
from boundcalc.layers.parts.affine import with_bias
from boundcalc.layers.parts.cells import Cell
from boundcalc.layers.parts.example import example

COPIES = 64  # of a cell that has a number of steps; beyond them it is a loop
CELLS = 256  # copies of the cells of all layers and directions together
LAYERS = 64
_ROWS = {"tanh": TANH, "relu": RELU}
Squash = Annotated[str, PlainValidator(types.choice(*_ROWS)), WithJsonSchema({"enum": list(_ROWS)})]


class GatedFields(StepFields):
    """A recurrent layer with gates over [steps, features]: its states, or the last one."""

    value_field = "units"
    units: Size
    both: Flag = False
    layers: Size | None = None
    last: Flag = False


class PlainFields(GatedFields):
    """A recurrent layer over [steps, features]: its states, or the last one."""

    nonlinearity: Squash = "tanh"


@dataclass(frozen=True, slots=True)
class Facts:
    steps: sympy.Expr
    features: sympy.Expr  # of the input
    units: sympy.Expr
    layers: int
    directions: tuple[str, ...]  # what is put behind the names of their maps
    last: bool
    copies: int | None
    cell: Cell

    def names(self, layer: int) -> tuple[str, ...]:
        """What is put behind the names of the maps, of each direction."""
        number = f"_{layer}" if self.layers > 1 else ""
        return tuple(f"{number}{direction}" for direction in self.directions)


def place_plain(fields: PlainFields, at: At) -> Placed[Facts]:
    units, word = at.size(fields.units, "the number of units"), fields.nonlinearity
    return _placed(fields, cells.Plain(_ROWS[word].instantiate(entries=at.batch * units), word == RELU.name), at)


def place_lstm(fields: GatedFields, at: At) -> Placed[Facts]:
    return _placed(fields, cells.LSTM(), at)


def place_gru(fields: GatedFields, at: At) -> Placed[Facts]:
    return _placed(fields, cells.GRU(), at)


def _placed(fields: GatedFields, cell: Cell, at: At) -> Placed[Facts]:
    if len(at.shape) != 2:
        found = show_shape(at.shape)
        raise at.error(f"'{at.kind}' reads a sequence of shape [steps, features], not {found}", "use reshape")
    steps, features = at.shape
    units = at.size(fields.units, "the number of units")
    layers = 1 if fields.layers is None else at.integer(fields.layers, "the number of layers")
    if layers < 1:
        raise at.error(f"'{at.kind}' has at least one layer, not {layers}", "leave `layers` out")
    if layers > LAYERS:
        remedy = f"write repeat: {{times: {layers}, layers: [{at.kind}: ...]}}"
        raise at.error(f"'{at.kind}' stacks at most {LAYERS} layers, not {layers}", remedy)
    directions = ("", "_reverse") if at.flag(fields.both) else ("",)
    copies = at.copies(steps, min(COPIES, CELLS // (layers * len(directions))))
    return _of_cell(Facts(steps, features, units, layers, directions, at.flag(fields.last), copies, cell))


def _of_cell(facts: Facts) -> Placed[Facts]:
    units, cell, directions = facts.units, facts.cell, len(facts.directions)
    arrays: dict[str, Shape] = {}
    for layer in range(facts.layers):
        for name in facts.names(layer):
            for of, width in (("input", facts.features if layer == 0 else units * directions), ("hidden", units)):
                arrays[f"{of}{name}.weight"] = (cell.gates * units, width)
                arrays[f"{of}{name}.bias"] = (cell.gates * units,)
    shape = (units * directions,) if facts.last else (facts.steps, units * directions)
    return Placed(shape, facts, arrays, features=LAST, loops=facts.copies is None)


def smoothed(facts: Facts, at: At, mu: sympy.Expr | None) -> Smoothed | None:
    """Softplus or the Moreau envelope in place of ReLU; how far states move apart nobody knows."""
    if not isinstance(facts.cell, cells.Plain) or not facts.cell.is_relu:
        return None
    entries = at.batch * facts.units
    row = SOFTPLUS.instantiate(entries=entries) if mu is None else MOREAU_RELU.instantiate(entries=entries, mu=mu)
    return Smoothed(RNN, _of_cell(replace(facts, cell=cells.Plain(row, is_relu=False))), None)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    sequence = inputs[0]
    for layer in range(facts.layers):
        last = facts.last and layer == facts.layers - 1
        parts = tuple(_Pass(facts, sequence, name, lowering).run(last) for name in facts.names(layer))
        width = facts.units * len(parts)
        shape, axis = ((width,), 1) if last else ((facts.steps, width), 2)
        sequence = parts[0] if len(parts) == 1 else lowering.emit(Concat(parts, axis), shape)
    return sequence


@dataclass(frozen=True, slots=True)
class _Pass:
    """One cell over a sequence. Which entry a step reads changes no bound, nor does the direction."""

    facts: Facts
    sequence: int
    name: str
    lowering: Lowering

    def run(self, last: bool) -> int:
        """The last state, or all of them."""
        facts, emit = self.facts, self.lowering.emit
        state, steps = (facts.units,), facts.steps
        names = facts.cell.states
        if facts.copies is not None:
            states = tuple(emit(Constant(sympy.S.Zero), state) for _ in names)
            found: list[int] = []
            for _ in range(facts.copies):
                states = self.step(states)
                found.append(states[0])
            return found[-1] if last else emit(Concat(tuple(found), 1), (steps, *state))
        carried = dict.fromkeys(names, state) if last else {**dict.fromkeys(names, state), "states": (steps, *state)}

        def body(before: Sequence[int]) -> Sequence[int]:
            after = self.step(before[: len(names)])
            kept = (emit(Concat((so_far, after[0]), 1), carried["states"]) for so_far in before[len(names) :])
            return (*after, *kept)

        after = self.lowering.loop(carried, steps, body)
        return after[0 if last else -1]

    def step(self, states: Sequence[int]) -> tuple[int, ...]:
        facts = self.facts
        view = moved([(0, 0), (1, 2)], (Window(1, None, sympy.S.One),))
        entry = Linear(self.sequence, sympy.S.One, contracts_sup=True, view=view)
        x = self.lowering.emit(entry, (facts.features,))
        images = (self.image("input", x), self.image("hidden", states[0]))
        return facts.cell.lower(cells.Units(self.lowering, facts.units), *images, states)

    def image(self, of: str, z: int) -> int:
        """W z + b, the rows of all gates."""
        weight, bias = (self.lowering.arrays[f"{of}{self.name}.{array}"] for array in ("weight", "bias"))
        samples = frozenset({0})
        product = Bilinear(
            weight.parameter,
            z,
            gains.DENSE_NORM,
            is_matrix=True,
            left_view=moved([(1, 0)]),
            right_view=same(samples),
            added=samples,
        )
        copies, shape = gains.repeat_norm(self.lowering.batch), (self.facts.cell.gates * self.facts.units,)
        return with_bias(product, weight, bias, copies, self.lowering, shape)


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (z,) = inputs
    for layer in range(facts.layers):
        found: list[list[Any]] = []  # the states in the order of the steps, of each direction
        for name, order in zip(facts.names(layer), (1, -1), strict=False):
            entries = [z[:, t] for t in range(z.shape[1])][::order]
            maps = [(arrays[f"{of}{name}.weight"], arrays[f"{of}{name}.bias"]) for of in ("input", "hidden")]
            found.append(_states(facts, entries, maps, xp)[::order])
        if facts.last and layer == facts.layers - 1:
            return xp.concat([states[end] for states, end in zip(found, (-1, 0), strict=False)], axis=-1)
        z = xp.concat([xp.stack(states, axis=1) for states in found], axis=-1)
    return z


def _states(facts: Facts, entries: Sequence[Any], maps: Sequence[tuple[Any, Any]], xp: Any) -> list[Any]:
    units = int(facts.units)
    zeros = xp.zeros((entries[0].shape[0], units), dtype=entries[0].dtype)
    states, found = (zeros,) * len(facts.cell.states), list[Any]()
    for entry in entries:
        images = [
            xp.matmul(read, weight.T) + bias for read, (weight, bias) in zip((entry, states[0]), maps, strict=True)
        ]
        gates = [[image[:, i * units : (i + 1) * units] for i in range(facts.cell.gates)] for image in images]
        states = facts.cell.forward(*gates, states, xp)
        found.append(states[0])
    return found


def _example(name: str) -> str:
    return example(f"{name}: {{units: 4, last: true}}, dense: 2", "[T, 4]", norm="{sample: 1}", more="symbols: {T: 3}")


RNN = Kind("rnn", PlainFields, place_plain, lower, forward, channels=-1, smoothed=smoothed, example=_example("rnn"))
KINDS = (
    RNN,
    Kind("lstm", GatedFields, place_lstm, lower, forward, channels=-1, example=_example("lstm")),
    Kind("gru", GatedFields, place_gru, lower, forward, channels=-1, example=_example("gru")),
)
