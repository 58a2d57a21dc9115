"""`make attack`: every bound of thousands of random networks against what a search attains, under both groupings of the parameters.

One line of JSON a network goes to a file; networks that are in it are not attacked again, so that a run can be stopped and resumed.
At the end it prints how many networks and bounds were attacked, the smallest bound / found, and by kind of layer how far the bounds
of the network up to such a layer are from what was found. Exit status 1 if a bound is exceeded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from reference.random_specs import random_spec
from rich.progress import track

import boundcalc as bc
from boundcalc.calculus.quantities import QUANTITIES
from boundcalc.exact.decimals import float_upper
from boundcalc.falsification.attack import judged
from boundcalc.falsification.search import search
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT
from boundcalc.studies.parts.subject import subject_of

GROUPINGS = ("total", "layer")
NAMES = {quantity.order: quantity.name for quantity in QUANTITIES}
SECONDS = 3600.0  # a network has trials, not time, so that a run can be repeated
LEAST_GROUP = 20  # ratios, for a line of the table


def attacked(seed: int, trials: int) -> dict[str, Any]:
    """The ratios of one network: [grouping, kind, quantity, bound / found]; kind is '' for the network and its objective."""
    try:
        return {"seed": seed, "ratios": list(ratios(random_spec(seed), seed, trials))}
    except Exception:
        return {"seed": seed, "error": traceback.format_exc(limit=-3)}


def ratios(text: str, seed: int, trials: int) -> Iterator[tuple[str, str, str, float]]:
    """One search for both groupings: the network is the same, and a row is known by its node."""
    architecture = bc.loads(text)
    rows: dict[str, tuple[str, ...]] = {}
    known: dict[str, dict[tuple[str, int], Any]] = {}
    kinds = {OUTPUT: "", OBJECTIVE: ""}
    for grouping in GROUPINGS:
        bounds = bc.compile(architecture, blocks=grouping)
        subject, numbers = subject_of(bounds)
        nodes = {key: key if key in (OUTPUT, OBJECTIVE) else paths[0] for key, paths in subject.rows.items()}
        nodes.setdefault(OBJECTIVE, OBJECTIVE)
        rows |= {nodes[key]: tuple(paths) for key, paths in subject.rows.items()}
        kinds |= {nodes[path]: row.layer.label for path, row in bounds.layers.items() if path in nodes}
        known[grouping] = {(nodes[key], order): number for (key, order), number in numbers.items()}
    subject = replace(subject, rows=rows)
    least: dict[tuple[str, int], float] = {}
    for numbers in known.values():
        for target, number in numbers.items():
            if number is not None:
                least[target] = min(least.get(target, float("inf")), float_upper(number))
    found, _ = search(subject, least, trials, SECONDS, seed, lambda done: None)
    for grouping, numbers in known.items():
        for target, result in judged(found, numbers).items():
            if result.ratio is not None:
                yield grouping, kinds[target[0]], NAMES[target[1]], result.ratio


def told(lines: list[Mapping[str, Any]]) -> tuple[str, bool]:
    """The summary, and whether all is well."""
    errors = [line for line in lines if "error" in line]
    entries = [entry for line in lines for entry in line.get("ratios", ())]
    smallest = min(entry[3] for entry in entries)
    text = [
        f"{len(lines) - len(errors)} networks, {len(entries)} bounds attacked, smallest bound / found {smallest:.6g}",
        *(f"seed {line['seed']}: {line['error']}" for line in errors),
        *(f"seed {line['seed']}: a ratio below 1" for line in lines if any(e[3] < 1 for e in line.get("ratios", ()))),
        "",
        "| up to a layer of kind | bounds | "
        + " | ".join(f"{n}, {g}" for n in NAMES.values() for g in GROUPINGS)
        + " |",
        "| --- " * (2 + len(NAMES) * len(GROUPINGS)) + "|",
    ]
    groups: defaultdict[tuple[str, str, str], list[float]] = defaultdict(list)
    for grouping, kind, quantity, ratio in entries:
        groups[kind, quantity, grouping].append(ratio)
    for kind in sorted({entry[1] for entry in entries}):
        cells = [_spread(groups[kind, quantity, grouping]) for quantity in NAMES.values() for grouping in GROUPINGS]
        count = sum(len(groups[kind, quantity, grouping]) for quantity in NAMES.values() for grouping in GROUPINGS)
        text.append(f"| {kind or 'the network'} | {count} | " + " | ".join(cells) + " |")
    return "\n".join(text), not errors and smallest >= 1


def _spread(values: list[float]) -> str:
    """Median and 90th percentile."""
    if len(values) < LEAST_GROUP:
        return ""
    return f"{statistics.median(values):.3g}, {statistics.quantiles(values, n=10)[-1]:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Attack random networks.")
    parser.add_argument("--networks", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--trials", type=int, default=2)
    parser.add_argument("--file", type=Path, default=Path("attack.jsonl"))
    parser.add_argument("--processes", type=int, default=None)
    given = parser.parse_args()
    lines = [json.loads(line) for line in given.file.read_text().splitlines()] if given.file.exists() else []
    done = {line["seed"] for line in lines}
    seeds = [seed for seed in range(given.first, given.first + given.networks) if seed not in done]
    with given.file.open("a") as stream, ProcessPoolExecutor(given.processes) as pool:
        results = pool.map(partial(attacked, trials=given.trials), seeds)
        for line in track(results, "attack", total=len(seeds)):
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            lines.append(line)
    text, well = told(lines)
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
