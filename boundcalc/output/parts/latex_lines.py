r"""Formulas over lines: sums and products are broken between terms and factors, and what no line has room for gets a name.

The lines are those of an `align`. Where the left sides are long they stand flush left, what follows a line is indented.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

import sympy

from boundcalc.bounds.forms import replaced
from boundcalc.exact.printing import Latex
from boundcalc.output.parts.latex_width import width

TEXT = 33.0  # em: the width of a line of an article
LONG = 9.0  # a left side that takes its line for itself
_INDENT = 2.0
_STEMS = ("q", "u", "h", "y", "z")


@dataclass(frozen=True, slots=True)
class Formula:
    """`left` `sign` `right`, and what follows, such as a number."""

    left: str
    right: sympy.Expr | str
    sign: str = "="
    after: Sequence[str] = ()


@dataclass
class Lines:
    """taken: what symbols are called in the formulas; names for parts are none of them. room: of a line, in em."""

    latex: Latex
    taken: frozenset[str] = frozenset()
    room: float = TEXT
    named: dict[sympy.Expr, sympy.Symbol] = field(default_factory=dict[sympy.Expr, sympy.Symbol])

    def __post_init__(self) -> None:
        self._stem = next((stem for stem in _STEMS if not any(name.startswith(stem) for name in self.taken)), "qq")
        self._names = (f"{self._stem}_{{{i}}}" for i in count(1))
        self._letters: dict[str, str] = {}

    def align(self, formulas: Sequence[Formula]) -> list[str]:
        """Lines for an align, without what separates them."""
        widest = max((width(formula.left) for formula in formulas), default=0.0)
        flush = widest > LONG
        room = self.room - _INDENT if flush else self.room - widest
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
            yield Formula(self._letters[symbol.name], self._print(part))
        yield Formula(formula.left, self._print(right), formula.sign, formula.after)

    def _fitted(self, expression: sympy.Expr, room: float, parts: list[tuple[sympy.Symbol, sympy.Expr]]) -> sympy.Expr:
        """The expression with names for what is too wide between two places where a line may break."""
        while widest := self._too_wide(expression, room):
            part = self._inside(widest)
            if part is None:
                return expression
            symbol = self.named.get(part)
            if symbol is None:
                symbol = self.named[part] = sympy.Dummy(positive=True)
                symbol = self.named[part] = sympy.Symbol(f"part {len(self.named)}", positive=True)
                self._letters[symbol.name] = next(self._names)
                parts.append((symbol, self._fitted(part, room, parts)))
            expression = replaced(expression, {part: symbol})
        return expression

    def _too_wide(self, expression: sympy.Expr, room: float) -> sympy.Expr | None:
        for term in sympy.Add.make_args(expression):
            if any(width(piece) > room for piece in pieces(self._print(term))):
                factors = [term, *sympy.Mul.make_args(term)] if not isinstance(term, sympy.Mul) else sympy.Mul.make_args(term)
                return max(factors, key=lambda factor: width(self._print(factor)))
        return None

    def _inside(self, expression: sympy.Expr) -> sympy.Expr | None:
        """The largest part that is a formula of its own."""
        if isinstance(expression, sympy.Add):
            return expression
        inner = [part for part in sympy.preorder_traversal(expression) if part is not expression]
        whole = [part for part in inner if isinstance(part, sympy.Expr) and isinstance(part, sympy.Add | sympy.Mul | sympy.Pow)]
        whole = [part for part in whole if width(self._print(part)) > 4.0]
        return max(whole, key=lambda part: width(self._print(part)), default=None)

    def _print(self, expression: sympy.Expr) -> str:
        text = self.latex.doprint(expression)
        for name, letter in self._letters.items():
            text = text.replace(name, letter)
        return text

    def _lines(self, formula: Formula, flush: bool, room: float) -> Iterator[str]:
        assert isinstance(formula.right, str)
        start = f"&{formula.left} {formula.sign} " if flush else f"{formula.left} &{formula.sign} "
        used = width(formula.left) + 1.33 - _INDENT if flush else 1.33
        line, next_start = "", r"&\qquad " if flush else r"&\quad "
        for piece in (*pieces(formula.right), *formula.after):
            if line and used + width(piece) > room:
                yield start + line.rstrip()
                start, line, used = next_start, "", 1.0
                piece = _continued(piece)
            line += f"{piece} " if line or start.endswith(" ") else f" {piece}"
            used += width(piece)
        yield start + line.rstrip()


def _continued(piece: str) -> str:
    """What a line begins with that goes on with another one."""
    return f"{{}} {piece}" if piece[:1] in "+-" or piece.startswith((r"\le", r"\cdot", "=")) else rf"{{}} \cdot {piece}"


def pieces(latex: str) -> list[str]:
    """Where a line may be broken: before signs and between factors, outside of all brackets."""
    depth, found, words = 0, list[str](), latex.split(" ")
    pending = ""
    for word in words:
        if depth == 0 and word in ("+", "-", r"\cdot"):
            pending = word
            continue
        text = f"{pending} {word}" if pending else word
        if depth == 0 and found is not None and not word.startswith(("^", "_")):
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


