"""The studies: one row for each file of this folder. The commands of the command line come from it, so that nothing heavy is
imported before a study is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.effort import SECONDS, TRIALS

if TYPE_CHECKING:
    from boundcalc.studies.parts.report import Report


@dataclass(frozen=True, slots=True)
class Question:
    """An option of a study's own: --NAME METAVAR. `repeated`: it may be given several times."""

    name: str
    metavar: str
    help: str
    required: bool = False
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Study:
    """`ask` answers what a person asks; it raises SpecError. `several`: of any number of specs, else of one; `plots`: its
    report has a picture."""

    name: str
    help: str
    questions: tuple[Question, ...]
    ask: Callable[[Asked], Report]
    several: bool = False
    plots: bool = False


def _sensitivity(asked: Asked) -> Report:
    from boundcalc.studies.sensitivity import sensitivity

    return sensitivity(asked.only, asked.one("by"))


def _asymptotics(asked: Asked) -> Report:
    from boundcalc.studies.asymptotics import asymptotics

    return asymptotics(asked.only, asked.one("in") or "")


def _falsify(asked: Asked) -> Report:
    from boundcalc.studies.falsify import falsify_by

    return falsify_by(asked)


def _objective(asked: Asked) -> Report:
    from boundcalc.studies.objective import objective

    return objective(asked.only, **{name: asked.one(name) for name in ("delta", "gap", "variance", "batch")})


def _explain(asked: Asked) -> Report:
    from boundcalc.studies.explain import explain

    return explain(asked.only)


def _design(asked: Asked) -> Report:
    from boundcalc.studies.design import design

    return design(asked)


def _compare(asked: Asked) -> Report:
    from boundcalc.studies.compare import compare

    return compare(asked)


def _table(asked: Asked) -> Report:
    from boundcalc.studies.table import table

    return table(asked)


def _sweep(asked: Asked) -> Report:
    from boundcalc.studies.sweep import sweep_by

    return sweep_by(asked)


OVER = "NAME=LOW:HIGH[:COUNT][:log]"

_ROWS = (
    Study(
        "compare",
        "Which of several networks has the smaller bounds, by how much, and where in a hyperparameter that changes.",
        (Question("over", OVER, "look for crossovers in this range of a symbol or of a field"),),
        _compare,
        several=True,
        plots=True,
    ),
    Study(
        "sweep",
        "The bounds at many values of hyperparameters.",
        (
            Question("over", OVER, "a range of a symbol or of a field; several make a grid", repeated=True),
            Question("points", "FILE", "a CSV file of points instead, under the names of what is swept"),
            Question("jobs", "N", "processes that share the work; 1 unless said"),
            Question("checkpoint", "FILE", "keep what is found there: the same sweep goes on from it"),
        ),
        _sweep,
        plots=True,
    ),
    Study("table", "Several networks in one table, a row each.", (), _table, several=True),
    Study(
        "diff",
        "Derivatives of l and L with respect to hyperparameters, elasticities, and what each layer contributes.",
        (Question("by", "NAMES", "symbols, separated by commas; all of them unless said"),),
        _sensitivity,
        plots=True,
    ),
    Study(
        "asymptotics",
        "The leading term of the bounds in a hyperparameter, and where its regime changes.",
        (Question("in", "NAME", "the symbol that grows; 1/eps for eps -> 0", required=True),),
        _asymptotics,
    ),
    Study(
        "falsify",
        "Search for learned arrays and inputs that exceed a bound: exit status 1 where there are some.",
        (
            Question("trials", "N", f"how many places the search starts from; {TRIALS} unless said"),
            Question("seconds", "S", f"no ascent begins after so many; {SECONDS:g} unless said"),
            Question("seed", "S", "of the random places"),
            Question("save", "FILE", "write the network that came nearest to a bound (.npz)"),
            Question("witness", "FILE", "look at the network of such a file instead"),
        ),
        _falsify,
    ),
    Study(
        "explain",
        "Why a bound is what it is: rules, constants with their sources, and shares, layer by layer; in LaTeX a derivation.",
        (),
        _explain,
        plots=True,
    ),
    Study(
        "objective",
        "Steps, iteration counts and kernels for training: what follows from the bounds of the objective.",
        (
            Question("delta", "E", "iterations until the gradient mapping is at most so long; a symbol unless said"),
            Question("gap", "E", "F at the start minus its minimum; a symbol unless said"),
            Question("variance", "E", "of the gradient of one sample; a symbol unless said"),
            Question("batch", "E", "samples of a stochastic step; 1 unless said"),
        ),
        _objective,
    ),
    Study(
        "design",
        "Values of hyperparameters that minimise or maximise a bound: exit status 1 where there are none.",
        (
            Question("minimise", "QUANTITY", "such as lipschitz, smoothness, norm, 'objective smoothness'"),
            Question("maximise", "QUANTITY", "instead of --minimise"),
            Question("vary", "PATTERN", "symbols, or fields such as '**.radius'; repeatable", True, repeated=True),
            Question("subject", "RELATION", "'prod(**.radius) >= 4', 'R <= 10'; repeatable", repeated=True),
        ),
        _design,
    ),
)

STUDIES: Mapping[str, Study] = MappingProxyType({study.name: study for study in _ROWS})
