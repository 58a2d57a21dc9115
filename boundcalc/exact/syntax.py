"""What texts are expressions: the checks before and after the grammar, and what to say where a text is none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import cast

from boundcalc.exact.functions import FUNCTIONS
from boundcalc.exact.parser import ExpressionError, Step, parser, read_atom
from boundcalc.exact.relations import RELATIONS
from boundcalc.exact.table import Table
from boundcalc.mistakes import shown, suggest


@dataclass(frozen=True)
class Dialect:
    """What a text may use: functions with their least and largest number of arguments, constants, operations, sizes."""

    functions: dict[str, tuple[int, int | None]]
    constants: frozenset[str]
    operations: frozenset[str]
    stray: re.Pattern[str]  # a character that no text of the dialect has
    length: int
    steps: int  # numbers, names and operations: SymPy takes up to .2 ms for each
    parentheses: int
    depth: int


_ARITHMETIC = frozenset({"number", "name", "negate", "invert", "add", "multiply", "power", "call"})


def language(functions: Table = FUNCTIONS) -> Dialect:
    """Expressions of specs."""
    return Dialect(
        functions={row.word: row.arguments for row in functions.rows if row.word is not None},
        constants=frozenset({"pi"}),
        operations=_ARITHMETIC,
        stray=re.compile(r"[^\sA-Za-z0-9_.+\-*/(),]", re.ASCII),
        length=2000,
        steps=2000,
        parentheses=50,
        depth=150,
    )


def closed_forms(functions: Table = FUNCTIONS) -> Dialect:
    """What SymPy's `str` prints of bounds: cases and comparisons as well."""
    return Dialect(
        functions={row.name: row.arguments for row in functions.rows if row.closed}
        | {"Piecewise": (1, None)}
        | {row.name: (2, 2) for row in RELATIONS if row.equality},
        constants=frozenset({"pi", "E", "oo", "True", "False"}),
        operations=_ARITHMETIC | {"pair", "compare", "and", "or"},
        stray=re.compile(r"[^\sA-Za-z0-9_.+\-*/(),<>=&|]", re.ASCII),
        length=200_000,
        steps=16_000,
        parentheses=200,
        depth=600,
    )


LANGUAGE = language()
CLOSED_FORM = closed_forms()

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
    """The program of `text`. Raises ExpressionError."""
    if not text.strip():
        raise ExpressionError(0, "an expression is missing")
    if len(text) > dialect.length:
        raise ExpressionError(0, f"an expression of more than {dialect.length} characters", "use symbols for its parts")
    _check_characters(text, dialect)
    _check_parentheses(text, dialect)
    if len(re.findall(r"[A-Za-z0-9_.]+", text)) > dialect.steps:  # before the grammar takes seconds
        raise _too_many(dialect)
    program = tuple(read_atom(text) or _parse(text))
    _check_program(program, dialect)
    return program


def _check_characters(text: str, dialect: Dialect) -> None:
    if (bad := dialect.stray.search(text)) is not None:
        character = bad[0]
        remedy = _REMEDIES.get(character)
        if remedy is None and character.isalnum() and not character.isascii():
            remedy = "names and numbers have ASCII letters and digits only"
        raise ExpressionError(bad.start(), f"unexpected {shown(character)}", remedy)


def _check_parentheses(text: str, dialect: Dialect) -> None:
    opened: list[int] = []
    for match in re.finditer(r"[()]", text):
        if match[0] == "(":
            opened.append(match.start())
            if len(opened) > dialect.parentheses:
                raise ExpressionError(match.start(), f"more than {dialect.parentheses} parentheses inside one another")
        elif opened:
            opened.pop()
        else:
            raise ExpressionError(match.start(), "a `)` without its `(`")
    if opened:
        raise ExpressionError(opened[-1], "a `(` without its `)`")


def _too_many(dialect: Dialect) -> ExpressionError:
    return ExpressionError(0, f"more than {dialect.steps} numbers, names and operations", "use symbols for its parts")


def _check_program(program: tuple[Step, ...], dialect: Dialect) -> None:
    if len(program) > dialect.steps:
        raise _too_many(dialect)
    depths: list[int] = []
    for step in program:
        if step.operation not in dialect.operations:
            raise ExpressionError(step.offset, "a pair of values, where one value is expected")
        if step.operation == "call":
            _check_call(step, dialect)
        depth = 1 + max(depths[len(depths) - step.count :], default=0)
        if depth > dialect.depth:
            raise ExpressionError(step.offset, f"more than {dialect.depth} operations inside one another")
        depths[len(depths) - step.count :] = [depth]


def _check_call(step: Step, dialect: Dialect) -> None:
    name = cast("str", step.value)
    if name not in dialect.functions:
        remedy = suggest(name, dialect.functions) or f"write {name}*(...) for a product"
        raise ExpressionError(step.offset, f"unknown function {shown(name)}", remedy)
    least, most = dialect.functions[name]
    if step.count < least or (most is not None and step.count > most):
        plural = "argument" if least == 1 else "arguments"
        raise ExpressionError(step.offset, f"{name} takes {least} {plural}, not {step.count}")


def _parse(text: str) -> list[Step]:
    from lark import UnexpectedCharacters, UnexpectedInput

    try:
        return parser()(text)
    except UnexpectedInput as error:
        at_end = error.pos_in_stream is None or getattr(getattr(error, "token", None), "type", "") == "$END"
        offset = len(text.rstrip()) if at_end else cast("int", error.pos_in_stream)
        if isinstance(error, UnexpectedCharacters):
            raise ExpressionError(offset, f"unexpected {shown(text[offset])}", _REMEDIES.get(text[offset])) from None
        raise _unexpected(text, offset) from None


def _unexpected(text: str, offset: int) -> ExpressionError:
    """What is wrong where the grammar does not go on; the characters and the parentheses are all right."""
    found = re.match(r"[A-Za-z_][A-Za-z0-9_]*|[0-9.]+|\*\*|[<>]=?|.|$", text[offset:])
    token = found[0].strip() if found else ""
    before = text[:offset].rstrip()
    last = re.search(r"[A-Za-z0-9_.]+$|\)$", before)
    if not token:
        return ExpressionError(offset, "the expression ends too early")
    if token == ",":
        remedy = "write a point in decimals" if last is not None and last[0].isdigit() else None
        return ExpressionError(offset, "a comma outside the arguments of a function", remedy)
    if last is not None and (token == "(" or token[0].isalnum() or token[0] in "_."):
        if token.startswith("_") and last[0].isdigit():
            return ExpressionError(offset, f"unexpected {shown(token)}", f"write {last[0]}{token.replace('_', '')}")
        product = f"write {last[0] if last[0] != ')' else '(...)'}*{token if token != '(' else '(...)'}"
        return ExpressionError(offset, f"an operator is missing before {shown(token)}", product)
    if token == "/" and before.endswith("/"):
        return ExpressionError(offset, "unexpected '/'", "write floor(a/b)")
    return ExpressionError(offset, f"a value is missing before {shown(token)}")
