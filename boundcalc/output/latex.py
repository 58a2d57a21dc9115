"""LaTeX: the definitions in order, as an aligned display that compiles in any document with amsmath."""

from __future__ import annotations

from collections.abc import Iterator

from sympy.logic.boolalg import Boolean

from boundcalc.bounds.document import Document
from boundcalc.bounds.letters import escaped, letter, of_symbol
from boundcalc.bounds.options import Detail
from boundcalc.exact.intervals import is_wholeness
from boundcalc.exact.printing import Latex
from boundcalc.output.parts.cases import Cases, by_cases
from boundcalc.output.parts.closed_forms import used
from boundcalc.output.parts.layout import PLAIN, Layout


def to_latex(document: Document, layout: Layout = PLAIN) -> str:
    """`align*` with a line for each definition that is used, and the constants of the network last; with style "expanded",
    constants that have a closed form are written out and need no definitions."""
    expanded = layout.style == "expanded"
    wanted = [
        name
        for quantity in document.totals.values()
        if (name := quantity.definition) is not None and not (expanded and quantity.expression)
    ]
    definitions = used(document.definitions, wanted)
    paths = {quantity.definition: quantity.identifier for quantity in reversed(document.quantities)}
    letters = {name: letter(paths.get(name, name)) for name, _ in definitions}
    latex = Latex(letters | {name: of_symbol(name) for name in document.symbols})
    signs = {quantity.definition: r"\le" for quantity in document.quantities if quantity.upper}
    lines = [
        line
        for name, expression in definitions
        for line in _lines(letters[name], signs.get(name, "="), by_cases(expression), latex)
    ]
    for quantity in document.totals.values():
        symbol = letter(quantity.identifier)
        if not quantity.finite:
            lines.append(rf"{symbol} &= \infty \quad \text{{{escaped(str(quantity.infinite_because))}}}")
            continue
        if quantity.scalar is None:
            continue
        if quantity.unclosed is not None:
            lines.append(rf"{symbol} &\quad \text{{has no closed form: {escaped(quantity.unclosed)}}}")
            continue
        name = quantity.definition
        expression = quantity.expression
        if name is not None and letters.get(name) == symbol:
            continue  # defined above
        sign = r"\le" if quantity.upper else "="
        if name in letters:
            lines.append(f"{symbol} &{sign} {letters[name]}")
        elif expression is not None:
            lines += _lines(symbol, sign, by_cases(expression), latex)
    lines += [rf"& \text{{if }} {_condition(condition, latex)}" for condition in document.conditions]
    of, others = document.options.phrases(Detail.COMMENT)
    remarks = [", ".join(of + others)] if of or others else []
    kept = [document.kept] if document.kept else []
    told = [f"{letter(q.identifier)}: {q.guarantees}" for q in document.totals.values() if q.finite and q.guarantees]
    remarks = [document.name, *remarks, *kept, *told, *document.warnings]
    comments = "".join(f"% {' '.join(line.split())}\n" for line in remarks)
    body = " \\\\\n".join(lines)
    return f"{comments}\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _lines(symbol: str, sign: str, cases: Cases, latex: Latex) -> Iterator[str]:
    """What holds in general, and below it each case."""
    yield f"{symbol} &{sign} {latex.doprint(cases.general)}"
    for condition, value in cases.special:
        yield rf"&{sign} {latex.doprint(value)} \quad \text{{where }} {latex.doprint(condition)}"


def _condition(condition: Boolean, latex: Latex) -> str:
    if is_wholeness(condition):
        return rf"{latex.doprint(condition.args[0])} \in \mathbb{{Z}}"
    return latex.doprint(condition)
