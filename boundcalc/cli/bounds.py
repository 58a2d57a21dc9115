"""`boundcalc bounds`: compile a spec and print the bounds."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import get_args

import click

from boundcalc.cli.spec import check_plot, compile_parameters, compiler, configured, output_parameters, plot_option
from boundcalc.cli.streams import complain, warn, write
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import Layout, Style

NO = 1  # exit status: the answer is no


def _parameters() -> list[click.Parameter]:
    form, output = output_parameters(list(FORMATS))
    style = click.Option(
        ["--closed-forms", "style"],
        type=click.Choice(get_args(Style)),
        default=Layout().style,
        show_default=True,
        help="in text and LaTeX: as definitions, or written out where they have one expression",
    )
    demand = click.Option(
        ["--assert", "demands"],
        multiple=True,
        metavar="DEMAND",
        help="'smoothness <= 1e6': exit status 1 where a bound is not certainly that small",
    )
    return [*compile_parameters(), form, style, demand, plot_option(), output]


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
    demands: Sequence[str],
    plot: str | None,
    output: str | None,
    **options: str | bool,
) -> None:
    """Bounds of the network and of every layer."""
    if plot is not None:
        check_plot(plot)
    architecture = configured(spec, assignments, values, vocabulary, max_layers, arrays)
    answer = compiler(options, max_layers)(architecture)
    from boundcalc.bounds.assertions import broken, read_demands

    if plot is not None:
        answer.plot(plot)
    asked = read_demands(demands, answer)
    chosen, beside = FORMATS[form], ()
    if chosen.compares and answer.document.has_numbers:
        from boundcalc.pipeline import beside as others

        beside = tuple(other.document for other in others(answer, max_layers=max_layers))
    write(chosen.document(answer.document, Layout(style, beside)), output)
    warn(answer.warnings)
    if reasons := broken(asked, answer):
        for reason in reasons:
            complain(reason)
        sys.exit(NO)
