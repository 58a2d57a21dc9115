"""`make mutate`: every constant of the catalogue made 10 % too small, one at a time, against the tests that concern it.

All mutants share one session of pytest. A constant of a row is changed in place, so that every test and layer that holds the row
sees it; a function that makes a constant is replaced wherever it is imported. The tests of the catalogue that name the row run until
one fails; where none does, the bounds of small networks of that kind are attacked. Constants of the published profile are left out:
they are the paper's, not ours.

One line of JSON a mutant goes to a file; mutants that are in it are not tried again, so that a run can be stopped and resumed.
Exit status 1 if less than 95 % are caught.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import json
import os
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random
from types import FunctionType, ModuleType
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the matrices are tiny: threads only wait for each other

import pytest
import sympy
from _pytest.runner import runtestprotocol
from falsification.strength_cases import cases
from rich.progress import track

import boundcalc as bc
import boundcalc.catalogue
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.studies.falsify import falsify

ROOT = Path(__file__).parents[1]
PART = sympy.Rational(9, 10)
SHARE = 0.95
NO_MODULES = {"published", "symbols", "fact", "index", "nonlinearity"}
# Constants that are no part of a row, functions that make one, and functions that make a row with constants of it: the layers that
# use them.
MADE: Mapping[str, tuple[frozenset[str], tuple[str, ...]]] = {
    "GAIN_NORM": (frozenset({"layernorm", "rmsnorm", "batchnorm"}), ("",)),
    "DENSE_NORM": (frozenset({"dense"}), ("",)),
    "SUMMED_SMOOTHNESS": (frozenset({"attention", "softmax"}), ("",)),
    "repeat_norm": (frozenset({"dense", "upsample", "pad"}), ("",)),
    "augmented_norm": (frozenset({"dense"}), ("",)),
    "normalised_norm": (frozenset({"layernorm", "batchnorm"}), ("",)),
    "dropout_norm": (frozenset({"dropout"}), ("",)),
    "convolution_norm": (frozenset({"conv1d", "conv2d"}), ("",)),
    "average_pool_norm": (frozenset({"avgpool1d", "avgpool2d"}), ("",)),
    "global_average_norm": (frozenset({"mean", "globalavgpool"}), ("",)),
    "max_pool": (frozenset({"maxpool1d", "maxpool2d"}), ("lipschitz",)),
    "power_pool": (frozenset({"lppool1d", "lppool2d"}), ("lipschitz",)),
    "log_sum_exp": (frozenset({"maxpool1d", "lsepool1d"}), ("lipschitz", "smoothness", "at_zero", "sup_at_zero")),
    "local_response": (frozenset({"localresponsenorm"}), ("lipschitz", "smoothness")),
}
# Rows that no layer has the name of.
USED_BY = {
    "weight_norm": "dense",
    "masked softmax": "attention",
    "distance": "triplet",
    "within_one": "gru",
    "gelu_tanh": "gelu",
    "moreau_relu": "relu",
}
TRIALS, SECONDS = 3, 60.0  # of an attack


@dataclass(frozen=True)
class Mutant:
    """words: what tests that concern it spell; kinds: layers whose networks are attacked."""

    name: str
    words: frozenset[str]
    kinds: frozenset[str]
    planted: Callable[[], AbstractContextManager[None]]


def mutants() -> list[Mutant]:
    """Sorted by name: the order of a folder is not that of every machine."""
    found = {mutant.name: mutant for module in modules() for mutant in (*of_rows(module), *of_functions(module))}
    return [found[name] for name in sorted(found)]


def modules() -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(boundcalc.catalogue.__path__):
        if info.name not in NO_MODULES:
            yield importlib.import_module(f"boundcalc.catalogue.{info.name}")


def of_rows(module: ModuleType) -> Iterator[Mutant]:
    for title, variable, row in rows(module):
        for name in quantities(row):
            words, kinds = frozenset({row.name, *variable}), frozenset({USED_BY.get(row.name, row.name)})
            yield Mutant(f"{title}.{name}", words, kinds, functools.partial(changed, row, name))


def rows(module: ModuleType) -> Iterator[tuple[str, Sequence[str], Nonlinearity]]:
    """The rows of a module, with the names of their variables; those in a table, with what tells them apart."""
    stem = module.__name__.rpartition(".")[2]
    for variable, value in vars(module).items():
        if isinstance(value, Nonlinearity):
            yield value.name, (variable,), value
        for entry in value if isinstance(value, tuple) else ():
            if isinstance(entry, Nonlinearity):
                yield entry.name, (), entry
            elif isinstance(entry, tuple) and stem == "normalisations":
                kind, form, row = entry
                yield f"{kind} {form}", (), row


def quantities(row: Nonlinearity) -> Iterator[str]:
    """Those that are finite and not 0."""
    for field in fields(row):
        held = getattr(row, field.name)
        value = held.value if isinstance(held, Fact) else held
        if isinstance(value, sympy.Expr) and not isinstance(value, sympy.Lambda) and value != 0:
            yield field.name


@contextmanager
def changed(row: Nonlinearity, name: str) -> Iterator[None]:
    """Rows and facts are frozen for all others."""
    held = getattr(row, name)
    target, field = (held, "value") if isinstance(held, Fact) else (row, name)
    whole = getattr(target, field)
    object.__setattr__(target, field, PART * whole)
    try:
        yield
    finally:
        object.__setattr__(target, field, whole)


def of_functions(module: ModuleType) -> Iterator[Mutant]:
    """Functions that make a constant or a row, and constants that are no part of a row."""
    stem = module.__name__.rpartition(".")[2]
    for name, value in list(vars(module).items()):
        if isinstance(value, sympy.Expr) and name in MADE:
            plant = functools.partial(everywhere, value, PART * value, name)
            yield Mutant(f"{stem}.{name}", frozenset({name}), MADE[name][0], plant)
        if isinstance(value, FunctionType) and value.__module__ == module.__name__ and name in MADE:
            kinds, quantities = MADE[name]
            for quantity in quantities:
                plant = functools.partial(everywhere, value, scaled(value, quantity))
                yield Mutant(f"{stem}.{name}{quantity and '.'}{quantity}", frozenset({name}), kinds, plant)


def scaled(function: Callable[..., Any], quantity: str = "") -> Callable[..., Any]:
    @functools.wraps(function)
    def smaller(*args: Any, **kwargs: Any) -> Any:
        made = function(*args, **kwargs)
        if not quantity:
            return PART * made
        held = getattr(made, quantity)
        if isinstance(held, Fact):
            part = held if held.value is None else replace(held, value=PART * held.value)
        else:
            part = None if held is None else PART * held
        return replace(made, **{quantity: part})

    return smaller


@contextmanager
def everywhere(whole: object, other: object, called: str = "") -> Iterator[None]:
    """In every module that has imported it; under one name, where others may be the same object, as numbers of SymPy are."""
    places = [
        (module, name)
        for module in list(sys.modules.values())
        if str(getattr(module, "__file__", None) or "").startswith(str(ROOT))
        for name, value in list(vars(module).items())
        if value is whole and called in ("", name)
    ]
    for module, name in places:
        setattr(module, name, other)
    try:
        yield
    finally:
        for module, name in places:
            setattr(module, name, whole)


class Session:
    """A plugin of pytest: in place of every test once, the tests of every mutant."""

    def __init__(self, todo: Sequence[Mutant], file: Path) -> None:
        self.todo = todo
        self.file = file

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        texts = {item.path: item.path.read_text() for item in session.items}
        with self.file.open("a") as stream:
            for mutant in track(self.todo, "mutate"):
                start = time.perf_counter()
                items = sorted(session.items, key=lambda item: not concerns(item, mutant))  # stable
                named = {path for path, text in texts.items() if any(word in text for word in mutant.words)}
                near = [item for item in items if item.path in named or concerns(item, mutant)]
                with mutant.planted():
                    caught = next((item.nodeid for item in near if fails(item)), None) or attacked(mutant.kinds)
                line = {"mutant": mutant.name, "caught": caught, "seconds": round(time.perf_counter() - start, 2)}
                stream.write(json.dumps(line) + "\n")
                stream.flush()
        return True


def concerns(item: pytest.Item, mutant: Mutant) -> bool:
    """Whether it is a case of the row by name."""
    case = getattr(item, "callspec", None)
    return case is not None and any(value == word for value in case.params.values() for word in mutant.words)


def fails(item: pytest.Item) -> bool:
    item._initrequest()  # type: ignore[attr-defined]  # as plugins do that run a test again
    return any(report.failed for report in runtestprotocol(item, log=False, nextitem=None))


def attacked(kinds: Iterable[str]) -> str | None:
    """The case whose bound is exceeded."""
    for case in cases():
        if case.kind in kinds:
            bounds = bc.compile(bc.loads(case.text), **case.options)
            if falsify(bounds, trials=TRIALS, seconds=SECONDS).falsified:
                return f"attack of {case}"
    return None


def told(lines: Sequence[dict[str, Any]]) -> tuple[str, bool]:
    missed = [line["mutant"] for line in lines if line["caught"] is None]
    share = 1 - len(missed) / len(lines)
    by_attack = sum(line["caught"] is not None and line["caught"].startswith("attack") for line in lines)
    text = f"{len(lines)} constants 10 % too small: {share:.1%} caught, {by_attack} of them by an attack alone"
    return "\n".join([text, *(f"not caught: {name}" for name in missed)]), share >= SHARE


def main() -> None:
    parser = argparse.ArgumentParser(description="Make constants too small.")
    parser.add_argument("--file", type=Path, default=Path("mutate.jsonl"))
    parser.add_argument("--sample", type=int, default=None, help="so many mutants, drawn by --seed; all unless said")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="those whose name contains this")
    parser.add_argument("--list", action="store_true", help="print the names of the mutants")
    given = parser.parse_args()
    chosen = [mutant for mutant in mutants() if given.only in mutant.name]
    if given.sample is not None:
        chosen = Random(given.seed).sample(chosen, min(given.sample, len(chosen)))
    if given.list:
        print("\n".join(mutant.name for mutant in chosen))
        return
    lines = [json.loads(line) for line in given.file.read_text().splitlines()] if given.file.exists() else []
    done = {line["mutant"] for line in lines}
    plugin = Session([mutant for mutant in chosen if mutant.name not in done], given.file)
    options = ["-c", str(ROOT / "pyproject.toml"), "-o", "addopts=--import-mode=importlib", "-p", "no:terminal"]
    status = pytest.main([str(ROOT / "tests/catalogue"), *options, "-p", "no:cacheprovider"], [plugin])
    if status != pytest.ExitCode.OK:
        sys.exit(f"pytest ends with {status}")
    names = {mutant.name for mutant in chosen}
    lines = [json.loads(line) for line in given.file.read_text().splitlines()]
    text, well = told([line for line in lines if line["mutant"] in names])
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
