"""PyTorch modules and exported programs as architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, get_args

from boundcalc.graph.kind import Kind
from boundcalc.importers.modes import Mode
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import Written, write
from boundcalc.importers.translate import Translated, translate
from boundcalc.importers.unsupported import UnsupportedError
from boundcalc.language import load as language
from boundcalc.language.architecture import Architecture
from boundcalc.language.smoothing import read_smoothing
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation
from boundcalc.mistakes import ExtraMissingError, SpecError

if TYPE_CHECKING:
    from boundcalc.importers.graph import Graph

SAMPLES = "samples"  # in the reasons that another axis of them may mend
LARGEST = 100_000_000  # parameters of a network whose values are checked at its full size
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


def imported(
    model: Any,
    args: Any,
    kwargs: Mapping[str, Any] | None,
    settings: Settings,
    *,
    mode: str | None = None,
    smooth: str | None = None,
    check: bool = True,
    name: str | None = None,
) -> Import:
    """A module or an exported program as an architecture. See `boundcalc.from_torch` for arguments and errors."""
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
    smoothing = None if smooth is None else read_smoothing(smooth)
    needs_torch()
    from boundcalc.importers import comparison

    subject = comparison.subject(model, args, kwargs, mode, name)
    graph, translated = _first_that_fits(subject)
    written = write(translated, settings)
    architecture = read(written, graph.name)
    notes = [f"{graph.name} is imported in {'training' if graph.training else 'evaluation'} mode"]
    notes += [*_prepared(translated), *_plain(subject), *_branched(subject), *_unread(subject, graph)]
    difference = None
    if check:
        reason = comparison.too_large(subject, LARGEST)
        if reason is None:
            difference = comparison.compared(subject, graph, translated)
        else:
            notes.append(f"its values are not compared with the module: {reason}")
    architecture = replace(architecture, smoothing=smoothing)
    arrays = {**comparison.learned_of(subject, written), **statistics(translated, written)}
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


def _first_that_fits(subject: Any) -> tuple[Graph, Translated]:
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


def _plain(subject: Any) -> Sequence[str]:
    """Weights that are learned as what their norm makes of them."""
    if not subject.plain:
        return ()
    return (f"{_shown(subject.plain)}: what is learned is the weight after its own norm divided it",)


def _prepared(translated: Translated) -> Sequence[str]:
    """Inputs of the spec that are none of the module's."""
    names = [entry.title for entry in translated.draft.graph.inputs if entry.is_prepared]
    return (f"inputs of the spec that are computed from those of the network: {_shown(names)}",) if names else ()


def _branched(subject: Any) -> Sequence[str]:
    """Lines that ask for entries of arrays."""
    places = [f"{file.rpartition('/')[2]}:{line}" for file, line in subject.branches.answers]
    return (f"branches are those that the example takes: {_shown(places)}",) if places else ()


def _unread(subject: Any, graph: Graph) -> Sequence[str]:
    """Learned arrays that no output depends on: they are no part of the spec."""
    names = [name for name in subject.learned if name not in graph.learned]
    if not names:
        return ()
    return (f"no output depends on {_shown(names)}",)


def _shown(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def needs_torch() -> None:
    try:
        import_module("torch")
    except ImportError:
        raise ExtraMissingError("torch", "an import of a PyTorch module", "torch") from None
