"""The section `activations`: names for formulas, each a kind of its own in this spec."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from boundcalc.exact.formulas.text import FUNCTIONS, VARIABLE, Formula, parse_formula
from boundcalc.language import fields
from boundcalc.language.architecture import W
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node, Scalar
from boundcalc.language.words import Lexicon
from boundcalc.mistakes import Mistakes, SpecError, shown, suggest

FIELD = "formula"
EXAMPLE = 'activations: {swish2: {formula: "x*sigmoid(2*x)"}}'
Own = Callable[[str, Formula], W]  # the kind of a name and its formula


def read_activations(
    sections: Iterable[Node],
    symbols: Mapping[str, object],
    lexicon: Lexicon,
    new_name: Callable[[Scalar, str], str | None],
    mistakes: Mistakes,
) -> Mapping[str, Formula]:
    """The formulas by name, of the files in order; `new_name` refuses what is no name. Mistakes are noted."""
    found: dict[str, Formula] = {}
    keys: dict[str, Scalar] = {}
    for node in sections:
        if not isinstance(node, NodeMapping):
            mistakes.add(node.place, f"expected a mapping of activations, found {fields.describe(node)}", EXAMPLE)
            continue
        for key, value in node.entries:
            name = new_name(key, "activation")
            if name is None:
                continue
            if (taken := _taken(name, symbols, lexicon)) is not None:
                mistakes.add(key.place, f"the activation '{name}' is named like a {taken}", "choose another name")
            elif name in keys:
                mistakes.add(key.place, f"the activation '{name}' is defined twice, also at {keys[name].place}")
            else:
                keys[name] = key
                try:
                    found[name] = _formula(key, value, symbols)
                except SpecError as error:
                    mistakes.extend(error)
    return found


def _taken(name: str, symbols: Mapping[str, object], lexicon: Lexicon) -> str | None:
    """What already has the name."""
    if name in lexicon.layers:
        return "layer"
    if name in lexicon.losses:
        return "loss"
    if name in FUNCTIONS:
        return "function of formulas"
    return "symbol" if name in symbols else None


def _formula(key: Scalar, node: Node, symbols: Mapping[str, object]) -> Formula:
    if not isinstance(node, NodeMapping):
        finding = f"the activation {shown(key.text)} requires the key '{FIELD}', found {fields.describe(node)}"
        raise fields.fail(node.place, finding, EXAMPLE)
    mistakes = Mistakes()
    for name, _ in node.entries:
        if name.text != FIELD:
            remedy = suggest(name.text, [FIELD]) or f"its only key is '{FIELD}'; quote a formula that has commas"
            mistakes.add(name.place, f"an activation has no key {shown(name.text)}", remedy, "unknown_key")
    mistakes.raise_if_any()
    value = node.get(FIELD)
    if value is None:
        raise fields.fail(key.place, f"the activation {shown(key.text)} requires the key '{FIELD}'", EXAMPLE)
    scalar = fields.read_scalar(value, "a formula")
    formula = parse_formula(scalar.text, scalar.place)
    if VARIABLE in symbols:
        finding = f"the symbol '{VARIABLE}' is named like the argument of formulas"
        raise fields.fail(formula.place, finding, "give the symbol another name")
    mistakes.extend(formula.unknown(symbols))
    mistakes.raise_if_any()
    return formula
