"""einsum: products and sums of one or two operands, by an equation for their shapes without the batch: "ij,jk->ik".

Two operands: a bilinear map of norm 1, by Cauchy-Schwarz over the letters that are in both and not in the result; a letter of one
operand alone that is not in the result is summed before, of norm sqrt(its size). One operand: a sum, of norm sqrt(size) for each
letter that is not in the result, of entries that are moved; a letter twice in it takes the diagonal. Both are reached.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Annotated, Any

import sympy
from pydantic import PlainValidator, WithJsonSchema

from boundcalc.calculus.primitives import Bilinear, Linear
from boundcalc.calculus.views import View, Window, moved
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.fields import describe, fail
from boundcalc.language.structure import StepFields
from boundcalc.language.tree import Node, Scalar

EXAMPLE = 'write equation: "ij,jk->ik" (in quotes: a comma splits), a letter for each axis without the batch'


def read_equation(node: Node) -> str:
    if not isinstance(node, Scalar) or node.is_null:
        raise fail(node.place, f"expected an equation, found {describe(node)}", EXAMPLE)
    text = "".join(node.text.split())
    operands, arrow, result = text.partition("->")
    if "." in text:
        raise fail(node.place, "an equation of einsum has no dots here", EXAMPLE)
    if not arrow:
        raise fail(node.place, f"the equation '{node.text}' does not say its result", EXAMPLE)
    letters = [*operands.split(","), result]
    if not all(part == "" or (part.isascii() and part.isalpha()) for part in letters):
        raise fail(node.place, f"'{node.text}' is no equation", EXAMPLE)
    if len(letters) > 3:
        finding = f"einsum takes one or two operands, and the equation has {len(letters) - 1}"
        raise fail(node.place, finding, "multiply two first, and the result by the next")
    for letter, times in Counter(result).items():
        if times > 1:
            raise fail(node.place, f"the letter '{letter}' is twice in the result", "name an axis once")
        if letter not in operands:
            raise fail(node.place, f"the letter '{letter}' of the result is in no operand", "unsqueeze makes an axis")
    twice = [letter for part in letters[:-1] for letter, times in Counter(part).items() if times > 1]
    if len(letters) == 3 and twice:
        finding = f"the letter '{twice[0]}' is twice in one of two operands"
        raise fail(node.place, finding, f"take its diagonal first: einsum: {letters[0]}->...")
    return text


Equation = Annotated[
    str, PlainValidator(read_equation), WithJsonSchema({"type": "string", "pattern": "^[A-Za-z ,]*->[A-Za-z ]*$"})
]


class Fields(StepFields):
    """Products and sums by an equation, such as "ij,jk->ik", for shapes without the batch."""

    value_field = "equation"
    equation: Equation


@dataclass(frozen=True, slots=True)
class Facts:
    operands: tuple[str, ...]  # the letters of their axes
    result: str
    sizes: Mapping[str, sympy.Expr]
    row_stochastic: bool  # the left one, whose last axis is all that is contracted

    @property
    def kept(self) -> tuple[str, ...]:
        """The letters of each operand, each once, without those that it alone has and the result has not: they are summed."""
        counts = Counter(letter for letters in (*self.operands, self.result) for letter in set(letters))
        return tuple(
            "".join(a for a in dict.fromkeys(letters) if a in self.result or counts[a] > 1) for letters in self.operands
        )

    def shape(self, letters: str) -> Shape:
        return tuple(self.sizes[letter] for letter in letters)


def place(fields: Fields, at: At) -> Placed[Facts]:
    operands, _, result = fields.equation.partition("->")
    parts = tuple(operands.split(","))
    if len(parts) != len(at.operands):
        finding = f"the equation '{fields.equation}' has {len(parts)} operands, and the step reads {len(at.operands)}"
        raise at.error(finding, "say `from: [a, b]`, an operand for each")
    sizes: dict[str, sympy.Expr] = {}
    for letters, operand in zip(parts, at.operands, strict=True):
        if len(letters) != len(operand.shape):
            finding = f"'{letters}' has {len(letters)} letters, and its operand has shape {show_shape(operand.shape)}"
            raise at.error(finding, "name each axis once, without the batch")
        for letter, size in zip(letters, operand.shape, strict=True):
            if not at.same(sizes.setdefault(letter, size), size):
                finding = f"the letter '{letter}' is {at.known(sizes[letter])} and {at.known(size)}"
                raise at.error(f"{finding} in '{fields.equation}'", "a letter has one size")
    weighs = [letter for letter in sizes if letter not in result] == [parts[0][-1:]] and parts[0][-1:] in parts[-1]
    is_stochastic = len(parts) == 2 and at.operands[0].row_stochastic and weighs
    facts = Facts(parts, result, sizes, is_stochastic)
    return Placed(facts.shape(result), facts, features=_features(facts, at))


def _features(facts: Facts, at: At) -> int | None:
    """The axis of the features of the first operand whose letter is left."""
    for letters, operand in zip(facts.operands, at.operands, strict=True):
        if operand.features is not None and letters[operand.features] in facts.result:
            return facts.result.index(letters[operand.features])
    return -1 if facts.result else None


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    if len(inputs) == 1:
        return _lower_sum(facts, facts.operands[0], facts.result, inputs[0], lowering)
    kept = facts.kept
    left, right = (
        of if letters == operand else _lower_sum(facts, operand, letters, of, lowering)
        for operand, letters, of in zip(facts.operands, kept, inputs, strict=True)
    )
    rows = [letter for letter in kept[0] if letter in facts.result and letter not in kept[1]]
    return lowering.emit(
        Bilinear(
            left,
            right,
            sympy.S.One,
            left_norm=sympy.sqrt(sympy.Mul(*facts.shape("".join(rows)))) if facts.row_stochastic else None,
            entrywise=set(kept[0]) == set(kept[1]) == set(facts.result),
            stochastic=facts.row_stochastic,
            left_view=moved(_pairs(facts.result, kept[0])),
            right_view=moved(_pairs(facts.result, kept[1])),
        )
    )


def _lower_sum(facts: Facts, operand: str, result: str, of: int, lowering: Lowering) -> int:
    """The sum over all letters that are not in the result. An axis that has a letter of another one is read as a whole."""
    summed = [letter for letter in dict.fromkeys(operand) if letter not in result]
    windows = tuple(Window(operand.index(letter) + 1, None, facts.sizes[letter]) for letter in summed)
    norm = sympy.sqrt(sympy.Mul(*(facts.sizes[letter] for letter in summed)))
    view = View(moved(_pairs(result, operand)).along, windows)
    return lowering.emit(Linear(of, norm, contracts_sup=not summed, view=view), facts.shape(result))


def _pairs(result: str, operand: str) -> list[tuple[int, int]]:
    """The samples, and the axes of the result that an operand has."""
    found = [(to, operand.index(letter) + 1) for to, letter in enumerate(result, start=1) if letter in operand]
    return [(0, 0), *found]


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    summed = [_summed(*each, xp) for each in zip(inputs, facts.operands, facts.kept, strict=True)]
    if len(summed) == 1:
        return _ordered(summed[0], facts.kept[0], facts.result, xp)
    left, right = facts.kept
    both = [letter for letter in left if letter in right]
    shared, contracted = ("".join(a for a in both if (a in facts.result) == is_left) for is_left in (True, False))
    rows, columns = ("".join(a for a in own if a not in both) for own in (left, right))
    matrices = [
        _grouped(_ordered(z, letters, "".join(groups), xp), groups, xp)
        for z, letters, groups in (
            (summed[0], left, (shared, rows, contracted)),
            (summed[1], right, (shared, contracted, columns)),
        )
    ]
    product = xp.matmul(*matrices)
    sizes = tuple(int(facts.sizes[letter]) for letter in shared + rows + columns)
    return _ordered(xp.reshape(product, (inputs[0].shape[0], *sizes)), shared + rows + columns, facts.result, xp)


def _summed(z: Any, letters: str, kept: str, xp: Any) -> Any:
    """Diagonals first, then the sum over the letters that are not kept."""
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first, last = letters.index(letter) + 1, letters.rindex(letter) + 1
            shape = [1] * z.ndim
            shape[first] = shape[last] = z.shape[last]
            ones = [[float(i == j) for j in range(z.shape[last])] for i in range(z.shape[last])]
            z = xp.sum(z * xp.reshape(xp.asarray(ones, dtype=z.dtype), tuple(shape)), axis=last)
            letters = letters[: last - 1] + letters[last:]
    axes = tuple(axis for axis, letter in enumerate(letters, start=1) if letter not in kept)
    return xp.sum(z, axis=axes) if axes else z


def _ordered(z: Any, letters: str, order: str, xp: Any) -> Any:
    return xp.permute_dims(z, (0, *(letters.index(letter) + 1 for letter in order)))


def _grouped(z: Any, groups: Sequence[str], xp: Any) -> Any:
    """An axis for each group of neighbouring axes, behind the samples."""
    ends = [1]
    for group in groups:
        ends.append(ends[-1] + len(group))
    sizes = (prod(z.shape[a:b]) for a, b in pairwise(ends))
    return xp.reshape(z, (z.shape[0], *sizes))


KIND = Kind(
    "einsum",
    Fields,
    place,
    lower,
    forward,
    operands=None,
    channels=-1,
    example='radius: 1\ninput: {shape: [3, 4], norm: 1}\nlayers: [dense: 2, {einsum: {equation: "ij,ik->jk", from: [[], []]}}]\n',
)
