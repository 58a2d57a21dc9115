"""Maps known by the catalogue's constants, ours or the paper's; and maps of which a person gives the constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy

from boundcalc.calculus.primitives import Map
from boundcalc.calculus.views import AS_A_WHOLE, View
from boundcalc.catalogue import symbols
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.published import Published
from boundcalc.graph.kind import Lowering
from boundcalc.graph.shape import Shape, size
from boundcalc.mistakes import SpecError

GIVEN = "given in the spec"


def lower_map(
    entry: Nonlinearity,
    of: int,
    lowering: Lowering,
    view: View = AS_A_WHOLE,
    *,
    picks: bool = False,
    simplex: int | None = None,
    shape: Shape | None = None,
) -> int:
    """The map itself, with what its constants rely on kept and its constants reported; `shape`: of the image, where it is not
    the layer's."""
    lowering.assume(entry.assumed)
    lowering.own(lipschitz=entry.lipschitz.value, smoothness=entry.smoothness.value)
    return lowering.emit(Map(of, entry, view, picks, simplex), shape)


def published_map(entry: Nonlinearity, constants: Published) -> Nonlinearity:
    """The entry with the paper's constants in place of ours; the image of zero is a fact, not a constant of the paper."""

    def fact(ours: Fact, value: sympy.Expr | None) -> Fact:
        return Fact(value, constants.source, reason="" if value is not None else constants.reason or ours.reason)

    return replace(
        entry,
        lipschitz=fact(entry.lipschitz, constants.lipschitz),
        smoothness=fact(entry.smoothness, constants.smoothness),
        norm=entry.norm if constants.norm is None else Fact(constants.norm, constants.source),
        sup=None if constants.norm is not None else entry.sup,
        derivative_at_zero=None,
    )


def constants_of(
    row: Published, lowering: Lowering, values: Mapping[sympy.Symbol, sympy.Expr] | None = None
) -> Published:
    """The paper's constants in the sizes of a layer, and its warnings handed on."""
    for warning in row.warnings:
        lowering.warn(warning)
    sizes = {symbols.batch: lowering.batch, symbols.size: size(lowering.shape)}
    return row.at({**sizes, **(values or {})})


def outside(row: Published, lowering: Lowering) -> SpecError:
    """The error for a layer that the paper's constants are not meant for."""
    remedy = f"the paper covers {row.domain}; use --constants sharp"
    return lowering.error(f"there are no published constants for {row.outside}", remedy)


def given_map(
    name: str,
    lipschitz: sympy.Expr | None,
    smoothness: sympy.Expr | None,
    at_zero: sympy.Expr | None,
    sup: sympy.Expr | None,
    unbounded: str = "",
) -> Nonlinearity:
    """A map known by constants that somebody vouches for; `at_zero` and `sup` bound Euclidean norms.

    Where only `sup` is known it also bounds the image of zero; where neither is, `unbounded` says so.
    """
    bound_at_zero = at_zero if at_zero is not None else sup
    return Nonlinearity(
        name=name,
        title=f"{name} of given constants",
        domain="where the spec's constants hold",
        lipschitz=Fact(lipschitz, GIVEN, reason=f"no Lipschitz constant of '{name}' is given"),
        smoothness=Fact(smoothness, GIVEN, reason=f"no smoothness constant of '{name}' is given"),
        at_zero=Fact(bound_at_zero, GIVEN, reason=unbounded),
        norm=None if sup is None else Fact(sup, GIVEN),
    )


def unknown_map(name: str, reason: str) -> Nonlinearity:
    """A map without finite constants."""
    unknown = Fact(None, GIVEN, reason=reason)
    return replace(given_map(name, None, None, None, None, reason), lipschitz=unknown, smoothness=unknown)
