"""Between which numbers the entries of a step are, whatever the inputs and the learned arrays: where 1/x, a root or a logarithm is
known not to come near zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import sympy

from boundcalc.exact.formulas.text import parse_formula
from boundcalc.importers.draft import Draft, Field, Step
from boundcalc.importers.values import Held
from boundcalc.mistakes import Place

Range = tuple[float, float]
ANY: Range = (-math.inf, math.inf)
_X = sympy.Symbol("x", real=True)

_KNOWN: Mapping[str, Range] = {
    "relu": (0.0, math.inf),
    "square": (0.0, math.inf),
    "softplus": (0.0, math.inf),
    "sigmoid": (0.0, 1.0),
    "hardsigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "relu6": (0.0, 6.0),
    "tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "sin": (-1.0, 1.0),
    "l2norm": (-1.0, 1.0),
    "logsoftmax": (-math.inf, 0.0),
    "logsigmoid": (-math.inf, 0.0),
}
_MOVES = frozenset(
    ["reshape", "flatten", "permute", "transpose", "slice", "squeeze", "unsqueeze", "expand", "take", "roll", "mean"]
    + [f"{kind}pool{axes}d" for kind in ("max", "adaptivemax", "adaptiveavg") for axes in (1, 2, 3)]
    + ["upsample", "concat", "stack"]
)  # entries of what they read, or between them
_WITH_ZERO = frozenset(["dropout", *(f"avgpool{axes}d" for axes in (1, 2, 3))])


def range_of(draft: Draft, of: Held) -> Range:
    return _range(draft, of.step, {})


def _range(draft: Draft, key: str, known: dict[str, Range]) -> Range:
    """Depth first, without recursion: networks are deep."""
    waiting = [key]
    while waiting:
        at = waiting[-1]
        step = draft.step_of(at)
        if at in known or step is None:
            known.setdefault(at, ANY)
            waiting.pop()
            continue
        reads = () if step.kind in _KNOWN else step.reads
        missing = [read for read in reads if read not in known]
        if missing:
            waiting += missing
            continue
        known[at] = _of(draft, step, [known[read] for read in reads])
        waiting.pop()
    return known[key]


def _of(draft: Draft, step: Step, reads: list[Range]) -> Range:
    kind = step.kind
    if kind in _KNOWN:
        return _KNOWN[kind]
    if kind in _MOVES:
        return _hull(reads)
    if kind in _WITH_ZERO:
        low, high = _hull(reads)
        return (0.0 if low >= 0 else -math.inf, 0.0 if high <= 0 else math.inf)
    if kind == "pad":
        zeros = [(0.0, 0.0)] if step.fields.get("mode", "zeros") == "zeros" else []
        return _hull([*reads, *zeros])
    if kind == "constant":
        value = step.given.get("value")  # what ids decide is another one for each sample
        return ANY if value is None or not value.size else (float(value.min()), float(value.max()))
    if kind in _OF:
        return _OF[kind](step, reads)
    for text, name in draft.formulas.items():
        if name == kind:
            return of_formula(text, reads[0])
    return ANY


def _hull(reads: list[Range]) -> Range:
    return min(low for low, _ in reads), max(high for _, high in reads)


def _sum(step: Step, reads: list[Range]) -> Range:
    return sum(low for low, _ in reads), sum(high for _, high in reads)


def _difference(step: Step, reads: list[Range]) -> Range:
    (a, b), (c, d) = reads
    return a - d, b - c


def _product(step: Step, reads: list[Range]) -> Range:
    found = reads[0]
    for other in reads[1:]:
        found = times(found, other)
    return found


def _products(step: Step, reads: list[Range]) -> Range:
    """A sum of products: at least one of them."""
    low, high = _product(step, reads)
    return (low if low >= 0 else -math.inf, high if high <= 0 else math.inf)


def times(left: Range, right: Range) -> Range:
    ends = [0.0 if 0.0 in (a, b) else a * b for a in left for b in right]
    return min(ends), max(ends)


def _affine(step: Step, reads: list[Range]) -> Range:
    scale, shift = (_number(step.fields.get(name, start)) for name, start in (("scale", 1), ("shift", 0)))
    if scale is None or shift is None:
        return ANY
    low, high = times(reads[0], (scale, scale))
    return low + shift, high + shift


def _linear(step: Step, reads: list[Range]) -> Range:
    is_positive = bool(np.all(step.given["matrix"] >= 0)) if "matrix" in step.given else False
    return (0.0, math.inf) if is_positive and reads[0][0] >= 0 else ANY


def _map(step: Step, reads: list[Range]) -> Range:
    if "euclidean norm" in step.given:
        return (0.0, math.inf)
    return reads[0] if "ascending" in step.given or "descending" in step.given else ANY


def _clipped(step: Step, reads: list[Range]) -> Range:
    low, high = (_number(step.fields.get(name, start)) for name, start in (("min_val", -1), ("max_val", 1)))
    return ANY if low is None or high is None else (low, high)


def _elu(step: Step, reads: list[Range]) -> Range:
    alpha = _number(step.fields.get("alpha", 1))
    return ANY if alpha is None or alpha < 0 else (-alpha, math.inf)


_OF: Mapping[str, Callable[[Step, list[Range]], Range]] = {
    "add": _sum,
    "subtract": _difference,
    "multiply": _product,
    "matmul": _products,
    "einsum": _products,
    "affine": _affine,
    "linear": _linear,
    "map": _map,
    "hardtanh": _clipped,
    "elu": _elu,
    "celu": _elu,
}


def _number(given: Field) -> float | None:
    try:
        return float(_parsed(str(given)))
    except (TypeError, ValueError):
        return None


def _parsed(text: str) -> sympy.Expr:
    return parse_formula(text, Place("range")).function(_X, {})


def of_formula(text: str, of: Range) -> Range:
    """Of the values of a formula in x where x is in a range."""
    try:
        return _of_expression(_parsed(text), of)
    except (TypeError, ValueError, ArithmeticError):
        return ANY


def _of_expression(expression: sympy.Expr, of: Range) -> Range:
    if expression == _X:
        return of
    if expression.is_number:
        value = float(expression)
        return value, value
    parts = [_of_expression(part, of) for part in expression.args if isinstance(part, sympy.Expr)]
    if expression.is_Add:
        return sum(low for low, _ in parts), sum(high for _, high in parts)
    if expression.is_Mul:
        found = parts[0]
        for part in parts[1:]:
            found = times(found, part)
        return found
    if isinstance(expression, sympy.Max):
        return max(low for low, _ in parts), max(high for _, high in parts)
    if isinstance(expression, sympy.Min):
        return min(low for low, _ in parts), min(high for _, high in parts)
    if isinstance(expression, sympy.exp):
        low, high = parts[0]
        return _exponential(low), _exponential(high)
    if isinstance(expression, sympy.Abs):
        return (max(0.0, parts[0][0], -parts[0][1]), max(-parts[0][0], parts[0][1]))
    if expression.is_Pow:
        return _power(parts[0], float(parts[1][0])) if parts[1][0] == parts[1][1] else ANY
    if isinstance(expression, sympy.tanh | sympy.sin | sympy.cos):
        return (-1.0, 1.0)
    return ANY


def _exponential(end: float) -> float:
    return math.exp(end) if end < 700 else math.inf


def _power(of: Range, power: float) -> Range:
    low, high = of
    if power > 0 and power % 2 == 0:
        least = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
        return least**power, max(abs(low), abs(high)) ** power
    if low < 0:
        return ANY
    if power > 0:
        return low**power, high**power
    return (0.0 if math.isinf(high) else high**power), (math.inf if low == 0 else low**power)
