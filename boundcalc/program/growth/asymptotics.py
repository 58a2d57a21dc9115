"""The leading term of a closed form where one symbol goes to infinity (or to 0), and in which regime it leads.

Bounds are sums of products of powers, so the growth of each term is read off, c lambda^t t^p log(t)^q, and compared in
that order. Where the comparison of two factors lambda depends on the hyperparameters, each outcome is a regime with its
condition (A < 1, A = 1, A > 1). What cannot be decided is said, not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import sympy

from boundcalc.program.depth.rational import Fractions
from boundcalc.program.depth.readable import geometric
from boundcalc.program.depth.resonance import Exponents, exponents, product, ratio
from boundcalc.program.depth.work import TooMuchWorkError, Work
from boundcalc.program.growth.regime import Regime, UndecidedError, equations_of

REGIMES = 64
TERMS = 30_000  # of the polynomials that are multiplied out for one sum


@dataclass(frozen=True)
class LeadingTerm:
    """`term` leads where `condition` holds (unless its coefficient happens to vanish there)."""

    term: sympy.Expr
    condition: Any  # a SymPy Boolean


@dataclass(frozen=True)
class Undecided:
    """Why there is no answer."""

    reason: str


@dataclass(frozen=True)
class _Term:
    """coefficient * (product of rate)^t * t^power * log(t)^logs"""

    coefficient: Any
    rate: Exponents
    power: Any = sympy.S.Zero
    logs: int = 0


_Cases = Iterator[tuple[Regime, _Term]]


def leading_term(
    expression: sympy.Expr, symbol: sympy.Symbol, at: Literal["oo", 0] = "oo"
) -> tuple[LeadingTerm, ...] | Undecided:
    """The leading term of `expression` as `symbol` goes to infinity or, with at=0, to 0 from above, in every regime.

    The first whose condition holds counts, as in a Piecewise: a resonance comes before the regimes around it.
    """
    large: Any = sympy.Dummy(symbol.name, positive=True) if at == 0 else symbol
    given: Any = expression.xreplace({symbol: 1 / large}) if at == 0 else expression
    back: dict[Any, Any] = {large: 1 / symbol} if at == 0 else {}
    try:
        cases = _Leading(large).of(given, Regime())
        found = [LeadingTerm(_written(term, large).xreplace(back), regime.condition) for regime, term in cases]
    except UndecidedError as undecided:
        return Undecided(str(undecided))
    return tuple(dict.fromkeys(found))


def _written(term: _Term, t: sympy.Symbol) -> Any:
    growth = t**term.power * sympy.log(t) ** term.logs
    return sympy.factor_terms(growth * geometric(term.coefficient, product(term.rate.items()), t))


class _Leading:
    """Leading terms in `t` -> oo; each function yields a term for every regime that it must tell apart."""

    def __init__(self, t: sympy.Symbol) -> None:
        self.t = t
        self.rules: Mapping[type[Any], Callable[[Any, Regime], _Cases]] = {
            sympy.Add: self.of_sum,
            sympy.Mul: self.of_product,
            sympy.Pow: self.of_power,
            sympy.exp: self.of_power,
            sympy.log: self.of_log,
            sympy.Max: lambda e, r: self.of_extremum(e, r, 1),
            sympy.Min: lambda e, r: self.of_extremum(e, r, -1),
            sympy.Piecewise: self.of_piecewise,
            sympy.floor: self.of_rounded,
            sympy.ceiling: self.of_rounded,
        }

    def of(self, e: Any, regime: Regime) -> _Cases:
        if not e.has(self.t):
            yield regime, _Term(e, {})
        elif e == self.t:
            yield regime, _Term(sympy.S.One, {}, sympy.S.One)
        elif type(e) in self.rules:
            yield from self.rules[type(e)](e, regime)
        else:
            raise UndecidedError(f"{type(e).__name__} of {self.t} is not understood: {e}")

    def of_product(self, e: Any, regime: Regime) -> _Cases:
        first, rest = e.as_two_terms()
        for one, x in self.of(first, regime):
            for both, y in self.of(rest, one):
                rate = _times(x.rate, y.rate)
                yield both, _Term(x.coefficient * y.coefficient, rate, x.power + y.power, x.logs + y.logs)

    def of_power(self, e: Any, regime: Regime) -> _Cases:
        base, exponent = e.as_base_exp()
        if not exponent.has(self.t):
            for one, x in self.of(base, regime):
                if x.logs and not exponent.is_Integer:
                    raise UndecidedError(f"a power of a logarithm: {e}")
                rate = exponents(product(x.rate.items()) ** exponent)
                yield (
                    one,
                    _Term(x.coefficient**exponent, rate, x.power * exponent, x.logs * int(exponent) if x.logs else 0),
                )
            return
        if base.has(self.t):
            raise UndecidedError(f"base and exponent depend on {self.t}: {e}")
        slope = sympy.expand(exponent).coeff(self.t, 1)
        offset = sympy.expand(exponent - slope * self.t)
        if slope.has(self.t) or offset.has(self.t):
            raise UndecidedError(f"the exponent is not linear in {self.t}: {e}")
        yield regime, _Term(base**offset, exponents(base**slope))

    def of_sum(self, e: Any, regime: Regime) -> _Cases:
        leads: list[tuple[Regime, list[_Term]]] = [(regime, [])]
        for arg in e.args:
            leads = [(new, _with(terms, x)) for r, terms in leads for new, x in self.of(arg, r)]
        for r, terms in leads:
            for decided, largest in self.largest(terms, r, 1):
                total = _sum([x.coefficient for x in largest])
                if total == 0:
                    expanded = sympy.expand(e)
                    if expanded == e:
                        raise UndecidedError(f"the leading terms cancel: {e}")
                    yield from self.of(expanded, decided)
                else:
                    x = largest[0]
                    yield decided, _Term(total, x.rate, x.power, x.logs)

    def of_extremum(self, e: Any, regime: Regime, sign: int) -> _Cases:
        leads: list[tuple[Regime, list[_Term]]] = [(regime, [])]
        for arg in e.args:
            leads = [(new, _with(terms, x)) for r, terms in leads for new, x in self.of(arg, r)]
        for r, terms in leads:
            for decided, best in self.largest(terms, r, sign):
                x = best[0]
                yield decided, _Term(e.func(*(y.coefficient for y in best)), x.rate, x.power, x.logs)

    def largest(self, terms: list[_Term], regime: Regime, sign: int) -> Iterator[tuple[Regime, list[_Term]]]:
        """The terms that grow fastest (sign 1) or slowest (-1), all of one growth."""
        best: list[tuple[Regime, list[_Term]]] = [(regime, terms[:1])]
        for term in terms[1:]:
            following: list[tuple[Regime, list[_Term]]] = []
            for r, leaders in best:
                for decided, order in self.compare(term, leaders[0], r):
                    kept = [*leaders, term] if order == 0 else [term] if order == sign else leaders
                    following.append((decided, kept))
            if len(following) > REGIMES:
                raise UndecidedError(f"more than {REGIMES} regimes")
            best = following
        yield from best

    def compare(self, x: _Term, y: _Term, regime: Regime) -> Iterator[tuple[Regime, int]]:
        quotient = ratio(x.rate, y.rate)
        for sign in (-1, 0, 1):
            assumed = regime.assuming(quotient, sign)
            if assumed is None:
                continue
            if sign:
                yield assumed, sign
                continue
            difference = sympy.expand(x.power - y.power)
            for s in assumed.power_signs(difference):
                narrowed = assumed.assuming_power(difference, s)
                yield narrowed, s or (x.logs > y.logs) - (x.logs < y.logs)

    def of_piecewise(self, e: Any, regime: Regime) -> _Cases:
        """Rows whose conditions are equations between products; a row holds where those before do not."""
        for value, condition in e.args:
            equations = equations_of(condition, self.t)
            if equations is None:
                continue
            inside: Regime | None = regime
            for equation in equations:
                inside = inside and inside.assuming(equation, 0)
            if inside is not None:
                yield from self.of(value, inside)
            if not equations:
                return
            outside = regime.excluding(equations)
            if outside is None:
                return
            regime = outside

    def of_log(self, e: Any, regime: Regime) -> _Cases:
        for one, x in self.of(e.args[0], regime):
            growth = one.sign(x.rate)
            power = one.power_signs(x.power)
            if x.rate and growth != 0:
                yield one, _Term(sympy.log(product(x.rate.items())), {}, sympy.S.One)
            elif 0 not in power and not x.logs:
                yield one, _Term(x.power, {}, sympy.S.Zero, 1)
            elif power == (0,) and not x.logs and (x.coefficient - 1).is_nonzero:
                yield one, _Term(sympy.log(x.coefficient), {})
            else:
                raise UndecidedError(f"a logarithm that may tend to 0: {e}")

    def of_rounded(self, e: Any, regime: Regime) -> _Cases:
        for one, x in self.of(e.args[0], regime):
            grows = one.sign(x.rate)
            if not (grows == 1 or (grows == 0 and one.power_signs(x.power) == (1,))):
                raise UndecidedError(f"rounding of what does not grow: {e}")
            yield one, x


def _with(terms: list[_Term], x: _Term) -> list[_Term]:
    return terms if x.coefficient == 0 else [*terms, x]


def _times(a: Exponents, b: Exponents) -> Exponents:
    return ratio(a, {atom: -e for atom, e in b.items()})


def _sum(coefficients: list[Any]) -> Any:
    if len(coefficients) == 1:
        return coefficients[0]
    try:
        fractions = Fractions(coefficients, Work(TERMS))
        return fractions.total([(element, {}) for element in fractions.elements])
    except TooMuchWorkError as error:
        raise UndecidedError(f"the sum of the coefficients that lead: {error}") from error
