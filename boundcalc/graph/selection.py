"""`--wrt`: what the network is differentiated by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.mistakes import Mistakes, Place, shown, suggest

ALL = "parameters"
ANY = "**"
MOST_WORDS = 100  # each is compared with every ball


@dataclass(frozen=True, slots=True)
class Selection:
    """The chosen inputs and learned arrays. `everything`: all learned arrays that are not frozen."""

    everything: bool = True
    inputs: frozenset[str] = frozenset()
    balls: frozenset[str] = field(default_factory=frozenset)

    def parameter(self, ball: str) -> bool:
        return self.everything or ball in self.balls

    def input(self, name: str) -> bool:
        return name in self.inputs


def select(graph: LayerGraph, words: Sequence[str]) -> Selection:
    """Read `parameters`, names of inputs and paths of layers, where `*` is one component of a path and `**` any number.

    Raises SpecError for a word that selects nothing.
    """
    mistakes = Mistakes()
    inputs = {node.path for node in graph.inputs}
    chosen_inputs: set[str] = set()
    balls: set[str] = set()
    everything = False
    if len(words) > MOST_WORDS:
        mistakes.add(Place("--wrt"), f"more than {MOST_WORDS} names and patterns", "use wildcards, such as 'stage4.**'")
        mistakes.raise_if_any()
    for word in dict.fromkeys(words):
        if word == ALL:
            everything = True
        elif word in inputs:
            chosen_inputs.add(word)
        else:
            found = {ball for ball in graph.balls if prefixes(word, ball)}
            if not found:
                known = [ALL, *inputs, *graph.balls, *graph.paths]
                remedy = suggest(word, known) or "write parameters, the name of an input, or a path such as 'stage4.**'"
                place = Place(f"--wrt {shown(word)[1:-1]}")
                mistakes.add(place, f"{shown(word)} selects nothing that can be differentiated by", remedy)
            balls |= found
    if not words:
        mistakes.add(Place("--wrt"), "nothing is selected", "write parameters, the name of an input, or a path")
    mistakes.raise_if_any()
    return Selection(everything, frozenset(chosen_inputs), frozenset(balls))


def prefixes(pattern: str, path: str) -> list[int]:
    """How many components of a path a pattern matches: a path is selected by its own pattern and by a pattern of what contains
    it (`head` selects head.weight).

    Components are matched one by one, and of the pattern all places that may have been reached are kept: no backtracking.
    """
    parts = [part for part, following in pairwise((*pattern.split("."), "")) if (part, following) != (ANY, ANY)]
    reached, found = _skip(parts, {0}), list[int]()
    for length, component in enumerate(path.split(".")):
        if len(parts) in reached:
            found.append(length)
        reading = [i for i in reached if i < len(parts)]
        stepped = {i for i in reading if parts[i] == ANY} | {i + 1 for i in reading if _same(parts[i], component)}
        reached = _skip(parts, stepped)
        if not reached:
            return found
    return [*found, path.count(".") + 1] if len(parts) in reached else found


def _skip(parts: Sequence[str], reached: set[int]) -> set[int]:
    """`**` may stand for no component at all; two of them never follow each other."""
    return reached | {i + 1 for i in reached if i < len(parts) and parts[i] == ANY}


@lru_cache(maxsize=4096)
def _same(part: str, component: str) -> bool:
    """Whether one component matches, where each `*` is any text: the texts between the stars are found one after another,
    each as early as possible, which leaves the most room for the others."""
    first, *others = part.split("*")
    if not others:
        return part == component
    *middle, last = others
    if len(component) < len(first) + len(last) or not component.startswith(first) or not component.endswith(last):
        return False
    at, end = len(first), len(component) - len(last)
    for text in middle:
        found = component.find(text, at, end)
        if found < 0:
            return False
        at = found + len(text)
    return True
