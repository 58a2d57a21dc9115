"""`boundcalc import`: a network of PyTorch or a file of ONNX as a spec."""

from __future__ import annotations

from typing import get_args

import click

from boundcalc.cli.streams import warn, write
from boundcalc.importers.modes import Mode, Weights


def _parameters() -> list[click.Parameter]:
    return [
        click.Argument(["file"], metavar="FILE"),
        click.Option(["-o", "--output"], type=click.Path(), metavar="SPEC.yaml", help="write there; `--weights norms` needs it"),
        click.Option(["--batch"], default="n", show_default=True, metavar="EXPR", help="the number of samples"),
        click.Option(["--weights"], type=click.Choice(get_args(Weights)), default="symbols", show_default=True, help="norms: a ball around the weights that the file has, their norms in SPEC.values.yaml"),
        click.Option(["--radius"], default="R", show_default=True, metavar="EXPR", help="of the ball of each learned map"),
        click.Option(["--mode"], type=click.Choice(get_args(Mode)), help="what the file was exported in; eval unless said"),
        click.Option(["--smooth"], metavar="HOW", help="as for `bounds`"),
        click.Option(["--input-norm"], metavar="NORM", help="a bound of each input: E, sample:E or entry:E; a symbol for each sample unless said"),
        click.Option(["--no-check"], is_flag=True, help="do not compare the spec's network with the program"),
    ]  # fmt: skip


@click.command("import", params=_parameters())
def import_(
    file: str,
    output: str | None,
    batch: str,
    weights: Weights,
    radius: str,
    mode: Mode | None,
    smooth: str | None,
    input_norm: str | None,
    no_check: bool,
) -> None:
    """A program that torch.export.save wrote (.pt2), or a file of ONNX (.onnx), as a spec."""
    from boundcalc.bounds.imported import with_weights
    from boundcalc.importers.formats import imported_file
    from boundcalc.importers.settings import Settings
    from boundcalc.language.objects import read_object
    from boundcalc.language.override import values_of
    from boundcalc.language.yaml_text import to_text

    if weights == "norms" and output in (None, "-"):
        raise click.UsageError("--weights norms writes two files; name the first: -o SPEC.yaml")
    kind, colon, norm = (input_norm or "").partition(":")
    norms = None if input_norm is None else {kind: norm} if colon else kind
    settings = Settings(batch, radius, norms, weights == "norms")
    made = imported_file(file, settings, mode, smooth, not no_check)
    _, values = with_weights(made, weights)
    write(made.written.text.rstrip("\n"), output)
    if values and output is not None:
        stem = output.removesuffix(".yaml").removesuffix(".yml")
        write(to_text(values_of(read_object(values))).rstrip("\n"), f"{stem}.values.yaml")
    warn(made.notes)
