"""What the commands share: the options of a spec, compiling it, writing results."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from boundcalc.bounds.compiled import Bounds
    from boundcalc.spec.architecture import Architecture

Command = TypeVar("Command", bound=Callable[..., None])


def spec_options(command: Command) -> Command:
    """What every command that compiles a spec understands."""
    options = (
        click.argument("spec"),
        click.option(
            "--set", "assignments", multiple=True, metavar="PATH=EXPR", help="R=2, head.radius=2*R; R= makes R symbolic"
        ),
        click.option("--values", type=click.Path(), metavar="FILE", help="a YAML or JSON file of symbol: value"),
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


def load_spec(spec: str) -> Architecture:
    from boundcalc.spec.load import load, loads

    if spec == "-":
        return loads(sys.stdin.buffer.read(1 << 21), "<stdin>")
    return load(spec)


def configured(spec: str, assignments: Sequence[str], values: str | None) -> Architecture:
    from boundcalc.spec.override import override, read_assignments, read_values

    architecture = load_spec(spec)
    if values is not None:
        architecture = override(architecture, read_values(values))
    return override(architecture, read_assignments(assignments))


def compile_spec(
    spec: str, assignments: Sequence[str], values: str | None, blocks: Any, wrt: str, constants: Any, refine: bool
) -> Bounds:
    from boundcalc.bounds.pipeline import compile as compile_architecture

    architecture = configured(spec, assignments, values)
    return compile_architecture(architecture, blocks=blocks, wrt=wrt, constants=constants, refine=refine)


def to_json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def write(text: str, output: str | None) -> None:
    if output is None or output == "-":
        emit(text)
        return
    try:
        Path(output).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"cannot write {output}: {error.strerror}") from None


def warn(warnings: Iterable[str]) -> None:
    """On standard error, whatever the format, so that nobody has to look into a result for them."""
    for warning in warnings:
        click.echo(f"warning: {warning}", err=True)


def emit(text: str) -> None:
    """A result, on standard output. A reader that closes the pipe has read what it wanted."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python flushes once more when it exits
    except OSError as error:
        raise click.UsageError(f"cannot write: {error.strerror}") from None
