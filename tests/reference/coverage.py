"""Which words of the language some specs use: every field of every kind, each word and flag that a field can be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from boundcalc.exact.expression import Expression
from boundcalc.graph.kind import Kind
from boundcalc.language.architecture import Architecture, Branch, Step
from boundcalc.language.jsonschema import json_schema
from boundcalc.language.structure import COMMON_FIELDS, CONSTRUCTS
from boundcalc.layers.index import VOCABULARY

Spec = Architecture[Kind[Any, Any]]
FLAG = {"type": "boolean"}


def steps_of(architecture: Spec) -> Iterator[Step]:
    """All steps, also those of modules, branches, arguments and bodies, and the loss."""
    yield from _inside(architecture.layers)
    for module in architecture.modules.values():
        yield from _inside(module.layers)
        yield from _inside([step for a in module.arguments.values() if isinstance(a, Branch) for step in a.steps])
    yield from _inside([] if architecture.loss is None else [architecture.loss])


def _inside(steps: Any) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _inside(step.body)
        for part in (*(step.sources or ()), *(step.arguments or {}).values()):
            if isinstance(part, Branch):
                yield from _inside(part.steps)


def used(architecture: Spec) -> Iterator[str]:
    """`kind`, `kind.field`, `kind.field=word`; common fields have no kind."""
    for step in steps_of(architecture):
        kind = "call" if step.kind in architecture.modules else step.kind
        yield kind
        for name in step.fields.model_fields_set:
            info, value = type(step.fields).model_fields.get(name), getattr(step.fields, name)
            field = name if info is None or info.alias is None else info.alias
            path = field if field in COMMON_FIELDS else f"{kind}.{field}"
            yield path
            if isinstance(value, bool | str) and field not in ("name", "index"):
                yield f"{path}={str(value).lower()}"
            if field == "padding" and isinstance(value[0], Expression) and value[0].text == "same":
                yield f"{path}=same"


def wanted() -> Iterator[str]:
    """What the vocabulary and the grammar have, in the words of `used`."""
    definitions = json_schema(VOCABULARY)["$defs"]
    for kind in (*VOCABULARY, *CONSTRUCTS):
        yield kind
        for field, schema in _properties(definitions[f"{kind}_fields"]).items():
            if field not in COMMON_FIELDS:
                yield f"{kind}.{field}"
                words = schema.get("enum", [])
                words = ["true", "false"] if FLAG in schema.get("anyOf", []) else words
                yield from (f"{kind}.{field}={word}" for word in words)
    yield from COMMON_FIELDS
    yield from (f"conv{axes}d.padding=same" for axes in (1, 2, 3))


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    return schema["properties"] if "properties" in schema else _properties(schema["anyOf"][0])
