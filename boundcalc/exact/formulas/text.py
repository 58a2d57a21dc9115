"""The text of a formula: in `x`, symbols, and the functions that activations are made of. Parsed like the expressions of the language,
never executed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, cast

from boundcalc.exact.parser import ExpressionError, Step
from boundcalc.exact.syntax import LANGUAGE, compile_text
from boundcalc.mistakes import Mistake, Place, SpecError, shown, suggest

if TYPE_CHECKING:
    import sympy

VARIABLE = "x"
_ONE = (1, 1)
_MANY = (2, None)
DIALECT = replace(
    LANGUAGE,
    functions={
        "exp": _ONE,
        "log": _ONE,
        "sqrt": _ONE,
        "tanh": _ONE,
        "sigmoid": _ONE,
        "erf": _ONE,
        "sin": _ONE,
        "cos": _ONE,
        "arctan": _ONE,
        "abs": _ONE,
        "min": _MANY,
        "max": _MANY,
    },
    length=500,
    steps=120,
    parentheses=30,
    depth=40,
)
FUNCTIONS = frozenset(DIALECT.functions)


@dataclass(frozen=True)
class Formula:
    """A formula that has been parsed, with the place of its first character and the names that need values."""

    text: str
    place: Place = field(compare=False)
    names: frozenset[str] = field(compare=False, repr=False)
    program: tuple[Step, ...] = field(compare=False, repr=False)

    def unknown(self, known: Iterable[str]) -> Iterator[Mistake]:
        """A mistake for each name that is not among those that are known."""
        candidates = [VARIABLE, *known, *DIALECT.constants]
        for step in self.program:
            if step.operation == "name" and step.value not in candidates:
                name = cast("str", step.value)
                remedy = suggest(name, candidates) or f"a formula is in {VARIABLE} and symbols of the spec"
                yield Mistake(self.place.after(step.offset), f"unknown name {shown(name)}", remedy, "unknown_name")

    def function(self, variable: sympy.Symbol, values: Mapping[str, sympy.Expr]) -> sympy.Expr:
        """The formula as an expression in the variable. Raises SpecError at a part that has no value."""
        from boundcalc.exact.limits import NoValue

        stack: list[sympy.Expr] = []
        for step in self.program:
            arguments = stack[len(stack) - step.count :]
            del stack[len(stack) - step.count :]
            try:
                stack.append(_value(step, arguments, variable, values))
            except NoValue as error:
                mistake = Mistake(self.place.after(step.offset), str(error), error.remedy, "value")
                raise SpecError([mistake]) from None
        return stack[0]


def parse_formula(text: str, place: Place) -> Formula:
    """Raises SpecError at what is wrong."""
    try:
        program = _compiled(text)
    except ExpressionError as trouble:
        message = trouble.message.replace("an expression", "a formula")
        raise SpecError((Mistake(place.after(trouble.offset), message, trouble.remedy, "expression"),)) from None
    names = frozenset(cast("str", step.value) for step in program if step.operation == "name")
    return Formula(text, place, names - DIALECT.constants - {VARIABLE}, program)


@lru_cache(maxsize=256)
def _compiled(text: str) -> tuple[Step, ...]:
    return compile_text(text, DIALECT)


def _value(
    step: Step, arguments: Sequence[sympy.Expr], variable: sympy.Symbol, values: Mapping[str, sympy.Expr]
) -> sympy.Expr:
    import sympy

    from boundcalc.exact.operations import apply

    if step.operation == "name":
        name = cast("str", step.value)
        return variable if name == VARIABLE else sympy.pi if name in DIALECT.constants else values[name]
    if step.operation == "call":
        return _exact()[cast("str", step.value)](*arguments)
    return apply(step, list(arguments))


@lru_cache(maxsize=1)
def _exact() -> Mapping[str, Callable[..., sympy.Expr]]:
    """The functions on SymPy's expressions; the sigmoid by a hyperbolic tangent, which does not overflow."""
    import sympy

    from boundcalc.exact import guarded

    return {
        "exp": guarded.exponential,
        "log": guarded.logarithm,
        "sqrt": guarded.square_root,
        "tanh": lambda u: guarded.checked(sympy.tanh(u)),
        "sigmoid": lambda u: guarded.checked(sympy.S.Half + sympy.tanh(u / 2) / 2),
        "erf": lambda u: guarded.checked(sympy.erf(u)),
        "sin": lambda u: guarded.checked(sympy.sin(u)),
        "cos": lambda u: guarded.checked(sympy.cos(u)),
        "arctan": lambda u: guarded.checked(sympy.atan(u)),
        "abs": guarded.absolute,
        "min": lambda *terms: guarded.minimum(terms),
        "max": lambda *terms: guarded.maximum(terms),
    }
