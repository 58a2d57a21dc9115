"""Where results and messages go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import TaskID


def write(text: str, output: str | None) -> None:
    if output is None or output == "-":
        emit(text)
        return
    from boundcalc.mistakes import printable

    try:
        Path(output).write_text(printable(text) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {output}: {error.strerror}") from None


@contextmanager
def progress_bar(what: str) -> Generator[Callable[[int, int], None]]:
    """A bar on a terminal, once something is told to it; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield lambda done, whole: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        tasks: list[TaskID] = []

        def tell(done: int, whole: int) -> None:
            if not tasks:
                tasks.append(bar.add_task(what, total=whole))
            bar.update(tasks[0], completed=done)

        yield tell


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
