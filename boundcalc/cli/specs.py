"""The commands about specs themselves: their mistakes, their layers, the language."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import click

from boundcalc.cli.spec import (
    checked,
    configured,
    limit_option,
    load_spec,
    option_of,
    output_parameters,
    spec_parameters,
)
from boundcalc.cli.streams import complain, emit, warn, write
from boundcalc.cli.vocabulary import load_vocabulary, vocabulary_option
from boundcalc.output.graphs.index import GRAPHS
from boundcalc.output.json import to_json

if TYPE_CHECKING:
    from boundcalc.bounds.options import Json

YAML = "yaml"  # not a format of the graph: the spec itself
MISTAKE = 2  # exit status: the user's mistake


def _check_parameters() -> list[click.Parameter]:
    return [
        click.Argument(["specs"], nargs=-1, required=True, metavar="SPEC..."),
        click.Option(["--format", "form"], type=click.Choice(["text", "json"]), default="text", show_default=True),
        vocabulary_option(),
        limit_option(),
    ]


@click.command(params=_check_parameters())
def check(specs: Sequence[str], form: str, vocabulary: str | None, max_layers: int) -> None:
    """Every mistake of some specs; exit status 2 if there are any."""
    from boundcalc.graph.expand import expand
    from boundcalc.graph.library import check_library
    from boundcalc.mistakes import SpecError

    words = load_vocabulary(vocabulary)
    found: list[dict[str, Json]] = []
    warnings: list[str] = []
    libraries: list[str] = []
    for spec in specs:
        try:
            architecture = load_spec(spec, words, max_layers)
            if architecture.only_modules:
                check_library(architecture)
                libraries.append(spec)
                answer = "only modules and symbols, for other files to include; no mistakes"
            else:
                warnings += (f"{spec}: {warning}" for warning in expand(architecture, max_layers=max_layers).warnings)
                answer = "no mistakes"
            if form == "text":
                emit(f"{spec}: {answer}")
        except SpecError as error:
            found.extend(_located(entry) for entry in error.errors())
            if form == "text":
                complain(str(error))
    warn(warnings)
    if form == "json":
        emit(to_json({"mistakes": found, "warnings": warnings, "only_modules": libraries}))
    if found:
        sys.exit(MISTAKE)


@click.command(params=[*spec_parameters(), option_of("smooth"), *output_parameters([*GRAPHS, YAML])])
def show(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    arrays: str | None,
    vocabulary: str | None,
    max_layers: int,
    smooth: str | None,
    form: str,
    output: str | None,
) -> None:
    """The layer graph, with shapes and numbers of parameters, as text, JSON or a drawing; as yaml a spec of its own, with all values put in."""
    from boundcalc.graph.expand import expand
    from boundcalc.pipeline import smoothed

    asked = checked({"smooth": smooth} if smooth else {})
    architecture = smoothed(configured(spec, assignments, values, vocabulary, max_layers, arrays), asked.smooth)
    graph = expand(architecture, max_layers=max_layers)
    write(architecture.to_yaml().rstrip("\n") if form == YAML else GRAPHS[form](graph), output)
    warn(graph.warnings)


@click.command(params=[vocabulary_option()])
def schema(vocabulary: str | None) -> None:
    """JSON Schema of the spec language, for editors."""
    from boundcalc.language.jsonschema import json_schema

    emit(to_json(json_schema(load_vocabulary(vocabulary))))


def _located(entry: dict[str, object]) -> dict[str, Json]:
    file, line, column = cast("tuple[str, int, int]", entry["loc"])
    return {"file": file, "line": line, "column": column, **cast("dict[str, Json]", entry)}
