"""What `--vary` names: symbols, and fields of layers by patterns of their paths. Each is a positive number of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import sympy

from boundcalc.bounds.compiled import Bounds
from boundcalc.exact.expression import parse
from boundcalc.exact.printing import to_str
from boundcalc.exact.signs import sign
from boundcalc.exact.values import substitute
from boundcalc.graph.kind import Kind
from boundcalc.graph.patterns import prefixes
from boundcalc.language.architecture import Architecture, Step, SymbolDeclaration
from boundcalc.language.override import override
from boundcalc.mistakes import Mistake, Mistakes, Place, SpecError, shown, suggest

Spec = Architecture[Kind[Any, Any]]
Point = Mapping[str, sympy.Expr]  # exact values by the names of variables
PREFIX = "varied"
SWEEP = "a whole number is no variable of a smooth problem; compare its values with `sweep`"


@dataclass(frozen=True, slots=True)
class Variable:
    """`name`: what a person calls it, a symbol or the path of a field. `field`: the field that it is in, whose entry `entry` it
    is where that is a mapping of arrays, with what `entries` says now; "" for a symbol. `symbol`: what it is called in the
    varied spec. `start`: its value now."""

    name: str
    symbol: str
    start: sympy.Expr
    field: str = ""
    entry: str = ""
    entries: tuple[tuple[str, str], ...] = ()


def variables_of(bounds: Bounds, patterns: Sequence[str]) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    """The variables that patterns name, each once, in the order of the spec, and notes on what is left out.

    Raises SpecError for a pattern that matches nothing, for whole numbers, for what has no value and for what is not positive.
    """
    found: dict[str, Variable] = {}
    notes: list[str] = []
    mistakes = Mistakes()
    fresh = _fresh_names(bounds.architecture)
    for pattern in patterns:
        place = Place(f"--vary {pattern}")
        names = [*bounds.symbols, *bounds.graph.settable]
        matched = [name for name in names if name.count(".") + 1 in prefixes(pattern, name)] if pattern else []
        if not matched:
            finding = f"{shown(pattern)} matches no symbol and no field of a layer"
            mistakes.add(place, finding, _remedy(pattern, bounds), "nothing_matches")
        for name in matched:
            try:
                variable = found.get(name) or _variable(bounds, name, place, fresh)
            except SpecError as error:
                mistakes.extend(error)
                continue
            if variable.start.is_zero:
                notes.append(f"{name} is 0 and stays 0, apart from products: a variable is positive")
            else:
                found[name] = variable
    mistakes.raise_if_any()
    if not found:
        place = Place(f"--vary {','.join(patterns)}")
        raise SpecError([Mistake(place, "all that it names is 0, and a variable is positive", "give it a value")])
    return tuple(found.values()), tuple(dict.fromkeys(notes))


def _remedy(pattern: str, bounds: Bounds) -> str:
    """A name that is near, or what there is."""
    names = [*bounds.symbols, *bounds.graph.settable]
    if (near := suggest(pattern, names)) is not None:
        return near
    sizes = {name for name, field in bounds.graph.settable.items() if field.size}
    fields = {name.rpartition(".")[2] for name in bounds.graph.settable if name not in sizes}
    known = [*(name for name in bounds.symbols if bounds.symbols[name].is_integer is not True), *sorted(fields)]
    listed = ", ".join(f"**.{name}" if name in fields and name not in bounds.symbols else name for name in known[:8])
    return f"such as {listed}" if listed else "the spec has no symbol and no field of a layer that could be varied"


def _variable(bounds: Bounds, name: str, place: Place, fresh: Iterator[str]) -> Variable:
    symbols = bounds.graph.conditions.symbols
    field = None if name in symbols else bounds.graph.settable[name]
    value = symbols[name] if field is None else field.value(symbols)
    if (field is not None and field.size) or (field is None and symbols[name].is_integer):
        raise SpecError([Mistake(place, f"'{name}' is a whole number", SWEEP, "whole")])
    if any(symbol.is_integer for symbol in bounds.graph.conditions.unrolled & value.free_symbols):
        raise SpecError([Mistake(place, f"'{name}' counts the passes of a repeat", SWEEP, "whole")])
    exact = _valued(bounds, name, value, place)
    if sign(exact) not in (0, 1) or (field is None and not symbols[name].is_nonnegative):
        raise SpecError([Mistake(place, f"'{name}' is not positive: {to_str(exact)}", "leave it out", "not_positive")])
    if field is None:
        return Variable(name, name, exact)
    if not field.entry:
        return Variable(name, next(fresh), exact, name)
    owner = name.removesuffix(f".{field.entry}")
    beside = {f.entry: (at, f) for at, f in bounds.graph.settable.items() if at == f"{owner}.{f.entry}"}
    texts = {e: to_str(_valued(bounds, at, f.value(symbols), place)) for e, (at, f) in beside.items()}
    return Variable(name, next(fresh), exact, owner, field.entry, tuple(texts.items()))


def _valued(bounds: Bounds, name: str, value: sympy.Expr, place: Place) -> sympy.Expr:
    """A value as a number. Raises SpecError."""
    exact = substitute(value, bounds.values)
    if missing := sorted(str(symbol) for symbol in exact.free_symbols):
        finding = f"'{name}' starts from the value that it has now, and {', '.join(missing)} has none"
        raise SpecError([Mistake(place, finding, f"give it one: --set {missing[0]}=1", "no_value")])
    return exact


def _fresh_names(architecture: Spec) -> Iterator[str]:
    """Names that nothing in the spec has: symbols, arguments of modules, counters of repeats."""
    taken = {*architecture.symbols, *architecture.inputs}
    for module in architecture.modules.values():
        taken.update((*module.arguments, *module.inputs, *_counters(module.layers)))
    taken.update(_counters(architecture.layers))
    prefix = PREFIX
    while any(name.startswith(prefix) for name in taken):
        prefix += "_"
    return (f"{prefix}{i}" for i in count(1))


def _counters(steps: Sequence[Step]) -> Iterator[str]:
    for step in steps:
        index = getattr(step.fields, "index", None)
        if isinstance(index, str):
            yield index
        yield from _counters(step.body)


def varied(architecture: Spec, variables: Sequence[Variable]) -> Spec:
    """The spec in which every variable is a symbol with the value that it starts from, a number, and nothing else moves it."""
    place = Place("--vary")
    fresh = {v.symbol: SymbolDeclaration(v.symbol, place, parse(to_str(v.start), place)) for v in variables if v.field}
    opened = replace(architecture, symbols={**architecture.symbols, **fresh})
    said = {v.name: v.symbol if v.field else to_str(v.start) for v in variables}
    return override(opened, _assignments(variables, said))


def placed_at(architecture: Spec, variables: Sequence[Variable], point: Point) -> Spec:
    """The spec at a point: what `--set` says of each variable."""
    return override(architecture, _assignments(variables, {name: to_str(value) for name, value in point.items()}))


def _assignments(variables: Sequence[Variable], texts: Mapping[str, str]) -> dict[str, object]:
    """By path; the entries of a mapping are said together."""
    found: dict[str, object] = {}
    entries: dict[str, dict[str, str]] = {}
    for variable in variables:
        if variable.name not in texts:
            continue
        if variable.entry:
            entries.setdefault(variable.field, dict(variable.entries))[variable.entry] = texts[variable.name]
        else:
            found[variable.field or variable.name] = texts[variable.name]
    return {**found, **entries}
