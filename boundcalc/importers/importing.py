"""Foreign networks as architectures: what all front ends have in common. It knows no framework."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

from boundcalc.graph.kind import Kind
from boundcalc.importers.check import learned_values
from boundcalc.importers.graph import Graph
from boundcalc.importers.lazily import together
from boundcalc.importers.modes import Mode
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import Written, write
from boundcalc.importers.subject import Subject, compared, shown
from boundcalc.importers.translate import Translated, translate
from boundcalc.importers.unsupported import UnsupportedError
from boundcalc.language import load as language
from boundcalc.language.architecture import Architecture
from boundcalc.language.smoothing import read_smoothing
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation
from boundcalc.mistakes import SpecError

SAMPLES = "samples"  # in the reasons that another axis of them may mend
MOST = 10_000_000_000  # parameters of a network that is compared with its original
MODES = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Import:
    """What an import made. `difference`: between the spec's network and the module, None where they were not compared; `notes`: what
    a person should know of it; `arrays`: learned ones and statistics by their names in the spec."""

    architecture: Architecture[Kind[Any, Any]]
    written: Written
    translated: Translated
    difference: float | None
    notes: tuple[str, ...]
    arrays: Mapping[str, Any]


def check_mode(mode: str | None) -> None:
    """Raises ValueError for a word that is no mode."""
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")


def imported_from(subject: Subject, settings: Settings, *, smooth: str | None, check: bool) -> Import:
    """A network as an architecture, compared with its original where that is asked for. Raises as `boundcalc.from_torch` does."""
    smoothing = None if smooth is None else read_smoothing(smooth)
    graph, translated = _first_that_fits(subject)
    written = write(translated, settings)
    architecture = read(written, graph.name)
    notes = [f"{graph.name} is imported in {'training' if graph.training else 'evaluation'} mode"]
    notes += [*_of_translation(translated), *subject.remarks, *_unread(subject, graph)]
    difference = None
    if check:
        reason = subject.too_large(MOST)
        if reason is None:
            difference, found = compared(subject, graph, translated)
            notes += found
        else:
            notes.append(f"its values are not compared with the {subject.what}: {reason}")
    architecture = replace(architecture, smoothing=smoothing)
    own = subject.values()
    learned = learned_values(written.arrays, own) if own else {}
    arrays = together(statistics(translated, written), learned)
    return Import(architecture, written, translated, difference, tuple(notes), arrays)


def statistics(translated: Translated, written: Written) -> Mapping[str, Any]:
    """What training left of batch norms, as frameworks call it."""
    kept = {
        step.key: step.given for step in translated.draft.steps if "var" in step.given and step.key in written.names
    }
    means = {f"{written.names[key]}.running_mean": given["mean"] for key, given in kept.items()}
    return means | {f"{written.names[key]}.running_var": given["var"] for key, given in kept.items()}


def read(written: Written, name: str) -> Architecture[Kind[Any, Any]]:
    """The architecture of a spec that an import wrote."""
    return language.loads(written.text, f"<{name}>", VOCABULARY, own_activation)


def _first_that_fits(subject: Subject) -> tuple[Graph, Translated]:
    """With the samples along the first axis of the inputs, or else along the second, as sequences have them."""
    errors: list[UnsupportedError] = []
    for axis in subject.axes:
        try:
            graph = subject.recorded(axis)
            return graph, translate(graph)
        except UnsupportedError as error:
            errors.append(error)
            if not any(SAMPLES in each.reason for each in error.operators):
                break
        except SpecError:
            if not errors:
                raise
    raise min(errors, key=lambda error: len(error.operators))


def _unread(subject: Subject, graph: Graph) -> Sequence[str]:
    """Learned arrays that no output depends on: they are no part of the spec."""
    names = [name for name in subject.learned if name not in graph.learned]
    if not names:
        return ()
    return (f"no output depends on {shown(names)}",)


def _of_translation(translated: Translated) -> Sequence[str]:
    """Inputs of the spec that are none of the network's, and what was found on the way."""
    names = [entry.title for entry in translated.draft.graph.inputs if entry.is_chosen]
    inputs = (f"inputs of the spec that are computed from those of the network: {shown(names)}",) if names else ()
    about = (f"{text} {shown(list(dict.fromkeys(places)))}" for text, places in translated.draft.remarks.items())
    return (*inputs, *about)
