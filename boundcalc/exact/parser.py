"""The grammar of expressions: a text becomes a program for a stack, its steps in the order of evaluation."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from lark import Token

_ATOM = re.compile(r"[ \t\r\n]*(?:([0-9]{1,18})|([A-Za-z_][A-Za-z0-9_]*))[ \t\r\n]*")
MAX_DIGITS = 1000
MAX_DECIMAL_EXPONENT = 1000


class ExpressionError(Exception):
    """A text that is not an expression: what is wrong at which character (from 0)."""

    def __init__(self, offset: int, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.offset, self.message, self.remedy = offset, message, remedy


@dataclass(frozen=True, slots=True)
class Step:
    """Replace the `count` topmost values by one. `value` belongs to the operation: a number, a name, a relation."""

    operation: str
    count: int
    offset: int
    value: Fraction | str | None = None


Code = list[Step]


def read_atom(text: str) -> Code | None:
    """The program of a text that is one number or name, as most fields are: no grammar is made for them. None of another one."""
    found = _ATOM.fullmatch(text)
    if found is None:
        return None
    if found[1] is not None:
        return [Step("number", 0, found.start(1), Fraction(int(found[1])))]
    return [Step("name", 0, found.start(2), found[2])]


@lru_cache(maxsize=1)
def parser() -> Callable[[str], Code]:
    from lark import Lark, Transformer, v_args
    from lark.exceptions import VisitError

    @v_args(inline=True)
    class Compiler(Transformer["Token", Code]):
        def number(self, token: Token) -> Code:
            return [Step("number", 0, _offset(token), _number(token))]

        def name(self, token: Token) -> Code:
            return [Step("name", 0, _offset(token), str(token))]

        def call(self, token: Token, *arguments: Code) -> Code:
            return _join(arguments, Step("call", len(arguments), _offset(token), str(token)))

        def signed(self, sign: Token, value: Code) -> Code:
            return value if sign == "+" else _join((value,), Step("negate", 1, _offset(sign)))

        def power(self, base: Code, sign: Token, exponent: Code) -> Code:
            return _join((base, exponent), Step("power", 2, _offset(sign)))

        def sum(self, *parts: Code | Token) -> Code:
            values = _values(parts, "-", _negated)
            return _join(values, Step("add", len(values), values[0][0].offset))

        def product(self, *parts: Code | Token) -> Code:
            values = _values(parts, "/", _inverted)
            count = len(values)
            # SymPy prints -(x + 1)*y for a product of three; negating the sum first would multiply it out.
            if values[0][-1].operation == "negate":
                minus = values[0].pop()
                values[0].append(Step("number", 0, minus.offset, Fraction(-1)))
                count += 1
            return _join(values, Step("multiply", count, values[0][0].offset))

        def comparison(self, left: Code, relation: Token, right: Code) -> Code:
            return _join((left, right), Step("compare", 2, _offset(relation), str(relation)))

        def conjunction(self, *parts: Code) -> Code:
            return _join(parts, Step("and", len(parts), parts[0][0].offset))

        def disjunction(self, *parts: Code) -> Code:
            return _join(parts, Step("or", len(parts), parts[0][0].offset))

        def pair(self, left: Code, right: Code) -> Code:
            return _join((left, right), Step("pair", 2, left[0].offset))

    grammar = files("boundcalc.exact").joinpath("grammar.lark").read_text("utf-8")
    lark = Lark(grammar, parser="lalr", lexer="basic", transformer=Compiler())

    def parse(text: str) -> Code:
        try:
            return cast("Code", lark.parse(text))
        except VisitError as error:  # how Lark passes on what a transformer raises
            raise error.orig_exc from None

    return parse


def _offset(token: Token) -> int:
    return cast("int", token.start_pos)


def _join(parts: Sequence[Code], step: Step) -> Code:
    code = parts[0]
    for part in parts[1:]:
        code += part
    code.append(step)
    return code


def _values(parts: Sequence[Code | Token], inverse: str, undo: Callable[[Code, int], Code]) -> list[Code]:
    """The terms of a - b + c: a, the negative of b, and c; likewise the factors of a / b * c."""
    values = [cast("Code", part) for part in parts[::2]]
    signs = [cast("Token", part) for part in parts[1::2]]
    for i, sign in enumerate(signs, 1):
        if sign == inverse:
            values[i] = undo(values[i], _offset(sign))
    return values


def _negated(code: Code, offset: int) -> Code:
    return [*code, Step("negate", 1, offset)]


def _inverted(code: Code, offset: int) -> Code:
    """1/(2*(x + 1)) as the product of 1/2 and 1/(x + 1): multiplied first, SymPy would make 2*x + 2 of it."""
    last = code[-1]
    if last.operation == "multiply":
        return [*code[:-1], Step("invert", last.count, offset)]
    return [*code, Step("invert", 1, offset)]


def _number(token: Token) -> Fraction:
    digits, _, exponent = token.lower().partition("e")
    if len(digits) > MAX_DIGITS:
        raise ExpressionError(_offset(token), f"a number of more than {MAX_DIGITS} digits")
    if len(exponent) > 6 or abs(int(exponent or 0)) > MAX_DECIMAL_EXPONENT:
        raise ExpressionError(_offset(token), f"a decimal exponent above {MAX_DECIMAL_EXPONENT}")
    return Fraction(str(token))
