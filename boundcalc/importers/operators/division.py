"""Division by what is computed, roots, logarithms and powers: of arrays whose entries are known not to come near zero.

Where x is at least c > 0, 1/x is 1/max(x, c), which is Lipschitz continuous on all reals: the same function there.
"""

from __future__ import annotations

import math
import re
from fractions import Fraction

import numpy as np

from boundcalc.catalogue.formula import activation
from boundcalc.exact.formulas.extremes import TooMuchWork
from boundcalc.exact.formulas.text import parse_formula
from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.activations import entrywise
from boundcalc.importers.operators.arithmetic import affine, number_of, product, total
from boundcalc.importers.operators.numbers import written
from boundcalc.importers.operators.ranges import range_of
from boundcalc.importers.values import Fixed, Held, Learned, RefusalError, Value
from boundcalc.mistakes import Place, SpecError

_SINGULAR = re.compile(r"/|sqrt\(|log\(|\*\*\(?(-|\d*\.\d|\d+/|sqrt)")  # what may be steep at a point


def function(draft: Draft, of: Held, formula: str) -> Held:
    """A formula of every entry; where it is not Lipschitz continuous, held at the least value that the entries have."""
    low, high = range_of(draft, of)
    if _SINGULAR.search(formula) and not _is_lipschitz(formula):
        exponent = _exponent(formula)
        if exponent is not None and 0 < low < math.inf and exponent < 1:
            image = _homogeneous(draft, of, formula, exponent, _below(low))
            if image is not None:
                return image
        if low > -math.inf:
            formula = _with(formula, f"max(x, {written(_below(low))})")
        elif high < math.inf:
            formula = _with(formula, f"min(x, {written(-_below(-high))})")
    return entrywise(draft, of, draft.formula(formula), {})


def _with(formula: str, inner: str) -> str:
    """With `inner` in place of x, which no function has in its name but exp and max."""
    text = formula.replace("exp(", "e#p(").replace("max(", "ma#(").replace("x", inner.replace("max(", "ma#("))
    return text.replace("e#p(", "exp(").replace("ma#(", "max(")


def _is_lipschitz(formula: str) -> bool:
    try:
        return activation("f", parse_formula(formula, Place("formula"))).lipschitz.value is not None
    except (SpecError, TooMuchWork, ArithmeticError):
        return False


def _below(value: float) -> float:
    """No larger, with twelve digits."""
    if value == 0:
        return 0.0
    digits = float(f"{value:.11e}")
    return digits if digits <= value else digits - 10.0 ** (math.floor(math.log10(abs(value))) - 11)


_POWERS = {"1/x": -1.0, "sqrt(x)": 0.5, "1/sqrt(x)": -0.5}
_POWER = re.compile(r"x\*\*\(?(-?[0-9./]+)\)?")


def _exponent(formula: str) -> float | None:
    """Of x**p, where a formula is that."""
    found = _POWER.fullmatch(formula)
    return float(Fraction(found[1])) if found else _POWERS.get(formula)


def _homogeneous(draft: Draft, of: Held, formula: str, exponent: float, least: float) -> Held | None:
    """x**p, of entries that are at least c > 0: c**p times the power of max(x/c, 1), so that one formula does for every c."""
    scale = least**exponent
    if not scale or not math.isfinite(scale) or not math.isfinite(1 / least):
        return None
    held = draft.formula(_with(formula, "max(x, 1)"))
    return affine(draft, entrywise(draft, affine(draft, of, scale=1 / least), held, {}), scale=scale)


def reciprocal(draft: Draft, of: Held) -> Held:
    low, high = range_of(draft, of)
    if low <= 0 <= high:
        raise RefusalError(
            "it divides by an array that is computed and may be zero, and 1/x is not Lipschitz continuous"
        )
    step = draft.step_of(of.step)
    inner = next((text for text, name in draft.formulas.items() if step is not None and name == step.kind), None)
    if inner is not None and step is not None:  # one formula has one slope, where a composition would multiply two
        (read,) = step.reads
        return function(draft, Held(read, of.shape, of.batch), f"1/({inner})")
    if high < 0:
        return affine(draft, function(draft, affine(draft, of, scale=-1), "1/x"), scale=-1)
    return function(draft, of, "1/x")


def div(draft: Draft, call: Call) -> Value:
    if call.get("rounding_mode") is not None:
        raise RefusalError("it rounds")
    of, by = call.get("self"), call.get("other")
    number = number_of(by)
    if number is not None and number != 0:
        return affine(draft, call.held("self"), scale=1 / number)
    if isinstance(by, Fixed) and bool((by.array != 0).all()):
        return product(draft, of, Fixed(1 / by.array))
    if not isinstance(by, Held | Learned):
        raise RefusalError("it divides by zero")
    return product(draft, of, reciprocal(draft, draft.held(by)))


def inverse(draft: Draft, call: Call) -> Value:
    return reciprocal(draft, call.held("self"))


def written_out(formula: str) -> Rule:
    """A function that only a formula knows, of an array that may be learned."""
    return lambda draft, call: function(draft, call.held("self"), formula)


def power(draft: Draft, call: Call) -> Value:
    of, exponent = call.held("self"), call.get("exponent")
    number = number_of(exponent)
    if number is None:
        raise RefusalError("its exponent is no number that is known before the network runs")
    if number == 1:
        return of
    if number == 2:
        return draft.step("square", {}, (of,), of.shape, of.batch)
    if number in (3, 4):
        squared = draft.step("square", {}, (of,), of.shape, of.batch)
        if number == 4:
            return draft.step("square", {}, (squared,), of.shape, of.batch)
        return draft.step("multiply", {}, (squared, of), of.shape, of.batch)
    low, high = range_of(draft, of)
    if low < 0 and (number != int(number) or (number < 0 <= high)):
        raise RefusalError(f"x**{number:g} is not known where x is not positive")
    exponent_text = str(written(number))
    return function(draft, of, f"x**({exponent_text})")


def addcdiv(draft: Draft, call: Call) -> Value:
    """self + value tensor1/tensor2."""
    by = call.get("tensor2")
    if not isinstance(by, Held | Learned):
        raise RefusalError("it divides by what is no array")
    ratio = product(draft, call.get("tensor1"), reciprocal(draft, draft.held(by)))
    return total(draft, call.get("self"), ratio, call.number("value", 1.0))


def recognised(draft: Draft, call: Call) -> Value:
    """What a pattern found: a kind of the catalogue, or a formula."""
    of, formula = call.held("input"), call.get("formula")
    if (
        isinstance(formula, str) and formula == "exp(x)" and of.masked is not None and of.masked.source is None
    ):  # exp of what is left out is 0
        powers = function(draft, of.shown, formula)
        return product(draft, powers, Fixed(np.where(of.masked.array, 0.0, 1.0)))
    if isinstance(formula, str) and formula:
        return function(draft, of, formula)
    word, _, approximate = str(call.get("kind")).partition(": ")
    return entrywise(draft, of, word, {"approximate": approximate} if approximate else {})
