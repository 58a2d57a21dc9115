"""What a shell completes: files, symbols and paths of the spec that is named."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from boundcalc.pipeline import Spec

Completed = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def files(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """The shell lists them itself."""
    return [CompletionItem(start, type="file")]


def assignments(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """`NAME=` of symbols, and of fields that are radii."""
    spec = _spec(context)
    names = [] if spec is None or "=" in start else [*spec.symbols, *(f"{path}.radius" for path in _learned(spec))]
    return _starting(start, (f"{name}=" for name in names))


def differentiated(context: click.Context, parameter: click.Parameter, start: str) -> list[CompletionItem]:
    """Names and paths after the last comma."""
    spec = _spec(context)
    if spec is None:
        return []
    before, comma, last = start.rpartition(",")
    return _starting(last, ["parameters", *spec.inputs, *_learned(spec)], f"{before}{comma}")


def _starting(start: str, names: Iterable[str], before: str = "") -> list[CompletionItem]:
    return [CompletionItem(before + name) for name in names if name.startswith(start)]


def _spec(context: click.Context) -> Spec | None:
    """The spec of the command so far; None where there is none that can be read: a completion says nothing of mistakes."""
    from boundcalc.mistakes import SpecError
    from boundcalc.pipeline import load

    words = (
        context.params.get("spec"),
        *(context.params.get("specs") or ()),
        *context.args,
    )  # args: before an option without value
    named = next((word for word in words if isinstance(word, str) and not word.startswith("-")), None)
    try:
        return None if named is None else load(named)
    except SpecError:
        return None


def _learned(spec: Spec) -> list[str]:
    """The paths of layers with parameters."""
    from boundcalc.graph.expand import expand
    from boundcalc.graph.layer_graph import Layer
    from boundcalc.mistakes import SpecError

    try:
        graph = expand(spec)
    except SpecError:
        return []
    return [node.path for node in graph if isinstance(node, Layer) and node.arrays]
