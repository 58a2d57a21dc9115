"""The closed forms of the network as text: expanded where they fit, else as the definitions they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

import sympy

from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.exact.printing import to_str
from boundcalc.program.evaluate import evaluate

Style = Literal["auto", "where", "expanded"]
SHORT = 400  # characters of a form that is printed whole
PAGE = 5000  # the same for a form in a symbolic depth, which definitions would not make shorter
DEFINITIONS_SHOWN = 30


def totals(bounds: Bounds) -> dict[str, Bound]:
    """The quantities of the network as a whole, as a person calls them."""
    found = {"norm": bounds.norm, "lipschitz": bounds.lipschitz, "smoothness": bounds.smoothness}
    if bounds.objective is not None:
        found["objective lipschitz"] = bounds.objective.lipschitz
        found["objective smoothness"] = bounds.objective.smoothness
    return found


def closed_forms(bounds: Bounds, style: Style = "auto") -> Iterable[str]:
    """Paragraphs: a line for each quantity, why a form is not tight or missing, and the definitions that are used.

    style: "expanded" writes a form out whatever its length, "where" never, "auto" where it is short.
    """
    lines: list[str] = []
    wanted: list[str] = []
    for name, bound in totals(bounds).items():
        if not bound.finite or bound.scalar is None:
            continue
        missing = bound.forms.reason(bound.scalar)
        if missing is not None:
            lines.append(f"  {name} has no closed form in the number of times: {missing}")
            continue
        text = None if bound.expression is None else to_str(bound.expression)
        sign = "<=" if bound.upper else "="
        longest = PAGE if bound.forms.has_loops(bound.scalar) else SHORT
        definition = bounds.definition(bound)
        written = style == "expanded" or (style == "auto" and len(text or "") <= longest) or definition is None
        if text is not None and written:
            lines.append(f"  {name} {sign} {text}")
        else:
            lines.append(f"  {name} {sign} {definition}")
            wanted += [] if definition is None else [definition]
        if bound.upper:
            lines.append(f"    an upper form: {'; '.join(bound.upper)}{_slack(bounds, bound)}")
    if lines:
        yield "closed forms"
        yield "\n".join(lines)
    many = bounds.norm.forms.has_many(wanted, DEFINITIONS_SHOWN)
    chain = used(bounds.definitions, wanted) if wanted and not many else []
    if many or len(chain) > DEFINITIONS_SHOWN:
        yield f"  in more than {DEFINITIONS_SHOWN} definitions: --format latex, python or json shows them"
    elif chain:
        yield "where"
        yield "\n".join(f"  {name} = {to_str(value)}" for name, value in chain)


def _slack(bounds: Bounds, bound: Bound) -> str:
    """How much larger the form is than the bound itself, where both are numbers."""
    number = bounds.numbers.get(bound)
    if number is None or number == 0 or bound.scalar is None:
        return ""
    expression = bound.expression
    form: Number | None = None
    if not bound.forms.has_loops(bound.scalar):
        form = evaluate([bound.scalar], bounds.values)[0]
    elif expression is not None:
        form = from_sympy(expression, bounds.values)
    return "" if form is None else f" ({float((ball(form) / ball(number)).mid()):.4g} times the number above)"


def used(definitions: Sequence[tuple[str, sympy.Expr]], wanted: Iterable[str]) -> list[tuple[str, sympy.Expr]]:
    """The definitions that some of them are made of, in order."""
    needed = set(wanted)
    found: list[tuple[str, sympy.Expr]] = []
    for name, value in reversed(definitions):
        if name in needed:
            needed |= {str(symbol) for symbol in value.free_symbols}
            found.append((name, value))
    return found[::-1]
