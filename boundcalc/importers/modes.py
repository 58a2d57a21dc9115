"""What is asked of an import in words."""

from __future__ import annotations

from typing import Literal

Mode = Literal["train", "eval"]
Weights = Literal["symbols", "norms"]
