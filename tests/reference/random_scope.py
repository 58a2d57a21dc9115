"""Random specs, the ground: where a step stands, what it can read and share, what it may write as a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import prod
from random import Random
from typing import Any

from boundcalc.language.words import Lexicon
from boundcalc.layers.index import VOCABULARY
from reference.random_balls import Balls, Learned, Shape, Value

LEXICON = Lexicon.of(VOCABULARY)
RADII = ("1/4", "1/2", "1/2", "3/4", "1", "1", "1", "3/2", "2")
FULL = 1_300  # numbers after which nothing is added but what a shape needs


@dataclass(frozen=True)
class Row:
    """One maker of steps: how often, on which shapes, whether it may make the network unsmooth."""

    name: str
    weight: float
    fits: Callable[[Shape], bool]
    make: Callable[[Scope], None]
    rough: bool = False
    unary: bool = True  # reads one operand, so that it can say `from`
    construct: bool = False


@dataclass
class Draft:
    """A whole file in the making."""

    rng: Random
    smooth: bool
    batch: int
    rows: Sequence[Row]
    focus: Row  # made more often
    symbols: dict[str, Value] = field(default_factory=dict)
    values: dict[str, Fraction] = field(default_factory=dict)
    modules: dict[str, Value] = field(default_factory=dict)
    blocks: list[Any] = field(default_factory=list)
    numbers: int = 0
    layers: int = 0
    tokens: bool = False  # whether there is an input `ids` of token ids
    free: int = 0  # learned arrays that are differentiated
    names: dict[str, int] = field(default_factory=dict)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def fresh(self, stem: str) -> str:
        self.names[stem] = self.names.get(stem, 0) + 1
        return f"{stem}{self.names[stem]}"

    def declare(self, name: str, value: Fraction, declaration: Value) -> str:
        self.symbols[name], self.values[name] = declaration, value
        return name

    def passes(self, times: int, stem: str) -> str:
        """A symbol for a number of passes: `passes` may be left without a value, a `length` is also that of an array."""
        known = [name for name, value in self.values.items() if name.startswith(stem) and value == times]
        if known and self.chance(0.5):
            return self.rng.choice(known)
        return self.declare(self.fresh(stem), Fraction(times), {"value": times, "integer": True})


@dataclass
class Scope:
    """A list of steps in the making."""

    draft: Draft
    shape: Shape | None  # of the step before; None: there is none
    nodes: dict[str, Shape]  # what a step can read by name
    learned: list[Learned] = field(default_factory=list)  # what it can share
    calls: list[Any] = field(default_factory=list)  # of modules
    copies: int = 1
    depth: int = 0
    counter: str | None = None
    arguments: dict[str, Value] | None = None  # of the enclosing module, with the values that its shapes rely on
    spliced: dict[str, Shape] = field(default_factory=dict)  # arguments of the module that are layers
    source: str | None = None  # what the next step reads in place of the one before
    steps: list[Value] = field(default_factory=list)
    own: list[Learned] = field(default_factory=list)  # arrays made inside
    inner: dict[str, Shape] = field(default_factory=dict)  # named steps inside
    linear: bool = False  # something inside can use a spectral bound

    def child(self, shape: Shape | None, **changes: Any) -> Scope:
        fresh: dict[str, Any] = {"steps": [], "own": [], "inner": {}, "linear": False, "source": None}
        copied = {"nodes": dict(self.nodes), "learned": list(self.learned), "calls": list(self.calls)}
        return replace(self, shape=shape, **{"depth": self.depth + 1, **fresh, **copied, **changes})

    # Numbers

    def argument(self, value: Value) -> Value:
        """A value, or an argument of the enclosing module that has it."""
        if self.arguments is None or not self.draft.chance(0.3):
            return value
        known = [n for n, other in self.arguments.items() if (type(other), other) == (type(value), value)]
        name = self.draft.rng.choice(known) if known else self.draft.fresh("arg")
        self.arguments[name] = value
        return name

    def size(self, number: int, before: int | None = None) -> Value:
        """A size: the number, a symbol, an expression; `before` is what `in` means."""
        found: list[Value] = [self.argument(number)]
        found += [name for name, value in self.draft.values.items() if value == number and _is_size(name)]
        if before is not None:
            found += ["in"] if before == number else []
            found += [f"in + {number - before}"] if before < number else []
            found += ["in/2"] if before == 2 * number else []
        return self.draft.rng.choice(found)

    def sizes(self, shape: Shape) -> Value:
        return [self.size(axis) for axis in shape]

    def constant(self, options: Sequence[str]) -> Value:
        """One of some numbers, or a symbol that has that value."""
        text = self.draft.rng.choice(options)
        named = [
            name
            for name, value in self.draft.values.items()
            if value == Fraction(text) and not name.startswith("passes")
        ]
        return self.draft.rng.choice(named) if named and self.draft.chance(0.3) else self.argument(text)

    def radius(self, before: bool = False, after: bool = False) -> Value:
        """A radius; `before` and `after`: whether `in` and `out` are known."""
        forms = ["R", "R", "R/2", "min(R, 1)", "max(1/4, R/2)", "exp(-R)", "log(2)", "ceil(R)/2", "floor(R + 1)/2"]
        forms += ["sqrt(in)/2", "1/sqrt(in)"] if before else []
        forms += ["R/sqrt(out)", "sqrt(out)/3"] if after else []
        forms += [f"1/({self.counter} + 1)"] * 3 if self.counter is not None else []
        if self.draft.chance(0.03):
            return "0"
        return self.draft.rng.choice(forms) if self.draft.chance(0.4) else self.constant(RADII)

    def flag(self, value: bool) -> Value:
        return self.argument(value)

    # Steps

    def readable(self, fits: Callable[[Shape], bool]) -> list[str]:
        return [name for name, shape in self.nodes.items() if fits(shape)]

    def push(
        self,
        kind: str,
        fields: Mapping[str, Value],
        shape: Shape,
        arrays: Mapping[str, Shape] | None = None,
        *,
        gains: Iterable[str] = (),
        spectral: bool = False,
        name: str | None = None,
        bounded: Mapping[str, Shape] | None = None,
        inside: Sequence[Learned] = (),
    ) -> str | None:
        """One layer after the others, with what is said of its balls; gives its name, where it has one. `bounded` are arrays
        whose radius is one of the fields, `inside` those of steps that it reads."""
        draft, arrays, gains = self.draft, arrays or {}, frozenset(gains)
        one = not isinstance(fields.get("from"), list)  # `in` is that of the array that is read
        known = (bool(self.shape) and kind != "parameter" and one, bool(shape))
        balls = Balls(self, arrays, gains, *known, spectral, bool(bounded), bool(inside))
        said = balls.fields() if arrays else {}
        arrays = {**arrays, **(bounded or {})}
        self.linear = self.linear or spectral
        name = name or self.name(kind, 0.6 if arrays else 0.3)
        taken = said.get("share")
        shared = set(arrays) if isinstance(taken, str) else set(taken or ())
        owned = [Learned(str(name), a, s, a in gains) for a, s in arrays.items() if a not in shared]
        draft.free += len(owned) if said.get("frozen") is not True else -len(inside)
        self.count(draft.batch * prod(shape) + sum(prod(array.shape) for array in owned))
        self.append(kind, {**fields, **said}, name, shape)
        self.own += owned
        if name is not None:
            self.learned += owned
        return name

    def name(self, stem: str, probability: float) -> str | None:
        return self.draft.fresh(stem) if self.draft.chance(probability) else None

    def append(
        self, kind: str, fields: Mapping[str, Value], name: str | None, shape: Shape, first: str | None = None
    ) -> None:
        """A step as text will show it; `first` is what a bare value fills."""
        fields = {**fields, **({} if name is None else {"name": name})}
        if self.source is not None:
            fields["from"], self.source = self.source, None
        first = first or (LEXICON.layers[kind].value_field if kind in LEXICON.layers else None)
        bare = list(fields) == [first] and not isinstance(fields[first], Mapping) and self.draft.chance(0.7)
        self.steps.append({kind: fields[first] if bare else fields} if fields else kind)
        self.shape = shape
        if name is not None:
            self.nodes[name] = self.inner[name] = shape

    def count(self, numbers: int, layers: int = 1) -> None:
        self.draft.numbers += self.copies * numbers
        self.draft.layers += self.copies * layers

    def adopt(self, child: Scope, name: str | None, copies: Sequence[str] = ("",)) -> None:
        """What a step made inside belongs to it; where it has a name, its layers can be read and shared as `name.layer`."""
        self.own += child.own
        self.linear = self.linear or child.linear
        if name is None or not copies:
            return
        for inner, shape in child.inner.items():
            path = f"{name}{self.draft.rng.choice(copies)}.{inner}"
            self.nodes[path] = self.inner[path] = shape
        for array in child.learned[len(self.learned) :]:
            path = f"{name}{copies[0]}.{array.path}"
            self.learned.append(replace(array, path=path))

    def fill(self, count: int) -> None:
        """So many more steps."""
        for _ in range(count):
            if self.draft.numbers > FULL and self.steps:
                return
            self._one()

    def _one(self) -> None:
        draft = self.draft
        if self.shape is None or (draft.chance(0.12) and self.depth < 3):
            self.source = draft.rng.choice(list(self.nodes)) if self.nodes else None
        before, self.shape = self.shape, self.shape if self.source is None else self.nodes[self.source]
        assert self.shape is not None
        rows = [row for row in draft.rows if self._allows(row, self.shape)]
        weights = [row.weight + 30 * (row is draft.focus) for row in rows]
        row = draft.rng.choices(rows, weights)[0]
        if not row.unary and self.source is not None:
            self.shape, self.source = before, None
        row.make(self)

    def _allows(self, row: Row, shape: Shape) -> bool:
        nested = row.construct and (self.depth >= 3 or self.draft.numbers > FULL / 2 or self.draft.layers > 25)
        first = not row.unary and self.source is not None
        return not (row.rough and self.draft.smooth) and not nested and not first and row.fits(shape)


def _is_size(name: str) -> bool:
    return name.startswith(("w", "length"))
