"""What a front end has to say of a foreign network, and the comparison of an import with its original: the same for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from boundcalc.graph.expand import expand
from boundcalc.importers.check import MismatchError, compare, learned_values, network_with
from boundcalc.importers.graph import Array, Graph
from boundcalc.importers.lazily import together
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import write
from boundcalc.importers.translate import Translated
from boundcalc.language import load as language
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation

COUNT = 2  # samples that are compared


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of an original: its inputs by name, the samples along the first axis, its learned arrays by name, and its outputs,
    arrays of floating-point numbers."""

    inputs: Mapping[str, Any]
    learned: Mapping[str, Any]
    outputs: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Trials:
    """Runs of an original on `count` samples. `notes`: what a person should know of how it ran; `chosen`: what token ids alone
    decide, by the names of nodes."""

    count: int
    runs: Iterator[Trial]
    notes: Sequence[str] = ()
    chosen: Mapping[str, Array] = field(default_factory=dict[str, Array])


class Subject(Protocol):
    """A foreign network that is imported. `name`: of the spec; `what`: what it is called in notes."""

    @property
    def name(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def axes(self) -> Sequence[int]:
        """Along which the inputs may have the samples, the likeliest first. Raises SpecError where there is none."""
        ...

    @property
    def learned(self) -> Sequence[str]:
        """The names of its learned arrays."""
        ...

    @property
    def remarks(self) -> Sequence[str]:
        """What a person should know of what was recorded."""
        ...

    def recorded(self, axis: int) -> Graph:
        """With the samples along an axis of its inputs. Raises SpecError."""
        ...

    def values(self) -> Mapping[str, Any]:
        """Its learned arrays as NumPy has them, in double precision; none that have no values."""
        ...

    def too_large(self, most: int) -> str | None:
        """Why it is not run, if it is not; `most`: the largest number of parameters."""
        ...

    def trials(self, graph: Graph, translated: Translated) -> Trials:
        """Runs at its own arrays and near them: those that training has not touched are often zero."""
        ...


def shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def compared(subject: Subject, graph: Graph, translated: Translated) -> tuple[float | None, Sequence[str]]:
    """The largest difference between the spec's network and the original, None where that could not run, and notes. Raises
    MismatchError."""
    trials = subject.trials(graph, translated)
    written = write(translated, Settings(batch=trials.count, radius=1, input_norm=1))
    layer_graph = expand(language.loads(written.text, "<import>", VOCABULARY, own_activation), unroll=True)
    network = network_with(layer_graph, translated.draft.steps, written.names, trials.chosen)
    worst: float | None = None
    for trial in trials.runs:
        inputs = {title: trial.inputs[name] for name, title in written.inputs.items()}
        learned = learned_values(written.arrays, trial.learned)
        shapes = {path: of.shape for path, of in written.arrays.items()}
        _check_shapes(network.shapes, shapes | {name: tuple(array.shape) for name, array in inputs.items()})
        arrays = together(inputs, learned)
        worst = max(worst or 0.0, compare(network, written.outputs, translated.outputs, arrays, trial.outputs))
    return worst, trials.notes


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if name not in found:
            raise MismatchError(f"the spec has a learned array '{name}' that the module has not")
        if found[name] != shape:
            raise MismatchError(f"'{name}' has the shape {list(shape)}, and {list(found[name])} in the module")
    more = [name for name in found if name not in shapes]
    if more:
        raise MismatchError(f"the module has a learned array '{more[0]}' that the spec has not")
