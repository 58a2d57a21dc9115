"""The types of fields: how a positioned node of the text becomes a value, and what an editor is told about it.

Each type is a plain pydantic validator over a node, so that a wrong value keeps its place; a raised `SpecError` travels through
pydantic's own report and is taken out again in `schema`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import PlainValidator, WithJsonSchema

from boundcalc.exact.expression import Expression, parse
from boundcalc.language.paths import MOST_PARTS
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node, Scalar, Sequence
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown, suggest

Word = TypeVar("Word", bound=str)

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_TRUTH = {"yes": "true", "on": "true", "true": "true", "no": "false", "off": "false", "false": "false"}
_NORMS = frozenset({"norm", "spectral"})  # of a centre
PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")


def fail(place: Place, message: str, remedy: str | None = None) -> SpecError:
    """The error to raise for a single mistake."""
    return SpecError([Mistake(place, message, remedy)])


def describe(node: Node) -> str:
    """What a node is, in the words of a person who writes YAML."""
    if isinstance(node, Scalar):
        return "nothing" if node.is_null else shown(node.text)
    return "a list" if isinstance(node, Sequence) else "a mapping"


def read_scalar(node: Node, expected: str) -> Scalar:
    if not isinstance(node, Scalar) or node.is_null:
        raise fail(node.place, f"expected {expected}, found {describe(node)}")
    return node


def read_expression(node: Node) -> Expression:
    scalar = read_scalar(node, "a number or an expression")
    return parse(scalar.text, scalar.place)


def read_flag(node: Node) -> bool | Expression:
    """`true`, `false`, or the name of a module's argument that holds one of them."""
    scalar = read_scalar(node, "true or false")
    if scalar.text in ("true", "false"):
        return scalar.text == "true"
    if IDENTIFIER.match(scalar.text) and scalar.text.lower() not in _TRUTH:
        return parse(scalar.text, scalar.place)
    remedy = _TRUTH.get(scalar.text.lower())
    raise fail(scalar.place, f"expected true or false, found {shown(scalar.text)}", remedy and f"write {remedy}")


def read_identifier(node: Node) -> str:
    scalar = read_scalar(node, "a name")
    if not IDENTIFIER.match(scalar.text):
        raise fail(
            scalar.place,
            f"{shown(scalar.text)} is not a name",
            "names are letters, digits and _, not starting with a digit",
        )
    return scalar.text


def read_name(node: Node) -> str:
    """The name of a step: one identifier, or a dotted path of names as other libraries write it."""
    scalar = read_scalar(node, "a name")
    if not PATH.match(scalar.text):
        remedy = "names are letters, digits and _, not starting with a digit; dots may join them, as in features.0"
        raise fail(scalar.place, f"{shown(scalar.text)} is not a name", remedy)
    if scalar.text.count(".") >= MOST_PARTS:
        raise fail(scalar.place, f"the name {shown(scalar.text)} has more than {MOST_PARTS} parts", "shorten it")
    return scalar.text


def read_path(node: Node) -> tuple[str, Place]:
    scalar = read_scalar(node, "the name of a step")
    if not PATH.match(scalar.text):
        remedy = "names of steps are dotted paths such as stage3.rest.4"
        raise fail(scalar.place, f"{shown(scalar.text)} is not the name of a step", remedy)
    return scalar.text, scalar.place


def read_list(node: Node) -> tuple[Expression, ...]:
    if not isinstance(node, Sequence):
        raise fail(node.place, f"expected a list such as [3, 224, 224], found {describe(node)}")
    return tuple(_each(read_expression, node.items))


def read_axes(node: Node) -> tuple[Expression, ...]:
    """One expression for all axes, or a list with one for each."""
    return read_list(node) if isinstance(node, Sequence) else (read_expression(node),)


def read_pairs(node: Node) -> tuple[tuple[Expression, ...], ...]:
    """A list with an expression, or a list of them, for each axis."""
    if not isinstance(node, Sequence):
        raise fail(node.place, f"expected a list such as [0, [1, 2]], found {describe(node)}", "give one for each axis")
    return tuple(read_axes(item) for item in node.items)


def read_radius(node: Node) -> Expression | Mapping[str, Expression]:
    """One radius for all arrays of a layer together, or a mapping with a ball for each array."""
    return _named_expressions(node) if isinstance(node, NodeMapping) else read_expression(node)


@dataclass(frozen=True, slots=True)
class CenterNorms:
    """What is known of one given array: its Euclidean norm, and the operator norm of the layer's linear map at it."""

    norm: Expression
    spectral: Expression

    @property
    def place(self) -> Place:
        return self.norm.place


def read_center(node: Node) -> Expression | CenterNorms | Mapping[str, Expression | CenterNorms]:
    """The norm of the centre of all arrays of a layer together, or what is known of each array: its norm, or both its norms.
    No array is called as they are."""
    if not isinstance(node, NodeMapping):
        return read_expression(node)
    if _NORMS.isdisjoint(key.text for key, _ in node.entries):
        return {key.text: _read_norms(value) for key, value in node.entries}
    return _read_norms(node)


def _read_norms(node: Node) -> Expression | CenterNorms:
    if not isinstance(node, NodeMapping):
        return read_expression(node)
    found = {key.text: value for key, value in node.entries}
    unknown = next((key for key, _ in node.entries if key.text not in _NORMS), None)
    if unknown is not None:
        remedy = suggest(unknown.text, _NORMS) or "a centre has a norm and a spectral norm: {norm: E, spectral: E}"
        raise fail(unknown.place, f"unknown field {shown(unknown.text)} of a centre", remedy)
    if len(found) < len(_NORMS):
        remedy = "a centre of which only the norm is known is that: center: E"
        raise fail(node.place, "a centre has a norm and a spectral norm", f"write {{norm: E, spectral: E}}; {remedy}")
    return CenterNorms(read_expression(found["norm"]), read_expression(found["spectral"]))


def read_share(node: Node) -> bool | tuple[str, Place] | Mapping[str, tuple[str, Place]]:
    """`true` (only on a repeat), the name of another layer or module, or array: layer.array."""
    if isinstance(node, NodeMapping):
        return {read_path(key)[0]: read_path(value) for key, value in node.entries}
    scalar = read_scalar(node, "the name of a layer")
    return scalar.text == "true" if scalar.text in ("true", "false") else read_path(node)


def choice(*words: Word) -> Callable[[Node], Word]:
    def read(node: Node) -> Word:
        scalar = read_scalar(node, f"one of {', '.join(words)}")
        if scalar.text not in words:
            remedy = suggest(scalar.text, words) or f"one of {', '.join(words)}"
            raise fail(scalar.place, f"unknown word {shown(scalar.text)}", remedy)
        return words[words.index(scalar.text)]

    return read


def named(*names: str) -> Callable[[Node], Mapping[str, Expression]]:
    """A mapping with an expression for each of these names."""
    shape = f"{{{', '.join(f'{name}: ...' for name in names)}}}"

    def read(node: Node) -> Mapping[str, Expression]:
        if not isinstance(node, NodeMapping):
            raise fail(node.place, f"expected a mapping {shape}, found {describe(node)}")
        for key, _ in node.entries:
            if key.text not in names:
                raise fail(key.place, f"unknown key {shown(key.text)}", suggest(key.text, names) or f"write {shape}")
        found = _named_expressions(node)
        for name in names:
            if name not in found:
                raise fail(node.place, f"`{name}` is missing", f"write {shape}")
        return found

    return read


def keep(node: Node) -> Node:
    """Steps and operands are read by `steps`, which knows the modules."""
    return node


def _named_expressions(node: NodeMapping) -> Mapping[str, Expression]:
    values = _each(read_expression, tuple(value for _, value in node.entries))
    return dict(zip((key.text for key, _ in node.entries), values, strict=True))


def _each(read: Callable[[Node], Expression], nodes: tuple[Node, ...]) -> list[Expression]:
    """Read all, so that all mistakes of a list are reported together."""
    mistakes = Mistakes()
    values: list[Expression] = []
    for node in nodes:
        try:
            values.append(read(node))
        except SpecError as error:
            mistakes.extend(error)
    mistakes.raise_if_any()
    return values


@dataclass(frozen=True, slots=True)
class Whole:
    """Marks a field of sizes: a symbol that stands in it by itself is a whole number of at least `least`."""

    least: int = 1


REFERENCE = "x-reference"  # a `$ref` to come: pydantic takes every `$ref` for one of its own
EXPRESSION_SCHEMA: dict[str, Any] = {
    "type": ["number", "string"],
    "description": "an expression, e.g. 2*width + 1 or sqrt(in)",
}
NAME_SCHEMA: dict[str, Any] = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
PATH_SCHEMA: dict[str, Any] = {
    "type": "string",
    "pattern": f"^[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z0-9_]+){{0,{MOST_PARTS - 1}}}$",
}
_AXES_SCHEMA: dict[str, Any] = {"anyOf": [EXPRESSION_SCHEMA, {"type": "array", "items": EXPRESSION_SCHEMA}]}
_ALONG_SCHEMA: dict[str, Any] = {**_AXES_SCHEMA, "description": "sample, and axes counted without the batch"}
_RADIUS_SCHEMA: dict[str, Any] = {
    "anyOf": [EXPRESSION_SCHEMA, {"type": "object", "additionalProperties": EXPRESSION_SCHEMA}]
}
_NORMS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": dict.fromkeys(sorted(_NORMS), EXPRESSION_SCHEMA),
    "required": sorted(_NORMS),
    "additionalProperties": False,
}
_CENTER_SCHEMA: dict[str, Any] = {
    "anyOf": [
        EXPRESSION_SCHEMA,
        _NORMS_SCHEMA,
        {"type": "object", "additionalProperties": {"anyOf": [EXPRESSION_SCHEMA, _NORMS_SCHEMA]}},
    ]
}
_SHARE_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "boolean"}, {"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]
}
_OPERANDS_SCHEMA: dict[str, Any] = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {REFERENCE: "operand"}}],
    "description": "what the step reads: a name, or a list of operands; [] is the step's own input",
}

Term = Annotated[Expression, PlainValidator(read_expression), WithJsonSchema(EXPRESSION_SCHEMA)]
Size = Annotated[Term, Whole()]
Passes = Annotated[Term, Whole(0)]
Flag = Annotated[
    bool | Expression, PlainValidator(read_flag), WithJsonSchema({"anyOf": [{"type": "boolean"}, NAME_SCHEMA]})
]
Name = Annotated[str, PlainValidator(read_identifier), WithJsonSchema(NAME_SCHEMA)]
StepName = Annotated[str, PlainValidator(read_name), WithJsonSchema(PATH_SCHEMA)]
Terms = Annotated[
    tuple[Expression, ...], PlainValidator(read_list), WithJsonSchema({"type": "array", "items": EXPRESSION_SCHEMA})
]
Shape = Annotated[Terms, Whole()]
Axes = Annotated[tuple[Expression, ...], PlainValidator(read_axes), WithJsonSchema(_AXES_SCHEMA), Whole()]
Numbers = Annotated[tuple[Expression, ...], PlainValidator(read_axes), WithJsonSchema(_AXES_SCHEMA)]
Pairs = Annotated[
    tuple[tuple[Expression, ...], ...],
    PlainValidator(read_pairs),
    WithJsonSchema({"type": "array", "items": _AXES_SCHEMA}),
    Whole(0),
]
Along = Annotated[tuple[Expression, ...], PlainValidator(read_axes), WithJsonSchema(_ALONG_SCHEMA)]
Radius = Annotated[Expression | Mapping[str, Expression], PlainValidator(read_radius), WithJsonSchema(_RADIUS_SCHEMA)]
Center = Annotated[
    Expression | CenterNorms | Mapping[str, Expression | CenterNorms],
    PlainValidator(read_center),
    WithJsonSchema(_CENTER_SCHEMA),
]
Share = Annotated[
    bool | tuple[str, Place] | Mapping[str, tuple[str, Place]],
    PlainValidator(read_share),
    WithJsonSchema(_SHARE_SCHEMA),
]
RawOperands = Annotated[Node, PlainValidator(keep), WithJsonSchema(_OPERANDS_SCHEMA)]
RawSteps = Annotated[Node, PlainValidator(keep), WithJsonSchema({"type": "array", "items": {REFERENCE: "step"}})]
RawMapping = Annotated[Node, PlainValidator(keep), WithJsonSchema({"type": "object"})]
