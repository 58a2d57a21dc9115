"""The declaration of a symbol: nothing, a value, or its value and range."""

from __future__ import annotations

from boundcalc.exact.expression import Expression
from boundcalc.language import fields
from boundcalc.language.architecture import SymbolDeclaration
from boundcalc.language.reader import Mapping as NodeMapping
from boundcalc.language.reader import Node, Scalar
from boundcalc.mistakes import Mistakes, SpecError, shown, suggest

_EXPRESSIONS = ("value", "above", "below", "at_least")
_FIELDS = ("value", "integer", "above", "below", "at_least")


def read_symbol(key: Scalar, node: Node) -> SymbolDeclaration:
    if isinstance(node, Scalar):
        value = None if node.is_null else fields.read_expression(node)
        return SymbolDeclaration(key.text, key.place, value)
    if not isinstance(node, NodeMapping):
        raise fields.fail(
            node.place,
            f"the symbol {shown(key.text)} is {fields.describe(node)}",
            f"X: EXPR, or X: {{{', '.join(_FIELDS)}}}",
        )
    mistakes = Mistakes()
    found: dict[str, Expression | None] = {}
    for name, _ in node.entries:
        if name.text not in _FIELDS:
            remedy = (
                suggest(name.text, _FIELDS)
                or f"a symbol has {', '.join(_FIELDS)}; an expression with a comma needs quotes"
            )
            mistakes.add(name.place, f"a symbol has no field {shown(name.text)}", remedy)
    for name in _EXPRESSIONS:
        value = node.get(name)
        try:
            null = value is None or (isinstance(value, Scalar) and value.is_null)
            found[name] = None if null or value is None else fields.read_expression(value)
        except SpecError as error:
            mistakes.extend(error)
    flag = node.get("integer")
    integer = False if flag is None else fields.read_flag(flag)
    if not isinstance(integer, bool):
        mistakes.add(node.place, "expected true or false for 'integer'")
    mistakes.raise_if_any()
    return SymbolDeclaration(key.text, key.place, integer=bool(integer), **found)
