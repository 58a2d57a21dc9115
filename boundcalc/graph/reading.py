"""What a step reads: how many operands, whether the step before, and what `in` means to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy

from boundcalc.graph.kind import Kind, Vocabulary
from boundcalc.graph.shape import Shape
from boundcalc.language.architecture import Branch, Step
from boundcalc.language.fields import fail


def reads_one(step: Step) -> None:
    if step.sources is not None and len(step.sources) != 1:
        message = f"'{step.kind}' reads one input, not {len(step.sources)}"
        raise fail(step.place, message, "combine them with add or concat first")


def reads_current(step: Step, vocabulary: Vocabulary) -> bool:
    """Whether a step reads the one before it."""
    if step.sources is None:
        return step.kind not in vocabulary or vocabulary[step.kind].operands != 0
    return any(isinstance(source, Branch) for source in step.sources)


def channels_of(name: str, shapes: Sequence[Shape], kind: Kind[Any, Any]) -> Mapping[str, sympy.Expr]:
    if not shapes or not shapes[0]:
        return {}
    return {name: shapes[0][kind.channels]}
