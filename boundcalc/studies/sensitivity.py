"""Which hyperparameter, and which layer, a bound is most sensitive to: elasticities, d log(bound) / d log(theta)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.blocks.figures import ByBlocks
from boundcalc.bounds.answer import SHORT, short
from boundcalc.bounds.bound import Bound
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.derivatives import WRITTEN, Derivative, certified, definitions_of, too_long
from boundcalc.bounds.grouped import third_order
from boundcalc.bounds.options import Json
from boundcalc.bounds.pictured import require_values, titled
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.quantities import OF_DERIVATIVES, Quantity
from boundcalc.calculus.trace import trace
from boundcalc.display.page import Table
from boundcalc.display.picture import Bars, Picture
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.enclosures import to_number
from boundcalc.exact.near import elasticity, quotient
from boundcalc.exact.printing import to_str
from boundcalc.graph.grouping import TOTAL
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Arena, Scalar
from boundcalc.program.reverse import value_and_gradient
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.symbols import require

LONG = f"the derivatives take more than {WRITTEN} operations, too many to write out"
AGREE = 1e-6  # the direction in which blocks reach their bound is found in doubles
OTHER = "what each layer contributes is not known: the bounds are not those of the recursion in Euclidean norms"
TIE = "a minimum in the bound has two active branches at these values: the derivative of the first is shown"


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """Derivatives of one bound. `numbers` and `elasticities` where all symbols have values, `missing` why there is none;
    `ties`: a minimum in the bound has two active branches there, and the first one's derivative is shown."""

    bound: Bound
    derivatives: Mapping[str, Derivative]
    numbers: Mapping[str, Number]
    elasticities: Mapping[str, float]
    ties: bool
    missing: Mapping[str, str]


def sensitivity(bounds: Bounds, names: str | None) -> Report:
    """The study of `diff --by NAMES`: derivatives and elasticities, closed forms, then what each layer contributes.

    names: separated by commas; None: all symbols. Raises SpecError for an unknown one.
    """
    symbols = list(bounds.symbols) if names is None else [name.strip() for name in names.split(",")]
    for symbol in symbols:
        require(bounds, symbol, f"--by {names}")
    found = sensitivities(bounds, symbols)
    layers = contributions(bounds)
    infinite = {q.name: b.reason for q, b in _of_derivatives(bounds) if not b.finite}
    return Report(
        study="diff",
        specs=(bounds.name,),
        options=bounds.options,
        subject="derivatives of the bounds",
        parts=(
            *(f"{name} is infinite and has no derivative: {reason}" for name, reason in infinite.items()),
            _symbol_table(bounds, found),
            *_closed_forms(found),
            *([_layer_table(layers)] if layers else [OTHER] if bounds.numbers and found else []),
            *(reason for s in found.values() for reason in s.missing.values()),
            *(f"{name}: {TIE}" for name, s in found.items() if s.ties),
        ),
        rows=lambda: _rows(found),
        picture=lambda: _picture(bounds, found, layers),
        more=lambda: {**of_one(bounds.name, bounds.options), **_data(bounds, found, layers, infinite)},
        answered=bool(found),
    )


def sensitivities(bounds: Bounds, symbols: Sequence[str]) -> dict[str, Sensitivity]:
    """For the bounds of derivatives (those that are finite), by every symbol. Raises KeyError for an unknown symbol."""
    found: dict[str, Sensitivity] = {}
    for quantity, bound in _of_derivatives(bounds):
        if not bound.finite:
            continue
        derivatives = dict(zip(symbols, bound.gradient(symbols), strict=True))
        elasticities: dict[str, float] = {}
        ties: list[int] = []
        whole = bounds.number(bound)
        known = {  # where the blocks reach the bound is not known without all values
            symbol: derivative
            for symbol, derivative in derivatives.items()
            if derivative.reason is None and (derivative.direction is None or whole is not None)
        }
        numbers, missing = certified(known, bounds.values, ties)
        for symbol, number in numbers.items():
            value = bounds.values.get(bounds.symbols[symbol])
            if whole is not None and value is not None and whole != 0:
                elasticities[symbol] = elasticity(number, to_number(value), whole)
        found[quantity.name] = Sensitivity(bound, derivatives, numbers, elasticities, bool(ties), missing)
    return found


def _of_derivatives(bounds: Bounds) -> list[tuple[Quantity, Bound]]:
    return [(quantity, bounds.figures[quantity]) for quantity in OF_DERIVATIVES if quantity in bounds.figures]


def contributions(bounds: Bounds) -> dict[str, dict[str, float]]:
    """The elasticities of the same by the norm of each ball of parameters, from one reverse pass each; {} without numbers, and where
    another recursion than that in Euclidean norms gave the bound.

    An elasticity of 2 means that halving what bounds this ball divides the bound by four.
    """
    calculus = Euclidean(Arena(), bounds.options.refine)
    traced = trace(bounds.primitives, calculus, seeded=bounds.options.blocks != TOTAL, scaled=True)
    further = traced
    if bounds.options.third_order:
        further = third_order(bounds.primitives, calculus.arena, bounds.options, scaled=True)
    found: dict[str, dict[str, float]] = {}
    for quantity, bound in _of_derivatives(bounds):
        program = traced if quantity in traced.figures[bounds.primitives.output] else further
        scalar = program.figures[bounds.primitives.output][quantity]
        ones = dict.fromkeys(program.scales.values(), sympy.S.One)
        whole = bounds.number(bound)
        if not isinstance(scalar, Scalar) or whole is None or whole == 0:
            continue
        at: dict[sympy.Symbol, object] = {**bounds.values, **ones}
        if isinstance(bound.figure, ByBlocks):
            at |= dict(zip(program.seeds.values(), bound.figure.direction(bounds.values).values(), strict=True))
        elif program.seeds:
            continue  # loops whose entries have a recursion of their own
        value, slopes = _value_and_slopes(scalar, at, list(program.scales.values()))
        if abs(quotient(value, whole) - 1) > AGREE:
            continue  # another recursion gave the bound, such as one in several norms
        found[quantity.name] = {
            path: elasticity(slope, to_number(1), whole) for path, slope in zip(program.scales, slopes, strict=True)
        }
    return found


def _value_and_slopes(
    scalar: Scalar, at: Mapping[sympy.Symbol, object], symbols: Sequence[sympy.Symbol]
) -> tuple[Number, Sequence[Number]]:
    """Numbers need no program of the derivatives, except through loops."""
    found = value_and_gradient(scalar, at, symbols)  # type: ignore[arg-type]
    if found is not None:
        return found
    value, *slopes = evaluate([scalar, *gradient(scalar, symbols)], at)  # type: ignore[arg-type]
    return value, slopes


def _data(
    bounds: Bounds,
    found: Mapping[str, Sensitivity],
    layers: Mapping[str, Mapping[str, float]],
    infinite: Mapping[str, str | None],
) -> dict[str, Json]:
    """`derivatives` by constant and symbol, as quantities of `bounds --format json` whose number is the nearest decimal."""
    derivatives = [d for s in found.values() for d in s.derivatives.values()]
    definitions = definitions_of(derivatives, list(bounds.symbols))
    named = {name for name, _ in definitions}
    long = LONG if too_long(derivatives) else None
    return {
        "certified": bounds.certified,
        "definitions": [[name, text] for name, text in definitions],
        "derivatives": {
            name: {symbol: _derivative(s, symbol, d, named, long) for symbol, d in s.derivatives.items()}
            for name, s in found.items()
        },
        "elasticities": {name: dict(s.elasticities) for name, s in found.items()},
        "layers": {name: dict(values) for name, values in layers.items()},
        "infinite": infinite,
        "ties": [name for name, s in found.items() if s.ties],
    }


def _picture(bounds: Bounds, found: Mapping[str, Sensitivity], layers: Mapping[str, Mapping[str, float]]) -> Picture:
    """Elasticities by symbols, and by what bounds the parameters of each layer."""
    require_values(bounds)
    symbols = [s for s in bounds.symbols if any(s in of.elasticities for of in found.values())]
    paths = list(next(iter(layers.values()), {}))
    by_symbol = tuple((name, [of.elasticities.get(s, 0.0) for s in symbols]) for name, of in found.items())
    by_layer = tuple((name, [of[path] for path in paths]) for name, of in layers.items())
    what = "elasticity: percent of the bound for one percent"
    panels = (Bars("of symbols", what, symbols, by_symbol), Bars("of the parameters of layers", what, paths, by_layer))
    return Picture(titled(bounds), tuple(panel for panel in panels if panel.names))


def _rows(found: Mapping[str, Sensitivity]) -> list[dict[str, Json]]:
    return [
        {
            "bound": name,
            "symbol": symbol,
            "derivative": _derivative(of, symbol, derivative, set(), None),
            "elasticity": of.elasticities.get(symbol),
        }
        for name, of in found.items()
        for symbol, derivative in of.derivatives.items()
    ]


def _derivative(
    of: Sensitivity, symbol: str, derivative: Derivative, named: set[str], long: str | None
) -> dict[str, Json]:
    number = of.numbers.get(symbol)
    expression = derivative.expression
    result: dict[str, Json] = {
        "expression": None if expression is None else to_str(expression),
        "definition": derivative.definition if derivative.definition in named else None,
        "number": None if number is None else decimals.nearest_decimal(number),
        "enclosure": None if number is None else list(decimals.enclosure(number)),
        "log10": decimals.log10_upper(number) if number is not None and number > 0 else None,
        "finite": True,
        "reason": derivative.reason or of.missing.get(symbol) or (long if expression is None else None),
    }
    if derivative.upper and expression is not None:
        result["upper"] = True
    return result


def _symbol_table(bounds: Bounds, found: Mapping[str, Sensitivity]) -> Table:
    symbols = list(next(iter(found.values())).derivatives) if found else []
    last = list(found)[-1] if found else ""
    symbols.sort(key=lambda s: -abs(found[last].elasticities.get(s, 0.0)))
    columns = ["symbol", "value"]
    for name in found:
        columns += [f"d {name}", f"elasticity of {name}"]
    rows: list[list[str]] = []
    for symbol in symbols:
        value = bounds.values.get(bounds.symbols[symbol])
        row = [symbol, "" if value is None else to_str(value)]
        for s in found.values():
            number, elasticity = s.numbers.get(symbol), s.elasticities.get(symbol)
            row += [
                "none" if symbol in s.missing else _nearest(number),
                "" if elasticity is None else f"{elasticity:.4f}",
            ]
        rows.append(row)
    return Table(columns, rows, right=columns[1:])


def _nearest(number: Number | None) -> str:
    return "symbolic" if number is None else short(decimals.nearest_decimal(number, 4))


def _closed_forms(found: Mapping[str, Sensitivity]) -> list[str]:
    lines: list[str] = []
    long = too_long([d for s in found.values() for d in s.derivatives.values()])
    for name, s in found.items():
        for symbol, derivative in s.derivatives.items():
            text = "" if derivative.expression is None else to_str(derivative.expression)
            if text and len(text) <= SHORT:
                sign = "~" if derivative.upper else "="
                lines.append(f"  d {name} / d {symbol} {sign} {text}")
            elif derivative.reason is None and symbol not in s.numbers:
                where = LONG if long else "--format json has it, or its definitions"
                lines.append(f"  d {name} / d {symbol} is long: {where}")
            elif derivative.reason is not None:
                lines.append(f"  d {name} / d {symbol}: {derivative.reason}")
    return ["closed forms", "\n".join(lines)] if lines else []


def _layer_table(layers: Mapping[str, Mapping[str, float]]) -> Table:
    """Elasticities by the norm of each ball: what a layer contributes."""
    names = list(layers)
    paths = sorted(next(iter(layers.values())), key=lambda path: -layers[names[-1]][path])
    columns = ["parameters of", *(f"elasticity of {name}" for name in names)]
    rows = [[path, *(f"{layers[name][path]:.4f}" for name in names)] for path in paths]
    return Table(columns, rows, right=columns[1:])
