"""Closed forms, and programs, as functions of numbers and arrays that answer only where the bound holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.guards import exact_sides, guards_over, steady
from boundcalc.bounds.values import resolve
from boundcalc.exact.intervals import unevaluated
from boundcalc.language.conditions import Conditions
from boundcalc.program.ir import Scalar

_LARGEST = 2**53  # that a double holds exactly
_DIGITS = 50


def guarded(
    conditions: Conditions, chosen: Sequence[sympy.Symbol], expression: sympy.Expr, modules: object
) -> Callable[..., Any]:
    """SymPy's `lambdify` of a closed form; where a condition fails, numbers raise ValueError and arrays give nan."""
    compiled = sympy.lambdify(chosen, _short(steady(expression)), modules=modules)
    nans = _nans(conditions, chosen, modules)

    def function(*values: Any) -> Any:
        import numpy as np  # nothing before a call needs it

        if len(values) != len(chosen):
            return compiled(*values)  # which says so
        if _resolved(conditions, chosen, values):
            return compiled(*values)
        with np.errstate(all="ignore"):
            return sum(nans(*values), compiled(*values))

    function.__doc__ = compiled.__doc__
    return function


def repeated(conditions: Conditions, chosen: Sequence[sympy.Symbol], program: Scalar) -> Callable[..., Any]:
    """The same of a program, pass by pass in NumPy's doubles: near the values where growth factors coincide, a closed form divides
    by their difference, and what it loses there may be all its digits."""
    nans = _nans(conditions, chosen, "numpy")

    def function(*values: Any) -> Any:
        import numpy as np

        from boundcalc.bounds.sweeps import Grid, swept

        if len(values) != len(chosen):
            raise TypeError(
                f"the function takes {len(chosen)} values, {', '.join(s.name for s in chosen)}, not {len(values)}"
            )
        _resolved(conditions, chosen, values)
        with np.errstate(all="ignore"):
            outside, *arrays = np.broadcast_arrays(sum(nans(*values)), *(np.asarray(value, float) for value in values))
        holds = ~np.isnan(outside)
        found = np.full(holds.shape, np.nan)
        if holds.any():
            grid = Grid({s: a[holds] for s, a in zip(chosen, arrays, strict=True)}, {}, (int(holds.sum()),))
            found[holds] = swept(program, grid)
        return found if found.ndim else found[()]

    function.__doc__ = f"The bound at {', '.join(s.name for s in chosen)}, pass by pass in double precision."
    return function


def _short(expression: sympy.Expr) -> sympy.Expr:
    """No whole numbers that an array module cannot take: Python would hand them over as objects."""
    found = (n for n in expression.atoms(sympy.Rational) if max(abs(int(n.p)), int(n.q)) > _LARGEST)
    floats: dict[sympy.Basic, sympy.Basic] = {n: sympy.Float(n, _DIGITS) for n in found}
    return cast(sympy.Expr, expression.xreplace(floats)) if floats else expression


def _resolved(conditions: Conditions, chosen: Sequence[sympy.Symbol], values: Sequence[Any]) -> bool:
    """Whether all values are numbers, which are checked then: ValueError."""
    import numpy as np

    plain = int | float | Fraction | Decimal | np.generic | sympy.Number  # and no arrays of some module
    if not all(isinstance(value, plain) for value in values):
        return False
    resolve(conditions, {symbol.name: value for symbol, value in zip(chosen, values, strict=True)})
    return True


def _nans(conditions: Conditions, chosen: Sequence[sympy.Symbol], modules: object) -> Callable[..., Any]:
    """A list with nan for each condition that fails, else 0."""
    # SymPy knows that a positive symbol is positive: conditions are about symbols that may be any real number.
    anything = {symbol: sympy.Dummy(symbol.name, real=True) for symbol in chosen}
    penalties = [_penalty(condition, anything) for condition in guards_over(conditions, chosen)]
    return sympy.lambdify(list(anything.values()), penalties, modules=modules)


def _penalty(condition: Boolean, names: Mapping[sympy.Symbol, sympy.Dummy]) -> sympy.Expr:
    """0 where the condition holds, else nan."""
    left, right = exact_sides(condition)
    holds = unevaluated(condition, *(steady(side).xreplace(names) for side in (left, right)))
    return cast(sympy.Expr, sympy.Piecewise((sympy.S.Zero, holds), (sympy.nan, sympy.true), evaluate=False))
