"""The command line. Results on stdout, everything else on stderr; heavy imports wait until a command needs them.

Exit status: 0 answered, 1 the answer is no, 2 the user's mistake, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, cast

import click

from boundcalc.cli.common import (
    complain,
    configured,
    emit,
    load_spec,
    max_layers_option,
    spec_options,
    to_json,
    warn,
    write,
)
from boundcalc.cli.depth import asymptotics, diff

MISTAKE = 2  # exit status: the user's mistake
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
@click.version_option(package_name="boundcalc")
def cli() -> None:
    """Symbolic bounds of the Lipschitz and smoothness constants of deep networks.

    SPEC is a YAML file that describes a network (`-` reads standard input).
    """


@cli.command()
@spec_options
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "latex", "python"]), default="text", show_default=True
)
@click.option(
    "--closed-forms",
    "style",
    type=click.Choice(["auto", "where", "expanded"]),
    default="auto",
    show_default=True,
    help="in text and LaTeX: as definitions, or written out where they have one expression",
)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="write there instead of standard output")
def bounds(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    blocks: Any,
    wrt: str,
    constants: Any,
    refine: bool,
    max_layers: int,
    form: str,
    style: Any,
    output: str | None,
) -> None:
    """Bounds of the network and of every layer."""
    from boundcalc.pipeline import compile as compile_architecture
    from boundcalc.pipeline import regrouped

    architecture = configured(spec, assignments, values)
    compiled = compile_architecture(
        architecture, blocks=blocks, wrt=wrt, constants=constants, refine=refine, max_layers=max_layers
    )
    if form == "json":
        write(to_json(compiled.to_dict()), output)
    elif form == "latex":
        from boundcalc.output.latex import to_latex

        write(to_latex(compiled, style), output)
    elif form == "python":
        from boundcalc.output.python import to_python

        write(to_python(compiled), output)
    else:
        from boundcalc.output.text import to_text

        other = None
        if compiled.norm in compiled.numbers:  # both ways to group the parameters, where both give numbers
            other = regrouped(compiled, architecture, max_layers=max_layers)
        write(to_text(compiled, other, style), output)
    warn(compiled.warnings)


@cli.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@max_layers_option
def check(specs: Sequence[str], form: str, max_layers: int) -> None:
    """Every mistake of some specs; exit status 2 if there are any."""
    from boundcalc.graph.expand import expand
    from boundcalc.graph.library import check_library
    from boundcalc.mistakes import SpecError

    found: list[dict[str, object]] = []
    warnings: list[str] = []
    libraries: list[str] = []
    for spec in specs:
        try:
            architecture = load_spec(spec)
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


@cli.command()
@click.argument("spec")
@click.option("--set", "assignments", multiple=True, metavar="PATH=EXPR")
@click.option("--values", type=click.Path(), metavar="FILE")
@max_layers_option
def show(spec: str, assignments: Sequence[str], values: str | None, max_layers: int) -> None:
    """The layer graph, with shapes and numbers of parameters."""
    from boundcalc.graph.expand import expand
    from boundcalc.output.text import graph_to_text

    graph = expand(configured(spec, assignments, values), max_layers=max_layers)
    write(graph_to_text(graph), None)
    warn(graph.warnings)


@cli.command()
def schema() -> None:
    """JSON Schema of the spec language, for editors."""
    from boundcalc.language.jsonschema import json_schema
    from boundcalc.layers.index import VOCABULARY

    emit(to_json(json_schema(VOCABULARY)))


cli.add_command(diff)
cli.add_command(asymptotics)


def _located(entry: dict[str, object]) -> dict[str, object]:
    file, line, column = cast("tuple[str, int, int]", entry["loc"])
    return {"file": file, "line": line, "column": column, **entry}
