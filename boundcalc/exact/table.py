"""What a function is to everything that reads expressions: the row of a table, whose rows `functions` has.

`name` is what closed forms call it and SymPy its class; what a row leaves out follows from the rest. Nothing is imported
here, since texts are parsed without SymPy: a rule that needs an arithmetic is handed it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sympy
    from flint import arb

    from boundcalc.exact.balls import Number
    from boundcalc.exact.signed_log import Array, Signed

Signs = tuple[int, int]  # the least and the largest sign that a value can have
ANY_SIGN: Signs = (-1, 1)


class Guarded(Protocol):
    """Exact operations on SymPy expressions that never hang: the module `guarded`."""

    def square_root(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def exponential(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def logarithm(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def absolute(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def floor(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def ceiling(self, argument: sympy.Expr, /) -> sympy.Expr: ...
    def minimum(self, arguments: Sequence[sympy.Expr], /) -> sympy.Expr: ...
    def maximum(self, arguments: Sequence[sympy.Expr], /) -> sympy.Expr: ...
    def checked(self, result: sympy.Expr, /) -> sympy.Expr: ...


class Balls(Protocol):
    """Certified numbers: the module `balls`."""

    def floor(self, x: Number, /) -> Number: ...
    def log(self, x: Number, /) -> Number: ...
    def sign(self, x: Number, /) -> Number: ...


@dataclass(frozen=True)
class Function:
    """A row. `word` is the name in specs; without `closed` it occurs in no closed form that is read back."""

    name: str
    word: str | None = None
    closed: bool = True
    arguments: tuple[int, int | None] = (1, 1)
    exact: Callable[[Guarded, Sequence[sympy.Expr]], sympy.Expr] | None = None  # else SymPy's own, its result checked
    # A certified value: of balls alone, with arguments (and values there) that are exact, or of any certified number.
    ball: Callable[[arb], arb] | None = None
    exact_at: tuple[tuple[int, int], ...] = ()
    enclosure: Callable[[Balls, Number], Number] | None = None
    # On arrays of signs and logarithms: the logarithm of a value that is never negative, or the value in double precision, NumPy handed in.
    logarithm: Callable[[Signed], Array] | None = None
    doubles: Callable[[Any, Signed], Array] | None = None  # else NumPy's function of the name that `array` says
    array: str = ""  # the name in array modules; like `name` where it is left out
    python: str = ""  # a function of numbers that generated Python calls; else that of its array module
    signs: Signs | Callable[[Signs], Signs] = ANY_SIGN  # of values, perhaps by the signs of the argument
    rounding: int = 0  # to an integer: -1 down, 1 up
    keeps_whole: bool = False  # integers have integer values
    extremum: int = 0  # of any number of arguments: -1 the least, 1 the largest

    @property
    def head(self) -> Callable[..., sympy.Expr]:
        """SymPy's class; of sqrt, which is a power, a function."""
        import sympy

        return getattr(sympy, self.name)

    @property
    def array_name(self) -> str:
        return self.array or self.name

    @property
    def certified(self) -> bool:
        return self.ball is not None or self.enclosure is not None

    @property
    def pick(self) -> Callable[..., Any]:
        """What an extremum does to numbers."""
        return min if self.extremum < 0 else max

    def signs_of(self, argument: Callable[[], Signs]) -> Signs:
        return self.signs(argument()) if callable(self.signs) else self.signs


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of functions, found by name and by class."""

    rows: tuple[Function, ...]

    @cached_property
    def called(self) -> Mapping[str, Function]:
        """By the names in specs and in closed forms."""
        return {name: row for row in self.rows for name in (row.name if row.closed else None, row.word) if name}

    @cached_property
    def heads(self) -> Mapping[type[sympy.Basic], Function]:
        """By SymPy's class; sqrt has none, a root is a power."""
        return {row.head: row for row in self.rows if isinstance(row.head, type)}

    def rounding(self) -> tuple[type[sympy.Basic], ...]:
        """The classes of functions that round."""
        return tuple(head for head, row in self.heads.items() if row.rounding)
