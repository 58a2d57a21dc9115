"""`boundcalc init`: an example to start from."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from boundcalc.cli.streams import complain, emit

EXAMPLE = """\
# A network as a small graph of layers. `boundcalc bounds {file}` prints its bounds, `boundcalc layers` all kinds of layers,
# `boundcalc layers conv2d` one of them, `boundcalc check {file}` every mistake of this file.
name: {name}

# Symbols stand in closed forms. One with a value is a number as well; --set R=2 gives another one, --set R= makes it free.
symbols:
  n: 32                       # samples of a batch
  width: 64
  R: 1                        # radius of the balls
  eps: 1/100

batch: n
input:
  shape: [3, 32, 32]          # channels first, without the batch
  norm: {{sample: 1}}           # every sample has norm at most 1; others: {{entry: 1}}, or 1 for the whole batch
radius: R                     # of the ball of every layer's parameters, unless the layer says otherwise

define:                       # modules, used below by their name
  block:
    layers:
      - conv2d: {{channels: 16, kernel: 3, padding: same, bias: false}}
      - batchnorm: eps
      - softplus

layers:
  - block
  - repeat: {{times: 2, layers: [residual: [block]]}}
  - avgpool2d: {{kernel: 2, stride: 2}}
  - flatten
  - dense: width
  - softplus
  - dense: {{units: 10, radius: 2*R, name: head}}

loss: logistic                # bounds of the objective too, and steps: `boundcalc objective {file}`
"""
MISTAKE = 2  # exit status: the user's mistake


@click.command("init")
@click.argument("file", default="network.yaml", type=click.Path(dir_okay=False))
@click.pass_context
def init(context: click.Context, file: str) -> None:
    """Write a commented example of a spec to FILE (network.yaml unless said)."""
    try:
        with Path(file).open("x", encoding="utf-8") as target:
            target.write(EXAMPLE.format(file=shlex.quote(file), name=_name(file)))
    except FileExistsError:
        complain(f"{file}: there is such a file already; name another one")
        context.exit(MISTAKE)
    except OSError as error:
        complain(f"{file}: cannot be written: {error.strerror}")
        context.exit(MISTAKE)
    emit(f"{file}: an example; `boundcalc bounds {shlex.quote(file)}` prints its bounds")


def _name(file: str) -> str:
    """The name of the file, as far as it may name a network."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in Path(file).stem)
    return kept if kept[:1].isalpha() else f"network-{kept}"
