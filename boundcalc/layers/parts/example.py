"""The small specs that show how a kind is used."""

from __future__ import annotations


def example(layers: str, shape: str = "[3]", *, loss: str | None = None, norm: str = "1", more: str = "") -> str:
    """A spec of these layers over one input; `more`: further lines of the file."""
    lines = [f"input: {{shape: {shape}, norm: {norm}}}", "radius: 1", *([more] if more else []), f"layers: [{layers}]"]
    return "\n".join([*lines, *([] if loss is None else [f"loss: {loss}"])]) + "\n"
