"""Constants of one kind of layer made smaller: the kinds are wrapped, nothing of the package is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy

from boundcalc.calculus.primitives import Average, Bilinear, Linear, Map, Primitive
from boundcalc.catalogue.fact import Fact
from boundcalc.graph.kind import Kind, Lowering, Vocabulary
from boundcalc.layers.index import VOCABULARY

Value = sympy.Expr
FACTS = ("lipschitz", "smoothness", "third", "at_zero", "norm", "sup", "upper")
NUMBERS = ("sup_at_zero", "derivative_at_zero")  # of the entry of a map


def constants_of(primitive: Primitive) -> dict[str, Value]:
    """The constants that the rules use, unless they are zero, infinite, or upper bounds that nothing is known to reach."""
    match primitive:
        case Linear():
            found: dict[str, Value | None] = {"norm": primitive.norm}
        case Bilinear():
            found = {name: getattr(primitive, name) for name in ("norm", "constant", "left_norm", "right_norm")}
        case Map(entry=entry) | Average(entry=entry):
            facts = {name: getattr(entry, name) for name in FACTS}
            found = {name: fact.value for name, fact in facts.items() if fact is not None and _is_reached(fact)}
            found |= {name: getattr(entry, name) for name in NUMBERS}
        case _:
            found = {}
    kept = {name: value for name, value in found.items() if value is not None and value != 0}
    return {f"{type(primitive).__name__}.{name}": value for name, value in kept.items()}


def _is_reached(fact: Fact) -> bool:
    return fact.witness is None or fact.witness.kind != "upper"


def shrunk(primitive: Primitive, label: str, factor: sympy.Expr) -> Primitive:
    """The primitive with that constant multiplied."""
    if label not in constants_of(primitive):
        return primitive
    name, value = label.partition(".")[2], constants_of(primitive)[label] * factor
    if not isinstance(primitive, (Map, Average)):
        return replace(primitive, **{name: value})
    old = getattr(primitive.entry, name)
    return replace(
        primitive,
        entry=replace(primitive.entry, **{name: replace(old, value=value) if isinstance(old, Fact) else value}),
    )


@dataclass(frozen=True)
class _Changed:
    """A lowering of which every primitive is changed on its way."""

    whole: Lowering
    change: Callable[[Primitive], Primitive]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.whole, name)

    def emit(self, primitive: Primitive, shape: Any = None, *, batched: bool = True) -> int:
        return self.whole.emit(self.change(primitive), shape, batched=batched)


def changed(kind: Kind[Any, Any], change: Callable[[Primitive], Primitive]) -> Vocabulary:
    """The vocabulary with every primitive of one kind changed."""

    def lower(facts: Any, inputs: tuple[int, ...], lowering: Lowering) -> int:
        return kind.lower(facts, inputs, _Changed(lowering, change))  # type: ignore[arg-type]

    return {**VOCABULARY, kind.name: replace(kind, lower=lower)}


def recording(kind: Kind[Any, Any], seen: dict[str, Value]) -> Vocabulary:
    """The vocabulary, where the constants of one kind are written down."""

    def see(primitive: Primitive) -> Primitive:
        seen.update(constants_of(primitive))
        return primitive

    return changed(kind, see)


def all_recording(seen: Mapping[str, dict[str, Value]]) -> Vocabulary:
    return {name: recording(kind, seen[name])[name] for name, kind in VOCABULARY.items()}
