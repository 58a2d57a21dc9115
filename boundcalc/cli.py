"""The command line. Results on stdout, everything else on stderr; heavy imports wait until a command needs them.

Exit status: 0 answered, 1 the answer is no, 2 the user's mistake, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

if TYPE_CHECKING:
    from boundcalc.bounds import Bounds
    from boundcalc.spec.architecture import Architecture

MISTAKE, BUG, INTERRUPTED = 2, 70, 130
_HELP = {"help_option_names": ["-h", "--help"]}


@click.group(context_settings=_HELP)
@click.version_option(package_name="boundcalc")
def cli() -> None:
    """Symbolic bounds of the Lipschitz and smoothness constants of deep networks.

    SPEC is a YAML file that describes a network (`-` reads standard input).
    """


def spec_options(command: Any) -> Any:
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


@cli.command()
@spec_options
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "latex", "python"]), default="text", show_default=True
)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="write there instead of standard output")
def bounds(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    blocks: Any,
    wrt: str,
    constants: Any,
    refine: bool,
    form: str,
    output: str | None,
) -> None:
    """Bounds of the network and of every layer."""
    from boundcalc.pipeline import compile as compile_architecture

    architecture = configured(spec, assignments, values)
    compiled = compile_architecture(architecture, blocks=blocks, wrt=wrt, constants=constants, refine=refine)
    if form == "json":
        write(to_json(compiled.to_dict()), output)
    elif form == "latex":
        from boundcalc.output.latex import to_latex

        write(to_latex(compiled), output)
    elif form == "python":
        from boundcalc.output.python import to_python

        write(to_python(compiled), output)
    else:
        from boundcalc.output.text import to_text

        other = None
        if compiled.norm in compiled.numbers:  # both ways to group the parameters, where both give numbers
            against: Any = "total" if blocks == "layer" else "layer"
            other = compile_architecture(architecture, blocks=against, wrt=wrt, constants=constants, refine=refine)
        write(to_text(compiled, other), output)


@cli.command()
@click.argument("specs", nargs=-1, required=True, metavar="SPEC...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(specs: Sequence[str], form: str) -> None:
    """Every mistake of some specs; exit status 2 if there are any."""
    from boundcalc.graph.expand import expand
    from boundcalc.spec.mistakes import SpecError

    found: list[dict[str, object]] = []
    for spec in specs:
        try:
            expand(load_spec(spec))
            if form == "text":
                emit(f"{spec}: no mistakes")
        except SpecError as error:
            found.extend(_located(entry) for entry in error.errors())
            if form == "text":
                click.echo(str(error), err=True)
    if form == "json":
        emit(to_json({"mistakes": found}))
    if found:
        sys.exit(MISTAKE)


@cli.command()
@click.argument("spec")
@click.option("--set", "assignments", multiple=True, metavar="PATH=EXPR")
@click.option("--values", type=click.Path(), metavar="FILE")
def show(spec: str, assignments: Sequence[str], values: str | None) -> None:
    """The layer graph, with shapes and numbers of parameters."""
    from boundcalc.graph.expand import expand
    from boundcalc.output.text import graph_to_text

    write(graph_to_text(expand(configured(spec, assignments, values))), None)


@cli.command()
def schema() -> None:
    """JSON Schema of the spec language, for editors."""
    from boundcalc.spec.jsonschema import json_schema

    emit(to_json(json_schema()))


def _located(entry: dict[str, object]) -> dict[str, object]:
    file, line, column = cast("tuple[str, int, int]", entry["loc"])
    return {"file": file, "line": line, "column": column, **entry}


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
    from boundcalc.pipeline import compile as compile_architecture

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
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise click.UsageError(f"cannot write {output}: {getattr(error, 'strerror', None) or error}") from None


def emit(text: str) -> None:
    """A result, on standard output. A reader that closes the pipe has read what it wanted."""
    try:
        click.echo(text)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python flushes once more when it exits
    except OSError as error:
        raise click.UsageError(f"cannot write: {error.strerror}") from None


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
        from boundcalc.spec.mistakes import SpecError

        if isinstance(error, SpecError):
            click.echo(str(error), err=True)
            sys.exit(MISTAKE)
        if "BOUNDCALC_DEBUG" in os.environ:
            raise
        click.echo(f"boundcalc: internal error: {type(error).__name__}: {error}", err=True)
        click.echo("this is a bug of boundcalc; please report it with the spec and the command", err=True)
        sys.exit(BUG)
    sys.exit(status)
