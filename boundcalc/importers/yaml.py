"""A spec as a person writes it: short fields in one line, wide ones broken, texts in quotes where YAML needs them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from boundcalc.importers.draft import Field

WIDTH = 120
_BARE = re.compile(r"[A-Za-z0-9_.+\-*/()=^<> ]+\Z")


def flow(value: Field) -> str:
    """In one line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return scalar(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(each)}" if each != "" else f"{key}:" for key, each in value.items()) + "}"
    return "[" + ", ".join(flow(each) for each in value) + "]"


def scalar(text: str) -> str:
    starts = text[:1] in ("*", "-", " ", "<", ">", "=") and not re.match(r"-[0-9]", text)
    bare = _BARE.match(text) and not starts and not text.endswith(" ") and " -" not in text[:2]
    return text if bare else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def entry(value: Field, indent: int) -> list[str]:
    """An item of a list of steps."""
    lead = " " * indent
    line = f"{lead}- {_step(value)}"
    if not isinstance(value, Mapping):
        return [line]
    ((kind, fields),) = value.items()
    if not isinstance(fields, Mapping) or not any(_is_layers(each) for each in fields.values()):
        return [line]
    return [f"{lead}- {kind}:", *block(fields, indent + 4)]


def block(fields: Mapping[str, Field], indent: int) -> list[str]:
    """Fields below each other; lists of steps one below the other."""
    lines: list[str] = []
    lead = " " * indent
    for key, value in fields.items():
        if _is_layers(value) and isinstance(value, Sequence):
            lines.append(f"{lead}{key}:")
            for each in value:
                lines += entry(each, indent + 2)
        elif (isinstance(value, Mapping) and _has_layers(value)) or (
            isinstance(value, Mapping) and indent + len(key) + len(flow(value)) > WIDTH
        ):
            lines += [f"{lead}{key}:", *block(value, indent + 2)]
        else:
            lines.append(f"{lead}{key}: {flow(value)}" if value != "" else f"{lead}{key}:")
    return lines


def _step(value: Field) -> str:
    if isinstance(value, Mapping):
        ((kind, fields),) = value.items()
        return f"{kind}: {flow(fields)}"
    return flow(value)


def _has_layers(value: Mapping[str, Field]) -> bool:
    return any(_is_layers(each) or (isinstance(each, Mapping) and _has_layers(each)) for each in value.values())


def _is_layers(value: Field) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(e, Mapping) for e in value)
