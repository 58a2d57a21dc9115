"""Programs as SymPy expressions: whole where the expanded tree is small, as a list of definitions in any case.

The size of the tree is counted on the shared nodes first, so nothing that would not fit is ever built. Sums inside sums of
numbers, or of numbers and one symbol, are soon too large, whatever their size: SymPy asks each whether it is infinite or
negative, and finds out by numbers in a time that doubles with each sum inside. Nobody reads them either; in definitions they get
names, which are positive because they say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from fractions import Fraction
from itertools import count, islice

import sympy

from boundcalc.program.ir import Arena, Node, Op, Scalar

SATURATION = 10**18  # sizes grow exponentially with depth; counting stops here
LITERAL_CAP = 300  # nodes of a subtree without symbols; a longer one has a number and a definition, but no expression
NESTED_SUMS = 8  # sums inside sums of a subtree with one symbol or none; half as many with irrational sums in them
READABLE = 60  # nodes of a definition; what is larger is cut into several, whose names also share what occurs twice
_POWER_BITS = 4096  # larger rational powers stay powers: SymPy would multiply them out
_ROOT_BITS = 512  # of numbers under a root


class NotClosed(ValueError):  # noqa: N818
    """A loop has no closed form in `closed`, so that no expression can be given."""


def tree_size(scalars: Sequence[Scalar], closed: Mapping[int, sympy.Expr] | None = None) -> list[int]:
    """The number of nodes of the expanded trees (SymPy's inside the leaves counted), at most SATURATION, which is the
    size of what is longer or deeper than LITERAL_CAP and NESTED_SUMS allow."""
    if not scalars:
        return []
    arena, given = scalars[0].arena, closed or {}
    order = arena.needed((s.index for s in scalars), stop=given.keys())
    sizes = _sizes(arena, order, given)
    return [sizes[s.index] for s in scalars]


def to_sympy(scalar: Scalar, cap: int, closed: Mapping[int, sympy.Expr] | None = None) -> sympy.Expr | None:
    """The value as one expression, None where its tree has more than `cap` nodes, or roots of numbers so long that SymPy,
    which factors them in every product, takes seconds.

    `closed` gives expressions for nodes that are known otherwise, such as the results of loops. Raises NotClosed.
    """
    arena, given = scalar.arena, closed or {}
    order = arena.needed([scalar.index], stop=given.keys())
    if _sizes(arena, order, given)[scalar.index] > cap:
        return None
    _check_closed(arena, order, given)
    built: dict[int, sympy.Expr] = {}
    for index in order:
        built[index] = given[index] if index in given else _build(arena.nodes[index], built)
        if _is_long_root(built[index]):
            return None
    return built[scalar.index]


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
    order = arena.needed((s.index for _, s in named), stop=given.keys())
    _check_closed(arena, order, given)
    taken = {name for name, _ in named} | _symbol_names(arena, order, given)
    if len({name for name, _ in named}) < len(named):
        raise ValueError("a name is given twice")
    fresh = (candidate for i in count(1) if (candidate := f"t_{i}") not in taken)
    names: dict[int, sympy.Symbol] = {}
    known = dict(given)  # what is not written out: the names, once they are defined
    result: list[tuple[str, sympy.Expr]] = []

    def define(name: str, index: int, expression: sympy.Expr) -> sympy.Symbol:
        result.append((name, expression))
        names[index] = known[index] = symbol = sympy.Symbol(name, positive=True)
        return symbol

    for name, scalar in named:
        index = scalar.index
        if _is_plain(arena.nodes[index]):
            result.append((name, _build(arena.nodes[index], {})))
            continue
        if index in names:
            result.append((name, names[index]))
            continue
        sizes, built = _Sizes(arena, known), dict[int, sympy.Expr]()
        for i in arena.needed([index], stop=known.keys()):
            built[i] = known[i] if i in known else _build(arena.nodes[i], built)
            if sizes.of(i) > limit and i != index:
                built[i] = symbol = define(next(fresh), i, built[i])
                sizes.name(i, symbol)
        define(name, index, built[index])
    return result


def _is_plain(node: Node) -> bool:
    """A number or a symbol: a name would be longer."""
    return isinstance(node.payload, (sympy.Rational, sympy.Symbol))


def _symbol_names(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> set[str]:
    leaves = [arena.nodes[i].payload for i in order]
    expressions = [e for e in (*leaves, *given.values()) if isinstance(e, sympy.Expr)]
    return {str(symbol) for e in expressions for symbol in e.free_symbols}


def _check_closed(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> None:
    for index in order:
        if index not in given and arena.nodes[index].op in (Op.LOOP, Op.RESULT, Op.VARIABLE):
            raise NotClosed("a loop has no closed form")


def _sizes(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> Mapping[int, int]:
    sizes = _Sizes(arena, given)
    return {index: sizes.of(index) for index in order}


class _Sizes:
    """The sizes of trees, asked for in order. `given` expressions count as they are; what SymPy cannot build soon is SATURATION."""

    def __init__(self, arena: Arena, given: Mapping[int, sympy.Expr]) -> None:
        self.arena, self.given = arena, given
        self.sizes: dict[int, int] = {}
        self.symbols: dict[int, frozenset[sympy.Basic]] = {}  # two of them where there are more
        self.sums: dict[int, int] = {}  # how many are inside each other
        self.rational: set[int] = set()  # what SymPy multiplies out
        self.irrational: set[int] = (
            set()
        )  # what holds sums of numbers, as (1 + erf(1))/2, in which SymPy finds roots slowly

    def of(self, index: int) -> int:
        node = self.arena.nodes[index]
        if index in self.given:
            self._set(index, expression_size(self.given[index]), self.given[index].free_symbols, 0)
            return self.sizes[index]
        if isinstance(node.payload, sympy.Expr):
            size, symbols, sums = expression_size(node.payload), node.payload.free_symbols, _nested_sums(node.payload)
            irrational = any(not part.free_symbols for part in node.payload.atoms(sympy.Add))
        else:
            own = 1 + (node.op is Op.POW) + (node.op is Op.HYPOT) * (2 + 2 * len(node.args))
            size = own + sum(self.sizes[arg] for arg in node.args)
            symbols = frozenset[sympy.Basic]().union(*(self.symbols[arg] for arg in node.args))
            sums = max((self._sums_within(node, arg) for arg in node.args), default=0)
            irrational = not self.irrational.isdisjoint(node.args)
        if self._is_rational(node):
            self.rational.add(index)
        if irrational:
            self.irrational.add(index)
        deep = len(symbols) < 2 and sums * (1 + irrational) > NESTED_SUMS
        long = index not in self.rational and (deep or (not symbols and size > LITERAL_CAP))
        self._set(index, SATURATION if long else min(SATURATION, size), symbols, sums)
        return self.sizes[index]

    def name(self, index: int, symbol: sympy.Symbol) -> None:
        """The node has got a name."""
        self._set(index, 1, {symbol}, 0)
        self.rational.discard(index)
        self.irrational.discard(index)

    def _set(self, index: int, size: int, symbols: Set[sympy.Basic], sums: int) -> None:
        self.sizes[index], self.sums[index] = size, sums
        self.symbols[index] = frozenset(islice(symbols, 2))

    def _is_rational(self, node: Node) -> bool:
        if node.op is Op.POW and isinstance(node.payload, Fraction) and node.payload.denominator > 1:
            return False
        folded = node.op in (Op.ADD, Op.MUL, Op.MIN, Op.MAX, Op.POW) and self.rational.issuperset(node.args)
        return folded or isinstance(node.payload, sympy.Rational)

    def _sums_within(self, node: Node, arg: int) -> int:
        """A sum inside a sum is the same sum."""
        inside = node.op is Op.HYPOT or (node.op is Op.ADD and self.arena.nodes[arg].op is not Op.ADD)
        return self.sums[arg] + inside


def _nested_sums(expression: sympy.Basic) -> int:
    return max((_nested_sums(arg) for arg in expression.args), default=0) + isinstance(expression, sympy.Add)


def expression_size(expression: sympy.Expr) -> int:
    """The number of nodes of SymPy's tree."""
    return sum(1 for _ in sympy.preorder_traversal(expression))


_FOLDS: Mapping[Op, Callable[..., sympy.Expr]] = {
    Op.ADD: sympy.Add,
    Op.MUL: sympy.Mul,
    Op.MIN: lambda *args: _extremum(sympy.Min, args),
    Op.MAX: lambda *args: _extremum(sympy.Max, args),
    Op.HYPOT: lambda *args: _power(sympy.Add(*(_power(arg, Fraction(2)) for arg in args)), Fraction(1, 2)),
}


def _extremum(kind: type[sympy.Min] | type[sympy.Max], args: Sequence[sympy.Expr]) -> sympy.Expr:
    """Unevaluated: SymPy compares and factors all pairs, at milliseconds each."""
    unique = tuple(dict.fromkeys(args))
    return unique[0] if len(unique) == 1 else kind(*unique, evaluate=False)


def _build(node: Node, built: Mapping[int, sympy.Expr]) -> sympy.Expr:
    if isinstance(node.payload, sympy.Expr):
        return node.payload
    args = [built[arg] for arg in node.args]
    if node.op in _FOLDS:
        return _FOLDS[node.op](*args)
    if isinstance(node.payload, Fraction):
        return _power(args[0], node.payload)
    if node.op is Op.SELECT:
        half = len(args) // 2
        before = sympy.Le if node.payload is Op.MIN else sympy.Ge
        conditions = [
            sympy.And(*(before(key, other) for other in args[i + 1 : half])) for i, key in enumerate(args[:half])
        ]
        return sympy.Piecewise(*zip(args[half:], conditions, strict=True))
    raise AssertionError(node.op)


def _power(base: sympy.Expr, exponent: Fraction) -> sympy.Expr:
    exact = sympy.Rational(exponent.numerator, exponent.denominator)
    return sympy.Pow(base, exact, evaluate=not _is_huge(base, exponent))


def _is_huge(base: sympy.Expr, exponent: Fraction) -> bool:
    """Whether SymPy would take long: it factors all numbers under a root, and multiplies out powers of numbers."""
    if exponent.denominator > 1 and _has_long_number(base):
        return True
    if not isinstance(base, sympy.Rational):
        return False
    bits = _bits(base)
    return bits > 1 and bits * abs(exponent) > _POWER_BITS


def _has_long_number(expression: sympy.Expr) -> bool:
    return any(_bits(number) > _ROOT_BITS for number in expression.atoms(sympy.Rational))


def _is_long_root(expression: sympy.Expr) -> bool:
    return isinstance(expression, sympy.Pow) and not expression.exp.is_Integer and _has_long_number(expression.base)


def _bits(number: sympy.Rational) -> int:
    return max(int(number.p).bit_length(), int(number.q).bit_length())
