"""A spec while it is written: steps in order, with what each reads, which learned arrays it has, and what a framework knows of it
beyond what the spec says (statistics, masks, indices)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import prod

import numpy as np

from boundcalc.importers.graph import Array, Entry, Graph, Origin, Shape, refs
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, own_shape

Field = str | int | bool | Sequence["Field"] | Mapping[str, "Field"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `reads`: the keys of steps and inputs, in order; `arrays`: its learned arrays by their names in the language;
    `given`: arrays that its fields bound, by the names that the check knows; `chosen`: such arrays that token ids decide, with the
    samples first."""

    key: str
    kind: str
    fields: Mapping[str, Field]
    reads: tuple[str, ...]
    shape: Shape
    origin: Origin
    arrays: Mapping[str, Learned] = field(default_factory=dict[str, Learned])
    given: Mapping[str, Array] = field(default_factory=dict[str, Array])
    chosen: Mapping[str, Chosen] = field(default_factory=dict[str, Chosen])


class Draft:
    """The steps so far. Operators write with `step`, and bring operands to one shape with `aligned`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.steps: list[Step] = []
        self.tokens: dict[str, int] = {}  # how many ids there are, of each input of token ids
        self.formulas: dict[str, str] = {}  # names by formula
        self.remarks: dict[str, list[str]] = {}  # what a person should know, with the modules that it is about
        self.origin = Origin()
        self._parameters: dict[Learned, Held] = {}
        self._steps: dict[str, Step] = {}
        self._owns: dict[str, Shape] = {  # shapes in the spec, by key
            e.name: tuple(n for axis, n in enumerate(e.shape) if axis != graph.batch_axis) for e in graph.inputs
        }
        self._read: dict[str, set[int]] = {}
        every = (*(tuple(node.arguments.values()) for node in graph.nodes), graph.outputs)
        for ref in (ref for arguments in every for ref in refs(arguments)):
            self._read.setdefault(ref.name, set()).add(ref.part)

    def formula(self, text: str) -> str:
        """The name of an activation of the spec's own, one for each formula."""
        return self.formulas.setdefault(text, f"function_{len(self.formulas)}")

    def step_of(self, key: str) -> Step | None:
        """The step of a key; None for an input."""
        return self._steps.get(key)

    def parts_read(self, name: str) -> set[int]:
        """Which of the arrays that a node gives are read."""
        return self._read.get(name, set())

    @property
    def batch(self) -> int:
        return self.graph.batch

    def step(
        self,
        kind: str,
        fields: Mapping[str, Field],
        reads: Sequence[Held],
        shape: Shape,
        batch: Batch | None,
        *,
        arrays: Mapping[str, Learned] | None = None,
        given: Mapping[str, Array] | None = None,
        chosen: Mapping[str, Chosen] | None = None,
    ) -> Held:
        """A further step; `shape` of what it gives is the framework's."""
        for read in reads:
            if read.masked is not None:
                raise RefusalError("it reads scores that are masked, which a softmax alone does")
            if read.tokens and kind != "embedding":
                raise RefusalError("it computes with token ids, which the language reads by an embedding alone")
        key = f"#{len(self.steps)}"
        keys = tuple(read.step for read in reads)
        own = own_shape(shape, batch)
        self.steps.append(Step(key, kind, fields, keys, own, self.origin, arrays or {}, given or {}, chosen or {}))
        self._steps[key], self._owns[key] = self.steps[-1], own
        return Held(key, shape, batch)

    def parameter(self, of: Learned) -> Held:
        """A learned array as a step of its own, one for each that is used so."""
        if of not in self._parameters:
            if not of.shape:
                scalar = of.moved("reshape", (1,), (1,))
                self._parameters[of] = self.reshaped(self.parameter(scalar), ())
            else:
                fields: dict[str, Field] = {"shape": list(of.shape)}
                self._parameters[of] = self.step("parameter", fields, (), of.shape, None, arrays={"weight": of})
        return self._parameters[of]

    def constant(self, array: Array) -> Held:
        """A fixed array as a step of its own, known by its norm and its largest entry."""
        values = np.asarray(array, dtype=np.float64)
        if not np.isfinite(values).all():
            raise RefusalError("a constant has entries that are not finite")
        fields: dict[str, Field] = {
            "shape": list(values.shape),
            "norm": above(float(np.linalg.norm(values.ravel()))),
            "entry": above(float(np.max(np.abs(values), initial=0.0))),
        }
        return self.step("constant", fields, (), values.shape, None, given={"value": values})

    def chosen(self, name: str) -> Chosen:
        """What token ids decide, by the name of the node that computes it."""
        array = self.graph.chosen[name]
        return Chosen(array, lambda known: known[name], 1.0 if array.dtype == np.bool_ else None, name)

    def chosen_constant(self, of: Chosen, shape: Shape, batch: Batch) -> Held:
        """A constant that is another one for each sample, known by the largest entry that ids can decide. Without that it has to be of
        zeros and one other number: that other ids decide no others is what the example shows, and the import says so."""
        values, own = np.abs(np.asarray(of.array, dtype=np.float64)), own_shape(shape, batch)
        entry = (float(values.max(initial=0.0)) or 1.0) if of.most is None else of.most
        if of.most is None:
            if not bool(np.isin(values, (0, entry)).all()):
                raise RefusalError("it computes with numbers that token ids decide, which have no bound for all ids")
            remark = f"what ids decide has no entries but 0 and {entry:g}, as with the example, in"
            self.remarks.setdefault(remark, []).append(self.origin.module or self.graph.name)
        norm = entry * float(prod(own)) ** 0.5
        fields: dict[str, Field] = {"shape": list(own), "norm": above(norm), "entry": above(entry)}
        return self.step("constant", fields, (), shape, batch, chosen={"values": of})

    def chosen_numbers(self, name: str) -> Held:
        """Numbers that ids decide, as an input of the spec."""
        return self._input(Entry(name, self.graph.chosen[name].shape, False, is_chosen=True))

    def tokens_chosen(self, name: str) -> Held:
        """Ids that other ids decide, as an input of the spec."""
        return replace(self._input(Entry(name, self.graph.chosen[name].shape, True, is_chosen=True)), tokens=True)

    def _input(self, entry: Entry) -> Held:
        axis = self.graph.batch_axis
        if len(entry.shape) <= axis or entry.shape[axis] != self.batch:
            raise RefusalError("it reads what inputs decide, along other axes than those of the samples")
        if entry.name not in self._owns:
            self.graph = replace(self.graph, inputs=(*self.graph.inputs, entry))
            self._owns[entry.name] = own_shape(entry.shape, Batch(axis))
        return Held(entry.name, entry.shape, Batch(axis))

    def reshaped(self, of: Held, own: Shape, shape: Shape | None = None, batch: Batch | None = None) -> Held:
        """The same entries in other axes of the spec; without `shape` those of an array that has no samples."""
        shape, batch = (own, None) if shape is None else (shape, batch)
        if of.masked is not None:
            return self.reshaped(of.shown, own, shape, batch).without(of, lambda mask: mask.reshape(shape))
        if own == of.own:
            return replace(of, shape=shape, batch=batch)
        if of.tokens:
            return replace(of, shape=shape, batch=batch)
        before = self.before(of, "reshape", "flatten")
        if before is not None:
            return self.reshaped(before, own, shape, batch)
        if len(own) == 1 and len(of.own) > 1:
            return self.step("flatten", {}, (of,), shape, batch)
        return self.step("reshape", {"shape": list(own)}, (of,), shape, batch)

    def before(self, of: Held, *kinds: str) -> Held | None:
        """What a step reads, if it is of one of these kinds: the image of the two together is made of it."""
        step = self._steps.get(of.step)
        if step is None or step.kind not in kinds or of.masked is not None:
            return None
        (key,) = step.reads
        entry = self._owns.get(key)
        return None if entry is None else Held(key, entry, None)

    def held(self, value: Held | Learned | Fixed, like: Held | None = None) -> Held:
        """A value as what a step computes. `like`: says on which axis the samples are, of a constant made for all of them."""
        if isinstance(value, Learned):
            return self.parameter(value)
        if isinstance(value, Fixed):
            whole = value.array
            repeats = whole.ndim > 1 and whole.shape[0] == self.batch and bool((whole == whole[:1]).all())
            if like is None and repeats:
                return self.reshaped(self.constant(whole[0]), whole.shape[1:], whole.shape, Batch(0))
            return self.constant(self.single(value, like).array)
        return value

    def single(self, value: Fixed, like: Held | None) -> Fixed:
        """A constant for one sample, where it was made for each: the same for all of them."""
        batch = None if like is None else like.batch
        if like is None or batch is None:
            return value
        axis = batch.axis - len(like.shape) + len(value.shape)
        if axis < 0 or value.shape[axis] != self.batch * batch.others:
            return value
        apart = value.array.reshape(
            (*value.shape[:axis], batch.before, self.batch, batch.after, *value.shape[axis + 1 :])
        )
        first = apart.take([0], axis=axis + 1)
        if not np.array_equal(np.broadcast_to(first, apart.shape), apart, equal_nan=True):
            raise RefusalError("a constant is another one for each sample")
        return Fixed(first.reshape((*value.shape[:axis], batch.others, *value.shape[axis + 1 :])))

    def aligned(self, values: Sequence[Held | Learned | Fixed]) -> tuple[list[Held], Shape, Batch | None]:
        """Operands brought to the shape that they broadcast to, with that shape and where the samples are."""
        shapes = [value.shape for value in values]
        rank = max(map(len, shapes))
        like = next((v for v in values if isinstance(v, Held) and v.batch is not None), None)
        batch = None
        if like is not None and like.batch is not None:
            batch = Batch(like.batch.axis + rank - len(like.shape), like.batch.before, like.batch.after)
        found = [self.held(value, like) for value in values]
        padded = [(1,) * (rank - len(each.shape)) + each.shape for each in found]
        shape = tuple(max(sizes, key=lambda size: (size != 1, size)) for sizes in zip(*padded, strict=True))
        if batch is not None:
            shape = (*shape[: batch.axis], self.batch * batch.others, *shape[batch.axis + 1 :])
        return [self._spread(each, shape, batch) for each in found], shape, batch

    def _spread(self, of: Held, shape: Shape, batch: Batch | None) -> Held:
        lead = len(shape) - len(of.shape)
        whole = (1,) * lead + of.shape
        if of.batch is not None:
            moved = Batch(of.batch.axis + lead, of.batch.before, of.batch.after)
            if moved != batch:
                raise RefusalError("its operands have the samples on different axes")
            own = own_shape(whole, batch)
        elif batch is None:
            own = whole
        elif whole[batch.axis] not in (1, batch.others):
            of = self.for_each(self.reshaped(of, whole), batch)
            own = of.own
        else:
            own = whole if batch.others > 1 else (*whole[: batch.axis], *whole[batch.axis + 1 :])
        return self.expanded(of, own, shape, batch)

    def for_each(self, of: Held, batch: Batch) -> Held:
        """What is the same for all samples, for each of them: with one entry for each other thing on their axis, or as a copy of one."""
        axis, count = batch.axis, self.batch * batch.others
        shape = (*of.shape[:axis], count, *of.shape[axis + 1 :])
        once = self.before(of, "expand") if of.shape[axis] == count else None
        if once is not None and len(once.shape) == len(shape) and once.shape[axis] == 1:
            own = once.shape if batch.others > 1 else (*once.shape[:axis], *once.shape[axis + 1 :])
            return self.expanded(once, own, shape, batch)
        if of.shape[axis] != batch.others:
            raise RefusalError("an operand without samples has more than one entry on their axis")
        return self.reshaped(of, own_shape(shape, batch), shape, batch)

    def expanded(self, of: Held, own: Shape, shape: Shape, batch: Batch | None) -> Held:
        """Axes of one entry repeated; `own`: the axes of `of` beside those of the image, in the spec."""
        image = own_shape(shape, batch)
        if prod(own) == prod(image):
            return self.reshaped(of, image, shape, batch)
        lead = len(own) - len(of.own)
        if lead < 0 or own[lead:] != of.own or set(own[:lead]) - {1}:
            of = self.reshaped(of, own)
        return self.step("expand", {"shape": list(image)}, (of,), shape, batch)


def above(value: float) -> str:
    """A decimal that is no smaller, of a norm that floats computed: 2^-30 of it is more than their rounding."""
    if value == 0:
        return "0"
    if value == round(value, 9) and value == int(value) and value < 1e6:
        return str(int(value))
    raised = value * (1 + 2.0**-30)
    digits = f"{raised:.9e}"
    found = digits if float(digits) >= raised else f"{raised * (1 + 1e-9):.9e}"
    return plain(found)


def plain(digits: str) -> str:
    """A decimal in scientific notation as a person writes it."""
    number = Decimal(digits).normalize()
    return f"{number:f}" if -5 < number.adjusted() < 12 else str(number).replace("E+", "e").replace("E", "e")
