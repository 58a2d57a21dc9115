"""One quantity: an upper bound of a norm, a Lipschitz or a smoothness constant, closed form and number."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.arguments import Suggesting, expect
from boundcalc.blocks.figures import ByBlocks, Evaluated, Figure, Infinite, Values
from boundcalc.bounds.derivatives import Derivative, differentiate
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.functions import guarded, repeated
from boundcalc.bounds.shown import bound_in_line, latex_of, page_of_bound
from boundcalc.bounds.values import by_name, exact, may_be_array, named, resolve
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.exact.expression import parse_closed_form
from boundcalc.exact.near import elasticity
from boundcalc.exact.values import substitute
from boundcalc.language.conditions import Conditions
from boundcalc.program.evaluate import MissingValues
from boundcalc.program.ir import Scalar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

JOINED = "arrays are joined: the number by blocks has no closed form to differentiate; use --blocks total"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Bound(Shown, Suggesting):
    """One quantity: an upper bound, closed form and number.

    `figure` is what is known of it: its closed form in the program, how its number is certified. `forms` are the closed forms
    of all bounds of the program. `exists`: of a layer in repeats, when there is a copy of it that the bound is of. `guarantees`: what
    has to be told of it.
    """

    name: str
    figure: Figure
    forms: Forms
    conditions: Conditions
    exists: tuple[Boolean, ...] = ()
    guarantees: str = ""

    @property
    def finite(self) -> bool:
        return not isinstance(self.figure, Infinite)

    @property
    def reason(self) -> str | None:
        """What makes the bound infinite or undefined; None where it is finite."""
        return self.figure.reason if isinstance(self.figure, Infinite) else None

    @property
    def infinite_from(self) -> str | None:
        """The path of the layer from which on the bound is infinite."""
        return (self.figure.layer or None) if isinstance(self.figure, Infinite) else None

    @property
    def scalar(self) -> Scalar | None:
        """The closed form in the program; None where the bound is infinite, and where only numbers are at hand."""
        return self.figure.scalar

    @property
    def program(self) -> Scalar | None:
        """What the number comes from, where it is not that of blocks."""
        return self.figure.program if isinstance(self.figure, Evaluated) else self.figure.scalar

    @property
    def recursion(self) -> Scalar | None:
        """The recursion with one block for all parameters, the smallest over all ways."""
        return self.figure.total if isinstance(self.figure, ByBlocks) else self.program

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols of the closed form, with and without values."""
        return self.figure.symbols

    @property
    def expression(self) -> sympy.Expr | None:
        """The closed form in the declared symbols; None where it would be too long, and `oo` where infinite."""
        if not self.finite:
            return sympy.oo
        return None if self.scalar is None else self.forms.expression(self.scalar)

    @property
    def upper(self) -> tuple[str, ...]:
        """Why the closed form may exceed the number, which comes from the recursion itself; empty where both agree."""
        loose = self.figure.loose
        return loose if self.scalar is None else (*loose, *self.forms.upper(self.scalar))

    @property
    def unclosed(self) -> str | None:
        """Why there is no closed form in the depth; None where there is one."""
        return None if self.scalar is None else self.forms.reason(self.scalar)

    def _given(self, mapping: Mapping[object, object] | None, symbols: Mapping[str, object]) -> dict[str, object]:
        return by_name(self.conditions, mapping, symbols)

    def enclosure(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> Number:
        """A ball or exact fraction (python-flint) that contains the bound. Raises as `evaluate`, and for infinite bounds."""
        if not self.finite:
            raise ArithmeticError(f"{self.name} is not finite: {self.reason}")
        return self.certified(resolve(self.conditions, self._given(mapping, symbols)))

    def absent(self, values: Values) -> str | None:
        """Why there is nothing to bound at these values: the layer stands in a repeat of 0 passes."""
        for condition in self.exists:
            known = condition.func(*(substitute(cast(sympy.Expr, arg), values) for arg in condition.args))
            if known == sympy.false:
                return f"the repeat has no copy of the layer unless {condition}"
        return None

    def certified(self, values: Values) -> Number:
        """The number at exact values. Raises MissingValues, which is a KeyError, and ValueError where there is no copy of
        the layer."""
        absent = self.absent(values)
        if absent is not None:
            raise ValueError(f"{self.name}: {absent}")
        return self.figure.number(values)

    def evaluate(
        self, mapping: Mapping[object, object] | None = None, /, **symbols: object
    ) -> float | NDArray[np.float64]:
        """The bound as a float that is rounded up, at the spec's values and those given; math.inf where it is not finite.

        Arrays broadcast and give an array, in double precision in the log domain (relative error about 1e-12, not certified).
        Raises KeyError for unknown symbols and for symbols without a value, ValueError for values outside their range.
        """
        given = self._given(mapping, symbols)
        if any(may_be_array(value) for value in given.values()):
            from boundcalc.bounds.arrays import AtArrays  # NumPy takes as long as a small network

            at = AtArrays.of(self.conditions, given)
            if at.arrays:
                return at.evaluate(self.figure, self.certified, bool(self.exists))
        if not self.finite:
            return math.inf
        return decimals.float_upper(self.certified(resolve(self.conditions, given)))

    def log10(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> float | None:
        """log10 of the bound, rounded up; None where the bound is 0, math.inf where it is not finite."""
        if not self.finite:
            return math.inf
        return decimals.log10_upper(self.enclosure(mapping, **symbols))

    def number(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> str:
        """A decimal, rounded up, of any magnitude. Raises as `enclosure`."""
        return decimals.upper_decimal(self.enclosure(mapping, **symbols))

    def gradient(self, symbols: Iterable[str | sympy.Symbol]) -> list[Derivative]:
        """Derivatives by several symbols, from one reverse pass. Raises KeyError for unknown names, ArithmeticError for an
        infinite bound."""
        if not self.finite:
            raise ArithmeticError(f"{self.name} is not finite: {self.reason}")
        if isinstance(symbols, str):
            raise TypeError(f"the symbols are a list, not a text; write [{symbols!r}]")
        names = expect(symbols, Iterable, "the symbols", "write a list of names, such as ['R']")
        by = [named(self.conditions.symbols, name) for name in names]
        figure, closed = self.figure, None if self.figure.loose else self.expression
        if not isinstance(figure, ByBlocks):
            return differentiate(self.name, self.conditions, self.program, closed, self.upper, None, by)
        if figure.is_polynomial:
            return differentiate(self.name, self.conditions, figure.form, closed, self.upper, figure.direction, by)
        exact = None if figure.loose else figure.scalar
        return differentiate(self.name, self.conditions, exact, closed, self.upper, None, by, JOINED)

    def diff(self, symbol: str | sympy.Symbol) -> Derivative:
        """The derivative by one symbol."""
        return self.gradient([symbol])[0]

    def elasticity(self, symbol: str, mapping: Mapping[object, object] | None = None, /, **values: object) -> float:
        """d log(bound) / d log(symbol) at the given values: the percentage that the bound grows when the symbol grows by one."""
        by = named(self.conditions.symbols, symbol)
        at = resolve(self.conditions, self._given(mapping, values))
        whole = self.certified(at)
        if whole == 0:
            raise ArithmeticError(f"{self.name} is 0 there: it has no logarithm")
        if by not in at:
            raise MissingValues([by.name])
        return elasticity(self.diff(by).certified(at), to_number(at[by]), whole)

    def subs(self, *arguments: Any) -> sympy.Expr:
        """SymPy's `subs` on the closed form; names stand for the declared symbols."""
        pairs: Any = {arguments[0]: arguments[1]} if len(arguments) == 2 else arguments[0] if arguments else None
        if len(arguments) > 2 or not isinstance(pairs, (Mapping, Sequence)) or isinstance(pairs, str):
            raise TypeError("subs takes a symbol and what replaces it, or a mapping of them; write subs({'R': 2})")
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        known = self.conditions.symbols
        return self._sympy_().subs([(named(known, s) if isinstance(s, str) else s, self._term(v)) for s, v in items])

    def _term(self, value: object) -> sympy.Expr:
        """What may replace a symbol: a SymPy expression, a number, or a text in the declared symbols."""
        if isinstance(value, str):
            return parse_closed_form(value, self.conditions.symbols)
        return value if isinstance(value, sympy.Expr) else exact(value, "the replacement")

    def series(self, symbol: str, point: Any = 0, n: int = 6, direction: str = "+") -> sympy.Expr:
        """SymPy's `series` of the closed form."""
        return self._sympy_().series(named(self.conditions.symbols, symbol), point, n, direction)

    def lambdify(self, *names: str, modules: object = "numpy") -> Callable[..., Any]:
        """SymPy's `lambdify` of the closed form, in double precision; all its symbols, in order, unless names are given.

        The function raises ValueError for numbers at which the bound does not hold (`Bounds.conditions`, and what the symbols
        stand for), and gives nan at such entries of arrays. With a symbolic number of passes it computes them one by one, with NumPy:
        a closed form in the depth loses its digits near the values where growth factors coincide. Raises ValueError for other
        `modules` then, and where there is no closed form.
        """
        known = self.conditions.symbols
        chosen = [named(known, name) for name in names] or sorted(
            self.free_symbols, key=lambda s: list(known).index(s.name)
        )
        if self.scalar is None or not self.forms.has_loops(self.scalar):
            return guarded(self.conditions, chosen, self._sympy_(), modules)
        if modules != "numpy":
            raise ValueError(
                f"{self.name} repeats passes a symbolic number of times, which lambdify computes with modules='numpy' alone; "
                "for another array module write the bounds with --format python"
            )
        return repeated(self.conditions, chosen, self.scalar)

    def _sympy_(self) -> sympy.Expr:
        if self.expression is None:
            reason = self.unclosed or "it would be too long to read; see Bounds.definitions"
            raise ValueError(f"{self.name} has no closed form: {reason}")
        return self.expression

    def _latex(self, printer: Any) -> str:
        """What `sympy.latex` gives."""
        return latex_of(self.expression, self.name, printer)

    def _repr_latex_(self) -> str:
        return f"${sympy.latex(self)}$"

    def _brief_(self) -> Page:
        return bound_in_line(self)

    def _page_(self) -> Page:
        return page_of_bound(self)
