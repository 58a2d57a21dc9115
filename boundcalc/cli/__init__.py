"""The command line. Results on stdout, everything else on stderr; heavy imports wait until a command needs them.

Exit status: 0 answered, 1 the answer is no, 2 the user's mistake, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import click

from boundcalc.cli.commands import MISTAKE, cli

BUG, INTERRUPTED = 70, 130


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: mistakes of the user become messages, never tracebacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character is no error
    try:
        status = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(MISTAKE)
    except Exception as error:
        if _is_mistake(error):
            click.echo(str(error), err=True)
            sys.exit(MISTAKE)
        if "BOUNDCALC_DEBUG" in os.environ:
            raise
        click.echo(f"boundcalc: internal error: {type(error).__name__}: {error}", err=True)
        click.echo("this is a bug of boundcalc; please report it with the spec and the command", err=True)
        sys.exit(BUG)
    sys.exit(status)


def _is_mistake(error: Exception) -> bool:
    """Whether the user can mend it. The certified numbers are imported only where something else went wrong."""
    from boundcalc.spec.mistakes import SpecError

    if isinstance(error, SpecError):
        return True
    from boundcalc.program.evaluate import TooManyPassesError

    return isinstance(error, TooManyPassesError)
