r"""Formulas over lines: sums and products are broken between terms and factors, and what no line has room for gets a name.

The lines are those of an `align`. Where the left sides are long they stand flush left, what follows a line is indented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import sympy

from boundcalc.bounds.replaced import replaced
from boundcalc.exact.printing import Latex
from boundcalc.output.parts.latex_width import width

TEXT = 33.0  # em: the width of a line of an article
LONG = 9.0  # a left side that takes its line for itself
NAME = 4.0  # what is not longer gets none
_INDENT = 2.0
_FORMULAS = sympy.Add | sympy.Mul | sympy.Pow | sympy.Min | sympy.Max
_GOES_ON = (r"&\qquad ", r"&\quad ")  # a line after the first of a formula: all flush left, or not
_STEMS = ("q", "u", "h", "y", "z")


@dataclass(frozen=True, slots=True)
class Formula:
    """`left` `sign` `right`, and what follows, such as a number."""

    left: str
    right: sympy.Expr | str
    sign: str = "="
    after: Sequence[str] = ()


class Lines:
    """names: what symbols are called, to which those of parts are added. room: of a line, in em."""

    def __init__(self, names: Mapping[str, str], room: float = TEXT) -> None:
        self._letters = dict(names)
        self._room = room
        self._latex = Latex(self._letters)
        self._parts: dict[sympy.Expr, sympy.Symbol] = {}
        self._widths: dict[sympy.Expr, float] = {}
        self._widest: dict[sympy.Expr, float] = {}  # piece of a term
        self._stem = next(
            (stem for stem in _STEMS if not any(letter.startswith(stem) for letter in names.values())), "qq"
        )

    def print(self, expression: sympy.Basic) -> str:
        return self._latex.doprint(expression)

    def align(self, formulas: Sequence[Formula]) -> str:
        """A display of them all, which no page ends inside a formula of."""
        lines = self.lines(formulas)
        separated = (rf"{line} \\{'*' * follows.startswith(_GOES_ON)}" for line, follows in pairwise(lines))
        return "\n".join(["\\begin{align*}", *separated, *lines[-1:], "\\end{align*}"])

    def lines(self, formulas: Sequence[Formula]) -> list[str]:
        """Those of the display, without what separates them."""
        widest = max((width(formula.left) for formula in formulas), default=0.0)
        flush = widest > LONG
        room = self._room - _INDENT if flush else self._room - widest
        found: list[str] = []
        for formula in formulas:
            for one in self._with_parts(formula, room - 2.0):
                found += self._lines(one, flush, room)
        return found

    def _with_parts(self, formula: Formula, room: float) -> Iterator[Formula]:
        if isinstance(formula.right, str):
            yield formula
            return
        parts: list[tuple[sympy.Symbol, sympy.Expr]] = []
        right = self._fitted(formula.right, room, parts)
        for symbol, part in parts:
            yield Formula(self._letters[symbol.name], self.print(part))
        yield Formula(formula.left, self.print(right), formula.sign, formula.after)

    def _fitted(self, expression: sympy.Expr, room: float, parts: list[tuple[sympy.Symbol, sympy.Expr]]) -> sympy.Expr:
        """The expression with names for what is too wide between two places where a line may break."""
        while cut := next(self._cuts(expression, room), None):
            whole, part = cut
            symbol = self._parts.get(part)
            if symbol is None:
                fitted = self._fitted(part, room, parts)
                number = len(self._parts) + 1
                symbol = self._parts[part] = sympy.Symbol(f"part {number}", positive=True)
                self._letters[symbol.name] = f"{self._stem}_{{{number}}}"
                parts.append((symbol, fitted))
            rest = [arg for arg in whole.args if arg not in part.args]
            shorter = symbol if whole == part else _extreme(whole, (symbol, *rest))
            expression = replaced(expression, {whole: shorter})
        return expression

    def _cuts(self, expression: sympy.Expr, room: float) -> Iterator[tuple[sympy.Expr, sympy.Expr]]:
        """What is to be replaced, and the part of it that gets a name: itself, or some branches of a minimum."""
        for term in sympy.Add.make_args(expression):
            if self._widest_piece(term) <= room:
                continue
            for factor in sorted(sympy.Mul.make_args(term), key=self._width, reverse=True):
                if isinstance(factor, sympy.Add):
                    yield factor, factor
                elif (part := self._inside(factor)) is not None:
                    yield part, part
                elif isinstance(factor, sympy.Min | sympy.Max) and len(factor.args) > 2:
                    yield factor, _extreme(factor, factor.args[: (len(factor.args) + 1) // 2])

    def _inside(self, expression: sympy.Expr) -> sympy.Expr | None:
        """The largest part that is a formula of its own, and longer than a name."""
        inner = (part for part in sympy.preorder_traversal(expression) if part is not expression)
        whole = [part for part in inner if isinstance(part, _FORMULAS) and self._width(part) > NAME]
        return max(whole, key=self._width, default=None)

    def _widest_piece(self, term: sympy.Expr) -> float:
        if term not in self._widest:
            self._widest[term] = max(map(width, pieces(self.print(term))))
        return self._widest[term]

    def _width(self, expression: sympy.Expr) -> float:
        if expression not in self._widths:
            self._widths[expression] = width(self.print(expression))
        return self._widths[expression]

    def _lines(self, formula: Formula, flush: bool, room: float) -> Iterator[str]:
        assert isinstance(formula.right, str)
        start = f"&{formula.left} {formula.sign} " if flush else f"{formula.left} &{formula.sign} "
        used = width(formula.left) + 1.33 - _INDENT if flush else 1.33
        line, next_start = "", _GOES_ON[0] if flush else _GOES_ON[1]
        for term in (*_terms(pieces(formula.right)), *([piece] for piece in formula.after)):
            whole = sum(map(width, term))
            apart = whole > room - 2.0  # then it is broken between its factors
            for i, piece in enumerate(term):
                size = width(piece) if apart else whole
                if (line or start.startswith("&" + formula.left)) and (apart or i == 0) and used + size > room:
                    yield (start + line).rstrip()
                    piece = _continued(piece) if line else piece
                    start, line, used = next_start, "", 1.0
                line += f"{piece} "
                used += width(piece)
        yield start + line.rstrip()


def _terms(found: Sequence[str]) -> Iterator[list[str]]:
    """Pieces that are factors of one term, together."""
    term: list[str] = []
    for piece in found:
        if term and piece.startswith(("+ ", "- ")):
            yield term
            term = []
        term.append(piece)
    if term:
        yield term


def _extreme(like: sympy.Expr, args: Sequence[sympy.Basic]) -> sympy.Expr:
    """A minimum or maximum, as it is written: SymPy compares all pairs."""
    return (sympy.Min if isinstance(like, sympy.Min) else sympy.Max)(*args, evaluate=False)


def _continued(piece: str) -> str:
    """What a line begins with that goes on with another one."""
    return (
        f"{{}} {piece}"
        if piece[:1] in "+-" or piece.startswith((r"\le ", r"\cdot ", "= ", r"\quad"))
        else rf"{{}} \cdot {piece}"
    )


def pieces(latex: str) -> list[str]:
    """Where a line may be broken: before signs and between factors, outside of all brackets."""
    depth, found, words = 0, list[str](), latex.split(" ")
    pending = ""
    for word in words:
        if depth == 0 and word in ("+", "-", r"\cdot"):
            pending = word
            continue
        text = f"{pending} {word}" if pending else word
        if depth == 0 and not word.startswith(("^", "_")):
            found.append(text)
        elif found:
            found[-1] += f" {text}"
        else:
            found.append(text)
        pending = ""
        depth += _depth(word)
    return [*found, pending] if pending else found


def _depth(word: str) -> int:
    bare = word.replace(r"\{", "").replace(r"\}", "")
    opened = bare.count("{") + bare.count(r"\left") + bare.count(r"\begin") - bare.count(r"\leftarrow")
    return opened - bare.count("}") - bare.count(r"\right") - bare.count(r"\end")
