"""The commands about hyperparameters: derivatives, asymptotics."""

from __future__ import annotations

import sys
from typing import Any

import click

from boundcalc.cli.common import compile_spec, spec_options, to_json, warn, write

NO = 1  # exit status: the answer is no


@click.command()
@spec_options
@click.option("--by", "symbols", metavar="NAMES", help="symbols, separated by commas; all of them unless said")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="write there instead of standard output")
def diff(symbols: str | None, form: str, output: str | None, **options: Any) -> None:
    """Derivatives of l and L with respect to hyperparameters, elasticities, and what each layer contributes."""
    from boundcalc.output.sensitivity import sensitivity_to_dict, sensitivity_to_text
    from boundcalc.studies.sensitivity import contributions, sensitivities

    compiled = compile_spec(**options)
    names = list(compiled.symbols) if symbols is None else [name.strip() for name in symbols.split(",")]
    for name in names:
        _check(name, compiled.symbols, f"--by {symbols}")
    found = sensitivities(compiled, names)
    layers = contributions(compiled)
    if form == "json":
        write(to_json(sensitivity_to_dict(compiled, found, layers)), output)
    else:
        write(sensitivity_to_text(compiled, found, layers), output)
    warn(compiled.warnings)
    if not found:
        sys.exit(NO)


@click.command()
@spec_options
@click.option("--in", "target", required=True, metavar="NAME", help="the symbol that grows; 1/eps for eps -> 0")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-o", "--output", type=click.Path(), metavar="FILE", help="write there instead of standard output")
def asymptotics(target: str, form: str, output: str | None, **options: Any) -> None:
    """The leading term of the bounds in a hyperparameter, and where its regime changes."""
    from boundcalc.output.growth import growth_to_dict, growth_to_text
    from boundcalc.studies.asymptotics import growths, parse_target

    compiled = compile_spec(**options)
    name, at = parse_target(target)
    _check(name, compiled.symbols, f"--in {target}")
    found = growths(compiled, name, at)
    if form == "json":
        write(to_json(growth_to_dict(compiled, name, at, found)), output)
    else:
        write(growth_to_text(compiled, name, at, found), output)
    warn(compiled.warnings)
    if all(growth.reason is not None for growth in found.values()):
        sys.exit(NO)


def _check(name: str, known: Any, place: str) -> None:
    from boundcalc.arguments import nearest
    from boundcalc.mistakes import Mistake, Place, SpecError

    if name not in known:
        remedy = nearest(name, "symbol", known)
        raise SpecError([Mistake(Place(place), f"unknown symbol '{name}'", remedy, "unknown_symbol")])
