"""The constants that the rule of a primitive uses, with the letters of `rules.py`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sympy

from boundcalc.calculus import primitives as p
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity


@dataclass(frozen=True, slots=True)
class Used:
    """letter: LaTeX. of: the map of the catalogue that it is a constant of, empty for one of the layer; `domain`: where that map is
    bounded by them. A source that is empty is the
    theorem of the layer. of_entries: it bounds largest entries alone."""

    letter: str
    name: str
    fact: Fact
    of: str = ""
    domain: str = ""
    of_entries: bool = False


def constants_of(primitive: p.Primitive, refine: bool) -> Iterator[Used]:
    """`refine`: whether slopes are bounded by those at zero as well; those that are infinite always are."""
    match primitive:
        case p.Linear(norm=norm):
            yield _plain("a", "norm of the linear map", norm)
        case p.Bilinear():
            yield _plain("b", "norm of the bilinear map", primitive.norm)
            if primitive.constant != 0:
                yield _plain("c", "norm of the linear map of the bias", primitive.constant)
            if primitive.left_norm is not None:
                yield _plain("a_f", "operator norm of the map of the second factor", primitive.left_norm)
            if primitive.right_norm is not None:
                yield _plain("a_g", "operator norm of the map of the first factor", primitive.right_norm)
        case p.Map(entry=entry):
            yield from _of_map(entry, refine)
        case p.Average(entry=entry, count=count):
            yield _plain("N", "number of maps", count)
            yield from _of_map(entry, refine)
        case p.FixedPoint(factor=factor) if factor is not None:
            yield _plain("q", "contraction factor", factor)
        case _:
            return


def _plain(letter: str, name: str, value: sympy.Expr) -> Used:
    return Used(letter, name, Fact(value, ""))


def _of_map(entry: Nonlinearity, refine: bool) -> Iterator[Used]:
    slope = entry.derivative_at_zero if refine or entry.lipschitz.value is None else None
    named = (
        (r"\ell_a", "Lipschitz constant", entry.lipschitz),
        ("L_a", "smoothness constant", entry.smoothness),
        ("a_0", "norm of the image of 0", entry.at_zero),
        ("M", "largest norm", entry.norm),
        (r"\lVert Da(0)\rVert", "slope at 0", None if slope is None else Fact(slope, "the derivative at 0")),
    )
    for letter, name, fact in named:
        if fact is not None:
            yield Used(letter, name, fact, entry.name, entry.domain)
    if entry.sup is not None and entry.sup.value is not None:
        yield Used(r"\sup\lvert a\rvert", "largest entry", entry.sup, entry.name, entry.domain, of_entries=True)
    if entry.sup_at_zero is not None and entry.elementwise:
        at_zero = Fact(entry.sup_at_zero, entry.at_zero.source)
        yield Used(
            r"\lvert a(0)\rvert", "largest entry of the image of 0", at_zero, entry.name, entry.domain, of_entries=True
        )
