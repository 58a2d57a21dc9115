"""One quantity: an upper bound of a norm, a Lipschitz or a smoothness constant, closed form and number."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import sympy
from numpy.typing import NDArray
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.derivatives import Derivative, Direction, differentiate, elasticity
from boundcalc.bounds.forms import Forms
from boundcalc.bounds.values import by_name, resolve
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.program import decimals
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import MissingValues, evaluate
from boundcalc.program.evaluate_log import evaluate_log
from boundcalc.program.ir import Scalar
from boundcalc.program.leaves import to_number
from boundcalc.program.numbers import Number
from boundcalc.rules.jet import Quantity, Unbounded
from boundcalc.spec.exact import substitute

Values = Mapping[sympy.Symbol, sympy.Expr]
Certify = Callable[[Values], Number]


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """One quantity: an upper bound, closed form and number.

    `scalar` is its closed form in the program. `certify` computes its number where that is sharper than evaluating the
    closed form (the largest eigenvalue under `blocks: layer`); `loose` says why the closed form exceeds that number.
    """

    name: str
    graph: LayerGraph
    forms: Forms
    quantity: Quantity | None  # None: no closed form is at hand, only numbers
    certify: Certify | None = None
    loose: tuple[str, ...] = ()
    needs: frozenset[sympy.Symbol] | None = None  # the symbols of the number, where there is no closed form to tell
    seeded: Scalar | None = None  # under `blocks: layer`, the form in the seeds whose value at `direction` is the bound
    direction: Direction | None = None
    exists: tuple[Boolean, ...] = ()  # of a layer in repeats: when there is a copy of it that the bound is of

    @property
    def finite(self) -> bool:
        return not isinstance(self.quantity, Unbounded)

    @property
    def reason(self) -> str | None:
        """What makes the bound infinite or undefined; None where it is finite."""
        return self.quantity.reason if isinstance(self.quantity, Unbounded) else None

    @property
    def infinite_from(self) -> str | None:
        """The path of the layer from which on the bound is infinite."""
        return (self.quantity.layer or None) if isinstance(self.quantity, Unbounded) else None

    @property
    def scalar(self) -> Scalar | None:
        return self.quantity if isinstance(self.quantity, Scalar) else None

    @property
    def free_symbols(self) -> frozenset[sympy.Symbol]:
        """The symbols of the closed form, with and without values."""
        if self.needs is not None:
            return self.needs
        if self.scalar is None:
            return frozenset()
        return free_symbols([self.scalar])[0]

    @property
    def expression(self) -> sympy.Expr | None:
        """The closed form in the declared symbols; None where it would be too long, and `oo` where infinite."""
        if not self.finite:
            return sympy.oo
        return None if self.scalar is None else self.forms.expression(self.scalar)

    @property
    def upper(self) -> tuple[str, ...]:
        """Why the closed form may exceed the number, which comes from the recursion itself; empty where both agree."""
        return self.loose if self.scalar is None else (*self.loose, *self.forms.upper(self.scalar))

    @property
    def unclosed(self) -> str | None:
        """Why there is no closed form in the depth; None where there is one."""
        return None if self.scalar is None else self.forms.reason(self.scalar)

    def _given(self, mapping: Mapping[object, object] | None, symbols: Mapping[str, object]) -> dict[str, object]:
        return by_name(self.graph.conditions, mapping, symbols)

    def enclosure(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> Number:
        """A ball or exact fraction (python-flint) that contains the bound. Raises as `evaluate`, and for infinite bounds."""
        if not self.finite:
            raise ArithmeticError(f"{self.name} is not finite: {self.reason}")
        return self.certified(resolve(self.graph.conditions, self._given(mapping, symbols)))

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
        if self.certify is not None:
            missing = sorted(s.name for s in self.free_symbols - values.keys())
            if missing:
                raise MissingValues(missing)
            return self.certify(values)
        assert self.scalar is not None
        return evaluate([self.scalar], values)[0]

    def evaluate(
        self, mapping: Mapping[object, object] | None = None, /, **symbols: object
    ) -> float | NDArray[np.float64]:
        """The bound as a float that is rounded up, at the spec's values and those given; math.inf where it is not finite.

        Arrays broadcast and give an array, in double precision in the log domain (relative error about 1e-12, not certified).
        Raises KeyError for unknown symbols and for symbols without a value, ValueError for values outside their range.
        """
        given = self._given(mapping, symbols)
        arrays = {name: np.asarray(value) for name, value in given.items() if np.ndim(value) > 0}  # type: ignore[arg-type]
        if arrays:
            return self._sweep(given, arrays)
        if not self.finite:
            return math.inf
        return decimals.float_upper(self.certified(resolve(self.graph.conditions, given)))

    def _sweep(self, given: Mapping[str, object], arrays: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
        if not self.finite:
            return np.full(shape, math.inf)
        fixed = {name: value for name, value in given.items() if name not in arrays}
        if self.certify is not None or self.scalar is None or self.exists or self._has_dependent_values(arrays):
            points = np.broadcast_arrays(*arrays.values())
            result = np.empty(shape)
            for index in np.ndindex(shape):
                at = {name: point[index] for name, point in zip(arrays, points, strict=True)}
                result[index] = decimals.float_upper(self.certified(resolve(self.graph.conditions, {**fixed, **at})))
            return result
        for name, array in arrays.items():  # the range of every value is checked, at its ends
            for end in (array.min(), array.max()):
                resolve(self.graph.conditions, {**fixed, name: end})
        values: dict[sympy.Symbol, object] = dict(resolve(self.graph.conditions, fixed))
        values |= {self.graph.conditions.symbols[name]: array for name, array in arrays.items()}
        with np.errstate(over="ignore"):
            return np.broadcast_to(np.exp(evaluate_log([self.scalar], values)[0]), shape).copy()  # type: ignore[arg-type]

    def _has_dependent_values(self, arrays: Mapping[str, object]) -> bool:
        declared = self.graph.conditions.declared
        swept = {self.graph.conditions.symbols[name] for name in arrays}
        return any(value.free_symbols & swept for value in declared.values())

    def log10(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> float | None:
        """log10 of the bound, rounded up; None where the bound is 0, math.inf where it is not finite."""
        if not self.finite:
            return math.inf
        return decimals.log10_upper(self.enclosure(mapping, **symbols))

    def number(self, mapping: Mapping[object, object] | None = None, /, **symbols: object) -> str:
        """A decimal, rounded up, of any magnitude. Raises as `enclosure`."""
        return decimals.upper_decimal(self.enclosure(mapping, **symbols))

    def gradient(self, symbols: Sequence[str]) -> list[Derivative]:
        """Derivatives by several symbols, from one reverse pass. Raises KeyError for unknown names, ArithmeticError for an
        infinite bound."""
        if not self.finite:
            raise ArithmeticError(f"{self.name} is not finite: {self.reason}")
        conditions = self.graph.conditions
        by_name(conditions, dict.fromkeys(symbols, 0), {})
        by = [conditions.symbols[symbol] for symbol in symbols]
        closed = None if self.loose else self.expression
        of = self.scalar if self.seeded is None else self.seeded
        return differentiate(self.name, conditions, of, closed, self.upper, self.direction, by)

    def diff(self, symbol: str | sympy.Symbol) -> Derivative:
        """The derivative by one symbol."""
        return self.gradient([str(symbol)])[0]

    def elasticity(self, symbol: str, mapping: Mapping[object, object] | None = None, /, **values: object) -> float:
        """d log(bound) / d log(symbol) at the given values: the percentage that the bound grows when the symbol grows by one."""
        at = resolve(self.graph.conditions, self._given(mapping, values))
        whole = self.certified(at)
        if whole == 0:
            raise ArithmeticError(f"{self.name} is 0 there: it has no logarithm")
        value = to_number(at[self.graph.conditions.symbols[symbol]])
        return elasticity(self.diff(symbol).certified(at), value, whole)

    def subs(self, *arguments: Any) -> sympy.Expr:
        """SymPy's `subs` on the closed form; names stand for the declared symbols."""
        if len(arguments) == 2:
            arguments = ({arguments[0]: arguments[1]},)
        (pairs,) = arguments
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        known = self.graph.conditions.symbols
        return self._sympy_().subs(
            [(known[s] if isinstance(s, str) else s, sympy.sympify(v, strict=True)) for s, v in items]
        )

    def series(self, symbol: str, point: Any = 0, n: int = 6, direction: str = "+") -> sympy.Expr:
        """SymPy's `series` of the closed form."""
        return self._sympy_().series(self.graph.conditions.symbols[symbol], point, n, direction)

    def lambdify(self, *names: str, modules: object = "numpy") -> Callable[..., Any]:
        """SymPy's `lambdify` of the closed form, in double precision; all its symbols, in order, unless names are given."""
        known = self.graph.conditions.symbols
        for name in names:
            by_name(self.graph.conditions, {name: 0}, {})
        chosen = [known[n] for n in names] or sorted(self.free_symbols, key=lambda s: list(known).index(s.name))
        return sympy.lambdify(chosen, self._sympy_(), modules=modules)

    def _sympy_(self) -> sympy.Expr:
        if self.expression is None:
            reason = self.unclosed or "it would be too long to read; see Bounds.definitions"
            raise ValueError(f"{self.name} has no closed form: {reason}")
        return self.expression

    def _repr_latex_(self) -> str:
        expression = self.expression
        return f"${sympy.latex(self.name if expression is None else expression)}$"

    def __repr__(self) -> str:
        if not self.finite:
            return f"<{self.name}: not finite, {self.reason}>"
        if self.unclosed is not None:
            return f"<{self.name}: no closed form, {self.unclosed}>"
        expression = self.expression
        return f"<{self.name}: {'too long to print, see Bounds.definitions' if expression is None else expression}>"
