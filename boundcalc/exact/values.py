"""Exact values of expressions: roundings, minima, comparisons, and `substitute`, which puts values into symbols.

All operations are guarded as in `arithmetic`: they answer soon, or raise TooLarge or Undefined, which are both NoValue.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Boolean, Or

from boundcalc.exact.arithmetic import (
    absolute,
    add,
    checked,
    exponential,
    finite,
    logarithm,
    multiply,
    power,
    square_root,
)
from boundcalc.exact.signs import (
    NoValue,
    TooLarge,
    Undefined,
    floor_of_number,
    is_complicated,
    is_integer,
    out_of_range,
    sign,
    sign_range,
    too_complicated,
)

__all__ = [
    "NoValue",
    "TooLarge",
    "Undefined",
    "absolute",
    "add",
    "exponential",
    "logarithm",
    "multiply",
    "power",
    "square_root",
    "substitute",
]

FEW = 4  # so many arguments of a minimum are compared with each other


def floor(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return sympy.Integer(floor_of_number(argument))
    constant, rest = argument.as_coeff_Add()
    whole = sympy.floor(constant)  # a rational
    part = sympy.Add(rest, constant - whole)
    return checked(whole + (part if is_integer(part) else sympy.floor(part, evaluate=False)))


def ceiling(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return -floor(-argument)
    constant, rest = argument.as_coeff_Add()
    whole = sympy.ceiling(constant)
    part = sympy.Add(rest, constant - whole)
    return checked(whole + (part if is_integer(part) else sympy.ceiling(part, evaluate=False)))


def minimum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Min, arguments, -1)


def maximum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Max, arguments, 1)


def _extremum(kind: type[sympy.Min] | type[sympy.Max], arguments: Iterable[sympy.Expr], direction: int) -> sympy.Expr:
    """SymPy's own evaluation compares all pairs, at a millisecond each: here numbers are, and a few symbolic arguments."""
    flat = list(dict.fromkeys(part for arg in arguments for part in _parts(arg, kind)))
    kept = [arg for arg in flat if not arg.is_number]
    best: sympy.Expr | None = None
    for number in (arg for arg in flat if arg.is_number):
        order = direction if best is None else sign(number - best)
        if order == direction:
            best = number
        elif order is None:  # perhaps equal: keep both
            kept.append(number)
    if best is not None:
        kept.append(best)
    if len(kept) <= FEW:
        kept = _undominated(kept, direction)
    return kept[0] if len(kept) == 1 else checked(kind(*kept, evaluate=False))


def _parts(expression: sympy.Expr, kind: type[sympy.Expr]) -> Sequence[sympy.Expr]:
    return cast("tuple[sympy.Expr, ...]", expression.args) if isinstance(expression, kind) else (expression,)


def _undominated(arguments: list[sympy.Expr], direction: int) -> list[sympy.Expr]:
    kept = list(arguments)
    for arg in arguments:
        others = [other for other in kept if other is not arg]
        if any(sign_range(direction * (other - arg))[0] >= 0 for other in others):
            kept = others
    return kept


def error_function(argument: sympy.Expr) -> sympy.Expr:
    return checked(sympy.erf(argument))


def relation(kind: type[Relational], left: sympy.Expr, right: sympy.Expr) -> Boolean:
    """A comparison, decided where the sign of the difference tells."""
    difference = left - right
    if is_complicated(difference):
        raise too_complicated()
    order = sign(difference) if difference.is_number else None
    if order is None and kind in _ORDERS:
        signs = _ORDERS[kind]
        low, high = sign_range(difference)
        possible = set(range(low, high + 1))
        if possible <= signs or not possible & signs:
            return sympy.true if possible <= signs else sympy.false
    sides = (left, right) if order is None else (sympy.Integer(order), sympy.S.Zero)
    return cast("Boolean", kind(*sides, evaluate=order is not None))


_ORDERS: Mapping[object, frozenset[int]] = {  # the signs of the difference that make it true
    sympy.Gt: frozenset({1}),
    sympy.Ge: frozenset({0, 1}),
    sympy.Lt: frozenset({-1}),
    sympy.Le: frozenset({-1, 0}),
}


OPERATIONS: Mapping[object, Callable[[Sequence[sympy.Expr]], sympy.Expr]] = {
    sympy.Add: add,
    sympy.Mul: multiply,
    sympy.Min: minimum,
    sympy.Max: maximum,
    sympy.Pow: lambda args: power(args[0], args[1]),
    sympy.exp: lambda args: exponential(args[0]),
    sympy.log: lambda args: logarithm(args[0]),
    sympy.floor: lambda args: floor(args[0]),
    sympy.ceiling: lambda args: ceiling(args[0]),
    sympy.Abs: lambda args: absolute(args[0]),
    sympy.erf: lambda args: error_function(args[0]),
}


def substitute(expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """`expression` with all `values` put in at once, exactly. Of a Piecewise only the branches that can hold are computed.

    Raises TooLarge and Undefined (both NoValue), and TypeError for functions that the language does not have.
    """
    symbols = frozenset(values)
    done: dict[sympy.Basic, Any] = {}

    def rebuilt(part: Any) -> Any:
        if part not in done:
            done[part] = _rebuilt(part, values, symbols, rebuilt)
        return done[part]

    try:
        return finite(rebuilt(expression))
    except RecursionError:
        raise TooLarge("an expression that nests too deep") from None
    except OverflowError:
        raise out_of_range() from None


def _rebuilt(
    part: Any,
    values: Mapping[sympy.Symbol, sympy.Expr],
    symbols: frozenset[sympy.Symbol],
    rebuilt: Callable[[Any], Any],
) -> Any:
    if isinstance(part, sympy.Symbol):
        return values.get(part, part)
    if not part.free_symbols & symbols:
        return part
    if isinstance(part, sympy.Piecewise):
        return _piecewise(part, rebuilt)
    arguments = [rebuilt(arg) for arg in part.args]
    if isinstance(part, Relational):
        return relation(part.func, arguments[0], arguments[1])
    if isinstance(part, (And, Or)):
        return part.func(*arguments)
    if (operation := OPERATIONS.get(part.func)) is None:
        raise TypeError(f"not an operation of the language: {part.func}")
    return operation(arguments)


def _piecewise(piecewise: Any, rebuilt: Callable[[Any], Any]) -> sympy.Expr:
    branches: list[tuple[sympy.Expr, Boolean]] = []
    for value, condition in piecewise.args:
        holds = rebuilt(condition)
        if holds != sympy.false:
            branches.append((rebuilt(value), holds))
        if holds == sympy.true:
            break
    if not branches:
        raise Undefined("no case of a definition by cases holds")
    return branches[0][0] if branches[0][1] == sympy.true else sympy.Piecewise(*branches, evaluate=False)
