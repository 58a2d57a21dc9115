"""`make attack`: every bound of thousands of random networks against what a search attains, in the whole batch and in one finer measure,
under both groupings of the parameters, in euclidean and in mixed norms.

One line of JSON a network goes to a file; networks that are in it are not attacked again, so that a run can be stopped and resumed.
At the end it prints how many networks and bounds were attacked, the smallest bound / found, how far the bounds of the network
are from what was found in each measure, and the same for the network up to each layer, by how many layers that is and by the
kind of the last. Exit status 1 if a bound is exceeded.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from reference.random_specs import random_spec
from rich.progress import track

import boundcalc as bc
from boundcalc.calculus.quantities import OF_DERIVATIVES, QUANTITIES
from boundcalc.exact.balls import Number
from boundcalc.exact.decimals import float_upper
from boundcalc.falsification.attack import judged
from boundcalc.falsification.search import QUICK, search
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT, Subject, Target
from boundcalc.graph.measures import MEASURES
from boundcalc.studies.parts.subject import subject_of

NORMS = ("euclidean", "mixed")
COLUMNS = tuple((blocks, norms) for norms in NORMS for blocks in ("total", "layer"))
NAMES = {quantity.order: quantity.name for quantity in QUANTITIES}
DERIVATIVES = [quantity.name for quantity in OF_DERIVATIVES]
WHOLE = MEASURES[0]
SECONDS = 3600.0  # of a search: a network has trials, not time, so that a run can be repeated
ROWS, FINER_ROWS = 4, 2  # of a network, which are climbed in the whole batch and in the finer measure
DEPTHS = (2, 4, 8, 16, math.inf)
LEAST_GROUP = 20  # ratios, for a line of the table


class Ratio(NamedTuple):
    """bound / found of one quantity; kind is '' for the network and its objective, `layers` how many a node is made of. Lines of
    the file have these as lists."""

    measure: str
    blocks: str
    norms: str
    kind: str
    layers: int
    quantity: str
    value: float


@dataclass(frozen=True)
class Column:
    """The bounds under one pair of options. `numbers`: by node of the unrolled network, which is the same for all options."""

    subject: Subject
    kinds: Mapping[str, str]
    numbers: Mapping[Target, Number | None]

    def layers(self, node: str) -> int:
        network = self.subject.network
        return len(network.below([network.loss] if node == OBJECTIVE and network.loss else self.subject.rows[node]))


def attacked(seed: int, trials: int, seconds: float) -> dict[str, Any]:
    """The ratios of one network."""
    try:
        return {"seed": seed, "ratios": [list(ratio) for ratio in ratios(random_spec(seed), seed, trials, seconds)]}
    except Exception:
        return {"seed": seed, "error": traceback.format_exc(limit=-3)}


def ratios(text: str, seed: int, trials: int, seconds: float) -> Iterator[Ratio]:
    """One search for all columns of a measure; the finer one is drawn. The bounds in euclidean norms hold in finer measures too, but
    are no measure of how tight they are: only what exceeds them is kept, and so it is of rows that are only met on the way."""
    architecture = bc.loads(text)
    euclidean = {pair: column(architecture, *pair, WHOLE) for pair in COLUMNS if pair[1] == "euclidean"}
    for measure in (WHOLE, Random(seed).choice(MEASURES[1:])):
        columns = {pair: euclidean.get(pair) or column(architecture, *pair, measure) for pair in COLUMNS}
        nodes = climbed(columns.values(), Random(f"{seed} {measure}"), measure)
        for (blocks, norms), (node, order), value in found(columns, nodes, seed, trials, seconds):
            if value < 1 or (node in nodes and (measure == WHOLE or norms == "mixed")):
                of = columns[blocks, norms]
                yield Ratio(measure, blocks, norms, of.kinds[node], of.layers(node), NAMES[order], value)


def column(architecture: Any, blocks: Any, norms: Any, measure: Any) -> Column:
    bounds = bc.compile(architecture, blocks=blocks, norms=norms, measure=measure)
    subject, numbers = subject_of(bounds)
    nodes = {key: key if key in (OUTPUT, OBJECTIVE) else paths[0] for key, paths in subject.rows.items()}
    nodes.setdefault(OBJECTIVE, OBJECTIVE)
    kinds = {nodes[path]: row.layer.label for path, row in bounds.layers.items() if path in nodes}
    return Column(
        replace(
            subject,
            rows={nodes[key]: tuple(paths) for key, paths in subject.rows.items()},
            norms={nodes[key]: norm for key, norm in subject.norms.items() if key in nodes},
        ),
        {OUTPUT: "", OBJECTIVE: "", **kinds},
        {(nodes[key], order): number for (key, order), number in numbers.items()},
    )


def climbed(columns: Iterable[Column], rng: Random, measure: str) -> set[str]:
    """The network, some of its rows, and the objective, which is a number and belongs to the first measure."""
    rows = sorted({node for each in columns for node in each.kinds} - {OUTPUT, OBJECTIVE})
    drawn = rng.sample(rows, min(len(rows), ROWS if measure == WHOLE else FINER_ROWS))
    return {OUTPUT, *drawn, *([OBJECTIVE] if measure == WHOLE else [])}


def found(
    columns: Mapping[tuple[str, str], Column], nodes: Set[str], seed: int, trials: int, seconds: float
) -> Iterator[tuple[tuple[str, str], Target, float]]:
    """Climbing towards the smallest bound of these nodes; what is met of all."""
    *_, last = columns.values()
    subject = replace(
        last.subject,
        rows={node: paths for each in columns.values() for node, paths in each.subject.rows.items()},
        norms={node: norm for each in columns.values() for node, norm in each.subject.norms.items()},
    )
    least: dict[Target, float] = {}
    for each in columns.values():
        for target, bound in each.numbers.items():
            if bound is not None and target[0] in nodes:
                least[target] = min(least.get(target, math.inf), float_upper(bound))
    best, _ = search(subject, least, trials, seconds, seed, lambda done: None, QUICK)
    for pair, each in columns.items():
        for target, result in judged(best, each.numbers).items():
            if result.ratio is not None:
                yield pair, target, result.ratio


def told(lines: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """The summary, and whether all is well."""
    errors = [line for line in lines if "error" in line]
    entries = [(line["seed"], Ratio(*entry)) for line in lines for entry in line.get("ratios", ())]
    smallest = min(ratio.value for _, ratio in entries)
    text = [
        f"{len(lines) - len(errors)} networks, {len(entries)} bounds attacked, smallest bound / found {smallest:.6g}",
        *(f"seed {line['seed']}: {line['error']}" for line in errors),
        *(f"seed {seed}: a ratio below 1: {', '.join(map(str, ratio))}" for seed, ratio in entries if ratio.value < 1),
    ]
    of_networks = [(*column, name) for name in DERIVATIVES for column in COLUMNS]
    of_rows = [("layer", norms, name) for name in NAMES.values() for norms in NORMS]
    ratios = [ratio for _, ratio in entries]
    whole = [ratio for ratio in ratios if ratio.measure == WHOLE]
    networks = ((ratio.measure, ratio) for ratio in ratios if not ratio.kind)
    depths = ((next(d for d in DEPTHS if ratio.layers <= d), ratio) for ratio in whole)
    kinds = ((ratio.kind or "the network", ratio) for ratio in whole)
    text += ["", *table("the network, measured by", of_networks, networks, MEASURES)]
    text += ["", *table("of at most so many layers", of_rows, depths, DEPTHS)]
    text += ["", *table("up to a layer of kind", of_rows, kinds)]
    return "\n".join(text), not errors and smallest >= 1


def table(
    head: str,
    columns: Sequence[tuple[str, str, str]],
    entries: Iterable[tuple[Any, Ratio]],
    order: Sequence[Any] | None = None,
) -> Iterator[str]:
    """A row for each title of an entry; columns of blocks, norms and a quantity."""
    groups: defaultdict[Any, defaultdict[tuple[str, str, str], list[float]]] = defaultdict(lambda: defaultdict(list))
    for title, ratio in entries:
        groups[title][ratio.blocks, ratio.norms, ratio.quantity].append(ratio.value)
    yield f"| {head} | bounds | " + " | ".join(f"{name}, {blocks}, {norms}" for blocks, norms, name in columns) + " |"
    yield "| --- " * (2 + len(columns)) + "|"
    for title in sorted(groups) if order is None else order:
        values = [groups[title][column] for column in columns]
        yield f"| {title} | {sum(map(len, values))} | " + " | ".join(map(_spread, values)) + " |"


def _spread(values: Sequence[float]) -> str:
    """Median and 90th percentile."""
    if len(values) < LEAST_GROUP:
        return ""
    return f"{statistics.median(values):.3g}, {statistics.quantiles(values, n=10)[-1]:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Attack random networks.")
    parser.add_argument("--networks", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trials", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of a search; there are two a network")
    parser.add_argument("--file", type=Path, default=Path("attack.jsonl"))
    parser.add_argument("--processes", type=int, default=None)
    given = parser.parse_args()
    lines = [json.loads(line) for line in given.file.read_text().splitlines()] if given.file.exists() else []
    done = {line["seed"] for line in lines}
    seeds = [seed for seed in range(given.first, given.first + given.networks) if seed not in done]
    with given.file.open("a") as stream, ProcessPoolExecutor(given.processes) as pool:
        results = pool.map(partial(attacked, trials=given.trials, seconds=given.seconds), seeds)
        for line in track(results, "attack", total=len(seeds)):
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            lines.append(line)
    text, well = told(lines)
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
