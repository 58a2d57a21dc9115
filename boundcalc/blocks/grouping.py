"""How parameters are grouped: one block for all, or one for each ball."""

from __future__ import annotations

from typing import Literal

Blocks = Literal["total", "layer"]
