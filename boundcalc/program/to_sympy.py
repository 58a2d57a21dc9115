"""Programs as SymPy expressions: whole where the expanded tree is small, as a list of definitions in any case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import count
from typing import NamedTuple

import sympy

from boundcalc.exact.settled import settled_power, settled_product, settled_sum
from boundcalc.program.interpret import Passes, interpret
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.tree_size import Size, Sizes, given_size, tree_size

READABLE = 60  # nodes of a definition; what is larger is cut into several, whose names also share what occurs twice
_POWER_BITS = 4096  # larger rational powers stay powers: SymPy would multiply them out
_ROOT_BITS = 512  # of numbers under a root
_ROOT, _HALF = Fraction(1, 2), sympy.S.Half


class NotClosed(ValueError):  # noqa: N818
    """A loop has no closed form in `closed`, so that no expression can be given."""


_OPEN = "a loop has no closed form"


def to_sympy(scalar: Scalar, cap: int, closed: Mapping[int, sympy.Expr] | None = None) -> sympy.Expr | None:
    """The value as one expression, None where its tree has more than `cap` nodes, or roots of numbers so long that SymPy,
    which factors them in every product, takes seconds.

    `closed` gives expressions for nodes that are known otherwise, such as the results of loops. Raises NotClosed.
    """
    if scalar.node.free:  # the state of a loop
        raise NotClosed(_OPEN)
    if tree_size([scalar], closed)[0] > cap:
        return None
    try:
        return interpret(scalar.arena, [scalar.index], Expressions(), closed, _no_long_root)[scalar.index]
    except _LongRootError:
        return None


class _LongRootError(Exception):
    pass


def _no_long_root(index: int, value: sympy.Expr) -> sympy.Expr:
    if isinstance(value, sympy.Pow) and not value.exp.is_Integer and _has_long_number(value.base):
        raise _LongRootError
    return value


def definitions(
    named: Sequence[tuple[str, Scalar]], limit: int = READABLE, closed: Mapping[int, sympy.Expr] | None = None
) -> list[tuple[str, sympy.Expr]]:
    """Each named scalar in terms of the names before it (as positive Symbols) and the spec's symbols.

    What lies between is written out unless its tree has more than `limit` nodes; then it gets a name t_1, t_2, ... of
    its own. A scalar that has a name already is defined as that name.

    Raises NotClosed, and ValueError for a name that is given twice.
    """
    if not named:
        return []
    arena, given = named[0][1].arena, closed or {}
    taken = {name for name, _ in named}
    if len(taken) < len(named):
        raise ValueError("a name is given twice")
    if any(scalar.node.free for _, scalar in named):
        raise NotClosed(_OPEN)
    taken |= _symbol_names(arena, arena.needed((s.index for _, s in named), stop=given.keys()), given)
    fresh = (candidate for i in count(1) if (candidate := f"t_{i}") not in taken)
    known = {i: _Term(given_size(expression), expression) for i, expression in given.items()}
    names: dict[int, sympy.Symbol] = {}
    result: list[tuple[str, sympy.Expr]] = []

    def define(name: str, index: int, term: _Term) -> _Term:
        """From here on the name stands for the node."""
        result.append((name, term.expression))
        names[index] = symbol = sympy.Symbol(name, positive=True)
        known[index] = _Term(Size(1, frozenset({symbol}), 0, is_sum=term.size.is_sum), symbol)
        return known[index]

    for name, scalar in named:
        root = scalar.index
        if isinstance(plain := scalar.node.payload, (sympy.Rational, sympy.Symbol)):  # a name would be longer
            result.append((name, plain))
            continue
        if root in names:
            result.append((name, names[root]))
            continue

        def cut(index: int, term: _Term, root: int = root) -> _Term:
            return define(next(fresh), index, term) if term.size.nodes > limit and index != root else term

        define(name, root, interpret(arena, [root], _Terms(), known, cut)[root])
    return result


def _symbol_names(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> set[str]:
    leaves = [arena.nodes[i].payload for i in order]
    expressions = [e for e in (*leaves, *given.values()) if isinstance(e, sympy.Expr)]
    return {str(symbol) for e in expressions for symbol in e.free_symbols}


class Expressions:
    """The reading as SymPy expressions."""

    __slots__ = ()

    def leaf(self, expression: sympy.Expr) -> sympy.Expr:
        return expression

    def add(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return settled_sum(terms) or sympy.Add(*terms)

    def multiply(self, factors: Sequence[sympy.Expr]) -> sympy.Expr:
        return settled_product(factors) or sympy.Mul(*factors)

    def power(self, base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
        return _power(base, exponent)

    def minimum(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _extremum(sympy.Min, terms)

    def maximum(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _extremum(sympy.Max, terms)

    def hypot(self, terms: Sequence[sympy.Expr]) -> sympy.Expr:
        return _power(self.add([_power(term, Fraction(2)) for term in terms]), _ROOT)

    def select(self, index: int, op: Op, keys: Sequence[sympy.Expr], values: Sequence[sympy.Expr]) -> sympy.Expr:
        before = sympy.Le if op is Op.MIN else sympy.Ge
        conditions = [sympy.And(*(before(key, other) for other in keys[i + 1 :])) for i, key in enumerate(keys)]
        return sympy.Piecewise(*zip(values, conditions, strict=True))

    def loop(self, passes: Passes[sympy.Expr]) -> Sequence[sympy.Expr]:
        raise NotClosed(_OPEN)


def _extremum(kind: type[sympy.Min] | type[sympy.Max], args: Sequence[sympy.Expr]) -> sympy.Expr:
    """Unevaluated: SymPy compares and factors all pairs, at milliseconds each."""
    unique = tuple(dict.fromkeys(args))
    return unique[0] if len(unique) == 1 else kind(*unique, evaluate=False)


def _power(base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
    exact = _HALF if exponent == _ROOT else sympy.Rational(exponent.numerator, exponent.denominator)
    return settled_power(base, exact) or sympy.Pow(base, exact, evaluate=not _is_huge(base, exponent))


def _is_huge(base: sympy.Expr, exponent: Fraction) -> bool:
    """Whether SymPy would take long: it factors all numbers under a root, and multiplies out powers of numbers."""
    if exponent.denominator > 1 and _has_long_number(base):
        return True
    if not isinstance(base, sympy.Rational):
        return False
    bits = _bits(base)
    return bits > 1 and bits * abs(exponent) > _POWER_BITS


@lru_cache(maxsize=4096)  # of roots inside roots, each is asked
def _has_long_number(expression: sympy.Basic) -> bool:
    if isinstance(expression, sympy.Rational):
        return _bits(expression) > _ROOT_BITS
    return any(map(_has_long_number, expression.args))


def _bits(number: sympy.Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())


class _Term(NamedTuple):
    size: Size
    expression: sympy.Expr


class _Terms:
    """Both readings at once, for what is cut where it grows too large."""

    __slots__ = ()
    sizes, expressions = Sizes(), Expressions()

    def leaf(self, expression: sympy.Expr) -> _Term:
        return _Term(self.sizes.leaf(expression), expression)

    def add(self, terms: Sequence[_Term]) -> _Term:
        return _Term(self.sizes.add(_sizes(terms)), self.expressions.add(_expressions(terms)))

    def multiply(self, factors: Sequence[_Term]) -> _Term:
        return _Term(self.sizes.multiply(_sizes(factors)), self.expressions.multiply(_expressions(factors)))

    def power(self, base: _Term, exponent: Fraction) -> _Term:
        return _Term(self.sizes.power(base.size, exponent), self.expressions.power(base.expression, exponent))

    def minimum(self, terms: Sequence[_Term]) -> _Term:
        return _Term(self.sizes.minimum(_sizes(terms)), self.expressions.minimum(_expressions(terms)))

    def maximum(self, terms: Sequence[_Term]) -> _Term:
        return _Term(self.sizes.maximum(_sizes(terms)), self.expressions.maximum(_expressions(terms)))

    def hypot(self, terms: Sequence[_Term]) -> _Term:
        return _Term(self.sizes.hypot(_sizes(terms)), self.expressions.hypot(_expressions(terms)))

    def select(self, index: int, op: Op, keys: Sequence[_Term], values: Sequence[_Term]) -> _Term:
        size = self.sizes.select(index, op, _sizes(keys), _sizes(values))
        return _Term(size, self.expressions.select(index, op, _expressions(keys), _expressions(values)))

    def loop(self, passes: Passes[_Term]) -> Sequence[_Term]:
        raise NotClosed(_OPEN)


def _sizes(terms: Sequence[_Term]) -> list[Size]:
    return [term.size for term in terms]


def _expressions(terms: Sequence[_Term]) -> list[sympy.Expr]:
    return [term.expression for term in terms]
