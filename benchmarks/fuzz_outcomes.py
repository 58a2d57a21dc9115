"""What becomes of the inputs of `make fuzz`: everything is done with them, or they are only read."""

from __future__ import annotations

import io
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click
import sympy
from fuzz_inputs import SYMBOLS, Input

import boundcalc as bc
from boundcalc.bounds.options import Options
from boundcalc.cli import main as command_line
from boundcalc.cli.commands import cli
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import PLAIN
from boundcalc.program.evaluate import TooManyPassesError

EXPECTED = (bc.SpecError, TooManyPassesError)  # what a command ends with exit status 2 for
OF_OPTIONS = (TypeError, ValueError)  # what is wrong in an argument of Python is said by Python's own exceptions
SECONDS, OF_A_LAYER = 3.0, 1e-3
THEIRS = {"options.py", "smoothing.py", "arguments.py"}  # files that say it
STATUSES = (0, 1, 2)
PARSED = {name: sympy.Symbol(name, positive=True) for name in SYMBOLS}


class FaultError(Exception):
    """What must not be, in a line."""


class Clock:
    """Processor time of the slowest step."""

    def __init__(self) -> None:
        self.slowest, self.step = 0.0, ""
        self.layers = 0

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            spent = time.process_time() - start
            if spent >= self.slowest:
                self.slowest, self.step = spent, step

    @property
    def late(self) -> bool:
        return self.slowest > max(SECONDS, OF_A_LAYER * self.layers)


def outcome(given: Input, clock: Clock) -> str:
    try:
        if given.kind == "command":
            return commanded(given, clock)
        if given.kind == "expression":
            with clock.timed("parse"):
                found = bc.parse(given.text, PARSED)
                str(found)
            return "answered"
        return compiled(given, clock)
    except EXPECTED as error:
        with clock.timed("message"):
            str(error), isinstance(error, bc.SpecError) and error.errors()
        return "refused"


def compiled(given: Input, clock: Clock) -> str:
    with clock.timed("read"):
        architecture = bc.loads(given.text)
    with clock.timed("compile"):
        try:
            bounds = bc.compile(architecture, **given.options)
        except OF_OPTIONS:
            if origin(sys.exc_info()[2]) not in THEIRS:
                raise
            return "refused"
    clock.layers = len(bounds.layers)
    for name, form in FORMATS.items():
        with clock.timed(name):
            form.document(bounds.document, PLAIN)
    with clock.timed("repr"):
        repr(bounds)
    if given.page:
        with clock.timed("page"):
            bc.report(architecture, **given.options)
    return "answered"


def origin(trace: Any) -> str:
    """The file that raised."""
    return Path(traceback.extract_tb(trace)[-1].filename).name


def commanded(given: Input, clock: Clock) -> str:
    Path("spec.yaml").write_text(given.text, encoding="utf-8", errors="surrogatepass")
    answer, complaint = io.StringIO(), io.StringIO()
    status: object = 0
    with clock.timed("command"), redirect_stdout(answer), redirect_stderr(complaint):
        try:
            command_line(list(given.arguments))
        except SystemExit as stop:
            status = stop.code
    said = complaint.getvalue()
    if status not in STATUSES or "Traceback" in said:
        raise FaultError(f"exit status {status}: {said[-600:]}")
    if status == 2 and not said and not answer.getvalue():
        raise FaultError("exit status 2 without a word")
    return "refused" if status == 2 else "answered"


def understood(given: Input, clock: Clock) -> str:
    """What comes before the compiler: the reader, the parser of expressions, options of Python and of the command line."""
    with clock.timed(given.kind):
        try:
            if given.kind == "expression":
                str(bc.parse(given.text, PARSED))
            elif given.kind == "options":
                repr(Options.checked(**given.options))
            elif given.kind == "arguments":
                parsed(given.arguments)
            else:
                bc.loads(given.text)
        except bc.SpecError as error:
            str(error), error.errors()
            return "refused"
        except click.ClickException as error:
            error.format_message()
            return "refused"
        except OF_OPTIONS:
            if given.kind != "options" or origin(sys.exc_info()[2]) not in THEIRS:
                raise
            return "refused"
    return "answered"


def parsed(arguments: Sequence[str]) -> None:
    """The command line as the command would have it, which is not run."""
    whole = cli.make_context("boundcalc", list(arguments))
    name, command, rest = cli.resolve_command(whole, [*whole.protected_args, *whole.args])
    if command is not None:
        command.make_context(name, rest, parent=whole)
