"""The syntax of expressions: text to a program for a stack, in the order of evaluation, without SymPy and without recursion."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from boundcalc.spec.mistakes import shown, suggest

if TYPE_CHECKING:
    from lark import Token

MAX_DIGITS = 1000
MAX_DECIMAL_EXPONENT = 1000


class Trouble(Exception):
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


@dataclass(frozen=True)
class Dialect:
    """What a text may use: functions with their least and largest number of arguments, constants, operations, sizes."""

    functions: dict[str, tuple[int, int | None]]
    constants: frozenset[str]
    operations: frozenset[str]
    stray: re.Pattern[str]  # a character that no text of the dialect has
    length: int
    parentheses: int
    depth: int


_ARITHMETIC = frozenset({"number", "name", "negate", "invert", "add", "multiply", "power", "call"})
_UNARY = {"sqrt": (1, 1), "log": (1, 1), "exp": (1, 1), "floor": (1, 1)}
_MANY: tuple[int, int | None] = (1, None)
LANGUAGE = Dialect(
    functions={**_UNARY, "ceil": (1, 1), "min": _MANY, "max": _MANY},
    constants=frozenset({"pi"}),
    operations=_ARITHMETIC,
    stray=re.compile(r"[^\sA-Za-z0-9_.+\-*/(),]", re.ASCII),
    length=2000,
    parentheses=50,
    depth=150,
)
CLOSED_FORM = Dialect(
    functions={
        **{**_UNARY, "ceiling": (1, 1), "erf": (1, 1), "Abs": (1, 1)},
        **{"Min": _MANY, "Max": _MANY, "Piecewise": _MANY, "Eq": (2, 2), "Ne": (2, 2)},
    },
    constants=frozenset({"pi", "E", "oo", "True", "False"}),
    operations=_ARITHMETIC | {"pair", "compare", "and", "or"},
    stray=re.compile(r"[^\sA-Za-z0-9_.+\-*/(),<>=&|]", re.ASCII),
    length=200_000,
    parentheses=200,
    depth=600,
)

_REMEDIES = {
    "^": "write ** for powers",
    "[": "there is no indexing",
    "×": "write *",
    "·": "write *",
    "÷": "write /",
    "−": "write -",
    "²": "write **2",
    "³": "write **3",
    "√": "write sqrt(...)",
    "π": "write pi",
    "%": "write a quotient instead of a percentage",
    ".": "a number needs a digit beside the point, and names have no points",
}


def compile_text(text: str, dialect: Dialect) -> tuple[Step, ...]:
    """The program of `text`. Raises Trouble."""
    if not text.strip():
        raise Trouble(0, "an expression is missing")
    if len(text) > dialect.length:
        raise Trouble(0, f"an expression of more than {dialect.length} characters", "use symbols for its parts")
    _check_characters(text, dialect)
    _check_parentheses(text, dialect)
    program = tuple(_parse(text))
    _check_program(program, dialect)
    return program


def _check_characters(text: str, dialect: Dialect) -> None:
    if (bad := dialect.stray.search(text)) is not None:
        character = bad[0]
        remedy = _REMEDIES.get(character)
        if remedy is None and character.isalnum() and not character.isascii():
            remedy = "names and numbers have ASCII letters and digits only"
        raise Trouble(bad.start(), f"unexpected {shown(character)}", remedy)


def _check_parentheses(text: str, dialect: Dialect) -> None:
    opened: list[int] = []
    for match in re.finditer(r"[()]", text):
        if match[0] == "(":
            opened.append(match.start())
            if len(opened) > dialect.parentheses:
                raise Trouble(match.start(), f"more than {dialect.parentheses} parentheses inside one another")
        elif opened:
            opened.pop()
        else:
            raise Trouble(match.start(), "a `)` without its `(`")
    if opened:
        raise Trouble(opened[-1], "a `(` without its `)`")


def _check_program(program: tuple[Step, ...], dialect: Dialect) -> None:
    depths: list[int] = []
    for step in program:
        if step.operation not in dialect.operations:
            raise Trouble(step.offset, "a pair of values, where one value is expected")
        if step.operation == "call":
            _check_call(step, dialect)
        depth = 1 + max(depths[len(depths) - step.count :], default=0)
        if depth > dialect.depth:
            raise Trouble(step.offset, f"more than {dialect.depth} operations inside one another")
        depths[len(depths) - step.count :] = [depth]


def _check_call(step: Step, dialect: Dialect) -> None:
    name = cast("str", step.value)
    if name not in dialect.functions:
        remedy = suggest(name, dialect.functions) or f"write {name}*(...) for a product"
        raise Trouble(step.offset, f"unknown function {shown(name)}", remedy)
    least, most = dialect.functions[name]
    if step.count < least or (most is not None and step.count > most):
        plural = "argument" if least == 1 else "arguments"
        raise Trouble(step.offset, f"{name} takes {least} {plural}, not {step.count}")


Code = list[Step]


def _parse(text: str) -> Code:
    from lark import UnexpectedCharacters, UnexpectedInput

    try:
        return _parser()(text)
    except UnexpectedInput as error:
        at_end = error.pos_in_stream is None or getattr(getattr(error, "token", None), "type", "") == "$END"
        offset = len(text.rstrip()) if at_end else cast("int", error.pos_in_stream)
        if isinstance(error, UnexpectedCharacters):
            raise Trouble(offset, f"unexpected {shown(text[offset])}", _REMEDIES.get(text[offset])) from None
        raise _unexpected(text, offset) from None


def _unexpected(text: str, offset: int) -> Trouble:
    """What is wrong where the grammar does not go on; the characters and the parentheses are all right."""
    found = re.match(r"[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\*\*|[<>]=?|.|$", text[offset:])
    token = found[0] if found else ""
    before = text[:offset].rstrip()
    last = re.search(r"[A-Za-z0-9_.]+$|\)$", before)
    if not token:
        return Trouble(offset, "the expression ends too early")
    if token == ",":
        remedy = "write a point in decimals" if last is not None and last[0].isdigit() else None
        return Trouble(offset, "a comma outside the arguments of a function", remedy)
    if last is not None and (token == "(" or token[0].isalnum() or token[0] in "_."):
        if token.startswith("_") and last[0].isdigit():
            return Trouble(offset, f"unexpected {shown(token)}", f"write {last[0]}{token.replace('_', '')}")
        product = f"write {last[0] if last[0] != ')' else '(...)'}*{token if token != '(' else '(...)'}"
        return Trouble(offset, f"an operator is missing before {shown(token)}", product)
    if token == "/" and before.endswith("/"):
        return Trouble(offset, "unexpected '/'", "write floor(a/b)")
    return Trouble(offset, f"a value is missing before {shown(token)}")


@lru_cache(maxsize=1)
def _parser() -> Callable[[str], Code]:
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
            return _chain(parts, "add", "-", "negate")

        def product(self, *parts: Code | Token) -> Code:
            return _chain(parts, "multiply", "/", "invert")

        def comparison(self, left: Code, relation: Token, right: Code) -> Code:
            return _join((left, right), Step("compare", 2, _offset(relation), str(relation)))

        def conjunction(self, *parts: Code) -> Code:
            return _join(parts, Step("and", len(parts), parts[0][0].offset))

        def disjunction(self, *parts: Code) -> Code:
            return _join(parts, Step("or", len(parts), parts[0][0].offset))

        def pair(self, left: Code, right: Code) -> Code:
            return _join((left, right), Step("pair", 2, left[0].offset))

    grammar = files("boundcalc.spec").joinpath("grammar.lark").read_text("utf-8")
    lark = Lark(grammar, parser="lalr", lexer="basic", transformer=Compiler())

    def parse(text: str) -> Code:
        try:
            return cast("Code", lark.parse(text))
        except VisitError as error:  # how Lark passes on what a transformer raises
            raise error.orig_exc from None

    return parse


def _offset(token: Token) -> int:
    return cast("int", token.start_pos)


def _join(parts: tuple[Code, ...], step: Step) -> Code:
    code = parts[0]
    for part in parts[1:]:
        code += part
    code.append(step)
    return code


def _chain(parts: tuple[Code | Token, ...], operation: str, inverse: str, undo: str) -> Code:
    """a - b + c as the sum of a, the negative of b, and c; likewise a / b * c."""
    values = [cast("Code", part) for part in parts[::2]]
    signs = [cast("Token", part) for part in parts[1::2]]
    for value, sign in zip(values[1:], signs, strict=True):
        if sign == inverse:
            value.append(Step(undo, 1, _offset(sign)))
    return _join(tuple(values), Step(operation, len(values), _offset(signs[0])))


def _number(token: Token) -> Fraction:
    digits, _, exponent = token.lower().partition("e")
    if len(digits) > MAX_DIGITS:
        raise Trouble(_offset(token), f"a number of more than {MAX_DIGITS} digits")
    if len(exponent) > 6 or abs(int(exponent or 0)) > MAX_DECIMAL_EXPONENT:
        raise Trouble(_offset(token), f"a decimal exponent above {MAX_DECIMAL_EXPONENT}")
    return Fraction(str(token))
