"""Modules that are used several times become `define`s and their calls, a whole list of equal ones a `repeat`; no path changes.

A module is the steps whose names begin with its path. It can be called where they stand in a row, read one to three arrays from
outside, and are read from outside at their last step alone. Of two modules with the same steps, numbers may differ: they become
arguments. What bounds statistics of batch norms becomes the largest of all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from boundcalc.importers.draft import Field
from boundcalc.importers.lines import Line, layers_of
from boundcalc.language.structure import COMMON_FIELDS, CONSTRUCTS

INPUTS = ("x", "y", "z")
MOST_ARGUMENTS = 10
LEAST_SAVED = 3  # lines
NEXT = "next"  # of a repeat that is not written yet
LARGEST = ("slope", "offset")  # fields that are upper bounds of what is given
_NUMBER = re.compile(r"-?[0-9][0-9.e+\-/*]*(sqrt\([0-9]+\))?\Z|1/sqrt\([0-9./e\-]+\)\Z")


@dataclass(frozen=True, slots=True)
class Instance:
    """A module at one place: its path, where its steps stand, what it reads from outside, its steps with names of their own."""

    path: str
    start: int
    stop: int
    reads: tuple[str, ...]
    body: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Structured:
    """`modules`: the value of `define`; `layers`: those of the spec."""

    modules: Mapping[str, Field]
    layers: Sequence[Field]


def structured(
    lines: Sequence[Line], outputs: Sequence[str], before: str | None, classes: Mapping[str, str], words: Iterable[str]
) -> Structured:
    """classes: of modules by their paths; words: names that no module and no argument may have."""
    taken = {*words, *COMMON_FIELDS, *CONSTRUCTS, *INPUTS}
    modules: dict[str, Field] = {}
    placed: dict[int, _Placed] = {}
    covered: set[int] = set()
    for group in _groups(_instances(lines, outputs)):
        free = [each for each in group if covered.isdisjoint(range(each.start, each.stop))]
        if not _saves(free):
            continue
        common, arguments = _template(free, taken)
        if len(arguments) > MOST_ARGUMENTS:
            continue
        if not arguments and _is_whole_list(free, lines):
            placed[free[0].start] = _repeat(free, common, lines)
        else:
            name = _free(classes.get(free[0].path) or "Block", taken | modules.keys())
            modules[name] = _module(free[0], common, arguments)
            for i, each in enumerate(free):
                call = Line(name, each.path, {a: values[i] for a, values in arguments.items()}, each.reads)
                placed[each.start] = _Placed(each.stop, call, lines[each.stop - 1].name)
        covered.update(place for each in free for place in range(each.start, each.stop))
    return Structured(modules, _layers(lines, placed, before))


@dataclass(frozen=True, slots=True)
class _Placed:
    """What stands for the steps up to `stop`; `last`: the name of the last of them."""

    stop: int
    line: Line
    last: str


def _instances(lines: Sequence[Line], outputs: Sequence[str]) -> list[Instance]:
    spans: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        for i, letter in enumerate(line.name):
            if letter == ".":
                spans.setdefault(line.name[:i], []).append(place)
    readers: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        for name in line.reads:
            readers.setdefault(name, []).append(place)
    found: list[Instance] = []
    for path, places in spans.items():
        start, stop = places[0], places[-1] + 1
        if stop - start != len(places) or len(places) < 2:
            continue
        inside = lines[start:stop]
        names = {line.name for line in inside}
        if names & {output for output in outputs if output != inside[-1].name}:
            continue
        if any(not all(start <= at < stop for at in readers.get(line.name, ())) for line in inside[:-1]):
            continue
        outside = tuple(dict.fromkeys(name for line in inside for name in line.reads if name not in names))
        if not 1 <= len(outside) <= len(INPUTS) or any(_shares(line) for line in inside):
            continue
        own = dict(zip(outside, INPUTS, strict=False))
        own |= {line.name: line.name[len(path) + 1 :] for line in inside}
        body = tuple(
            replace(line, name=own[line.name], reads=tuple(own[name] for name in line.reads)) for line in inside
        )
        found.append(Instance(path, start, stop, outside, body))
    return found


def _shares(line: Line) -> bool:
    return "share" in line.fields


def _groups(instances: Sequence[Instance]) -> list[list[Instance]]:
    """Of equal steps, those that save most lines first."""
    found: dict[tuple[object, ...], list[Instance]] = {}
    for each in instances:
        if all(not line.name[0].isdigit() for line in each.body):
            found.setdefault(_signature(each), []).append(each)
    groups = [group for group in found.values() if _saves(group)]
    return sorted(groups, key=lambda group: (-_saved(group), group[0].start, len(group[0].path)))


def _saved(group: Sequence[Instance]) -> int:
    return (len(group) - 1) * len(group[0].body) - LEAST_SAVED - len(group) if group else 0


def _saves(group: Sequence[Instance]) -> bool:
    return len(group) > 1 and _saved(group) > 0


def _signature(instance: Instance) -> tuple[object, ...]:
    return tuple(
        (line.kind, line.name, line.reads, tuple((key, _shape(value)) for key, value in line.fields.items()))
        for line in instance.body
    )


def _shape(value: Field) -> object:
    """What has to be equal: everything but numbers."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int):
        return "#"
    if isinstance(value, str):
        return "#" if _NUMBER.match(value) else value
    if isinstance(value, Mapping):
        return tuple((key, _shape(each)) for key, each in value.items())
    return tuple(_shape(each) for each in value)


def _template(group: Sequence[Instance], taken: set[str]) -> tuple[tuple[Line, ...], dict[str, list[Field]]]:
    """The steps with arguments where numbers differ, and what the arguments are at each place."""
    arguments: dict[str, list[Field]] = {}
    steps: list[Line] = []
    names = {part for line in group[0].body for part in (line.name, line.name.partition(".")[0])}
    for row in zip(*(each.body for each in group), strict=True):
        fields = {
            key: _merged(key, [line.fields[key] for line in row], arguments, taken | names) for key in row[0].fields
        }
        steps.append(replace(row[0], fields=fields))
    return tuple(steps), arguments


def _merged(key: str, values: Sequence[Field], arguments: dict[str, list[Field]], taken: set[str]) -> Field:
    first = values[0]
    if all(value == first for value in values):
        return first
    if key in LARGEST:
        return max(values, key=_size)
    if isinstance(first, Sequence) and not isinstance(first, str):
        columns = zip(*(value for value in values if isinstance(value, Sequence)), strict=True)
        return [_merged(key, column, arguments, taken) for column in columns]
    for name, known in arguments.items():
        if known == list(values):
            return name
    name = _free(key if key not in taken else f"{key}_", taken | arguments.keys())
    arguments[name] = list(values)
    return name


def _size(value: Field) -> float:
    text = str(value)
    root = re.match(r"1/sqrt\((.+)\)\Z", text)
    return _quotient(root[1]) ** -0.5 if root else _quotient(text)


def _quotient(text: str) -> float:
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def _free(base: str, taken: Iterable[str]) -> str:
    name, number = base, 0
    while name in taken:
        number += 1
        name = f"{base.rstrip('_')}_{number}"
    return name


def _module(instance: Instance, body: Sequence[Line], arguments: Mapping[str, Sequence[Field]]) -> Field:
    inputs = list(INPUTS[: len(instance.reads)])
    found: dict[str, Field] = {}
    if arguments:
        found["args"] = dict.fromkeys(arguments, "")
    found["inputs"] = inputs
    found["layers"] = layers_of(body, inputs[0] if len(inputs) == 1 else None)
    return found


def _is_whole_list(group: Sequence[Instance], lines: Sequence[Line]) -> bool:
    """Whether they are the modules 0, 1, ... of one list, all of them, each of which reads the one before it and nothing else."""
    parent = group[0].path.rpartition(".")[0]
    if not parent or [each.path for each in group] != [f"{parent}.{i}" for i in range(len(group))]:
        return False
    inside = [place for place, line in enumerate(lines) if line.name.startswith(f"{parent}.")]
    if inside != list(range(group[0].start, group[-1].stop)):
        return False
    return (
        all(len(each.reads) == 1 for each in group)
        and all(after.reads[0] == lines[one.stop - 1].name for one, after in pairwise(group))
        and not _read_outside(group, lines)
    )


def _read_outside(group: Sequence[Instance], lines: Sequence[Line]) -> bool:
    """Whether one that is not the last is read beyond the next one."""
    ends = {lines[each.stop - 1].name: after for each, after in pairwise(group)}
    return any(
        name in ends and not ends[name].start <= place < ends[name].stop
        for place, line in enumerate(lines)
        for name in line.reads
    )


def _repeat(group: Sequence[Instance], body: Sequence[Line], lines: Sequence[Line]) -> _Placed:
    fields: dict[str, Field] = {"times": len(group), NEXT: body[-1].name, "layers": layers_of(body, None)}
    line = Line("repeat", group[0].path.rpartition(".")[0], fields, group[0].reads)
    return _Placed(group[-1].stop, line, lines[group[-1].stop - 1].name)


def _layers(lines: Sequence[Line], placed: Mapping[int, _Placed], before: str | None) -> list[Field]:
    """What is read of a module or a repeat is read by its own name."""
    called = {each.last: each.line.name for each in placed.values()}
    found: list[Field] = []
    place = 0
    while place < len(lines):
        found_here = placed.get(place)
        line = lines[place] if found_here is None else found_here.line
        line = replace(line, reads=tuple(called.get(name, name) for name in line.reads))
        found.append(_written_repeat(line) if line.kind == "repeat" else line.written(before))
        before = line.name
        place = place + 1 if found_here is None else found_here.stop
    return found


def _written_repeat(line: Line) -> Field:
    """A scan, so that the steps of a copy can read what the copy does."""
    carry = {INPUTS[0]: {"start": line.reads[0], "next": line.fields[NEXT]}}
    rest = {"times": line.fields["times"], "name": line.name, "carry": carry, "layers": line.fields["layers"]}
    return {line.kind: rest}
