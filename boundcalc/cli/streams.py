"""Where results and messages go."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click


def write(text: str, output: str | None) -> None:
    if output is None or output == "-":
        emit(text)
        return
    from boundcalc.mistakes import printable

    try:
        Path(output).write_text(printable(text) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {output}: {error.strerror}") from None


def warn(warnings: Iterable[str]) -> None:
    """On standard error, whatever the format, so that nobody has to look into a result for them."""
    for warning in warnings:
        complain(f"warning: {warning}")


def complain(text: str) -> None:
    """A message on standard error, if there is one that takes it."""
    from boundcalc.mistakes import printable

    with suppress(OSError, ValueError):
        click.echo(printable(text), err=True)


def emit(text: str) -> None:
    """A result, on standard output. A reader that closes the pipe has read what it wanted."""
    from boundcalc.mistakes import printable

    try:
        click.echo(printable(text))
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python flushes once more when it exits
        if not isinstance(error, BrokenPipeError):
            raise click.UsageError(f"cannot write: {error.strerror}") from None
