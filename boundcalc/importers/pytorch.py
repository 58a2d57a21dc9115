"""PyTorch modules and exported programs as architectures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from boundcalc.graph.kind import Kind
from boundcalc.importers.settings import Norm, Settings
from boundcalc.importers.spec import Written, write
from boundcalc.importers.translate import Translated, translate
from boundcalc.importers.unsupported import UnsupportedError
from boundcalc.language import load as language
from boundcalc.language.architecture import Architecture
from boundcalc.language.smoothing import read_smoothing
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation
from boundcalc.mistakes import ExtraMissingError, Mistake, Place, SpecError

if TYPE_CHECKING:
    import torch  # pyright: ignore[reportMissingImports]

    from boundcalc.importers.graph import Graph

LARGEST = 100_000_000  # parameters of a network whose values are checked at its full size
MODES = ("train", "eval")


@dataclass(frozen=True, slots=True)
class Import:
    """What an import made. `difference`: between the spec's network and the module, None where they were not compared; `notes`: what
    a person should know of it."""

    architecture: Architecture[Kind[Any, Any]]
    written: Written
    translated: Translated
    difference: float | None
    notes: tuple[str, ...] = field(default=())


def from_torch(
    model: torch.nn.Module | torch.export.ExportedProgram,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    batch: str | int = "n",
    weights: str = "symbols",
    radius: str | float = "R",
    mode: str | None = None,
    smooth: str | None = None,
    input_norm: Norm | Mapping[str, Norm] | None = None,
    check: bool = True,
) -> Architecture[Kind[Any, Any]]:
    """The architecture of a PyTorch module, or of an exported program.

    args, kwargs: example inputs as for the module's forward, of which the first axis (or else the second) is that of the samples; a
    single tensor is allowed. batch: the number of samples in the spec. weights: "symbols" gives every learned map the radius
    `radius`. mode: "train" or "eval"; that of `model.training` unless said. smooth: as in `compile`. input_norm: as in the
    language, of every input of floating-point numbers, or by the names of inputs; a symbol for each sample unless said. check:
    compare the spec's network with the module, on its own arrays in double precision and without dropout.

    Raises UnsupportedError, a SpecError, with every operator that the language has no words for; SpecError for other mistakes;
    ExtraMissingError without PyTorch; MismatchError, an AssertionError, where the import computes something else.
    """
    settings = Settings(batch, radius, input_norm)
    return imported(model, args, kwargs, settings, weights=weights, mode=mode, smooth=smooth, check=check).architecture


def imported(
    model: Any,
    args: Any,
    kwargs: Mapping[str, Any] | None,
    settings: Settings,
    *,
    weights: str = "symbols",
    mode: str | None = None,
    smooth: str | None = None,
    check: bool = True,
    name: str | None = None,
) -> Import:
    """As `from_torch`, with what else is known of the import."""
    if weights != "symbols":
        raise ValueError(f"weights is 'symbols', not {weights!r}")
    if mode is not None and mode not in MODES:
        raise ValueError(f"mode is one of {', '.join(MODES)}, not {mode!r}")
    smoothing = None if smooth is None else read_smoothing(smooth)
    _needs_torch()
    from boundcalc.importers import comparison

    subject = comparison.subject(model, args, kwargs, mode, name)
    graph, translated = _first_that_fits(subject)
    written = write(translated, settings)
    architecture = read(written, graph.name)
    notes = [f"{graph.name} is imported in {'training' if graph.training else 'evaluation'} mode"]
    notes += _unread(subject, graph)
    difference = None
    if check:
        reason = comparison.too_large(subject, LARGEST)
        if reason is None:
            difference = comparison.compared(subject, graph, translated)
        else:
            notes.append(f"its values are not compared with the module: {reason}")
    architecture = replace(architecture, smoothing=smoothing)
    return Import(architecture, written, translated, difference, tuple(notes))


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
        except SpecError:
            if not errors:
                raise
    raise min(errors, key=lambda error: len(error.operators))


def _unread(subject: Any, graph: Graph) -> Sequence[str]:
    """Learned arrays that no output depends on: they are no part of the spec."""
    names = [name for name in subject.learned if name not in graph.learned]
    if not names:
        return ()
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    return (f"no output depends on {shown}",)


def _needs_torch() -> None:
    try:
        import_module("torch")
    except ImportError:
        raise ExtraMissingError("torch", "an import of a PyTorch module", "torch") from None


def refuse(what: str, finding: str, remedy: str | None = None) -> SpecError:
    return SpecError([Mistake(Place(what), finding, remedy, "import")])
