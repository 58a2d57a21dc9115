"""Non-linear maps as the rules see them: two constants, the image of zero, the largest image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import cast

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.catalogue import symbols
from boundcalc.catalogue.fact import Decision, Fact, Witness, proved, replaced
from boundcalc.catalogue.published import Published


@dataclass(frozen=True, slots=True)
class Parameter:
    """A hyperparameter: what stands for it in the constants, its default (None: required), where the constants hold."""

    name: str
    symbol: sympy.Symbol
    default: sympy.Expr | None
    meaning: str
    condition: Boolean = sympy.true


@dataclass(frozen=True, slots=True, repr=False)
class Nonlinearity:
    """A map a with ||Da|| <= lipschitz and Da Lipschitz with constant smoothness, Euclidean norms over the whole batch.

    third: the Lipschitz constant of D^2 a; None where the catalogue knows none.
    at_zero: ||a(0)||, with the reason where nothing is known of it. norm: the largest ||a(z)||, None if unbounded (or not known).
    sup_at_zero, sup: the same with the largest absolute entry in place of the Euclidean norm.
    derivative_at_zero: |a'(0)| of an elementwise map, for the refinement |a'(0)| + smoothness * (largest |entry| of z);
    None where the map is not smooth or not elementwise.
    function: the scalar function of an elementwise map.
    sizes: the size symbols that `instantiate` takes besides the parameters.
    published: the constants of the paper, where it has some.
    upper: of a function that has no finite smoothness, a c with f(y) <= f(x) + <g, y - x> + c/2 ||y - x||^2 for all x and y and a g
    of each x (its gradient, where there is one) with ||g|| <= lipschitz, and ||g|| <= derivative_at_zero + c ||x||.
    within: the map with the constants that hold where no entry is larger than a number; None where those for all reals do.
    assumed: what could be neither proved nor refuted when the values were given; the constants hold only where all of
    it does.
    """

    name: str
    title: str
    domain: str
    lipschitz: Fact
    smoothness: Fact
    at_zero: Fact
    parameters: tuple[Parameter, ...] = ()
    sizes: tuple[sympy.Symbol, ...] = ()
    norm: Fact | None = None
    sup_at_zero: sympy.Expr | None = None
    sup: Fact | None = None
    elementwise: bool = False
    derivative_at_zero: sympy.Expr | None = None
    function: sympy.Lambda | None = None
    assumed: tuple[Boolean, ...] = ()
    published: Published | None = None
    within: Callable[[Fraction], Nonlinearity] | None = None
    third: Fact | None = None
    upper: Fact | None = None

    def __hash__(self) -> int:
        """Of a few fields: all of them take longer than what a deep network looks up by it."""
        return hash((self.name, self.lipschitz.value, self.smoothness.value, self.at_zero.value))

    def __repr__(self) -> str:
        lipschitz, smoothness = ("none" if f.value is None else f.value for f in (self.lipschitz, self.smoothness))
        return f"<{self.name}: lipschitz {lipschitz}, smoothness {smoothness}>"

    def instantiate(self, holds: Decision = proved, /, **values: sympy.Expr) -> Nonlinearity:
        """The entry with canonical symbols replaced, all at once, by the given exact expressions.

        `holds` says whether a constant may be used that needs a condition: one that is not proved may be true of the values
        that symbols have, and whoever says so keeps it.
        TypeError: an unknown name, a symbol that occurs and has neither value nor default, a value that is not exact.
        ValueError: a value outside the domain of the constants.
        """
        facts = (self.lipschitz, self.smoothness, self.norm, self.sup, self.third, self.upper)
        if any(fact is not None and fact.holds_if is not sympy.true for fact in facts):
            return _instantiated.__wrapped__(self, holds, **values)  # `holds` keeps what it is asked about
        return _instantiated(self, proved, **values)


@lru_cache(maxsize=1024, typed=True)  # networks repeat their layers
def _instantiated(entry: Nonlinearity, holds: Decision, /, **values: sympy.Expr) -> Nonlinearity:
    given = _replacement(entry, values)
    requirements = [condition for symbol, value in given.items() for condition in _domain(symbol, value)]
    for parameter in entry.parameters:
        condition = cast(Boolean, parameter.condition.xreplace(given))
        if condition == sympy.false:
            raise ValueError(f"{entry.name}: the constants hold only for {parameter.condition}")
        requirements.append(condition)
    smoothness = entry.smoothness.at(given, holds)
    upper = None if entry.upper is None else entry.upper.at(given, holds)
    slope = entry.derivative_at_zero if smoothness.value is not None or upper is not None else None
    return replace(
        entry,
        parameters=(),
        sizes=(),
        lipschitz=entry.lipschitz.at(given, holds),
        smoothness=smoothness,
        at_zero=entry.at_zero.at(given, holds),
        norm=None if entry.norm is None else entry.norm.at(given, holds),
        sup_at_zero=None if entry.sup_at_zero is None else replaced(entry.sup_at_zero, given),
        sup=None if entry.sup is None else entry.sup.at(given, holds),
        third=None if entry.third is None else entry.third.at(given, holds),
        derivative_at_zero=None if slope is None else replaced(slope, given),
        function=None if entry.function is None else cast(sympy.Lambda, entry.function.xreplace(given)),
        published=None if entry.published is None else entry.published.at(given),
        upper=upper,
        assumed=entry.assumed + tuple(dict.fromkeys(r for r in requirements if r != sympy.true)),
    )


def _replacement(entry: Nonlinearity, values: Mapping[str, sympy.Expr]) -> dict[sympy.Symbol, sympy.Expr]:
    known = {p.name: p.symbol for p in entry.parameters} | {size.name: size for size in entry.sizes}
    unknown = sorted(values.keys() - known.keys())
    if unknown:
        raise TypeError(f"{entry.name} takes {', '.join(known) or 'no values'}; not {', '.join(unknown)}")
    given = {p.symbol: p.default for p in entry.parameters if p.default is not None}
    given |= {known[name]: _exact(entry.name, name, value) for name, value in values.items()}
    occurring = _occurring(entry)
    missing = [name for name, symbol in known.items() if symbol in occurring and symbol not in given]
    if missing:
        raise TypeError(f"{entry.name} needs {', '.join(missing)}")
    return given


def _occurring(entry: Nonlinearity) -> set[sympy.Basic]:
    facts = (entry.lipschitz, entry.smoothness, entry.at_zero, entry.norm, entry.sup, entry.third, entry.upper)
    found = [fact.value for fact in facts if fact is not None and fact.value is not None]
    found += [e for e in (entry.sup_at_zero, entry.derivative_at_zero, entry.function) if e is not None]
    return set[sympy.Basic]().union(*(expression.free_symbols for expression in found))


def _exact(entry: str, name: str, value: object) -> sympy.Expr:
    if isinstance(value, int) and not isinstance(value, bool):
        return sympy.Integer(value)
    if not isinstance(value, sympy.Expr) or value.has(sympy.Float):
        raise TypeError(f"{entry}: {name} must be an exact SymPy expression, not {value!r}")
    return value


def _domain(symbol: sympy.Symbol, value: sympy.Expr) -> list[Boolean]:
    """What the symbol's own assumptions demand of its value, unless SymPy proves it; ValueError where it refutes it."""
    if symbol.is_positive:
        wanted, proved, condition = "positive", value.is_positive, sympy.Gt(value, 0, evaluate=False)
    elif symbol.is_nonnegative:
        wanted, proved, condition = "nonnegative", value.is_nonnegative, sympy.Ge(value, 0, evaluate=False)
    else:
        wanted, proved, condition = "real", value.is_real, sympy.Eq(sympy.im(value), 0, evaluate=False)
    if proved is False and not value.has(
        sympy.floor
    ):  # SymPy takes floor(Min(0, 4 - 2*w)/3) for negative, also at w = 1
        raise ValueError(f"{symbol.name} must be {wanted}, not {value}")
    return [] if proved else [condition]


def elementwise(
    name: str,
    function: sympy.Expr,
    *,
    title: str,
    lipschitz: Fact,
    smoothness: Fact,
    at_zero: sympy.Expr = sympy.S.Zero,
    slope: sympy.Expr | None = None,
    sup: Fact | None = None,
    third: Fact | None = None,
    parameters: tuple[Parameter, ...] = (),
    published: Published | None = None,
) -> Nonlinearity:
    """A scalar function of x applied to every entry; its constants are those of the function.

    The Jacobian is diagonal, so its operator norm is the largest |a'(z_i)|; the further derivatives are diagonal too.
    at_zero: |a(0)|; slope: |a'(0)|; sup: the largest |a|.
    """
    width = sympy.sqrt(symbols.entries)
    norm = None
    if sup is not None and sup.value is not None:
        point = None if sup.witness is None else sup.witness.point
        kind = "upper" if sup.witness is None else sup.witness.kind
        norm = Fact(sup.value * width, sup.source, Witness(kind, "all entries at the largest value", point))
    return Nonlinearity(
        name=name,
        title=title,
        domain="all real entries",
        lipschitz=lipschitz,
        smoothness=smoothness,
        at_zero=Fact(at_zero * width, "all entries are a(0)"),
        parameters=parameters,
        sizes=(symbols.entries,),
        norm=norm,
        sup_at_zero=at_zero,
        sup=sup,
        elementwise=True,
        derivative_at_zero=slope,
        function=sympy.Lambda(symbols.x, function),
        published=published,
        third=third,
    )
