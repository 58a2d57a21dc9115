"""The closed forms of the network as text: expanded where they fit, else as the definitions they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.answer import SHORT, Answer
from boundcalc.bounds.document import Document
from boundcalc.bounds.forms import used
from boundcalc.exact.printing import to_str
from boundcalc.output.parts.cases import Cases, by_cases, equations
from boundcalc.output.parts.layout import Style

PAGE = 5000  # characters that closed forms in a symbolic depth may take, written out or as definitions
DEFINITIONS_SHOWN = 30  # of networks of a given depth


def closed_forms(document: Document, style: Style = "auto") -> Iterable[str]:
    """Paragraphs: a line for each quantity, why a form is not tight or missing, and the definitions that are used. The cases
    of a form are lines below it.

    style: "expanded" writes a form out whatever its length, "where" never, "auto" where it is short.
    """
    known = {
        name: quantity for name, quantity in document.totals.items() if quantity.finite and quantity.scalar is not None
    }
    written = {
        name: form for name, quantity in known.items() if (form := _written(document, quantity, style)) is not None
    }
    wanted = [q.definition for name, q in known.items() if name not in written and q.definition is not None]
    many = document.has_many(wanted, DEFINITIONS_SHOWN)
    chain = used(document.definitions, wanted) if wanted and not many else []
    many = many or not _is_shown(chain, any(quantity.in_loops for quantity in known.values()))
    for name, form in list(written.items()) if chain and style == "auto" and not many else []:
        definition = known[name].definition
        if definition is None or not known[name].in_loops:
            continue
        more = used(document.definitions, [name for name, _ in chain] + [definition])
        if _is_shown(more, True) and _length(more) - _length(chain) < len(to_str(form)):
            chain = more
            del written[name]
    parts = dict(chain) if not many else {}
    inside = {str(symbol) for value in parts.values() for symbol in value.free_symbols}
    lines: list[str] = []
    for key, quantity in known.items():
        name = key.replace("_", " ")
        if quantity.unclosed is not None:
            lines.append(f"  {name} has no closed form in the number of times: {quantity.unclosed}")
            continue
        sign, definition = "<=" if quantity.upper else "=", str(quantity.definition)
        form = written.get(key)
        if form is None and quantity.in_loops and definition not in inside:
            form = parts.pop(definition, None)
        lines += [f"  {name} {sign} {definition}"] if form is None else _lines(name, sign, by_cases(form))
        if quantity.upper:
            slack = "" if quantity.slack is None else f" ({quantity.slack:.4g} times the number above)"
            lines.append(f"    an upper form: {'; '.join(quantity.upper)}{slack}")
    if lines:
        yield f"closed forms: {document.kept}" if document.kept else "closed forms"
        yield "\n".join(lines)
    if many:
        yield f"  in more than {DEFINITIONS_SHOWN} definitions: --format latex, python or json shows them"
    elif parts:
        yield "where"
        yield "\n".join(line for name, value in parts.items() for line in _lines(name, "=", by_cases(value)))


def _written(document: Document, quantity: Answer, style: Style) -> sympy.Expr | None:
    """The form that is written out whatever definitions there are; None where definitions are."""
    expression, definition = quantity.expression, quantity.definition
    if expression is None or quantity.unclosed is not None or (style == "where" and definition is not None):
        return None
    if style == "expanded" or definition is None:
        return expression
    length = len(to_str(expression))
    if not quantity.in_loops:
        return expression if length <= SHORT else None
    if length <= SHORT and by_cases(expression).are_apart:
        return expression
    chain = [] if document.has_many([definition], DEFINITIONS_SHOWN) else used(document.definitions, [definition])
    if not chain or not _is_shown(chain, True):
        return expression if length <= PAGE else None
    return expression if length < _length(chain) else None


def _is_shown(definitions: Sequence[tuple[str, sympy.Expr]], in_loops: bool) -> bool:
    return len(definitions) <= DEFINITIONS_SHOWN or (in_loops and _length(definitions) <= PAGE)


def _length(definitions: Sequence[tuple[str, sympy.Expr]]) -> int:
    return sum(len(name) + len(to_str(value)) for name, value in definitions)


def _lines(name: str, sign: str, cases: Cases) -> Iterable[str]:
    yield f"  {name} {sign} {to_str(cases.general)}"
    for condition, value in cases.special:
        yield f"    where {_condition(condition)}: {to_str(value)}"


def _condition(condition: Boolean) -> str:
    sides = equations(condition)
    return to_str(condition) if sides is None else " and ".join(f"{to_str(a)} = {to_str(b)}" for a, b in sides)
