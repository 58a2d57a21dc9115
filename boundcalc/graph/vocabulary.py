"""Vocabularies that a person hands in: whether they are ones, and an architecture told in another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from boundcalc.arguments import described
from boundcalc.graph.kind import Kind, Vocabulary
from boundcalc.language.architecture import Architecture, Branch, Step
from boundcalc.language.structure import CONSTRUCTS
from boundcalc.language.words import Shelf, joined
from boundcalc.mistakes import Mistakes, shown, suggest

REMEDY = 'write bc.VOCABULARY | {"mine": KIND}'


def flaw(vocabulary: object) -> tuple[str, str] | None:
    """What makes something no vocabulary, and what to write instead; None where it is one."""
    if not isinstance(vocabulary, Mapping):
        return f"a vocabulary cannot be {described(vocabulary)}", REMEDY
    given = vocabulary.own if isinstance(vocabulary, Shelf) else vocabulary  # the others are ours
    for name, kind in cast("Mapping[object, object]", given).items():
        if not isinstance(name, str):
            return f"the name of a kind cannot be {described(name)}", "write it as text"
        if not isinstance(kind, Kind):
            return f"the kind {shown(name)} cannot be {described(kind)}", "make one with boundcalc.graph.kind.Kind"
        own = cast("Kind[Any, Any]", kind).name
        if own != name:
            return f"the kind {shown(name)} is called {shown(own)} by itself", f"write it under {shown(own)}"
        if name in CONSTRUCTS:
            return f"{shown(name)} is a construct of the language", "give the kind another name"
    return None


def check_vocabulary(vocabulary: object) -> None:
    """Raises TypeError for what is no vocabulary."""
    found = flaw(vocabulary)
    if found is not None:
        raise TypeError("; ".join(found))


def retold(architecture: Architecture[Kind[Any, Any]], vocabulary: Vocabulary) -> Architecture[Kind[Any, Any]]:
    """The architecture with other kinds, but for those that it declares itself. Raises SpecError for the steps whose kind is missing, or
    has other fields than those that were read."""
    mistakes = Mistakes()
    vocabulary = joined(vocabulary, architecture.activations)
    loss = () if architecture.loss is None else (architecture.loss,)
    for steps, of_loss in ((_steps(architecture), False), (loss, True)):
        for step in steps:
            kind = vocabulary.get(step.kind)
            if kind is None or kind.loss != of_loss:
                near = suggest(step.kind, [n for n, known in vocabulary.items() if known.loss == of_loss])
                remedy = near or "add it: a vocabulary holds the kinds of all steps"
                what = "loss" if of_loss else "layer"
                mistakes.add(step.place, f"the vocabulary has no {what} {shown(step.kind)}", remedy, f"unknown_{what}")
            elif not isinstance(step.fields, kind.fields):
                remedy = "read the spec with it as well: bc.load(path, vocabulary=...)"
                mistakes.add(step.place, f"{shown(step.kind)} has other fields in this vocabulary", remedy)
    mistakes.raise_if_any()
    return replace(architecture, vocabulary=vocabulary)


def _steps(architecture: Architecture[Kind[Any, Any]]) -> Iterator[Step]:
    """The steps of kinds: no constructs, calls of modules, or arguments that hold layers."""
    others = frozenset({*CONSTRUCTS, *architecture.modules})
    yield from _inside(architecture.layers, others)
    for module in architecture.modules.values():
        hidden = others | module.arguments.keys()
        yield from _inside(module.layers, hidden)
        for default in module.arguments.values():
            if isinstance(default, Branch):
                yield from _inside(default.steps, hidden)


def _inside(steps: Iterable[Step], hidden: frozenset[str]) -> Iterator[Step]:
    for step in steps:
        if step.kind not in hidden:
            yield step
        yield from _inside(step.body, hidden)
        for operand in (*(step.sources or ()), *(step.arguments or {}).values()):
            if isinstance(operand, Branch):
                yield from _inside(operand.steps, hidden)
