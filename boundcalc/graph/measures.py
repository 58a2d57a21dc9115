"""The ways to measure an output (measure.py says how). Nothing is imported here: the command line reads it."""

from __future__ import annotations

from typing import Literal

Measure = Literal["batch", "sample", "position", "entry"]
MEASURES: tuple[Measure, ...] = ("batch", "sample", "position", "entry")
