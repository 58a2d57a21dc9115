"""`boundcalc layers`: the kinds of layers and losses, and one of them explained."""

from __future__ import annotations

import click

from boundcalc.cli.streams import write
from boundcalc.cli.vocabulary import load_vocabulary, vocabulary_option
from boundcalc.output.json import to_json


def _parameters() -> list[click.Parameter]:
    return [
        click.Argument(["name"], required=False),
        click.Option(["--format", "form"], type=click.Choice(["text", "json"]), default="text", show_default=True),
        vocabulary_option(),
    ]


@click.command(params=_parameters())
def layers(name: str | None, form: str, vocabulary: str | None) -> None:
    """The kinds of layers and losses; with a NAME its map, theorem, fields, constants and an example."""
    from boundcalc.output.parts.kinds import kind_to_text, kinds_to_text
    from boundcalc.pipeline import describe

    kinds = load_vocabulary(vocabulary)
    if name is not None:
        found = describe(name, vocabulary=kinds)
        write(to_json(found.to_dict()) if form == "json" else kind_to_text(found), None)
    elif form == "json":
        write(to_json([describe(name, vocabulary=kinds).to_dict() for name in kinds]), None)
    else:
        write(kinds_to_text(kinds.values()), None)
