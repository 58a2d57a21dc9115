"""What JSON says, as flat rows for spreadsheets and data frames."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from boundcalc.bounds.options import Json, Options
from boundcalc.mistakes import ExtraMissingError

if TYPE_CHECKING:
    from pandas import DataFrame

Cell = str | int | float | bool | None
Record = Mapping[str, Cell]


def records(rows: Sequence[Mapping[str, Json]], options: Options) -> list[Record]:
    """A row each, the options that it holds under at its end; all have the same columns, in the order in which they first occur."""
    flat = [dict(_flat("", {**row, **options.to_dict()})) for row in rows]
    columns = dict.fromkeys(name for row in flat for name in row)
    return [{name: row.get(name) for name in columns} for row in flat]


def to_frame(found: Sequence[Record]) -> DataFrame:
    """A data frame; decimals become the least doubles above. Raises ExtraMissingError (an ImportError) without pandas."""
    try:
        import pandas as pd
    except ImportError:
        raise ExtraMissingError("frame", "a data frame", "pandas") from None

    return pd.DataFrame.from_records([{name: _value(cell) for name, cell in row.items()} for row in found])


def _flat(prefix: str, row: Mapping[str, Json]) -> Iterator[tuple[str, Cell]]:
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and {"number", "log10"} <= value.keys():
            yield name, _number(value)
            yield f"{name}.log10", _log10(value)
        elif isinstance(value, Mapping):
            yield from _flat(f"{name}.", value)
        elif isinstance(value, Sequence) and not isinstance(value, str):
            yield name, json.dumps(value)
        else:
            yield name, value


def _number(quantity: Mapping[str, Json]) -> Cell:
    """A decimal; without one the closed form; infinite as `inf`; nothing where nothing is known."""
    number, form = quantity["number"], quantity.get("expression")
    if isinstance(number, str):
        return number
    if quantity.get("finite") is False:
        return "inf"
    return form if isinstance(form, str) else None


def _log10(quantity: Mapping[str, Json]) -> Cell:
    log = quantity["log10"]
    return "inf" if quantity.get("finite") is False else log if isinstance(log, int | float) else None


def _value(cell: Cell) -> Cell:
    """A double for a decimal, not below it."""
    if not isinstance(cell, str):
        return cell
    if cell == "inf":
        return math.inf
    try:
        exact = Decimal(cell) if "/" not in cell else Fraction(cell)
    except (ValueError, ArithmeticError):
        return cell
    return _above(exact)


def _above(exact: Decimal | Fraction) -> float:
    """The least double at or above: of exponents of any size."""
    try:
        near = float(exact)
    except OverflowError:
        return math.inf
    if math.isinf(near) or not math.isfinite(near):
        return near
    is_below = Fraction(near) < Fraction(exact) if near else exact > 0
    return math.nextafter(near, math.inf) if is_below else near
