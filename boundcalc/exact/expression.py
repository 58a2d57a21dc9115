"""Expressions of the language: read without SymPy, evaluated to SymPy by guarded operations, never by `sympify` or `eval`."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from boundcalc.arguments import expect
from boundcalc.exact.parser import ExpressionError, Step
from boundcalc.exact.syntax import CLOSED_FORM, LANGUAGE, compile_text
from boundcalc.mistakes import Mistake, Place, SpecError, shown, suggest

if TYPE_CHECKING:
    import sympy

FUNCTIONS: frozenset[str] = frozenset(LANGUAGE.functions)
CONSTANTS: frozenset[str] = LANGUAGE.constants
# What a symbol may not be called: what the language, Python or a printed closed form already means something by.
RESERVED: frozenset[str] = (
    FUNCTIONS
    | CONSTANTS
    | frozenset(keyword.kwlist)
    | frozenset(CLOSED_FORM.functions)
    | CLOSED_FORM.constants
    | {"out", "I", "nan", "zoo", "And", "Or", "Not"}
)
MAX_DEGREE = 64  # SymPy's assumptions take seconds for polynomials of higher degree

Value = Any  # of a stack: a SymPy expression, a condition, or a pair of both


@dataclass(frozen=True)
class Expression:
    """A text that has been parsed, with the place of its first character and the names that need values."""

    text: str
    place: Place
    names: frozenset[str] = field(compare=False, repr=False)
    _program: tuple[Step, ...] = field(compare=False, repr=False)

    @property
    def name(self) -> str | None:
        """The name that the text is, if it is nothing else."""
        first = self._program[0]
        return cast("str", first.value) if len(self._program) == 1 and first.operation == "name" else None

    @property
    def operations(self) -> int:
        """How many operations and calls it has."""
        return sum(step.count > 0 for step in self._program)

    def evaluate(self, values: Mapping[str, sympy.Expr]) -> sympy.Expr:
        """The exact value, `values` being those of the names.

        Raises SpecError at the part that has no value: an unknown name, division by zero, too large, not real, not finite.
        """
        from boundcalc.exact.limits import TooLarge, degree, is_complicated, too_complicated

        def limited(value: sympy.Expr) -> sympy.Expr:
            if value.is_Rational:
                return value
            if is_complicated(value):
                raise too_complicated()
            if not value.is_number and degree(value) > MAX_DEGREE:
                raise TooLarge(f"a power above {MAX_DEGREE} of symbols")
            return value

        result = _run(self._program, self.place, lambda name: _named(name, values, _constants(CONSTANTS)), limited)
        return cast("sympy.Expr", result)


def parse(text: str, place: Place) -> Expression:
    """The expression that `text` is; `place` is where the text starts. Raises SpecError at what is wrong."""
    try:
        program = _compiled(text)
    except ExpressionError as trouble:
        raise _error(place, trouble.offset, trouble.message, trouble.remedy) from None
    names = frozenset(cast("str", step.value) for step in program if step.operation == "name")
    return Expression(text, place, names - CONSTANTS, program)


@lru_cache(maxsize=4096)
def _compiled(text: str) -> tuple[Step, ...]:
    return compile_text(text, LANGUAGE)


def parse_closed_form(text: str, symbols: Mapping[str, sympy.Symbol]) -> sympy.Expr:
    """Read back, safely, what SymPy's `str` prints of a closed form in these symbols.

    Beyond the language it knows Min, Max, ceiling, erf, Abs, E, oo and Piecewise with relations. Raises SpecError.
    """
    import sympy

    expect(text, str, "an expression", "pass its text, such as str(bounds.lipschitz.expression)")
    remedy = "pass bounds.symbols, or a mapping of names to SymPy symbols"
    for value in expect(symbols, Mapping, "the symbols", remedy).values():
        expect(value, sympy.Expr, "a symbol", remedy)
    place = Place("<expression>", 1, 1)
    try:
        program = compile_text(text, CLOSED_FORM)
    except ExpressionError as trouble:
        raise _error(place, trouble.offset, trouble.message, trouble.remedy) from None
    constants = _constants(CLOSED_FORM.constants)
    result = _run(program, place, lambda name: _named(name, symbols, constants), lambda value: value)
    if not isinstance(result, sympy.Expr):
        raise _error(place, 0, "a condition, where a value is expected")
    return result


def _error(place: Place, offset: int, message: str, remedy: str | None = None, kind: str = "expression") -> SpecError:
    return SpecError((Mistake(place.after(offset), message, remedy, kind),))


def _constants(names: frozenset[str]) -> dict[str, sympy.Basic]:
    import sympy

    known = {"pi": sympy.pi, "E": sympy.E, "oo": sympy.oo, "True": sympy.true, "False": sympy.false}
    return {name: known[name] for name in names}


class _UnknownNameError(Exception):
    """A name without a value; the message is the remedy."""


def _named(name: str, values: Mapping[str, sympy.Expr], constants: Mapping[str, sympy.Basic]) -> sympy.Basic:
    if name in constants:
        return constants[name]
    try:
        return values[name]
    except KeyError:
        raise _UnknownNameError(suggest(name, [*values, *constants]) or "") from None


def _run(
    program: tuple[Step, ...], place: Place, named: Callable[[str], Value], limited: Callable[[Value], Value]
) -> Value:
    """Run a program; `named` gives the values of names, `limited` passes a result on or raises NoValue."""
    from boundcalc.exact.limits import NoValue
    from boundcalc.exact.operations import apply

    stack: list[Value] = []
    for step in program:
        arguments = stack[len(stack) - step.count :]
        del stack[len(stack) - step.count :]
        try:
            stack.append(
                named(cast("str", step.value)) if step.operation == "name" else limited(apply(step, arguments))
            )
        except NoValue as error:
            raise _error(place, step.offset, str(error), error.remedy, "value") from None
        except _UnknownNameError as error:
            message = f"unknown name {shown(cast('str', step.value))}"
            raise _error(place, step.offset, message, str(error) or None, "unknown_name") from None
        except OverflowError:
            raise _error(place, step.offset, "too large", kind="value") from None
        except RecursionError:
            raise _error(place, step.offset, "an expression that nests too deep", kind="value") from None
    return stack[0]
