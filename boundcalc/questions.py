"""Studies as functions of Python that compile for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from boundcalc.graph.layer_graph import LAYER_LIMIT
from boundcalc.pipeline import Compiler, Spec, compile
from boundcalc.studies.design import design as study
from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.report import Report


def design(
    architecture: Spec,
    *,
    minimise: str | None = None,
    maximise: str | None = None,
    vary: str | Sequence[str],
    subject: str | Sequence[str] = (),
    max_layers: int = LAYER_LIMIT,
    **options: Any,
) -> Report:
    """Values of hyperparameters that minimise, or maximise, a bound (docs/design.md).

    minimise, maximise: the name of a quantity, such as "smoothness" or "objective_smoothness". vary: symbols, and patterns of fields
    such as "**.radius". subject: relations such as "prod(**.radius) >= 4". max_layers, options: those of `compile`.

    `answered` of the report is False where there are no such values; its text and `to_dict()` say why. Raises what `compile` raises,
    SpecError for what is asked, and ExtraMissingError (an ImportError) without the extra `design`.
    """
    chosen = compile(architecture, max_layers=max_layers, **options).options
    answers = {
        "minimise": () if minimise is None else (minimise,),
        "maximise": () if maximise is None else (maximise,),
        "vary": (vary,) if isinstance(vary, str) else tuple(vary),
        "subject": (subject,) if isinstance(subject, str) else tuple(subject),
    }
    return study(Asked((architecture,), Compiler(chosen, max_layers), answers))
