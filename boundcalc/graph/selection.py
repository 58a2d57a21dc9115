"""`--wrt`: what the network is differentiated by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.spec.mistakes import Mistakes, Place, suggest

ALL = "parameters"


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
    inputs = {layer.path for layer in graph if layer.kind == "input"}
    chosen_inputs: set[str] = set()
    balls: set[str] = set()
    everything = False
    for word in words:
        if word == ALL:
            everything = True
        elif word in inputs:
            chosen_inputs.add(word)
        else:
            found = {ball for ball in graph.balls if _matches(word, ball)}
            if not found:
                known = [ALL, *inputs, *graph.balls, *graph.paths]
                remedy = suggest(word, known) or "write parameters, the name of an input, or a path such as 'stage4.**'"
                mistakes.add(Place(f"--wrt {word}"), f"'{word}' selects nothing that can be differentiated by", remedy)
            balls |= found
    if not words:
        mistakes.add(Place("--wrt"), "nothing is selected", "write parameters, the name of an input, or a path")
    mistakes.raise_if_any()
    return Selection(everything, frozenset(chosen_inputs), frozenset(balls))


def _matches(pattern: str, path: str) -> bool:
    """A path is selected by its own pattern and by a pattern of what contains it (`head` selects head.weight)."""
    parts = [_part(part) for part in pattern.split(".")]
    regular = r"\.".join(parts).replace(r"\.(?:.*)", r"(?:\..*)?").replace(r"(?:.*)\.", r"(?:.*\.)?")
    return re.fullmatch(regular + r"(?:\..+)?", path) is not None


def _part(part: str) -> str:
    if part == "**":
        return "(?:.*)"
    return re.escape(part).replace(r"\*", r"[^.]*")
