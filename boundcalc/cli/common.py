"""What the commands share: the options of a spec, compiling it, writing results."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.pipeline import Spec

Command = TypeVar("Command", bound=Callable[..., None])


LAYER_LIMIT = 20_000  # as in graph.layer_graph, which imports SymPy (a test compares them)
max_layers_option = click.option(
    "--max-layers",
    type=click.IntRange(min=1),
    default=LAYER_LIMIT,
    show_default=True,
    metavar="N",
    help="refuse a network of more layers",
)


def spec_options(command: Command) -> Command:
    """What every command that compiles a spec understands."""
    options = (
        click.argument("spec"),
        click.option(
            "--set", "assignments", multiple=True, metavar="PATH=EXPR", help="R=2, head.radius=2*R; R= makes R symbolic"
        ),
        click.option("--values", type=click.Path(), metavar="FILE", help="a YAML or JSON file of symbol: value"),
        max_layers_option,
        click.option("--blocks", type=click.Choice(["total", "layer"]), default="total", show_default=True),
        click.option(
            "--wrt", default="parameters", show_default=True, help="parameters, inputs, or paths such as 'stage4.**'"
        ),
        click.option("--constants", type=click.Choice(["sharp", "published"]), default="sharp", show_default=True),
        click.option("--refine", is_flag=True, help="also bound slopes by |a'(0)| + L m"),
    )
    for option in reversed(options):
        command = option(command)
    return command


def load_spec(spec: str) -> Spec:
    from boundcalc.pipeline import load, loads

    return loads(_standard_input(), "<stdin>") if spec == "-" else load(spec)


def _standard_input() -> bytes:
    """What is on standard input, as far as a spec may go and a little more. Raises SpecError where it cannot be read."""
    from boundcalc.mistakes import Mistake, Place, SpecError

    reason = "closed"
    stream: TextIO | None = sys.stdin  # None where the process started without one
    if stream is not None and not stream.closed:
        try:
            return stream.buffer.read(1 << 21) or b""
        except OSError as error:
            reason = str(error.strerror or error)
    raise SpecError((Mistake(Place("<stdin>"), f"cannot be read: {reason}", "name a file", "unreadable"),))


def configured(spec: str, assignments: Sequence[str], values: str | None) -> Spec:
    from boundcalc.language.override import override, read_assignments, read_values

    architecture = load_spec(spec)
    if values is not None:
        architecture = override(architecture, read_values(values))
    return override(architecture, read_assignments(assignments))


def compile_spec(spec: str, assignments: Sequence[str], values: str | None, **options: Any) -> Bounds:
    """`options` are those of `boundcalc.compile`."""
    from boundcalc.pipeline import compile as compile_architecture

    architecture = configured(spec, assignments, values)
    return compile_architecture(architecture, **options)


def to_json(value: object) -> str:
    """JSON with letters of all languages as they are, and escapes for what a terminal would act on."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    return "\n".join(line if line.isprintable() else _escaped_json(line) for line in text.split("\n"))


def _escaped_json(line: str) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


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
