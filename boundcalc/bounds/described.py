"""What is to be known of one kind of layer: its map and theorem, its fields, an example, the constants that the example has."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.options import Json
from boundcalc.calculus.primitives import Average, Bilinear, Linear, Map, Primitive
from boundcalc.catalogue.fact import Fact
from boundcalc.display.page import Folded, Page, Table, Verbatim
from boundcalc.display.shown import Shown
from boundcalc.exact.printing import to_str
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import Layer
from boundcalc.language.structure import COMMON_FIELDS


@dataclass(frozen=True, slots=True)
class FieldOf:
    """A field of a kind. `default`: as a person writes it; None where the field is required, empty where it may be left out."""

    name: str
    default: str | None
    bare: bool  # `- kind: VALUE` fills it


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant of the layer in the example: exact, or the reason why there is none; where it comes from; a point that reaches it."""

    name: str
    value: sympy.Expr | None
    reason: str = ""
    source: str = ""
    witness: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Described(Shown):
    """One kind. `text`: the map and its theorem; `example`: a spec."""

    name: str
    summary: str
    text: str
    aliases: tuple[str, ...]
    loss: bool
    fields: tuple[FieldOf, ...]
    example: str
    constants: tuple[Constant, ...]

    def _brief_(self) -> Page:
        fields = ", ".join(field.name for field in self.fields)
        return Page(f"<{self.name}: {self.summary} Fields: {fields or 'none'}; .text, .example, .constants>")

    def _page_(self) -> Page:
        """The theorem, the fields, and the example with its constants, folded."""
        fields = [(f.name, "required" if f.default is None else f.default) for f in self.fields]
        known = [
            (c.name, f"none, {c.reason}" if c.value is None else to_str(c.value), c.source) for c in self.constants
        ]
        return Page(
            self.name,
            (
                Verbatim(self.text),
                *((Table(("field", "default"), fields),) if fields else ()),
                *((Folded("example", (Verbatim(self.example),)),) if self.example else ()),
                *((Folded("its constants", (Table(("constant", "value", "source"), known),)),) if known else ()),
            ),
        )

    def to_dict(self) -> dict[str, Json]:
        return {
            "name": self.name,
            "summary": self.summary,
            "text": self.text,
            "aliases": list(self.aliases),
            "loss": self.loss,
            "fields": [{"name": f.name, "default": f.default, "bare": f.bare} for f in self.fields],
            "example": self.example,
            "constants": [
                {
                    "name": c.name,
                    "value": None if c.value is None else to_str(c.value),
                    "reason": c.reason,
                    "source": c.source,
                    "witness": c.witness,
                }
                for c in self.constants
            ],
        }


def summary_of(kind: Kind[Any, Any]) -> str:
    """One sentence."""
    return " ".join((inspect.getdoc(kind.fields) or "").split())


def theorem_of(kind: Kind[Any, Any]) -> str:
    """Its map and its theorem, as they stand above its code."""
    return inspect.getdoc(sys.modules[kind.forward.__module__]) or ""


def described(kind: Kind[Any, Any], bounds: Bounds | None) -> Described:
    """`bounds`: of the kind's example, where it has one."""
    return Described(
        name=kind.name,
        summary=summary_of(kind),
        text=theorem_of(kind),
        aliases=kind.aliases,
        loss=kind.loss,
        fields=tuple(_fields(kind)),
        example=kind.example,
        constants=() if bounds is None else tuple(dict.fromkeys(_constants(kind, bounds))),
    )


def _fields(kind: Kind[Any, Any]) -> Iterator[FieldOf]:
    for name, info in kind.fields.model_fields.items():
        written = info.alias or name
        if written in COMMON_FIELDS:
            continue
        default = None if info.is_required() else _written(info.default)
        yield FieldOf(written, default, written == kind.fields.value_field)


def _written(default: Any) -> str:
    if default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _constants(kind: Kind[Any, Any], bounds: Bounds) -> Iterator[Constant]:
    owners = {layer.path for layer in bounds.graph if isinstance(layer, Layer) and layer.kind.name == kind.name}
    whole = bounds.primitives
    end = (
        len(whole.primitives) if whole.loss is None or whole.above is None else whole.loss + 1
    )  # once, not from above again
    for primitive, owner in zip(whole.primitives[:end], whole.owners[:end], strict=True):
        if owner in owners:
            yield from _of(primitive)


def _of(primitive: Primitive) -> Iterator[Constant]:
    match primitive:
        case Map(entry=entry) | Average(entry=entry):
            named = {
                "lipschitz": entry.lipschitz,
                "smoothness": entry.smoothness,
                "third order": entry.third,
                "upper curvature": entry.upper,
                "norm of the image of 0": entry.at_zero,
                "largest norm": entry.norm,
                "largest entry": entry.sup,
            }
            if entry.function is not None:
                yield Constant("a(x)", entry.function(sympy.Symbol("x", real=True)))
            yield from (_constant(f"{entry.name}: {name}", fact) for name, fact in named.items() if fact is not None)
        case Linear(norm=norm):
            yield Constant("linear map: norm", norm)
        case Bilinear(norm=norm, constant=constant):
            yield Constant("bilinear map: norm", norm)
            if constant != 0:
                yield Constant("bias: norm of its repetition", constant)
        case _:
            return


def _constant(name: str, fact: Fact) -> Constant:
    witness = "" if fact.witness is None else f"{_KINDS[fact.witness.kind]}: {fact.witness.text}"
    return Constant(name, fact.value, fact.reason, fact.source, witness)


_KINDS = {"attained": "reached", "limit": "approached", "upper": "upper bound only"}
