"""The commands. Results on stdout, everything else on stderr; heavy imports wait until a command needs them.

Exit status: 0 answered, 1 the answer is no, 2 the user's mistake, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import click

from boundcalc.cli.bounds import bounds
from boundcalc.cli.importing import import_
from boundcalc.cli.init import init
from boundcalc.cli.layers import layers
from boundcalc.cli.measure import measure
from boundcalc.cli.report import report
from boundcalc.cli.specs import check, schema, show
from boundcalc.cli.studies import study_commands


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="boundcalc")
def cli() -> None:
    """Symbolic bounds of the Lipschitz and smoothness constants of deep networks.

    SPEC is a YAML file that describes a network (`-` reads standard input).
    """


for command in (bounds, *study_commands(), report, check, show, init, measure, import_, layers, schema):
    cli.add_command(command)
