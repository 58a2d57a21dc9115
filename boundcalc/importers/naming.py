"""What the steps of an import are called: by the paths of their modules, as the framework writes them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from boundcalc.importers.draft import Step

_PART = re.compile(r"[^A-Za-z0-9_]")
ROOT = "model"  # before a path that starts with a digit


def module_path(path: str) -> str:
    """The path of a module as the language can say it."""
    parts = [_PART.sub("_", part) for part in path.split(".") if part]
    return ".".join([ROOT, *parts] if parts and parts[0][0].isdigit() else parts)


def step_names(steps: Sequence[Step], taken: Sequence[str]) -> Mapping[str, str]:
    """By the keys of steps. A module that is one step gives it its name, also where it is used again (`relu`, `relu_1`); the
    steps of one that holds others, or several steps, are called by their kind below it. `taken`: the names of inputs.

    No name goes through another one.
    """
    paths = {step.key: module_path(step.origin.module) for step in steps}
    kinds: dict[str, set[str]] = {}
    for step in steps:
        kinds.setdefault(paths[step.key], set()).add(step.kind)
    above = {path[:i] for path in kinds for i, letter in enumerate(path) if letter == "."} | {""}
    counts = Counter((paths[step.key], step.kind) for step in steps)
    used = set(taken)
    through = set(above)
    found: dict[str, str] = {}
    for step in steps:
        path = paths[step.key]
        if path not in above and len(kinds[path]) == 1:
            base, numbered = path, False
        else:
            base = f"{path}.{step.kind}" if path else step.kind
            numbered = counts[path, step.kind] > 1
        found[step.key] = _free(base, numbered, used, through, kinds)
        used.add(found[step.key])
        through.update(found[step.key][:i] for i, letter in enumerate(found[step.key]) if letter == ".")
    return found


def _free(base: str, numbered: bool, used: set[str], through: set[str], modules: Mapping[str, set[str]]) -> str:
    """The base, or the base with the first number that is free."""
    number = 0
    name = f"{base}_0" if numbered else base
    while name in used or name in through or (name in modules and name != base) or _goes_through(name, used):
        number += 1
        name = f"{base}_{number}"
    return name


def _goes_through(name: str, used: set[str]) -> bool:
    return any(name[:i] in used for i, letter in enumerate(name) if letter == ".")
