"""A Sphinx extension: docstrings of boundcalc are plain text with `code`, whose signs mean nothing else."""

from __future__ import annotations

import re
from typing import Any

CODE = re.compile(r"(`[^`]*`)")


def escape(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    parts = CODE.split("\n".join(lines))
    parts[::2] = [re.sub(r"([\\|*_])", r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"`{part}`" for part in parts[1::2]]
    lines[:] = "".join(parts).split("\n")


def setup(app: Any) -> dict[str, bool]:
    app.connect("autodoc-process-docstring", escape)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
