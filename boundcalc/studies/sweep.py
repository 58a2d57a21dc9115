"""The bounds at many values of hyperparameters, on one core or on many machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context
from multiprocessing import get_context
from typing import Any

from boundcalc.bounds.answer import short, with_number
from boundcalc.bounds.options import Detail, Json
from boundcalc.display.page import Table
from boundcalc.display.picture import Curve, Lines, Picture
from boundcalc.exact.balls import Number
from boundcalc.graph.kind import Kind
from boundcalc.language.architecture import Architecture
from boundcalc.mistakes import Mistake, Place, SpecError, shown
from boundcalc.studies.parts.asked import Asked, Compiled
from boundcalc.studies.parts.checkpoint import Checkpoint, Found
from boundcalc.studies.parts.grid import given_points, grid, read_points
from boundcalc.studies.parts.movable import Movable, movables
from boundcalc.studies.parts.over import Point, read_over, rounded, written
from boundcalc.studies.parts.report import Report

COUNT = 25  # of points of a range, unless said
CHUNK = 50  # points of one task: compiling takes as long as a few
JOBS = 256
CURVES = 12  # of one panel
UP = Context(prec=4, rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Task:
    """What another process needs: it compiles the spec itself, whose text is a thousandth of its program."""

    spec: Architecture[Kind[Any, Any]]
    compiled: Compiled
    points: tuple[Point, ...]

    def __call__(self) -> list[Found]:
        network = Movable(self.spec.name, self.spec, self.compiled(self.spec), self.compiled, tuple(self.points[0]))
        return [_found(network, point) for point in self.points]


def sweep_by(asked: Asked) -> Report:
    """The study of the command line, on as many processes as it says. Raises SpecError for what is no number of them."""
    text = asked.one("jobs") or "1"
    if not text.isdecimal() or not 1 <= int(text) <= JOBS:
        finding = f"{shown(text)} is no number of processes"
        raise SpecError([Mistake(Place(f"--jobs {text}"), finding, f"write a whole number from 1 to {JOBS}")])
    if int(text) == 1:
        return sweep(asked)
    with ProcessPoolExecutor(int(text), mp_context=get_context("spawn")) as executor:
        return sweep(asked, executor=executor)


def sweep(
    asked: Asked, given: Sequence[Mapping[str, object]] | None = None, executor: Executor | None = None
) -> Report:
    """The study of `sweep SPEC --over NAME=LOW:HIGH ... | --points FILE`.

    given: points in place of a file of them. executor: of `concurrent.futures`, or one that behaves as such. Raises SpecError for ranges and names that are none, and for
    symbols that have no value.
    """
    overs = [read_over(text, COUNT) for text in asked.all("over")]
    file = asked.one("points")
    if bool(overs) + (file is not None) + (given is not None) != 1:
        finding = "both ranges and points say what is swept" if overs else "nothing is swept"
        raise SpecError([Mistake(Place("sweep"), finding, "write --over NAME=LOW:HIGH, or --points FILE")])
    points = given_points(given) if given is not None else None if file is None else read_points(file)
    names = [over.name for over in overs] if points is None else list(points[0])
    network = movables(asked, names, "--over" if points is None else "--points")[0]
    points = grid(overs, network.is_whole) if points is None else points
    found = _all(network, points, asked, executor)
    quantities = list(network.bounds.totals)
    rows = [_row(point, of) for point, of in zip(points, found, strict=True)]
    cells = [_cells(point, of, quantities) for point, of in zip(points, found, strict=True)]
    reasons = dict.fromkeys(str(of["reason"]) for of in found if "reason" in of)
    return Report(
        study="sweep",
        specs=(network.name,),
        options=network.bounds.options,
        subject=f"bounds at {len(points)} points",
        parts=(Table((*names, *quantities), cells, (*names, *quantities)),),
        rows=lambda: rows,
        picture=lambda: _picture(network, points, found, [over.name for over in overs if over.logarithmic]),
        notes=tuple(f"none: {reason}" for reason in reasons),
        answered=any("reason" not in of for of in found),
    )


def _all(network: Movable, points: Sequence[Point], asked: Asked, executor: Executor | None) -> list[Found]:
    """What is found at every point, those that a checkpoint knows among it."""
    keys = [json.dumps({name: str(value) for name, value in point.items()}) for point in points]
    path = asked.one("checkpoint")
    file = None if path is None else Checkpoint(path, _identity(network))
    known: dict[str, Found] = {} if file is None else file.read()
    left = {key: point for key, point in zip(keys, points, strict=True) if key not in known}
    done = len(points) - len(left)
    asked.progress(done, len(points))
    parts = _here if executor is None else _elsewhere(executor)
    for chunk, results in parts(network, list(left.items())):
        pairs = list(zip(chunk, results, strict=True))
        known |= pairs
        if file is not None:
            file.add(pairs)
        done += len(chunk)
        asked.progress(done, len(points))
    return [known[key] for key in keys]


Pairs = Sequence[tuple[str, Point]]
Parts = Iterator[tuple[list[str], list[Found]]]


def _here(network: Movable, pairs: Pairs) -> Parts:
    for key, point in pairs:
        yield [key], [_found(network, point)]


def _elsewhere(executor: Executor) -> Callable[[Movable, Pairs], Parts]:
    def parts(network: Movable, pairs: Pairs) -> Parts:
        chunks = [pairs[i : i + CHUNK] for i in range(0, len(pairs), CHUNK)]
        running: dict[Future[list[Found]], list[str]] = {
            executor.submit(Task(network.spec, network.compiled, tuple(point for _, point in chunk))): [
                key for key, _ in chunk
            ]
            for chunk in chunks
        }
        for done in as_completed(running):
            yield running[done], done.result()

    return parts


def _found(network: Movable, point: Point) -> Found:
    """Every quantity at a point, or why there is none there."""
    try:
        numbers = network.numbers(point)
    except (ValueError, ArithmeticError, SpecError) as error:
        return {"reason": str(error)}
    return {name: _figure(numbers.get(name), bound.reason) for name, bound in network.bounds.totals.items()}


def _figure(number: Number | None, reason: str | None) -> dict[str, Json]:
    known = {"number": None, "enclosure": None, "log10": None} if number is None else with_number(number)
    return {**known, "finite": reason is None, "reason": reason}


def _row(point: Point, of: Found) -> dict[str, Json]:
    figures = {name.replace(" ", "_"): figure for name, figure in of.items()}
    values = {f"value of {name}" if name in figures else name: written(value) for name, value in point.items()}
    return {**values, **figures}


def _cells(point: Point, of: Found, quantities: Sequence[str]) -> list[str]:
    values = map(rounded, point.values())
    return [*values, *(_cell(of.get(name)) for name in quantities)]


def _cell(figure: Json) -> str:
    """A decimal rounded up once more, to the digits of a table."""
    if not isinstance(figure, Mapping):
        return "none"
    number = figure["number"]
    if not isinstance(number, str):
        return "none" if figure["finite"] else "infinite"
    return short(f"{UP.create_decimal(number):g}")


def _picture(network: Movable, points: Sequence[Point], found: Sequence[Found], logarithmic: Sequence[str]) -> Picture:
    """A panel for each quantity: over what was named first, a curve for each combination of the others."""
    first, *others = points[0]
    curves: dict[str, list[tuple[float, Found]]] = {}
    for point, of in zip(points, found, strict=True):
        name = ", ".join(f"{other} = {rounded(point[other])}" for other in others) or network.name
        curves.setdefault(name, []).append((float(point[first]), of))
    if len(curves) > CURVES:
        finding = f"{len(curves)} curves are too many for a picture"
        raise SpecError(
            [Mistake(Place("--plot"), finding, f"name the range with most points first, others of at most {CURVES}")]
        )
    panels = tuple(
        Lines(
            quantity,
            first,
            "bound",
            tuple(
                Curve(name, [x for x, _ in of], [_height(f.get(quantity)) for _, f in of])
                for name, of in curves.items()
            ),
            log_x=first in logarithmic,
        )
        for quantity in network.bounds.totals
    )
    return Picture(f"{network.name}: {network.bounds.options.sentence('bounds', Detail.BOUNDS)}", panels)


def _height(figure: Json) -> float | None:
    log = figure["log10"] if isinstance(figure, Mapping) else None
    return log if isinstance(log, float) else None


def _identity(network: Movable) -> str:
    """What makes two sweeps the same."""
    return json.dumps({"spec": network.spec.to_yaml(), "options": network.bounds.options.to_dict()}, sort_keys=True)
