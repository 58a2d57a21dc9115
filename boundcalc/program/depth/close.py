"""Closed forms of loops in the number of passes (the depth).

`lift` makes a pass a polynomial map, `settle` takes out what does not move, `span` makes it a linear map of monomials,
`path_sum` its power, `depth_form` a formula in the spec's symbols; `written_form` is the formula that people read. Where a
minimum leaves several upper bounds, their least is the form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count

import sympy

from boundcalc.program.depth.depth_form import TooManyCasesError, depth_form
from boundcalc.program.depth.lift import branches, is_negative, lift, loop_at
from boundcalc.program.depth.names import Names
from boundcalc.program.depth.polynomial import Traced
from boundcalc.program.depth.settle import Settled, settle
from boundcalc.program.depth.span import NotLifted, span
from boundcalc.program.depth.triangular import CycleError
from boundcalc.program.depth.upper import Decreasing, above
from boundcalc.program.depth.work import TooMuchWorkError, Work
from boundcalc.program.depth.written import written_form
from boundcalc.program.ir import Arena, Op, Scalar
from boundcalc.program.to_sympy import NotClosed as NoExpression
from boundcalc.program.to_sympy import to_sympy
from boundcalc.program.tree_size import expression_size

SIZE = 40  # nodes of a coefficient's tree: R*sqrt(n*P) + x is written out, longer ones become symbols
READABLE = 60  # nodes of a closed form; larger ones are written with names
MOST = 48  # results of loops that are closed in one program
DEEPEST = 2  # loops inside one another
LONGEST = 30_000  # nodes of one closed form
TOO_LONG = f"it would have more than {LONGEST} terms, or take too many to find"
SPELLED = 27_000  # terms that are written for the forms in the spec's symbols of one program
NAMED = 12_000  # nodes that are, for those in names: what is too long as the one may be short as the other


@dataclass(frozen=True)
class Closed:
    """A closed form. `upper`: why it may exceed what the loop computes; empty where it is exact. `written`: the same in
    growth factors and coefficients that have definitions, where that is shorter. `expression` is that too where it is all
    there is (`spelled` is false): in the spec's symbols it would be too long."""

    expression: sympy.Expr
    upper: tuple[str, ...] = ()
    written: sympy.Expr | None = None
    spelled: bool = True


@dataclass(frozen=True)
class NotClosed:
    """Why a state has no closed form here; its numbers come from the loop."""

    reason: str


@dataclass(frozen=True)
class Closures:
    """What is known of the results of the loops of a program, by node; `definitions` of the symbols that they use.

    Each definition uses the loops and the symbols before it.
    """

    results: Mapping[int, Closed | NotClosed]
    definitions: tuple[tuple[sympy.Symbol, Scalar], ...]

    @property
    def expressions(self) -> dict[int, sympy.Expr]:
        """The nodes that have a closed form, as `to_sympy` and `definitions` take them."""
        return {i: c.expression for i, c in self.results.items() if isinstance(c, Closed)}

    @property
    def written(self) -> dict[int, sympy.Expr]:
        """The same as they are read, with the names of growth factors and coefficients."""
        return {i: c.written or c.expression for i, c in self.results.items() if isinstance(c, Closed)}


def close(outputs: Sequence[Scalar], first: Sequence[Scalar] = ()) -> Closures:
    """The results of the loops that `outputs` depend on, each in closed form where it has one; those of `first` before
    the others, because only so many are closed."""
    if not outputs:
        return Closures({}, ())
    arena = outputs[0].arena
    order = arena.needed(o.index for o in outputs)
    leaves = [e for i in order if isinstance(e := arena.nodes[i].payload, sympy.Expr)]
    closer = _Closer(arena, {str(symbol) for leaf in leaves for symbol in leaf.free_symbols})
    for i in (*arena.needed(o.index for o in first), *order):
        if arena.nodes[i].op is Op.RESULT and not arena.nodes[i].free:
            closer.close(i)
    return Closures(closer.results, tuple(closer.definitions))


def reasons(output: Scalar, closures: Closures) -> tuple[str, ...]:
    """Why an expression of `output` by the closed forms may exceed its value; empty where it is exact. Raises Decreasing."""
    return _reasons(output, closures.results)


def _reasons(output: Scalar, results: Mapping[int, Closed | NotClosed]) -> tuple[str, ...]:
    return above(output, {i: result.upper if isinstance(result, Closed) else () for i, result in results.items()})


class _Closer:
    """Closes loops in any order, those that a coefficient needs first."""

    def __init__(self, arena: Arena, taken: set[str]) -> None:
        self.arena, self.algebra = arena, Traced(arena)
        self.results: dict[int, Closed | NotClosed] = {}
        self.expressions: dict[int, sympy.Expr] = {}
        self.definitions: list[tuple[sympy.Symbol, Scalar]] = []
        self.known: dict[int, sympy.Expr] = {}  # coefficients
        self.shorts: dict[int, sympy.Expr | None] = {}  # the same as they stand in the program
        self.closed = 0
        self.spelling, self.naming = Work(SPELLED), Work(NAMED)
        self.solved: dict[tuple[object, ...], Closed | NotClosed] = {}  # sides of minima and quantities may be the same
        self.names = Names(taken, self.naming)
        self.symbols = (name for i in count(1) if (name := f"a_{i}") not in taken)

    def close(self, index: int) -> Closed | NotClosed:
        """The state that the RESULT node stands for: the least of what the sides of the loop's minima give."""
        if index not in self.results:
            loop = self.arena.nodes[index].args[0]
            refused = self.refusal(loop)
            if refused is not None:
                self.results[index] = NotClosed(refused)
                return self.results[index]
            forms = [self.form(index, branch) for branch in range(branches(self.arena, loop))]
            closed = list(dict.fromkeys(f for f in forms if isinstance(f, Closed)))
            result = self.least(closed) if closed else forms[0]
            self.results[index] = result
            if isinstance(result, Closed) and result.spelled:
                self.expressions[index] = result.expression
        return self.results[index]

    def least(self, forms: Sequence[Closed]) -> Closed:
        """The least of the sides of a minimum; what is written of a side that has cases has a name."""
        if len(forms) == 1:
            return forms[0]
        upper = tuple(dict.fromkeys(reason for form in forms for reason in form.upper))
        written = _minimum([self.side(form.written or form.expression) for form in forms])
        spelled = all(form.spelled for form in forms)
        return Closed(_minimum([form.expression for form in forms]) if spelled else written, upper, written, spelled)

    def side(self, form: sympy.Expr) -> sympy.Expr:
        if not form.has(sympy.Piecewise):
            return form
        side = self.names.side(form)
        if all(symbol != side for symbol, _ in self.definitions):
            self.definitions.append((side, self.arena.leaf(form)))
        return side

    def refusal(self, loop: int) -> str | None:
        """Closing costs seconds where loops are many or deep, and nobody reads such a form; numbers need none."""
        self.closed += 1
        if self.closed > MOST:
            return f"more than {MOST} quantities of repeats would need a closed form"
        if _nesting(self.arena, loop) > DEEPEST:
            return f"repeats stand more than {DEEPEST} deep inside one another"
        return None

    def form(self, index: int, branch: int) -> Closed | NotClosed:
        node = self.arena.nodes[index]
        loop, position = loop_at(self.arena, node.args[0]), node.payload
        assert isinstance(position, int)
        lifted = lift(self.arena, node.args[0], self.algebra, branch)
        if isinstance(lifted, NotLifted):
            return NotClosed(lifted.reason)
        subtracts = any(is_negative(self.arena.nodes[i].payload) for i in self.arena.needed(loop.results))
        starts = [self.arena.scalar(i) for i in loop.starts]
        settled, wanted = settle(lifted, starts, position, self.algebra).only(position)
        key = settled.key, wanted, loop.times, subtracts
        if key not in self.solved:
            self.solved[key] = self.solve(settled, wanted, self.arena.scalar(loop.times), subtracts)
        return self.solved[key]

    def solve(self, settled: Settled, position: int, k: Scalar, subtracts: bool) -> Closed | NotClosed:
        """The state at the position after k passes. `subtracts`: whether a pass does."""
        lifted = settled.lifted
        spanned = span(lifted, [position], self.algebra)
        if isinstance(spanned, NotLifted):
            return NotClosed(spanned.reason)
        factors = [[settled.starts[s] for s in monomial] for monomial in spanned.basis]
        first = [state[position] for state in settled.first]
        try:
            used = [
                k,
                *(start for starts in factors for start in starts),
                *first,
                *(c for row in spanned.rows for c in row.values()),
            ]
            value = {c: self.coefficient(c) for c in dict.fromkeys(used)}
            rows = [{j: value[c] for j, c in row.items()} for row in spanned.rows]
            starts = [sympy.Mul(*(value[c] for c in monomial)) for monomial in factors]
            expression = self.spelled(rows, starts, value[k], [value[c] for c in first])
            upper = [*lifted.upper, *(reason for c in value for reason in _reasons(c, self.results))]
            if upper and subtracts:
                raise Decreasing("a pass subtracts what is known by an upper closed form only")
        except CycleError as cycle:
            through = " and ".join(lifted.names[s] for s in spanned.basis[cycle.through])
            return NotClosed(f"the carried states feed each other (through {through})")
        except (TooManyCasesError, Decreasing, NoExpression) as error:
            return NotClosed(str(error))
        most = LONGEST if expression is None else expression_size(expression)
        written = self.written(settled, position, value[k], most) if most > READABLE else None
        form = written if expression is None else expression
        if form is None:
            return NotClosed(TOO_LONG)
        return Closed(form, tuple(dict.fromkeys(upper)), written, expression is not None)

    def spelled(
        self,
        rows: Sequence[Mapping[int, sympy.Expr]],
        starts: Sequence[sympy.Expr],
        k: sympy.Expr,
        first: Sequence[sympy.Expr],
    ) -> sympy.Expr | None:
        """In the spec's symbols; None where that would be too long."""
        try:
            with self.spelling.attempt() as work:
                form = depth_form(rows, starts, k, first, work=work)
        except TooMuchWorkError:
            return None
        return form if expression_size(form) <= LONGEST else None

    def written(self, settled: Settled, position: int, k: sympy.Expr, most: int) -> sympy.Expr | None:
        """The form with names, where it is shorter than this with all its definitions; None where it is not."""
        try:
            with self.naming.attempt() as work:
                names = self.names.copy(work)
                form = self.in_names(settled, position, k, names)
        except (CycleError, TooManyCasesError, TooMuchWorkError, ZeroDivisionError):
            return None
        if expression_size(form) + sum(expression_size(part) for _, part in names.needed(form)) >= most:
            return None
        new = names.definitions[len(self.names.definitions) :]
        self.definitions += [(symbol, self.arena.leaf(part)) for symbol, part in new]
        self.names = names
        return form

    def in_names(self, settled: Settled, position: int, k: sympy.Expr, names: Names) -> sympy.Expr:
        state = [self.plain(s, names) for s in settled.starts]
        polynomials = [{m: self.plain(c, names) for m, c in image.items()} for image in settled.lifted.images]
        first = [self.plain(early[position], names) for early in settled.first]
        return written_form(polynomials, state, position, k, first, names)

    def plain(self, scalar: Scalar, names: Names) -> sympy.Expr:
        """As `coefficient`, with names for what coefficients share."""
        known = self.short(scalar)
        return self.coefficient(scalar) if known is None or known.has(sympy.Piecewise) else names.roots(known)

    def short(self, scalar: Scalar) -> sympy.Expr | None:
        """In the spec's symbols, None where that is long."""
        if scalar.index not in self.shorts:
            needed = self.arena.needed([scalar.index], stop=self.expressions.keys())
            given = {i: self.expressions[i] for i in needed if i in self.expressions}
            is_spelled = all(self.arena.nodes[i].op is not Op.RESULT or i in given for i in needed)
            self.shorts[scalar.index] = to_sympy(scalar, SIZE, given) if is_spelled else None
        return self.shorts[scalar.index]

    def coefficient(self, scalar: Scalar) -> sympy.Expr:
        """In the spec's symbols where that is short, else a symbol with a definition. Closes the loops in it."""
        known = self.known.get(scalar.index)
        if known is None:
            for i in self.arena.needed([scalar.index], stop=self.expressions.keys()):
                node = self.arena.nodes[i]
                if node.op is Op.RESULT and not node.free and isinstance(inner := self.close(i), NotClosed):
                    raise NoExpression(inner.reason)
            known = self.short(scalar)
            if known is not None:
                known = sympy.expand(known)  # R*(a + b) and R*a + R*b must cancel
            if known is None or known.has(sympy.Piecewise):
                known = sympy.Symbol(next(self.symbols), positive=True)
                self.definitions.append((known, scalar))
            self.known[scalar.index] = known
        return known


def _nesting(arena: Arena, loop: int) -> int:
    """How many loops stand inside one another, this one included."""
    inner = (i for i in arena.body(loop) if arena.nodes[i].op is Op.LOOP)
    return 1 + max((_nesting(arena, i) for i in inner), default=0)


def _minimum(forms: Sequence[sympy.Expr]) -> sympy.Expr:
    different = list(dict.fromkeys(forms))
    return sympy.Min(*different, evaluate=False) if len(different) > 1 else different[0]
