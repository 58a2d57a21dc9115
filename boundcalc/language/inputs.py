"""The norm of an input: of the whole batch where it is bare, or of what it says."""

from __future__ import annotations

from boundcalc.language import fields
from boundcalc.language.steps import validate
from boundcalc.language.structure import InputNorm
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node


def input_norm(node: Node) -> InputNorm:
    if isinstance(node, NodeMapping):
        norm = validate(InputNorm, node.entries, node.place, "a norm")
        if len(node.entries) != 1:
            raise fields.fail(node.place, "a norm is for the batch, a sample or an entry: exactly one of them")
        return norm
    return InputNorm.model_construct(batch=fields.read_expression(node))
