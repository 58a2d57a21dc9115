"""What `--subject` says, as `low <= high` or `low == high` between sums of positive terms in the variables."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import sympy
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from boundcalc.arguments import nearest
from boundcalc.exact.expression import parse
from boundcalc.exact.intervals import is_wholeness, sides
from boundcalc.exact.limits import NoValue
from boundcalc.exact.signs import sign_range
from boundcalc.exact.values import relation, substitute
from boundcalc.graph.patterns import prefixes
from boundcalc.mistakes import Mistake, Place, SpecError, shown

Symbols = Mapping[sympy.Symbol, sympy.Expr]
_FOLDS: Mapping[str, Callable[..., sympy.Expr]] = {"prod": sympy.Mul, "sum": sympy.Add}
_SIGN = re.compile(r"[<>=!]=?|[≤≥]")
_PART = re.compile(r"\b(prod|sum)\s*\(([^()]*)\)|[A-Za-z_]\w*(?:\.\w+)+", re.ASCII)
EDGE = sympy.Rational(1, 10**6)  # of the smaller side
EXAMPLE = "write 'prod(**.radius) >= 4', 'sum(**.radius) <= E' or a relation such as 'R <= 10'"


@dataclass(frozen=True, slots=True)
class Constraint:
    """`text`: as a person wrote it, or what the bound relies on. Both sides are sums of terms that are never negative."""

    text: str
    low: sympy.Expr
    high: sympy.Expr
    equal: bool = False

    @property
    def symbols(self) -> frozenset[sympy.Symbol]:
        return cast("frozenset[sympy.Symbol]", self.low.free_symbols | self.high.free_symbols)

    def holds(self, values: Symbols) -> bool:
        """Exactly; what cannot be decided does not hold."""
        low, high = substitute(self.low, values), substitute(self.high, values)
        return relation(sympy.Eq if self.equal else sympy.Le, low, high) == sympy.true

    def put(self, values: Symbols) -> Constraint:
        """With expressions in place of some symbols."""
        return Constraint(self.text, substitute(self.low, values), substitute(self.high, values), self.equal)


def read_constraint(text: str, names: Mapping[str, sympy.Expr]) -> Constraint:
    """`names`: what everything that may be named is, in the variables; what is zero is left out of products.

    Raises SpecError.
    """
    place = Place(f"--subject {shown(text, 80)}")
    signs = list(_SIGN.finditer(text))
    if len(signs) != 1 or (sign := _plain(signs[0].group())) is None:
        said = ", ".join(repr(found.group()) for found in signs) or "none"
        finding = f"a constraint has one of <=, >= and ==; found {said}"
        raise SpecError([Mistake(place, finding, EXAMPLE, "constraint")])
    left, right = (_side(part, names, place) for part in (text[: signs[0].start()], text[signs[0].end() :]))
    found = balanced(text, left, right) if sign != ">=" else balanced(text, right, left)
    if found is None:
        finding = "the signs of its terms depend on the values of the variables"
        raise SpecError([Mistake(place, finding, "write sums and products of powers of them", "constraint")])
    return Constraint(found.text, found.low, found.high, equal=sign == "==")


def _plain(sign: str) -> str | None:
    same = {"≤": "<=", "≥": ">="}.get(sign, sign)
    return same if same in ("<=", ">=", "==") else None


def _side(text: str, names: Mapping[str, sympy.Expr], place: Place) -> sympy.Expr:
    """Dotted paths and folds over patterns are put in once the expression is read, whose grammar has neither."""
    parts: dict[str, sympy.Expr] = {}
    prefix = "part"
    while any(name.startswith(prefix) for name in names):
        prefix += "_"

    def stands(match: re.Match[str]) -> str:
        fold, name = match.group(1), f"{prefix}{len(parts)}"
        parts[name] = _named(match.group(), names, place) if fold is None else _folded(match, names, place)
        return name

    replaced = _PART.sub(stands, text)
    if not replaced.strip():
        raise SpecError([Mistake(place, "one side of the relation is empty", EXAMPLE, "constraint")])
    slots = {name: sympy.Dummy(name, nonnegative=True) for name in parts}
    plain = {name: value for name, value in names.items() if "." not in name}
    value = parse(replaced, place).evaluate({**plain, **slots})
    try:
        return substitute(value, {slots[name]: part for name, part in parts.items()})
    except NoValue as error:
        raise SpecError([Mistake(place, str(error), error.remedy, "constraint")]) from None


def _named(name: str, names: Mapping[str, sympy.Expr], place: Place) -> sympy.Expr:
    if name not in names:
        raise SpecError([Mistake(place, f"unknown name {shown(name)}", nearest(name, "field", names), "unknown_name")])
    return names[name]


def _folded(match: re.Match[str], names: Mapping[str, sympy.Expr], place: Place) -> sympy.Expr:
    values: dict[str, sympy.Expr] = {}
    for pattern in (part.strip() for part in match.group(2).split(",")):
        matched = [name for name in names if pattern and name.count(".") + 1 in prefixes(pattern, name)]
        if not matched:
            finding = f"{shown(pattern)} in {shown(match.group())} matches no symbol and no field of a layer"
            raise SpecError([Mistake(place, finding, nearest(pattern, "field", names), "nothing_matches")])
        values |= {name: names[name] for name in matched}
    return _FOLDS[match.group(1)](*(value for value in values.values() if not value.is_zero))


def balanced(text: str, low: sympy.Expr, high: sympy.Expr) -> Constraint | None:
    """`low <= high` with every term on the side on which it is positive; None where a term has no sign."""
    terms = [*sympy.Add.make_args(high), *(-term for term in sympy.Add.make_args(low))]
    for attempt in (terms, sympy.Add.make_args(sympy.expand(high - low))):
        signs = [sign_range(term) for term in attempt]
        if all(least >= 0 or most <= 0 for least, most in signs):
            up = [term for term, (least, _) in zip(attempt, signs, strict=True) if least >= 0]
            down = [-term for term, (least, _) in zip(attempt, signs, strict=True) if least < 0]
            return Constraint(text, sympy.Add(*down), sympy.Add(*up))
    return None


def relied_on(assumed: Iterable[Boolean], moving: Symbols) -> Iterator[Constraint]:
    """Of what a compiled bound relies on, the inequalities between symbols that move, where they can be read; strict ones are kept by `EDGE`."""
    for condition in assumed:
        if (
            condition.free_symbols.isdisjoint(moving)
            or not isinstance(condition, Relational)
            or is_wholeness(condition)
        ):
            continue
        left, right = (substitute(side, moving) for side in sides(condition))
        if isinstance(condition, (sympy.Gt, sympy.Ge)):
            left, right = right, left
        elif not isinstance(condition, (sympy.Lt, sympy.Le)):
            continue
        if (found := balanced(str(condition), left, right)) is not None and found.symbols:
            strict = isinstance(condition, (sympy.Gt, sympy.Lt))
            yield Constraint(found.text, found.low * (1 + EDGE), found.high) if strict else found
