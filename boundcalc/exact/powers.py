"""Powers, roots, exponentials, logarithms and absolute values of SymPy expressions that never hang.

SymPy computes `10**10**10` as long as it takes, and expands bases to learn their signs. Here sizes are checked first.
"""

from __future__ import annotations

from typing import cast

import sympy
from flint import arb, ctx

from boundcalc.exact.arithmetic import bits_of, check_roots, checked, multiply
from boundcalc.exact.limits import MAX_BITS, TooLarge, Undefined, out_of_range
from boundcalc.exact.signs import PRECISIONS, enclose, is_integer, sign_range

MAX_EXPONENT = 10**6  # of a symbolic base
# Of numbers beside a logarithm in an exponent, which SymPy turns into powers: exp(n log 2) -> 2**n.
MAX_LOG_FACTOR = 4096


def power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if exponent is sympy.S.NegativeOne and isinstance(base, sympy.Rational) and base.p:
        return checked(sympy.Rational(base.q, base.p))  # no larger than the base
    low, high = sign_range(base)
    if low == high == 0:
        return _zero_power(exponent)
    if base.is_number and low != high:
        raise TooLarge("the base of a power cannot be told from zero")
    if high < 0 and not is_integer(exponent):
        raise Undefined("not a real number: a power of a negative number with an exponent that is not an integer")
    if base.is_number and exponent.is_number:
        _check_numbers(base, exponent)
    if isinstance(exponent, sympy.Rational):
        _check_factors(base, exponent)
    else:
        _check_exponent(base, exponent)
    return checked(_power(base, exponent))


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    """What SymPy makes of a power, without the questions that it asks about bases and exponents it does not know."""
    if exponent is sympy.S.One or base is sympy.S.One:
        return base
    if exponent is sympy.S.Zero:
        return sympy.S.One
    if isinstance(base, sympy.Rational) and isinstance(exponent, sympy.Rational):
        return sympy.Pow(base, exponent)
    if base is sympy.E:
        return _exponential(exponent)
    if isinstance(base, sympy.Mul) and isinstance(exponent, sympy.Rational):
        return _power_of_product(base, exponent)
    if isinstance(base, (sympy.Pow, sympy.exp)):
        inner, own = base.as_base_exp()
        if is_integer(exponent) or sign_range(inner)[0] >= 0:
            return power(inner, multiply((own, exponent)))
        if isinstance(own, sympy.Integer) and own % 2 == 0:
            return power(absolute(inner), multiply((own, exponent)))
        raise Undefined("perhaps not a real number: a fractional power of a power whose base may be negative")
    return sympy.Pow(base, exponent, evaluate=False)


def _power_of_product(base: sympy.Mul, exponent: sympy.Rational) -> sympy.Expr:
    """Factors leave a root when they are not negative."""
    outside = [f for f in base.args if exponent.is_Integer or sign_range(f)[0] >= 0]
    inside = [f for f in base.args if f not in outside]
    if inside and isinstance(inside[0], sympy.Rational):  # negative
        outside.append(-inside[0])
        inside[0] = sympy.S.NegativeOne
    roots = [power(factor, exponent) for factor in outside]
    if inside:
        rest = sympy.Mul(*inside)
        roots.append(
            sympy.Pow(rest, exponent, evaluate=False) if isinstance(rest, sympy.Mul) else power(rest, exponent)
        )
    return multiply(roots)


def _exponential(exponent: sympy.Expr) -> sympy.Expr:
    """exp(c log(x) + y) is x**c exp(y)."""
    factors: list[sympy.Expr] = []
    rest: list[sympy.Expr] = []
    for term in sympy.Add.make_args(exponent):
        coefficient, log = term.as_coeff_Mul()
        if isinstance(log, sympy.log):
            factors.append(power(log.args[0], coefficient))
        else:
            rest.append(term)
    remaining = sympy.Add(*rest)
    return multiply([*factors, sympy.exp(remaining, evaluate=isinstance(remaining, sympy.Rational))])


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


def _check_factors(base: sympy.Expr, exponent: sympy.Rational) -> None:
    """SymPy raises the numeric factors of a product to a rational power at once."""
    if not isinstance(base, sympy.Rational) and abs(exponent) > MAX_EXPONENT:
        raise TooLarge(f"an exponent above {MAX_EXPONENT}")
    check_roots(sympy.Mul.make_args(base), exponent)
    for factor in sympy.Mul.make_args(base):
        number, own = factor.as_base_exp()
        if isinstance(number, sympy.Rational) and isinstance(own, sympy.Rational):
            bits = 0 if abs(number) == 1 else bits_of(number) - 1
            if bits * abs(own * exponent) > MAX_BITS:
                raise out_of_range()


def _check_exponent(base: sympy.Expr, exponent: sympy.Expr) -> None:
    logs = exponent.atoms(sympy.log)
    most = MAX_LOG_FACTOR if logs else MAX_EXPONENT
    if any(abs(number) > most for number in exponent.atoms(sympy.Rational)):
        raise TooLarge(f"a number above {most} in an exponent")
    bases = [base, *(log.args[0] for log in logs)]  # exp(log(n)/2) is a root
    check_roots(bases, sympy.S.Half)
    if all(isinstance(b, (sympy.Symbol, sympy.Rational)) or b is sympy.E for b in bases):
        return
    # SymPy looks for 1/(log(base) + ...) in exponents, and expands the base to see it.
    if any(isinstance(f.base, sympy.Add) and sign_range(f.exp)[0] < 0 for f in exponent.atoms(sympy.Pow)):
        raise TooLarge("too complicated: an exponent divided by a sum; use a symbol for the base")


def exponential(exponent: sympy.Expr) -> sympy.Expr:
    return power(sympy.E, exponent)


def logarithm(argument: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(argument)
    if high <= 0:
        raise Undefined("the logarithm of zero or of a negative number")
    if argument.is_number and low != high:
        raise TooLarge("the argument of a logarithm cannot be told from zero")
    if isinstance(argument, sympy.exp):
        return cast("sympy.Expr", argument.args[0])
    if isinstance(argument, sympy.Pow) and argument.base.is_number and low > 0 and sign_range(argument.base)[0] > 0:
        return multiply((argument.exp, logarithm(argument.base)))
    return checked(sympy.log(argument, evaluate=argument.is_Atom and argument.is_number))


def square_root(argument: sympy.Expr) -> sympy.Expr:
    if sign_range(argument)[1] < 0:
        raise Undefined("the square root of a negative number")
    return power(argument, sympy.S.Half)


def absolute(argument: sympy.Expr) -> sympy.Expr:
    low, high = sign_range(argument)
    return argument if low >= 0 else -argument if high <= 0 else sympy.Abs(argument, evaluate=False)
