"""Exact arithmetic on SymPy expressions that never hangs: the operations of the language, each with its limits.

SymPy computes `10**10**10` and `floor(exp(10**50))` as long as it takes. Here every operation checks sizes first: exact rationals
have at most 4,096 bits, numbers with roots, logarithms and exponentials stay between 2**-4096 and 2**4096, and their signs are
decided by enclosures or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import sympy
from flint import arb, ctx
from sympy.core.relational import Relational
from sympy.logic.boolalg import And, Boolean, Or

from boundcalc.spec.signs import (
    MAX_BITS,
    POLES,
    PRECISIONS,
    NoValue,
    TooLarge,
    Undefined,
    enclose,
    floor_of_number,
    is_integer,
    out_of_range,
    sign,
    sign_range,
)

__all__ = ["NoValue", "TooLarge", "Undefined", "substitute"]

MAX_EXPONENT = 10**6  # of a symbolic base
MAX_LOG_FACTOR = 4096  # of numbers beside a logarithm in an exponent, which SymPy turns into powers: exp(n log 2) -> 2**n
MAX_ROOT_BITS = 512  # of the numbers under roots, which SymPy factors (and above 1,024 bits crashes on, with flint's integers)
FEW = 4  # so many arguments of a minimum are compared with each other


def _bits(number: sympy.Rational) -> int:
    return max(abs(int(number.p)), int(number.q)).bit_length()


def _checked(result: sympy.Expr) -> sympy.Expr:
    """`result`, if its outer parts are real and not too large; `finite` looks at all of it."""
    for part in (result, *result.args):
        if part in POLES:
            raise Undefined("not a finite number")
        if part is sympy.I:
            raise Undefined("not a real number")
        if isinstance(part, sympy.Rational) and _bits(part) > MAX_BITS:
            raise out_of_range()
    if not isinstance(result, sympy.Rational) and result.is_number:
        finite(result)
        sign(result)
    return result


def finite(result: sympy.Expr) -> sympy.Expr:
    """`result`, if no part of it is infinite, undefined or imaginary."""
    if result.has(sympy.I, *POLES):
        raise Undefined("not a finite real number")
    return result


def add(terms: Iterable[sympy.Expr]) -> sympy.Expr:
    return _checked(sympy.Add(*terms))


def multiply(factors: Iterable[sympy.Expr]) -> sympy.Expr:
    factors = list(factors)
    _check_roots(part for factor in factors for part in sympy.Mul.make_args(factor))
    return _checked(sympy.Mul(*factors))


def _check_roots(factors: Iterable[sympy.Expr], exponent: sympy.Expr = sympy.S.One) -> None:
    """SymPy multiplies and factors the numbers under the roots of a product."""
    bits = 0
    for factor in factors:
        number, own = factor.as_base_exp()
        if isinstance(number, sympy.Rational) and not (own * exponent).is_Integer:
            bits += _bits(number)
    if bits > MAX_ROOT_BITS:
        raise TooLarge(f"a root of a number of more than {MAX_ROOT_BITS} bits")


def power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(base)
    if low == high == 0:
        return _zero_power(exponent)
    if base.is_number and low != high:
        raise TooLarge("the base of a power cannot be told from zero")
    if high < 0 and not is_integer(exponent):
        raise Undefined("not a real number: a power of a negative number with an exponent that is not an integer")
    if base.is_number and exponent.is_number:
        _check_numbers(base, exponent)
    _check_factors(base, exponent)
    _check_roots((log.args[0] for log in exponent.atoms(sympy.log)), sympy.S.Half)  # exp(log(n)/2) is a root
    if not exponent.is_number:
        most = MAX_LOG_FACTOR if exponent.has(sympy.log) else MAX_EXPONENT
        if any(abs(number) > most for number in exponent.atoms(sympy.Rational)):
            raise TooLarge(f"a number above {most} in an exponent")
    return _checked(sympy.Pow(base, exponent))


def _zero_power(exponent: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(exponent)
    if low < 0:
        raise Undefined("division by zero" if high < 0 else "a power of zero whose exponent may be negative")
    if low != high:
        raise Undefined("a power of zero whose exponent may be zero")
    return sympy.S.One if low == 0 else sympy.S.Zero


def _check_numbers(base: sympy.Expr, exponent: sympy.Expr) -> None:
    with ctx.workprec(PRECISIONS[1]):
        size = enclose(exponent) * abs(enclose(base)).log()
        if not abs(size) < (MAX_BITS + 1) * arb(2).log():
            raise out_of_range()


def _check_factors(base: sympy.Expr, exponent: sympy.Expr) -> None:
    """SymPy raises the numeric factors of a product to a rational power at once."""
    if not isinstance(exponent, sympy.Rational):
        return
    if not isinstance(base, sympy.Rational) and abs(exponent) > MAX_EXPONENT:
        raise TooLarge(f"an exponent above {MAX_EXPONENT}")
    _check_roots(sympy.Mul.make_args(base), exponent)
    for factor in sympy.Mul.make_args(base):
        number, own = factor.as_base_exp()
        if isinstance(number, sympy.Rational) and isinstance(own, sympy.Rational):
            bits = 0 if abs(number) == 1 else _bits(number) - 1
            if bits * abs(own * exponent) > MAX_BITS:
                raise out_of_range()


def exponential(exponent: sympy.Expr) -> sympy.Expr:
    return power(sympy.E, exponent)


def logarithm(argument: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(argument)
    if high <= 0:
        raise Undefined("the logarithm of zero or of a negative number")
    if argument.is_number and low != high:
        raise TooLarge("the argument of a logarithm cannot be told from zero")
    return _checked(sympy.log(argument))


def square_root(argument: sympy.Expr) -> sympy.Expr:
    if sign_range(argument)[1] < 0:
        raise Undefined("the square root of a negative number")
    return power(argument, sympy.S.Half)


def floor(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return sympy.Integer(floor_of_number(argument))
    constant, rest = argument.as_coeff_Add()
    whole = sympy.floor(constant)  # a rational
    part = sympy.Add(rest, constant - whole)
    return _checked(whole + (part if is_integer(part) else sympy.floor(part, evaluate=False)))


def ceiling(argument: sympy.Expr) -> sympy.Expr:
    if argument.is_number:
        return -floor(-argument)
    constant, rest = argument.as_coeff_Add()
    whole = sympy.ceiling(constant)
    part = sympy.Add(rest, constant - whole)
    return _checked(whole + (part if is_integer(part) else sympy.ceiling(part, evaluate=False)))


def minimum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Min, arguments, -1)


def maximum(arguments: Iterable[sympy.Expr]) -> sympy.Expr:
    return _extremum(sympy.Max, arguments, 1)


def _extremum(kind: type[sympy.Min] | type[sympy.Max], arguments: Iterable[sympy.Expr], direction: int) -> sympy.Expr:
    """SymPy's own evaluation compares all pairs, at a millisecond each: here numbers are, and a few symbolic arguments."""
    flat = list(dict.fromkeys(part for arg in arguments for part in (arg.args if isinstance(arg, kind) else (arg,))))
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
    return kept[0] if len(kept) == 1 else _checked(kind(*kept, evaluate=False))


def _undominated(arguments: list[sympy.Expr], direction: int) -> list[sympy.Expr]:
    kept = list(arguments)
    for arg in arguments:
        others = [other for other in kept if other is not arg]
        if any(sign_range(direction * (other - arg))[0] >= 0 for other in others):
            kept = others
    return kept


def absolute(argument: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(argument)
    return argument if low >= 0 else -argument if high <= 0 else sympy.Abs(argument, evaluate=False)


def error_function(argument: sympy.Expr) -> sympy.Expr:
    return _checked(sympy.erf(argument))


def relation(kind: type[Relational], left: sympy.Expr, right: sympy.Expr) -> Boolean:
    """A comparison, decided where both sides are numbers and their order is known."""
    difference = left - right
    order = sign(difference) if difference.is_number else None
    return kind(left, right, evaluate=False) if order is None else kind(sympy.Integer(order), sympy.S.Zero)


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
    done: dict[sympy.Basic, sympy.Basic] = {}

    def rebuilt(part: sympy.Basic) -> sympy.Basic:
        if part in done:
            return done[part]
        if isinstance(part, sympy.Symbol):
            result: sympy.Basic = values.get(part, part)
        elif not part.free_symbols & symbols:
            result = part
        elif isinstance(part, sympy.Piecewise):
            result = _piecewise(part, rebuilt)
        elif isinstance(part, Relational):
            result = relation(part.func, rebuilt(part.args[0]), rebuilt(part.args[1]))
        elif isinstance(part, (And, Or)):
            result = part.func(*(rebuilt(arg) for arg in part.args))
        elif (operation := OPERATIONS.get(part.func)) is not None:
            result = operation([rebuilt(arg) for arg in part.args])
        else:
            raise TypeError(f"not an operation of the language: {part.func}")
        done[part] = result
        return result

    try:
        return finite(rebuilt(expression))
    except RecursionError:
        raise TooLarge("an expression that nests too deep") from None
    except OverflowError:
        raise out_of_range() from None


def _piecewise(piecewise: sympy.Piecewise, rebuilt: Callable[[sympy.Basic], sympy.Basic]) -> sympy.Expr:
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
