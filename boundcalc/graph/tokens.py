"""Token ids have no norm: they are read by kinds that read nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boundcalc.graph.kind import Kind, Operand, Vocabulary
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail


def check_tokens(step: Step, kind: Kind[Any, Any], operands: Sequence[Operand], vocabulary: Vocabulary) -> None:
    """Raises SpecError where numbers and ids are mixed up."""
    if any((operand.tokens is not None) != kind.reads_tokens for operand in operands):
        reading = " or ".join(name for name, known in vocabulary.items() if known.reads_tokens)
        if kind.reads_tokens:
            finding, remedy = f"'{step.kind}' reads token ids", "declare the input with them: {shape: [T], tokens: V}"
            raise fail(step.place, f"{finding}, and here are numbers", remedy)
        finding = f"'{step.kind}' reads token ids, which have no norm"
        raise fail(step.place, finding, f"turn them into features first, with {reading}" if reading else None)
