"""Python source: one function of the symbols, line by line as the definitions, for scalars and arrays of any array module."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping

import sympy

from boundcalc.bounds.answer import Answer
from boundcalc.bounds.document import Document
from boundcalc.bounds.guards import guards_over
from boundcalc.bounds.options import Detail
from boundcalc.exact.intervals import shown
from boundcalc.output.parts.closed_forms import used
from boundcalc.output.parts.listing import HELPERS, Listing
from boundcalc.output.parts.python_printer import Printer, constant

MOST = 2000  # definitions, which are lines that a person may read; SymPy takes a millisecond for each
_TAKEN = frozenset(
    {
        *keyword.kwlist,
        *("xp", "one", "math", "numpy", "numbers", "bounds", "plain", "valid", "wanted", "holds"),
        *("passes", "after", "hypot"),
    }
)


def to_python(document: Document) -> str:
    """Source of `bounds(..., xp=numpy) -> dict`: double precision, not certified; infinite bounds are math.inf.

    `xp` is any module with sqrt, exp, log, minimum, maximum, where, ones_like (numpy, jax.numpy, torch), so the result can be
    differentiated; the arguments are numbers or arrays of it, for torch at least one tensor. What repeats a symbolic number of times
    is computed pass by pass: closed forms lose their digits near the values where growth factors coincide. Above `MOST` definitions
    the program itself is written, whose lines have numbers for names.
    """
    arguments = _used(document)
    quantities = _quantities(document)
    finite = [q for q in quantities.values() if q.finite and q.scalar is not None]
    many = document.has_many([q.definition for q in finite if q.definition is not None], MOST)
    listed = [q.scalar for q in finite if q.scalar is not None and (many or q.in_loops)]
    wanted = [q.definition for q in finite if q.scalar not in listed and q.definition is not None]
    definitions = used(document.definitions, wanted) if wanted else []
    names = safe_names([*arguments, *(name for name, _ in definitions)])
    printer = Printer(names)
    listing = Listing(listed, printer, _prefix(names.values())) if listed else None
    lines = [f'"""{_title(document)}"""']
    lines += [f"# {_plain(document.kept)}"] if document.kept else []
    lines += [f"# warning: {_plain(warning)}" for warning in document.warnings]
    lines += ["", "import math", "import numbers", "", "import numpy", "", ""]
    lines += [] if listing is None else [*HELPERS, "", ""]
    lines.append('@numpy.errstate(all="ignore")  # what is not finite is of no consequence, or inf')
    lines.append(f"def bounds({_signature(document, arguments, names)}xp=numpy):")
    lines.append(
        '    """norm, lipschitz and smoothness as a dict, in the arithmetic of `xp`; beyond 1e308 they are inf.'
    )
    lines += [
        "",
        "    Where the bounds do not hold, numbers raise ValueError and entries of arrays are nan.",
        '    """',
    ]
    early, late = ([], []) if listing is None else _counts(document, listing, printer)
    lines += [f"    {line}" for line in (*early, *_arguments(document, arguments, names, printer), *late)]
    checks = _checks(document, arguments, printer)
    lines += [f"    {line}" for line in checks]
    lines += [f"    {names[name]} = {printer.array(expression)}" for name, expression in definitions]
    if listing is not None:
        lines += [f"    {line}" for line in listing.statements()]
    lines.append("    return {")
    for name, quantity in quantities.items():
        if listing is not None and quantity.scalar is not None and quantity.scalar in listed:
            value, remark = listing.name(quantity.scalar), _remark(quantity, quantity.loose)
        else:
            value, remark = _value(quantity, names, printer), _remark(quantity, quantity.upper)
        if checks and quantity.finite and value != "None":
            value = f"xp.where(valid, {value}, one*math.nan)"
        lines.append(f'        "{name}": {value},' + (f"  # {remark}" if remark else ""))
    lines.append("    }")
    return "\n".join(lines)


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Names that Python accepts and that the function does not use itself, all different."""
    wanted = list(names)
    taken = {*_TAKEN, *wanted}
    safe: dict[str, str] = {}
    for name in wanted:
        fitting = name
        while fitting in taken and (fitting != name or name in _TAKEN):
            fitting += "_"
        taken.add(fitting)
        safe[name] = fitting
    return safe


def _prefix(names: Iterable[str]) -> str:
    """With which none of the names begins."""
    return "_" * (1 + max((len(name) - len(name.lstrip("_")) for name in names), default=0))


def _title(document: Document) -> str:
    of, others = document.options.phrases(Detail.BOUNDS)
    about = f"{' '.join(of)} ({', '.join(others)})"
    return f"Bounds of '{_plain(document.name)}' {_plain(about)}, written by boundcalc."


def _plain(text: str) -> str:
    """Text of the spec that ends neither a comment nor a docstring."""
    return re.sub(r"[^\w .,:;()'*+/=<>|-]", "?", text)


def _quantities(document: Document) -> Mapping[str, Answer]:
    return {name.replace(" ", "_"): quantity for name, quantity in document.totals.items()}


def _used(document: Document) -> list[str]:
    """The symbols that the quantities depend on, also through the values of others; those without values first."""
    declared = document.assumed.declared
    wanted = frozenset[sympy.Basic]().union(*(q.free_symbols for q in _quantities(document).values()))
    for symbol in reversed(list(declared)):
        if symbol in wanted:
            wanted |= declared[symbol].free_symbols
    wanted |= _valued(document, wanted)
    names = [name for name, symbol in document.symbols.items() if symbol in wanted]
    return sorted(names, key=lambda name: document.symbols[name] in declared)


def _signature(document: Document, used: list[str], names: Mapping[str, str]) -> str:
    declared = document.assumed.declared
    parts: list[str] = []
    for name in used:
        value = declared.get(document.symbols[name])
        if value is None:
            parts.append(names[name])
        else:  # what depends on other arguments is computed from them
            parts.append(f"{names[name]}={'None' if value.free_symbols else constant(value)}")
    return "".join(f"{part}, " for part in parts)


def _arguments(document: Document, used: list[str], names: Mapping[str, str], printer: Printer) -> Iterator[str]:
    """Arguments that depend on others get their values, and all of them the shape and type of all."""
    declared = document.assumed.declared
    dependent = [symbol for symbol, value in declared.items() if value.free_symbols and symbol.name in used]
    given = [names[name] for name in used if document.symbols[name] not in dependent]
    arguments = ", ".join(names[name] for name in used)
    yield f"plain = all(value is None or isinstance(value, numbers.Number) for value in [{arguments}])"
    yield f"one = xp.ones_like({' + '.join(['1.0', *(f'0 * {name}' for name in given)])})"
    yield from (f"{name} = one * {name}" for name in given)
    for symbol in dependent:
        name = names[symbol.name]
        yield f"{name} = {printer.array(declared[symbol])} if {name} is None else one * {name}"


def _counts(document: Document, listing: Listing, printer: Printer) -> tuple[list[str], list[str]]:
    """Numbers of passes, and which of them are told after the arguments have become arrays: not those that are given, which a compiler
    of array programs then knows."""
    early, late = list[str](), list[str]()
    computed = {symbol for symbol, value in document.assumed.declared.items() if value.free_symbols}
    for name, times in listing.counts.items():
        given = times.is_Integer or (times.is_Symbol and times not in computed)
        (early if given else late).append(f"{name} = {printer.doprint(times) if given else printer.array(times)}")
    return early, late


def _valued(document: Document, wanted: frozenset[sympy.Basic]) -> frozenset[sympy.Basic]:
    """The symbols with values that decide, beside those that are arguments anyway, whether a condition holds."""
    declared = document.assumed.declared
    found = frozenset[sympy.Basic]()
    for condition in document.conditions:
        needed = frozenset[sympy.Basic](condition.free_symbols)
        for symbol in reversed(list(declared)):
            if symbol in needed:
                needed |= declared[symbol].free_symbols
        if all(symbol in wanted or symbol in declared for symbol in needed):
            found |= needed
    return found


def _checks(document: Document, used: list[str], printer: Printer) -> list[str]:
    """Statements that raise ValueError for numbers outside the conditions, and say which entries of arrays are inside."""
    conditions = guards_over(document.assumed, [document.symbols[name] for name in used])
    if not conditions:
        return []
    return [
        "valid = one == 1",
        "for wanted, holds in (",
        *(f'    ("{_plain(shown(c))}", {printer.condition(c)}),' for c in conditions),
        "):",
        "    if plain and not holds:",
        '        raise ValueError(f"the bounds hold only where {wanted}")',
        "    valid = valid & holds",
    ]


def _remark(quantity: Answer, upper: Iterable[str]) -> str:
    """`upper`: why what is written may exceed the number."""
    if not quantity.finite:
        return _plain(str(quantity.infinite_because))
    if quantity.scalar is None:
        return "no closed form"
    told = "; ".join(upper)
    return _plain("; ".join(part for part in (f"at most: {told}" if told else "", quantity.guarantees) if part))


def _value(quantity: Answer, names: Mapping[str, str], printer: Printer) -> str:
    """The value of a quantity as Python source."""
    if not quantity.finite:
        return "math.inf"
    name = quantity.definition
    if name is not None and name in names:
        return names[name]
    return "None" if quantity.expression is None else printer.array(quantity.expression)
