"""The studies as functions: a question that is asked of architectures. `boundcalc STUDY` asks the same on the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundcalc.graph.layer_graph import LAYER_LIMIT
from boundcalc.pipeline import Spec, beside, compile
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.effort import SECONDS, SEED, TRIALS

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.bounds.guarantees import Guarantees
    from boundcalc.studies.falsify import Falsification
    from boundcalc.studies.parts.report import Report


def compare(*architectures: Spec, over: str | None = None, **options: Any) -> Report:
    """Several networks side by side: bounds, parameters, steps, and their ratios to those of the first.

    over: a range such as "eps=1/100:100:log", in which crossovers are looked for, each certified to 12 digits, and which network
    has the smallest bound in between. options: those of `compile`.

    Raises what `compile` raises, SpecError for what is no range and for symbols that no network has.
    """
    from boundcalc.studies.compare import compare as found  # compiling does not need it

    return found(_asked(architectures, options, over=() if over is None else (over,)))


def table(*architectures: Spec, **options: Any) -> Report:
    """A row for each network: layers, parameters, bounds, the step of gradient descent. options: those of `compile`.

    Raises what `compile` raises.
    """
    from boundcalc.studies.table import table as found  # compiling does not need it

    return found(_asked(architectures, options))


def sweep(
    architecture: Spec,
    over: str | Sequence[str] = (),
    *,
    points: str | os.PathLike[str] | Sequence[Mapping[str, object]] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    executor: Executor | None = None,
    **options: Any,
) -> Report:
    """The bounds at many values of symbols, or of fields by their path.

    over: ranges such as "R=1/10:10:50:log"; several make a grid. points: values by name instead, or a CSV file of such.
    checkpoint: a file in which what is found is kept; the same sweep goes on from it. executor: of `concurrent.futures`, or one that
    behaves as such (`dask.distributed.Client.get_executor()`). options: those of `compile`.

    Raises what `compile` raises, SpecError for what is no range and for symbols that the network does not have.
    """
    from boundcalc.studies.sweep import sweep as found  # compiling does not need it

    asked = _asked(
        (architecture,),
        options,
        over=(over,) if isinstance(over, str) else tuple(over),
        points=(os.fspath(points),) if isinstance(points, str | os.PathLike) else (),
        checkpoint=() if checkpoint is None else (os.fspath(checkpoint),),
    )
    given = None if points is None or isinstance(points, str | os.PathLike) else points
    return found(asked, given, executor)


def explain(architecture: Spec, **options: Any) -> Report:
    """Why the bounds are what they are, layer by layer (docs/explain.md); options, and what is raised, are those of `compile`."""
    from boundcalc.studies.explain import explain as found  # compiling does not need it

    return found(compile(architecture, **options))


def falsify(
    architecture: Spec,
    *,
    trials: int = TRIALS,
    seconds: float = SECONDS,
    seed: int = SEED,
    witness: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Falsification:
    """Attack the bounds of an architecture: search for learned arrays and inputs, of those that it allows, that exceed one.

    trials: how many places the search starts from; seconds: no ascent begins after so many; seed: of the random places.
    witness: a file that `Falsification.save` wrote, which is looked at instead. options: those of `compile`.

    Raises what `compile` raises, SpecError for symbols without values and networks too large to attack, and ExtraMissingError (an
    ImportError) without the extra `falsify`.
    """
    from boundcalc.studies.falsify import falsify as attack  # compiling does not need it

    file = None if witness is None else os.fspath(witness)
    return attack(compile(architecture, **options), trials=trials, seconds=seconds, seed=seed, witness=file)


def objective(
    architecture: Spec,
    *,
    delta: object = None,
    gap: object = None,
    variance: object = None,
    batch: object = None,
    **options: Any,
) -> Guarantees:
    """Steps, iteration counts and kernels for training by the objective F of an architecture (docs/steps.md).

    delta: how short the gradient mapping is to be; gap: F at the start minus its minimum; variance: of the gradient of one sample;
    batch: samples of a stochastic step (1 unless said). Each is a number or an expression in the spec's symbols, and stays a symbol
    of its name unless given. options: those of `compile`.

    Raises what `compile` raises, SpecError for a spec without a loss and for what is asked where it is no positive number.
    """
    from boundcalc.bounds.guarantees import guarantees  # compiling does not need it

    return guarantees(compile(architecture, **options), delta=delta, gap=gap, variance=variance, batch=batch)


def design(
    architecture: Spec,
    *,
    minimise: str | None = None,
    maximise: str | None = None,
    vary: str | Sequence[str],
    subject: str | Sequence[str] = (),
    **options: Any,
) -> Report:
    """Values of hyperparameters that minimise, or maximise, a bound (docs/design.md).

    minimise, maximise: the name of a quantity, such as "smoothness" or "objective smoothness". vary: symbols, and patterns of fields
    such as "**.radius". subject: relations such as "prod(**.radius) >= 4". options: those of `compile`.

    `answered` of the report is False where there are no such values; its text and `to_dict()` say why. Raises what `compile` raises,
    SpecError for what is asked, and ExtraMissingError (an ImportError) without the extra `design`.
    """
    from boundcalc.studies.design import design as found  # compiling does not need it

    asked = _asked(
        (architecture,),
        options,
        minimise=() if minimise is None else (minimise,),
        maximise=() if maximise is None else (maximise,),
        vary=(vary,) if isinstance(vary, str) else tuple(vary),
        subject=(subject,) if isinstance(subject, str) else tuple(subject),
    )
    return found(asked)


def report(*architectures: Spec, file: str | os.PathLike[str] | None = None, **options: Any) -> str:
    """A page about some networks and their bounds, with sliders for their symbols (docs/report.md): HTML with everything in it, which
    is written to a file if there is one. options: those of `compile`.

    Raises what `compile` raises, OSError for a file that cannot be written.
    """
    page = report_of(_asked(architectures, options), options.get("max_layers", LAYER_LIMIT))
    if file is not None:
        Path(file).write_text(page, encoding="utf-8")
    return page


def report_of(asked: Asked, max_layers: int) -> str:
    """The same of what is asked by any means. What other options give stands beside, where there are numbers."""
    from boundcalc.output.report.page import report_to_html  # compiling does not need it
    from boundcalc.output.report.subject import subjects_of

    others: list[list[Bounds]] = []
    for each in asked.bounds:
        others.append(beside(each, max_layers=max_layers) if each.document.has_numbers else [])
        asked.progress(len(others), len(asked.specs))
    return report_to_html(subjects_of(asked, others))


def _asked(architectures: Sequence[Spec], options: Mapping[str, Any], **answers: tuple[str, ...]) -> Asked:
    if not architectures:
        raise TypeError("there is no architecture; pass some that bc.load(path) gave")
    return Asked(tuple(architectures), partial(compile, **options), answers)
