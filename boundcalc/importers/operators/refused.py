"""Operators that are no Lipschitz continuous maps of what they read: each is refused, with the reason."""

from __future__ import annotations

from boundcalc.importers.call import Call, Rule
from boundcalc.importers.draft import Draft
from boundcalc.importers.operators.row import Operator
from boundcalc.importers.values import RefusalError, Value

_JUMPS = ("sign", "round", "floor", "ceil", "trunc", "frac", "heaviside", "sgn", "fmod", "remainder", "floor_divide")
_COMPARED = ("ge", "gt", "le", "lt", "eq", "ne", "logical_and", "logical_or", "logical_not", "bitwise_and", "isnan")
_PLACES = ("argmax", "argmin", "argsort", "nonzero", "bucketize", "searchsorted")


def _always(reason: str) -> Rule:
    def rule(draft: Draft, call: Call) -> Value:
        raise RefusalError(reason)

    return rule


REFUSED: tuple[Operator, ...] = (
    Operator(_JUMPS, "nothing", _always("it jumps, so that it is not Lipschitz continuous"), "always"),
    Operator(_COMPARED, "nothing", _always("what it tells jumps where entries are equal"), "of what is computed"),
    Operator(
        _PLACES,
        "nothing",
        _always("it gives places, which jump where entries change their order"),
        "of what is computed",
    ),
    Operator(
        ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "affine_grid_generator"),
        "nothing",
        _always("it reads entries at places that are computed"),
        "always",
    ),
)
