"""`--blocks`: what is differentiated by, in blocks: each ball and input alone, or together what stands at one place of the network.

A word is a pattern of paths as in `--wrt`; every path that it matches is a block of all that stands there. What several matches
contain is in the innermost; what none contains is in one block together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from boundcalc.calculus.primitives import Block, PrimitiveGraph
from boundcalc.graph.grouping import ALL_OTHERS, is_pattern, patterns
from boundcalc.graph.patterns import prefixes
from boundcalc.graph.selection import MOST_WORDS
from boundcalc.mistakes import Mistakes, Place, shown, suggest

COPY = ".*"  # what follows the path of a symbolic repeat in the paths of its layers, which stand for those of one pass


def partitioned(primitives: PrimitiveGraph, blocks: str) -> PrimitiveGraph:
    """The same with these blocks; under `total` and `layer` each ball and input is one of its own.

    Raises SpecError for a pattern that matches nothing that is differentiated by.
    """
    made_in = {member: block.made_in for block in primitives.blocks.values() for member in block.members}
    if not is_pattern(blocks):
        return replace(primitives, blocks={member: Block((member,), loops) for member, loops in made_in.items()})
    words = patterns(blocks)
    _check(words, made_in)
    found: dict[str, list[str]] = {}
    for member in made_in:
        length = max((n for word in words for n in prefixes(word, member)), default=0)
        found.setdefault(".".join(member.split(".")[:length]) or ALL_OTHERS, []).append(member)
    if ALL_OTHERS in found:
        found[ALL_OTHERS] = found.pop(ALL_OTHERS)  # last
    of_blocks = {name: Block(tuple(members), _made_in(name, members, made_in)) for name, members in found.items()}
    return replace(primitives, blocks=of_blocks)


def _made_in(name: str, members: Sequence[str], made_in: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The repeats in each pass of which the block is another one: those of whose copies its name says one."""
    of_all = [loop for loop in made_in[members[0]] if all(loop in made_in[member] for member in members)]
    return tuple(loop for loop in of_all if f"{name}.".startswith(f"{loop}{COPY}."))


def _check(words: Sequence[str], members: Mapping[str, Sequence[str]]) -> None:
    mistakes, known = Mistakes(), list[str]()
    if len(words) > MOST_WORDS:
        mistakes.add(Place("--blocks"), f"more than {MOST_WORDS} patterns", "use wildcards, such as 'stage*'")
        mistakes.raise_if_any()
    for word in words:
        if any(n for member in members for n in prefixes(word, member)):
            continue
        known = known or ["total", "layer", *dict.fromkeys(path for member in members for path in _places(member))]
        remedy = suggest(word, known) or "write total, layer, or a pattern of paths such as 'stage*'"
        finding = f"{shown(word)} matches nothing that is differentiated by"
        mistakes.add(Place(f"--blocks {shown(word)[1:-1]}"), finding, remedy)
    mistakes.raise_if_any()


def _places(member: str) -> list[str]:
    parts = member.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
