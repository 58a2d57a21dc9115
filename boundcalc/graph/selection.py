"""`--wrt`: what the network is differentiated by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.patterns import matches
from boundcalc.mistakes import Mistakes, Place, shown, suggest

ALL = "parameters"
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
            found = {ball for ball in graph.balls if matches(word, ball)}
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
