"""`boundcalc report`: a page about some networks and their bounds."""

from __future__ import annotations

from collections.abc import Sequence

import click

from boundcalc.cli.spec import compile_parameters, compiler, configured
from boundcalc.cli.streams import progress_bar, warn, write
from boundcalc.studies.parts.asked import Asked


def _parameters() -> list[click.Parameter]:
    output = click.Option(
        ["-o", "--output"], type=click.Path(), metavar="FILE", help="write there instead of standard output"
    )
    return [*compile_parameters(several=True), output]


@click.command(params=_parameters())
def report(
    specs: Sequence[str],
    assignments: Sequence[str],
    values: str | None,
    arrays: str | None,
    vocabulary: str | None,
    max_layers: int,
    output: str | None,
    **options: str | bool,
) -> None:
    """A page with everything in it: bounds, plots and sliders, closed forms, and the graph of each network."""
    compiled = compiler(options, max_layers)
    read = tuple(configured(file, assignments, values, vocabulary, max_layers, arrays) for file in specs)
    from boundcalc.questions import report_of

    with progress_bar("report") as progress:
        asked = Asked(read, compiled, {}, progress)
        page = report_of(asked, max_layers)
    write(page.rstrip("\n"), output)
    warn(dict.fromkeys(warning for bounds in asked.bounds for warning in bounds.warnings))
