"""Programs as SymPy expressions: whole where the expanded tree is small, as a list of definitions in any case.

The size of the tree is counted on the shared nodes first, so nothing that would not fit is ever built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import count

import sympy

from boundcalc.program.ir import Arena, Node, Op, Scalar

SATURATION = 10**18  # sizes grow exponentially with depth; counting stops here
_POWER_BITS = 4096  # larger rational powers stay powers: SymPy would multiply them out


class NotClosed(ValueError):  # noqa: N818
    """A loop has no closed form in `closed`, so that no expression can be given."""


def tree_size(scalars: Sequence[Scalar], closed: Mapping[int, sympy.Expr] | None = None) -> list[int]:
    """The number of nodes of the expanded trees (SymPy's inside the leaves counted), at most SATURATION."""
    if not scalars:
        return []
    arena, given = scalars[0].arena, closed or {}
    order = arena.needed((s.index for s in scalars), stop=given.keys())
    sizes = _sizes(arena, order, given)
    return [sizes[s.index] for s in scalars]


def to_sympy(scalar: Scalar, cap: int, closed: Mapping[int, sympy.Expr] | None = None) -> sympy.Expr | None:
    """The value as one expression, None where its tree has more than `cap` nodes.

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
    return built[scalar.index]


def definitions(
    named: Sequence[tuple[str, Scalar]], limit: int = 200, closed: Mapping[int, sympy.Expr] | None = None
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
    names: dict[int, sympy.Expr] = {}
    known = dict(given)  # what is not written out: the names, once they are defined
    result: list[tuple[str, sympy.Expr]] = []

    def define(name: str, index: int, expression: sympy.Expr) -> None:
        result.append((name, expression))
        names[index] = known[index] = sympy.Symbol(name, positive=True)

    for name, scalar in named:
        index = scalar.index
        if _is_plain(arena.nodes[index]):
            result.append((name, _build(arena.nodes[index], {})))
            continue
        if index in names:
            result.append((name, names[index]))
            continue
        sizes: dict[int, int] = {}
        built: dict[int, sympy.Expr] = {}
        for i in arena.needed([index], stop=known.keys()):
            node = arena.nodes[i]
            built[i] = known[i] if i in known else _build(node, built)
            sizes[i] = expression_size(known[i]) if i in known else _size(node, sizes)
            if i != index and sizes[i] > limit:
                define(next(fresh), i, built[i])
                built[i], sizes[i] = names[i], 1
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


def _sizes(arena: Arena, order: Iterable[int], given: Mapping[int, sympy.Expr]) -> dict[int, int]:
    sizes: dict[int, int] = {}
    for index in order:
        node = arena.nodes[index]
        sizes[index] = expression_size(given[index]) if index in given else _size(node, sizes)
    return sizes


def _size(node: Node, sizes: Mapping[int, int]) -> int:
    if isinstance(node.payload, sympy.Expr):
        return expression_size(node.payload)
    own = 1 + (node.op is Op.POW) + (node.op is Op.HYPOT) * (2 + 2 * len(node.args))
    return min(SATURATION, own + sum(sizes[arg] for arg in node.args))


def expression_size(expression: sympy.Expr) -> int:
    """The number of nodes of SymPy's tree."""
    return sum(1 for _ in sympy.preorder_traversal(expression))


_FOLDS: Mapping[Op, Callable[..., sympy.Expr]] = {
    Op.ADD: sympy.Add,
    Op.MUL: sympy.Mul,
    Op.MIN: lambda *args: _extremum(sympy.Min, args),
    Op.MAX: lambda *args: _extremum(sympy.Max, args),
    Op.HYPOT: lambda *args: sympy.sqrt(sympy.Add(*(arg**2 for arg in args))),
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
        exponent = sympy.Rational(node.payload.numerator, node.payload.denominator)
        return sympy.Pow(args[0], exponent, evaluate=not _is_huge(args[0], node.payload))
    if node.op is Op.SELECT:
        half = len(args) // 2
        before = sympy.Le if node.payload is Op.MIN else sympy.Ge
        conditions = [
            sympy.And(*(before(key, other) for other in args[i + 1 : half])) for i, key in enumerate(args[:half])
        ]
        return sympy.Piecewise(*zip(args[half:], conditions, strict=True))
    raise AssertionError(node.op)


def _is_huge(base: sympy.Expr, exponent: Fraction) -> bool:
    if not isinstance(base, sympy.Rational):
        return False
    bits = max(int(base.p).bit_length(), int(base.q).bit_length())
    return bits > 1 and bits * abs(exponent) > _POWER_BITS
