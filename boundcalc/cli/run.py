"""One command: its exit status, and its mistakes as messages on standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import StringIO, TextIOWrapper
from typing import TextIO

import click

from boundcalc.cli.commands import cli
from boundcalc.cli.specs import MISTAKE
from boundcalc.cli.streams import complain

BUG, INTERRUPTED = 70, 130


def run(arguments: Sequence[str] | None) -> int:
    """The exit status of a command; `arguments` None: those of the process."""
    standard_output: TextIO | None = sys.stdout
    if standard_output is None:  # closed, and who writes shall hear of it
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that cannot show a character is no error
    try:
        status = cli.main(args=None if arguments is None else list(arguments), standalone_mode=False)
    except click.exceptions.Abort:
        return INTERRUPTED
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    except click.ClickException as error:
        message = StringIO()
        error.show(message)
        complain(message.getvalue().rstrip("\n"))
        return MISTAKE
    except Exception as error:
        if _is_mistake(error):
            complain(str(error))
            return MISTAKE
        if "BOUNDCALC_DEBUG" in os.environ:
            raise
        complain(f"boundcalc: internal error: {type(error).__name__}: {error}")
        complain("this is a bug of boundcalc; please report it with the spec and the command")
        return BUG
    return status if isinstance(status, int) else 0


def _is_mistake(error: Exception) -> bool:
    """Whether the user can mend it. The certified numbers are imported only where something else went wrong."""
    from boundcalc.mistakes import ExtraMissingError, SpecError

    if isinstance(error, (SpecError, ExtraMissingError)):
        return True
    from boundcalc.program.evaluate import TooManyPassesError

    return isinstance(error, TooManyPassesError)
