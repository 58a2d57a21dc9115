"""embedding: token ids to rows of a learned table, [...] -> [..., features].

Linear in the table. A token that occurs k times counts k times, and all of an array may be one token: l = sqrt(n T) for n samples
of T ids. At one place it is a row of the table: l = 1, and no row is longer than the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from boundcalc.calculus.primitives import Linear
from boundcalc.calculus.views import View
from boundcalc.catalogue import gains
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import size
from boundcalc.language.fields import Size
from boundcalc.language.structure import StepFields


class Fields(StepFields):
    """Token ids to rows of a learned table of so many features."""

    value_field = "features"
    features: Size


@dataclass(frozen=True, slots=True)
class Facts:
    pass


def place(fields: Fields, at: At) -> Placed[Facts]:
    features, tokens = at.size(fields.features, "the number of features"), at.operands[0].tokens
    assert tokens is not None
    return Placed((*at.shape, features), Facts(), {"weight": (tokens, features)}, features=LAST)


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    places = lowering.shape[:-1]
    times = gains.repeat_norm(lowering.batch * size(places))
    lowering.own(operator_norm=times)
    view = View(copied=frozenset(range(len(places) + 1)))
    return lowering.emit(Linear(lowering.arrays["weight"].parameter, times, view=view))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    (ids,) = inputs
    rows = xp.take(arrays["weight"], xp.astype(xp.reshape(ids, (-1,)), xp.int64), axis=0)
    return xp.reshape(rows, (*ids.shape, rows.shape[-1]))


KIND = Kind(
    "embedding",
    Fields,
    place,
    lower,
    forward,
    channels=-1,
    reads_tokens=True,
    example="input: {shape: [8], tokens: 100}\nradius: 1\nlayers: [embedding: 4, dense: 2]\n",
)
