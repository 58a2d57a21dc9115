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
    value = _required(node, "the regularizer", NORM, (NORM,), "regularizer: {l2: 1/100}")
    if not isinstance(value, Mapping):
        return Regularizer(fields.read_expression(value))
    weight = _required(value, f"'{NORM}'", WEIGHT, (WEIGHT, ONLY), "l2: {weight: 1/100, only: 'head.**'}")
    only = value.get(ONLY)
    return Regularizer(fields.read_expression(weight), None if only is None else _words(only))


def _words(node: Node) -> tuple[Word, ...]:
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items:
        raise fields.fail(node.place, f"'{ONLY}' selects nothing", "leave it out, and the regularizer sees all layers")
    scalars = (fields.read_scalar(item, "a path of layers, such as 'stage4.**'") for item in items)
    return tuple(Word(scalar.text, scalar.place) for scalar in scalars)


def _required(node: Mapping, what: str, key: str, keys: tuple[str, ...], remedy: str) -> Node:
    """What stands at a key. Raises SpecError where there is none, and for other keys."""
    mistakes = [
        Mistake(
            unknown.place,
            f"{what} has no key {shown(unknown.text)}",
            suggest(unknown.text, keys) or f"its keys are {', '.join(keys)}",
            "unknown_key",
        )
        for unknown, _ in node.entries
        if unknown.text not in keys
    ]
    found = node.get(key)
    if found is None:
        mistakes.append(Mistake(node.place, f"{what} requires the key '{key}'", remedy))
    if found is None or mistakes:
        raise SpecError(mistakes)
    return found


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
