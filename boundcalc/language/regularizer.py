"""`regularizer: {l2: {weight: E, only: [PATH, ...]}}`: r(w) = E/2 ||w||^2 over the learned arrays, or over those that paths select."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from boundcalc.exact.expression import Expression
from boundcalc.language import fields
from boundcalc.language.tree import Mapping, Node, Sequence
from boundcalc.mistakes import Mistake, Place, SpecError, shown, suggest

WEIGHT, ONLY = "weight", "only"
NORM = "l2"
_WORD = {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class Word:
    """A path of layers, where `*` is one component and `**` any number."""

    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Regularizer:
    """`only`: what it sees; None: all learned arrays that are differentiated by."""

    weight: Expression
    only: tuple[Word, ...] | None = None


def read_regularizer(node: Node) -> Regularizer:
    """Of `E`, `{l2: E}` and `{l2: {weight: E, only: PATHS}}`. Raises SpecError."""
    if not isinstance(node, Mapping):
        return Regularizer(fields.read_expression(node))
    value = _known(node, "the regularizer", (NORM,)).get(NORM)
    if value is None:
        raise fields.fail(node.place, f"the regularizer requires the key '{NORM}'", "regularizer: {l2: 1/100}")
    if not isinstance(value, Mapping):
        return Regularizer(fields.read_expression(value))
    of = _known(value, f"'{NORM}'", (WEIGHT, ONLY))
    weight, only = of.get(WEIGHT), of.get(ONLY)
    if weight is None:
        remedy = "l2: {weight: 1/100, only: 'head.**'}"
        raise fields.fail(value.place, f"'{NORM}' requires the key '{WEIGHT}'", remedy)
    return Regularizer(fields.read_expression(weight), None if only is None else _words(only))


def _words(node: Node) -> tuple[Word, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items:
        raise fields.fail(node.place, f"'{ONLY}' selects nothing", "leave it out, and the regularizer sees all layers")
    scalars = (fields.read_scalar(item, "a path of layers, such as 'stage4.**'") for item in items)
    return tuple(Word(scalar.text, scalar.place) for scalar in scalars)


def _known(node: Mapping, what: str, keys: tuple[str, ...]) -> Mapping:
    unknown = [key for key, _ in node.entries if key.text not in keys]
    mistakes = [
        Mistake(
            key.place,
            f"{what} has no key {shown(key.text)}",
            suggest(key.text, keys) or f"its keys are {', '.join(keys)}",
            "unknown_key",
        )
        for key in unknown
    ]
    if mistakes:
        raise SpecError(mistakes)
    return node


def regularizer_schema(expression: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of it."""
    only = {"anyOf": [_WORD, {"type": "array", "items": _WORD, "minItems": 1}]}
    chosen = {
        "type": "object",
        "properties": {WEIGHT: expression, ONLY: only},
        "required": [WEIGHT],
        "additionalProperties": False,
    }
    of_norm = {
        "type": "object",
        "properties": {NORM: {"anyOf": [expression, chosen]}},
        "required": [NORM],
        "additionalProperties": False,
    }
    return {"anyOf": [expression, of_norm]}
