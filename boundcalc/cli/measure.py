"""`boundcalc measure`: what given arrays say of a spec, as a file of values."""

from __future__ import annotations

from collections.abc import Sequence

import click

from boundcalc.cli.spec import configured, spec_parameters
from boundcalc.cli.streams import write


def _parameters() -> list[click.Parameter]:
    shared = spec_parameters()
    arrays = next(parameter for parameter in shared if parameter.name == "arrays")
    arrays.required = True
    return [
        *shared,
        click.Option(
            ["--inputs"],
            type=click.Path(),
            metavar="FILE",
            help="example inputs by name: norms of the features of these samples, from a forward pass",
        ),
        click.Option(["--torus"], is_flag=True, help="smaller norms of convolutions, for more work"),
        click.Option(
            ["-o", "--output"], type=click.Path(), metavar="FILE", help="write there instead of standard output"
        ),
    ]


@click.command(params=_parameters())
def measure(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    arrays: str,
    vocabulary: str | None,
    max_layers: int,
    inputs: str | None,
    torus: bool,
    output: str | None,
) -> None:
    """Norms of given weights, certified from above, as a file that --values reads."""
    from boundcalc.bounds.measured import measure as measured
    from boundcalc.language.objects import read_object
    from boundcalc.language.override import values_of
    from boundcalc.language.yaml_text import to_text

    architecture = configured(spec, assignments, values, vocabulary, max_layers)
    found = measured(architecture, arrays, inputs=inputs, torus=torus, max_layers=max_layers)
    write(to_text(values_of(read_object(found))).rstrip("\n"), output)
