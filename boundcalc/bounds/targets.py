"""What an iteration count is asked for: expressions in the symbols of a spec, or symbols that stand for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy

from boundcalc.arguments import nearest
from boundcalc.blocks.figures import Values
from boundcalc.bounds.options import Json
from boundcalc.bounds.values import exact
from boundcalc.display.page import Page
from boundcalc.display.shown import Shown
from boundcalc.exact.expression import parse
from boundcalc.exact.printing import to_str
from boundcalc.exact.values import NoValue, substitute
from boundcalc.language.conditions import Conditions
from boundcalc.mistakes import Mistake, Place, SpecError

NAMES = ("delta", "gap", "variance", "batch")


@dataclass(frozen=True, slots=True, repr=False)
class Targets(Shown):
    """delta: of the gradient mapping; gap: F(w0) - min F; variance: of the gradient of one sample; batch: samples of a step.
    `conditions`: the symbols of the spec, and those that stand for what is not given."""

    delta: sympy.Expr
    gap: sympy.Expr
    variance: sympy.Expr
    batch: sympy.Expr
    conditions: Conditions

    def to_dict(self) -> dict[str, Json]:
        return {name: to_str(getattr(self, name)) for name in NAMES}

    def _page_(self) -> Page:
        return Page(f"<{', '.join(f'{name} = {value}' for name, value in self.to_dict().items())}>")


def targets_of(conditions: Conditions, values: Values, given: Mapping[str, object]) -> Targets:
    """What is not given (or None) is a positive symbol of that name, the spec's own where it declares one; the batch is 1.

    Raises SpecError for what is no expression in the spec's symbols, or not positive; TypeError for an unknown name.
    """
    for name in given:
        if name not in NAMES:
            raise TypeError(f"'{name}' is nothing that an objective is asked for; {nearest(name, 'name', NAMES)}")
    symbols = dict(conditions.symbols)
    found: dict[str, sympy.Expr] = {}
    for name in NAMES:
        value = given.get(name)
        if value is None:
            default = sympy.S.One if name == "batch" else symbols.setdefault(name, sympy.Symbol(name, positive=True))
            found[name] = default
        elif isinstance(value, str):
            found[name] = parse(value, Place(f"--{name} {value}")).evaluate(conditions.symbols)
        else:
            found[name] = value if isinstance(value, sympy.Expr) else exact(value, name)
        _positive(name, given.get(name), found[name], values)
    return Targets(**found, conditions=replace(conditions, symbols=symbols))


def _positive(name: str, given: object, expression: sympy.Expr, values: Values) -> None:
    try:
        value = substitute(expression, values)
    except NoValue as error:
        raise SpecError([Mistake(Place(f"--{name} {given}"), str(error), error.remedy)]) from None
    if value.free_symbols:
        return
    least = sympy.S.Zero if name == "variance" else sympy.S.One if name == "batch" else None
    fits = value.is_positive if least is None else (value - least).is_nonnegative
    if fits and (name != "batch" or value.is_integer):
        return
    what = {"variance": "not negative", "batch": "a whole number, at least 1"}.get(name, "a positive number")
    place = f"--{name} {expression if given is None else given}"
    raise SpecError([Mistake(Place(place), f"{name} is {what}, not {value}", f"--{name} 1")])
