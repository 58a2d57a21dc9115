"""Derivatives of leaves: SymPy expressions with floors, minima and cases, whose derivative follows the active branch."""

from __future__ import annotations

from collections.abc import Set
from functools import lru_cache
from typing import Any

import sympy

from boundcalc.program.ir import Arena, Op, Scalar


def slope(arena: Arena, expression: sympy.Expr, symbol: sympy.Symbol) -> Scalar:
    """The derivative of a leaf, its minima and maxima as SELECT nodes, so that `evaluate` decides them and reports ties."""
    if isinstance(expression, sympy.Symbol):
        return arena.one if expression == symbol else arena.zero
    if (cofactor := _cofactor(expression, symbol)) is not None:
        return arena.leaf(cofactor)
    smooth, kinks = _without_kinks(expression, symbol)
    back = {dummy: kink for kink, dummy in kinks.items()}

    def outer(by: sympy.Symbol) -> Scalar:
        result: Any = _smooth_derivative(smooth, by).xreplace(back)
        return arena.leaf(result)

    terms = [outer(symbol)]
    for kink, dummy in kinks.items():
        if isinstance(kink, (sympy.Min, sympy.Max, sympy.Abs)):
            args: tuple[Any, ...] = kink.args
            branches = (args[0], -args[0]) if isinstance(kink, sympy.Abs) else args
            keys, slopes = [arena.leaf(b) for b in branches], [slope(arena, b, symbol) for b in branches]
            inner = arena.select(Op.MIN if isinstance(kink, sympy.Min) else Op.MAX, keys, slopes)
        else:
            inner = arena.leaf(_kink_derivative(kink, symbol))
        terms.append(outer(dummy) * inner)
    return arena.combine(Op.ADD, terms)


def has_kink(expression: sympy.Expr, symbols: Set[sympy.Symbol]) -> bool:
    """Whether the derivative by one of the symbols depends on which branch is active."""
    return any(_outermost_kinks(expression, symbol) for symbol in symbols & expression.free_symbols)


@lru_cache(maxsize=4096)
def leaf_derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    """`slope` as one expression: floors are constants, a Min follows its first least branch.

    Raises TypeError where SymPy leaves a derivative unevaluated.
    """
    if isinstance(expression, sympy.Symbol):
        return sympy.Integer(expression == symbol)
    if (cofactor := _cofactor(expression, symbol)) is not None:
        return cofactor
    smooth, kinks = _without_kinks(expression, symbol)
    terms = [_smooth_derivative(smooth, symbol)]
    terms += [_smooth_derivative(smooth, dummy) * _kink_derivative(kink, symbol) for kink, dummy in kinks.items()]
    result: Any = sympy.Add(*terms).xreplace({dummy: kink for kink, dummy in kinks.items()})
    return result


def _cofactor(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr | None:
    """What a symbol is multiplied by where it is one factor and in no other: R/2, the radius of a layer. SymPy takes a
    millisecond for its derivative."""
    if not isinstance(expression, sympy.Mul):
        return None
    others = [factor for factor in expression.args if factor != symbol]
    if len(others) + 1 != len(expression.args) or any(symbol in factor.free_symbols for factor in others):
        return None
    return sympy.Mul(*others)


def _without_kinks(expression: sympy.Expr, symbol: sympy.Symbol) -> tuple[sympy.Expr, dict[sympy.Expr, sympy.Dummy]]:
    """The expression with a symbol for each of its outermost kinks."""
    kinks = {k: sympy.Dummy(positive=k.is_positive) for k in _outermost_kinks(expression, symbol)}
    smooth: Any = expression.xreplace(kinks)
    return smooth, kinks


def _smooth_derivative(expression: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    result: Any = sympy.diff(expression, symbol)
    if result.has(sympy.Derivative, sympy.Subs):
        raise TypeError(f"cannot differentiate {expression} with respect to {symbol}")
    return result


def _outermost_kinks(expression: sympy.Expr, symbol: sympy.Symbol) -> list[sympy.Expr]:
    kinds = (sympy.floor, sympy.ceiling, sympy.sign, sympy.Abs, sympy.Min, sympy.Max, sympy.Piecewise)
    found: list[sympy.Expr] = []
    stack: list[sympy.Basic] = [expression]
    while stack:
        part = stack.pop()
        if isinstance(part, kinds) and symbol in part.free_symbols:
            found.append(part)
        else:
            stack.extend(part.args)
    return list(dict.fromkeys(found))


def _kink_derivative(kink: sympy.Expr, symbol: sympy.Symbol) -> sympy.Expr:
    args = kink.args
    if isinstance(kink, (sympy.floor, sympy.ceiling, sympy.sign)):
        return sympy.S.Zero
    if isinstance(kink, sympy.Piecewise):
        branches = [(leaf_derivative(pair.args[0], symbol), pair.args[1]) for pair in args]
    elif isinstance(kink, sympy.Abs):
        slope = leaf_derivative(args[0], symbol)
        branches = [(slope, sympy.Ge(args[0], 0)), (-slope, sympy.true)]
    else:
        before = sympy.Le if isinstance(kink, sympy.Min) else sympy.Ge
        branches = [
            (leaf_derivative(arg, symbol), sympy.And(*(before(arg, other) for other in args[i + 1 :])))
            for i, arg in enumerate(args)
        ]
    return sympy.Piecewise(*branches, evaluate=False)
