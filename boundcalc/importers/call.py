"""One operator with its arguments in hand, as the rules of the table see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from boundcalc.importers.draft import Draft
from boundcalc.importers.graph import Node, Ref, Shape
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, Value


@dataclass(frozen=True, slots=True)
class Call:
    node: Node
    arguments: Mapping[str, Value]
    draft: Draft

    @property
    def shape(self) -> Shape:
        """Of what it gives, as the framework has it."""
        return self.node.shape

    def get(self, name: str) -> Value:
        return self.arguments.get(name)

    def array(self, name: str) -> Held | Learned | Fixed:
        value = self.get(name)
        if not isinstance(value, Held | Learned | Fixed):
            raise RefusalError(f"its `{name}` is no array")
        return value

    def held(self, name: str) -> Held:
        """An array as what a step computes."""
        return self.draft.held(self.array(name))

    def learned(self, name: str) -> Learned:
        value = self.get(name)
        if not isinstance(value, Learned):
            raise RefusalError(f"its `{name}` is no learned array, but computed or fixed")
        return value

    def optional(self, name: str) -> Learned | None:
        return None if self.get(name) is None else self.learned(name)

    def fixed(self, name: str) -> Fixed:
        value = self.get(name)
        if not isinstance(value, Fixed):
            raise RefusalError(f"its `{name}` is not known before the network runs")
        return value

    def name(self, name: str) -> str:
        """Of the node or input that an array comes from."""
        given = self.node.arguments.get(name)
        return given.name if isinstance(given, Ref) else ""

    def is_decided(self, name: str) -> bool:
        """Whether token ids decide it."""
        given = self.node.arguments.get(name)
        return isinstance(self.get(name), Chosen) or (isinstance(given, Ref) and given.name in self.draft.graph.chosen)

    def operand(self, name: str) -> Value:
        """What is computed with: token ids are what they decide."""
        value = self.get(name)
        return self.decided(name) if isinstance(value, Held) and value.tokens and self.is_decided(name) else value

    def decided(self, name: str) -> Fixed | Chosen:
        """An array that is fixed, or that token ids decide."""
        value, given = self.get(name), self.node.arguments.get(name)
        if isinstance(value, Fixed | Chosen):
            return value
        if isinstance(value, Held) and value.tokens and isinstance(given, Ref) and self.is_decided(name):
            return self.draft.chosen(given.name)
        return self.fixed(name)

    def integer(self, name: str, default: int | None = None) -> int:
        value = self.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int):
            raise RefusalError(f"its `{name}` is not a whole number")
        return value

    def integers(self, name: str) -> tuple[int, ...]:
        """A list of whole numbers; one number is a list of it, and nothing an empty one."""
        value = self.get(name)
        if value is None:
            return ()
        found = value if isinstance(value, tuple) else (value,)
        if not all(isinstance(each, int) for each in found):
            raise RefusalError(f"its `{name}` are not whole numbers")
        return tuple(each for each in found if isinstance(each, int))

    def number(self, name: str, default: float | None = None) -> float:
        value = self.get(name)
        if isinstance(value, Fixed) and value.number is not None:
            return value.number
        if value is None and default is not None:
            return default
        if not isinstance(value, int | float):
            raise RefusalError(f"its `{name}` is not a number")
        return float(value)

    def flag(self, name: str) -> bool:
        return bool(self.get(name))

    def plain(self, name: str = "self", positions: int | None = None) -> Held:
        """An array whose first axis are the samples alone; with so many axes after the channels."""
        of = self.held(name)
        if of.batch is None and len(of.shape) == 1 + (positions or 0):
            return of
        if of.batch is None and positions is not None and len(of.shape) == positions + 2 and of.shape[0] == 1:
            whole = (self.draft.batch, *of.shape[1:])  # for all samples
            return self.draft.reshaped(of, of.shape[1:], whole, Batch(0))
        if of.batch is not None and of.batch != Batch(0):
            raise RefusalError("its first axis does not hold the samples alone")
        if positions is not None and len(of.own) != positions + 1:
            raise RefusalError(
                f"it reads an array with {positions} axes after the channels, and this has {len(of.own) - 1}"
            )
        return of


Rule = Callable[[Draft, Call], Value]
