"""The functions of the language and of closed forms, one row each, and the relations: everything else reads these tables.

Adding a function is one row. `name` is what closed forms call it and SymPy its class; what a row leaves out follows from
the rest. Nothing is imported here, since texts are parsed without SymPy: a rule that needs an arithmetic is handed it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sympy
    from flint import arb
    from sympy.core.relational import Relational

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


@dataclass(frozen=True)
class Relation:
    """`orders`: the signs of the difference of the sides that make it true. Equalities are written as calls in closed forms."""

    name: str  # in closed forms, and SymPy's class
    sign: str
    orders: frozenset[int]
    holds: Callable[[Any, Any], Any]  # of numbers and arrays
    equality: bool = False

    @property
    def head(self) -> type[Relational]:
        import sympy

        return getattr(sympy, self.name)


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


def _near_floor(np: Any, x: Array) -> Array:
    near = np.rint(x)  # an exact integer is not missed because of rounding
    return np.where(np.abs(x - near) <= 1e-12 * np.maximum(1.0, np.abs(x)), near, np.floor(x))


_MANY = (1, None)
FUNCTIONS = Table(
    (
        Function("sqrt", word="sqrt", exact=lambda m, x: m.square_root(*x)),
        Function(
            "log",
            word="log",
            exact=lambda m, x: m.logarithm(*x),
            enclosure=lambda m, x: m.log(x),
            doubles=lambda np, x: x.logarithm,
        ),
        Function(
            "exp",
            word="exp",
            exact=lambda m, x: m.exponential(*x),
            ball=lambda x: x.exp(),
            exact_at=((0, 1),),
            logarithm=lambda x: x.value,
            signs=(1, 1),
        ),
        Function(
            "floor",
            word="floor",
            exact=lambda m, x: m.floor(*x),
            enclosure=lambda m, x: m.floor(x),
            doubles=lambda np, x: _near_floor(np, x.value),
            signs=lambda of: (min(of[0], 0), of[1]),
            rounding=-1,
        ),
        Function(
            "ceiling",
            word="ceil",
            exact=lambda m, x: m.ceiling(*x),
            enclosure=lambda m, x: -m.floor(-x),
            doubles=lambda np, x: -_near_floor(np, -x.value),
            array="ceil",
            signs=lambda of: (of[0], max(of[1], 0)),
            rounding=1,
        ),
        Function(
            "erf",
            ball=lambda x: x.erf(),
            exact_at=((0, 0),),
            doubles=lambda np, x: np.vectorize(math.erf, otypes=[np.float64])(x.value),
            python="math.erf",
            signs=lambda of: of,
        ),
        Function(
            "Abs",
            exact=lambda m, x: m.absolute(*x),
            enclosure=lambda m, x: abs(x),
            logarithm=lambda x: x.log,
            array="abs",
            signs=(0, 1),
            keeps_whole=True,
        ),
        Function(
            "Min",
            word="min",
            arguments=_MANY,
            exact=lambda m, x: m.minimum(x),
            array="minimum",
            keeps_whole=True,
            extremum=-1,
        ),
        Function(
            "Max",
            word="max",
            arguments=_MANY,
            exact=lambda m, x: m.maximum(x),
            array="maximum",
            keeps_whole=True,
            extremum=1,
        ),
        # In derivatives, and in the functions of layers: no text has them.
        Function("sign", closed=False, enclosure=lambda m, x: m.sign(x)),
        Function("tanh", closed=False),
        Function("sin", closed=False),
        Function("cos", closed=False),
        Function("atan", closed=False),
    )
)

RELATIONS = (
    Relation("Eq", "==", frozenset({0}), operator.eq, equality=True),
    Relation("Ne", "!=", frozenset({-1, 1}), operator.ne, equality=True),
    Relation("Lt", "<", frozenset({-1}), operator.lt),
    Relation("Le", "<=", frozenset({-1, 0}), operator.le),
    Relation("Gt", ">", frozenset({1}), operator.gt),
    Relation("Ge", ">=", frozenset({0, 1}), operator.ge),
)


def relation_heads() -> Mapping[type[sympy.Basic], Relation]:
    """The relations by SymPy's class."""
    return {row.head: row for row in RELATIONS}
