"""Equations of torch.einsum: of two operands at a time, without the letter of the samples."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft
from boundcalc.importers.values import Batch, Fixed, Held, Learned, RefusalError, Value


@dataclass(frozen=True, slots=True)
class _Term:
    letters: str
    held: Held


def einsum(draft: Draft, call: Call) -> Value:
    equation, operands = call.get("equation"), call.get("tensors")
    if not isinstance(equation, str) or not isinstance(operands, tuple):
        raise RefusalError("its equation is not written out")
    arrays = [each for each in operands if isinstance(each, Held | Learned | Fixed)]
    parts, result = _written_out(equation, [len(each.shape) for each in arrays])
    found = {
        part[each.batch.axis]
        for part, each in zip(parts, arrays, strict=True)
        if isinstance(each, Held) and each.batch is not None
    }
    joins = {
        (each.batch.before, each.batch.after) for each in arrays if isinstance(each, Held) and each.batch is not None
    }
    if len(found) != 1 or len(joins) != 1:
        raise RefusalError("its operands have the samples on different axes")
    ((before, after),) = joins
    letter = found.pop()
    if letter not in result:
        raise RefusalError("it sums over the samples")
    terms: list[_Term] = []
    for part, each in zip(parts, arrays, strict=True):
        held = draft.held(each)
        if letter in part and held.batch is None:
            raise RefusalError("an operand without samples has their axis")
        terms.append(_Term(part, held))
    sizes = {name: size for term in terms for name, size in zip(term.letters, term.held.shape, strict=True)}
    while len(terms) > 2:
        rest = "".join(term.letters for term in terms[2:]) + result
        kept = "".join(dict.fromkeys(c for c in terms[0].letters + terms[1].letters if c in rest))
        terms = [_Term(kept, _step(draft, terms[:2], kept, letter, sizes, Batch(0, before, after))), *terms[2:]]
    return _step(draft, terms, result, letter, sizes, Batch(0, before, after))


def _step(draft: Draft, terms: Sequence[_Term], result: str, letter: str, sizes: dict[str, int], like: Batch) -> Held:
    """`like`: what is joined with the samples, which stays an axis."""
    equation = ",".join(term.letters for term in terms) + "->" + result
    shape = tuple(sizes[name] for name in result)
    batch = Batch(result.index(letter), like.before, like.after) if letter in result else None
    return draft.step(
        "einsum",
        {"equation": equation.replace(letter, "") if like.others == 1 else equation},
        [term.held for term in terms],
        shape,
        batch,
    )


def _written_out(equation: str, ranks: list[int]) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with letters in place of three dots, and a result where none is said."""
    left, arrow, result = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(ranks):
        raise RefusalError("its equation is of another number of operands")
    free = [c for c in string.ascii_letters if c not in equation]
    most = max((rank - len(part) + 3 for part, rank in zip(parts, ranks, strict=True) if "..." in part), default=0)
    dots = "".join(free[:most])
    if not arrow:
        once = sorted(c for c in set(left) if c.isalpha() and left.count(c) == 1)
        result = ("..." if "..." in left else "") + "".join(once)
    spread = [
        part.replace("...", dots[most - (rank - len(part) + 3) :] if "..." in part else "")
        for part, rank in zip(parts, ranks, strict=True)
    ]
    return spread, result.replace("...", dots)
