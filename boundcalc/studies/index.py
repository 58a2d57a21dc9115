"""The studies: one row for each file of this folder. The commands of the command line come from it, so that nothing heavy is
imported before a study is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.studies.parts.report import Report

Answers = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Question:
    """An option of a study's own: --NAME METAVAR."""

    name: str
    metavar: str
    help: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """`ask` answers for compiled bounds and the texts that a person gave for the questions, by name; it raises SpecError."""

    name: str
    help: str
    questions: tuple[Question, ...]
    ask: Callable[[Bounds, Answers], Report]


def _sensitivity(bounds: Bounds, answers: Answers) -> Report:
    from boundcalc.studies.sensitivity import sensitivity

    return sensitivity(bounds, answers["by"])


def _asymptotics(bounds: Bounds, answers: Answers) -> Report:
    from boundcalc.studies.asymptotics import asymptotics

    return asymptotics(bounds, answers["in"] or "")


_ROWS = (
    Study(
        "diff",
        "Derivatives of l and L with respect to hyperparameters, elasticities, and what each layer contributes.",
        (Question("by", "NAMES", "symbols, separated by commas; all of them unless said"),),
        _sensitivity,
    ),
    Study(
        "asymptotics",
        "The leading term of the bounds in a hyperparameter, and where its regime changes.",
        (Question("in", "NAME", "the symbol that grows; 1/eps for eps -> 0", required=True),),
        _asymptotics,
    ),
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in _ROWS})
