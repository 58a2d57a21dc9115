"""The JSON Schema of the language, generated from the models that read it, so that editors complete specs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from boundcalc.language.fields import EXPRESSION_SCHEMA, NAME_SCHEMA, PATH_SCHEMA, REFERENCE
from boundcalc.language.formulas import FIELD
from boundcalc.language.regularizer import regularizer_schema
from boundcalc.language.structure import ENDS, InputNorm, StepFields
from boundcalc.language.words import Lexicon, Words

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_STEPS: dict[str, Any] = {"type": "array", "items": {"$ref": "#/$defs/step"}}
_ANY_EXPRESSION: dict[str, Any] = {"anyOf": [EXPRESSION_SCHEMA, {"type": "null"}]}


def json_schema(words: Words) -> dict[str, Any]:
    """JSON Schema (2020-12) of a spec file. Modules have names of their own, so a step of an unknown kind is allowed here;
    the compiler itself refuses it."""
    lexicon = Lexicon.of(words)
    definitions: dict[str, Any] = {
        "expression": EXPRESSION_SCHEMA,
        "step": _step(lexicon.layers, loss=False),
        "operand": {"anyOf": [{"type": "string"}, _STEPS]},
        "loss": _step(lexicon.losses, loss=True),
        "input": _input(),
        "module": _module(),
    }
    for kinds, loss in ((lexicon.layers, False), (lexicon.losses, True)):
        definitions |= {f"{kind}_fields": _fields(model, kind, loss) for kind, model in kinds.items()}
    symbol = {
        "anyOf": [
            _ANY_EXPRESSION,
            {
                "type": "object",
                "properties": {
                    "value": _ANY_EXPRESSION,
                    "integer": {"type": "boolean"},
                    "above": _ANY_EXPRESSION,
                    "below": _ANY_EXPRESSION,
                    "at_least": _ANY_EXPRESSION,
                },
                "additionalProperties": False,
            },
        ]
    }
    properties: dict[str, Any] = {
        "name": {"type": "string"},
        "include": {"type": "array", "items": {"type": "string"}},
        "symbols": {"type": "object", "additionalProperties": symbol},
        "activations": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {FIELD: EXPRESSION_SCHEMA},
                "required": [FIELD],
                "additionalProperties": False,
            },
        },
        "define": {"type": "object", "additionalProperties": {"$ref": "#/$defs/module"}},
        "batch": EXPRESSION_SCHEMA,
        "input": {"$ref": "#/$defs/input"},
        "inputs": {"type": "object", "additionalProperties": {"$ref": "#/$defs/input"}},
        "radius": StepFields.model_json_schema(by_alias=True)["properties"]["radius"],
        "layers": _STEPS,
        "output": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "loss": {"$ref": "#/$defs/loss"},
        "regularizer": regularizer_schema(EXPRESSION_SCHEMA),
        "smooth": {"type": "string", "pattern": "^(softplus|moreau *=.+)$"},
        "set": {"type": "object", "propertyNames": PATH_SCHEMA},
    }
    return {
        "$schema": _DIALECT,
        "title": "boundcalc spec",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _step(kinds: Mapping[str, type[StepFields]], loss: bool) -> dict[str, Any]:
    properties = {kind: {"$ref": f"#/$defs/{kind}_fields"} for kind in kinds}
    mapping: dict[str, Any] = {"type": "object", "properties": properties, "minProperties": 1, "maxProperties": 1}
    if loss:
        mapping["additionalProperties"] = False
    bare: dict[str, Any] = {"enum": sorted(kind for kind in kinds if not _required(kinds[kind], loss))}
    module: dict[str, Any] = {**NAME_SCHEMA, "not": {"enum": sorted(kinds)}}
    return {"anyOf": [bare, *([] if loss else [module]), mapping]}


def _required(model: type[StepFields], loss: bool) -> list[str]:
    """A combination requires its operands; a loss reads the output where it does not say."""
    own = [info.alias or name for name, info in model.model_fields.items() if info.is_required()]
    return ["from", *own] if model.value_field == "from" and not loss else own


def _resolved(schema: Any) -> Any:
    """With references to the parts of this schema."""
    if isinstance(schema, list):
        return [_resolved(item) for item in cast("list[Any]", schema)]
    if not isinstance(schema, dict):
        return schema
    mapping = cast("dict[str, Any]", schema)
    if REFERENCE in mapping:
        return {"$ref": f"#/$defs/{mapping[REFERENCE]}"}
    return {key: _resolved(value) for key, value in mapping.items()}


def _fields(model: type[StepFields], kind: str, loss: bool) -> dict[str, Any]:
    schema = _resolved(model.model_json_schema(by_alias=True))
    schema.pop("title", None)
    schema["title"] = kind
    for field in schema["properties"].values():
        field.pop("title", None)
        field.pop("default", None)
    required = _required(model, loss)
    if required:
        schema["required"] = required
    alternatives: list[dict[str, Any]] = [schema]
    if not required:
        alternatives.append({"type": "null"})
    if model.value_field is not None and set(required) <= {model.value_field}:
        alternatives.append(schema["properties"][model.value_field])
    return schema if len(alternatives) == 1 else {"anyOf": alternatives}


def _input() -> dict[str, Any]:
    norm = InputNorm.model_json_schema()
    return {
        "type": "object",
        "properties": {
            "shape": {"type": "array", "items": EXPRESSION_SCHEMA},
            "norm": {"anyOf": [EXPRESSION_SCHEMA, {**norm, "minProperties": 1, "maxProperties": 1}]},
            "tokens": EXPRESSION_SCHEMA,
            "batch": EXPRESSION_SCHEMA,
            "features": {"enum": list(ENDS)},
        },
        "required": ["shape"],
        "additionalProperties": False,
    }


def _module() -> dict[str, Any]:
    default = {"anyOf": [_ANY_EXPRESSION, {"type": "boolean"}, _STEPS]}
    return {
        "anyOf": [
            _STEPS,
            {
                "type": "object",
                "properties": {
                    "args": {"type": "object", "additionalProperties": default},
                    "inputs": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                    "layers": _STEPS,
                },
                "required": ["layers"],
                "additionalProperties": False,
            },
        ]
    }
