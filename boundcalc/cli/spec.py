"""What the commands share that read a spec: its parameters, reading it, compiling it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

import click
from click.core import ParameterSource

from boundcalc.bounds.options import OPTIONS, Option, Options
from boundcalc.cli.completion import assignments, differentiated, files
from boundcalc.cli.streams import warn
from boundcalc.cli.vocabulary import load_vocabulary, vocabulary_option

if TYPE_CHECKING:
    from boundcalc.graph.kind import Vocabulary
    from boundcalc.pipeline import Compiler, Spec

LAYER_LIMIT = 20_000  # as in graph.layer_graph, which imports SymPy (a test compares them)
PROGRAMS = (".pt2", ".onnx")  # as in importers.formats (a test compares them)
Given = Mapping[str, str | bool]  # the options that change a number, by name


def limit_option() -> click.Parameter:
    return click.Option(
        ["--max-layers"],
        type=click.IntRange(min=1),
        default=LAYER_LIMIT,
        show_default=True,
        metavar="N",
        help="refuse a network of more layers",
    )


def spec_parameters(several: bool = False) -> list[click.Parameter]:
    """Of every command that reads a spec, or several ones."""
    return [
        click.Argument(["specs"], nargs=-1, required=True, metavar="SPEC...", shell_complete=files)
        if several
        else click.Argument(["spec"], shell_complete=files),
        click.Option(
            ["--set", "assignments"],
            multiple=True,
            metavar="PATH=EXPR",
            help="R=2, head.radius=2*R; R= makes R symbolic",
            shell_complete=assignments,
        ),
        click.Option(
            ["--values"], type=click.Path(), metavar="FILE", help="a YAML or JSON file of symbol: value"
        ),
        click.Option(
            ["--arrays"], type=click.Path(), metavar="FILE", help="measure these weights: a .npz or .safetensors file of arrays by path"
        ),
        vocabulary_option(),
        limit_option(),
    ]  # fmt: skip


def compile_parameters(several: bool = False) -> list[click.Parameter]:
    """Of every command that compiles one, or several ones."""
    sharpest = click.Option(
        ["--sharpest"], is_flag=True, help="the smallest bounds: --blocks layer --norms mixed --refine"
    )
    return [*spec_parameters(several), *(_option(name, option) for name, option in OPTIONS.items()), sharpest]


def option_of(name: str) -> click.Parameter:
    """The option of that name, of a command that compiles nothing."""
    return _option(name, OPTIONS[name])


def _option(
    name: str, option: Option[str] | Option[bool] | Option[tuple[str, ...]] | Option[str | None]
) -> click.Parameter:
    default, flag = option.default, f"--{name.replace('_', '-')}"
    if isinstance(default, bool):
        return click.Option([flag], is_flag=True, default=default, help=option.help)
    return click.Option(
        [flag],
        type=click.Choice([str(choice) for choice in option.choices]) if option.choices else None,
        default=",".join(default) if isinstance(default, tuple) else default,
        show_default=default is not None,
        metavar=option.metavar,
        help=option.help,
        shell_complete=differentiated if option.of else None,
    )


def output_parameters(formats: Sequence[str]) -> list[click.Parameter]:
    """The format of an answer, and where it goes."""
    return [
        click.Option(["--format", "form"], type=click.Choice(formats), default=formats[0], show_default=True),
        click.Option(
            ["-o", "--output"], type=click.Path(), metavar="FILE", help="write there instead of standard output"
        ),
    ]  # fmt: skip


def plot_option() -> click.Parameter:
    return click.Option(
        ["--plot"], metavar="FILE", type=click.Path(), help="draw a picture too: FILE ends with .svg, .png or .pdf"
    )


def check_plot(file: str) -> None:
    """Before anything is computed. Raises SpecError for a name that is none of a picture."""
    from boundcalc.display.drawing import checked_file

    checked_file(file)


def load_spec(spec: str, vocabulary: Vocabulary, max_layers: int) -> Spec:
    from boundcalc.pipeline import load, loads

    if spec == "-":
        return loads(_standard_input(max_layers), "<stdin>", vocabulary=vocabulary, max_layers=max_layers)
    if spec.endswith(PROGRAMS):
        return _imported(spec)
    return load(spec, vocabulary=vocabulary, max_layers=max_layers)


def _imported(file: str) -> Spec:
    """A file of a network, as `boundcalc import` reads it unless told otherwise."""
    from boundcalc.importers.formats import imported_file
    from boundcalc.importers.settings import Settings

    made = imported_file(file, Settings())
    warn(made.notes)
    return made.architecture


def _standard_input(max_layers: int) -> bytes:
    """What is on standard input, as far as a spec may go and a little more. Raises SpecError where it cannot be read."""
    from boundcalc.language.tree import Room
    from boundcalc.mistakes import Mistake, Place, SpecError

    reason = "closed"
    stream: TextIO | None = sys.stdin  # None where the process started without one
    if stream is not None and not stream.closed:
        try:
            return stream.buffer.read(Room.of(max_layers).bytes + 1) or b""
        except OSError as error:
            reason = str(error.strerror or error)
    raise SpecError((Mistake(Place("<stdin>"), f"cannot be read: {reason}", "name a file", "unreadable"),))


def configured(
    spec: str,
    assignments: Sequence[str],
    values: str | None,
    vocabulary: str | None,
    max_layers: int,
    arrays: str | None = None,
) -> Spec:
    """The spec with the values of the command line, `--set` before what is measured, and that before `--values`."""
    from boundcalc.language.override import override, read_assignments, read_values

    architecture = load_spec(spec, load_vocabulary(vocabulary), max_layers)
    if values is not None:
        architecture = override(architecture, read_values(values))
    said = read_assignments(assignments)
    architecture = override(architecture, said)
    if arrays is None:
        return architecture
    from boundcalc.bounds.measured import measure

    return override(override(architecture, measure(architecture, arrays)), said)


def compiler(given: Given, max_layers: int) -> Compiler:
    """What compiles a spec as the command says it."""
    options = checked(given)
    from boundcalc.pipeline import Compiler

    return Compiler(options, max_layers)


def checked(given: Given) -> Options:
    """The options of a command. Raises UsageError for those that contradict each other."""
    context = click.get_current_context()
    said = {
        name: value
        for name, value in given.items()
        if name in OPTIONS and context.get_parameter_source(name) is not ParameterSource.DEFAULT
    }
    try:
        return Options.sharpest(**said) if given.get("sharpest") else Options.checked(**said)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
