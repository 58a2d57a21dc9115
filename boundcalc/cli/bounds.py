"""`boundcalc bounds`: compile a spec and print the bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import click

from boundcalc.cli.spec import compile_parameters, compiler, configured, output_parameters
from boundcalc.cli.streams import warn, write
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import Layout, Style


def _parameters() -> list[click.Parameter]:
    form, output = output_parameters(list(FORMATS))
    style = click.Option(
        ["--closed-forms", "style"],
        type=click.Choice(get_args(Style)),
        default=Layout().style,
        show_default=True,
        help="in text and LaTeX: as definitions, or written out where they have one expression",
    )
    return [*compile_parameters(), form, style, output]


@click.command(params=_parameters())
def bounds(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    arrays: str | None,
    vocabulary: str | None,
    max_layers: int,
    form: str,
    style: Style,
    output: str | None,
    **options: str | bool,
) -> None:
    """Bounds of the network and of every layer."""
    architecture = configured(spec, assignments, values, vocabulary, arrays)
    answer = compiler(options, max_layers)(architecture)
    chosen, beside = FORMATS[form], ()
    if chosen.compares and answer.document.has_numbers:
        from boundcalc.pipeline import beside as others

        beside = tuple(other.document for other in others(answer, max_layers=max_layers))
    write(chosen.document(answer.document, Layout(style, beside)), output)
    warn(answer.warnings)
