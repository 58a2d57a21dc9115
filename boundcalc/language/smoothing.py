"""`--smooth softplus|moreau=MU`: which smooth maps stand for ReLU and for the largest entry of a window."""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.exact.expression import Expression, parse
from boundcalc.mistakes import Place

SOFTPLUS = "softplus"  # what it is called after what stands for ReLU
CHOICES = f"write '{SOFTPLUS}', or 'moreau=MU' with a positive number or an expression in the symbols of the spec"


@dataclass(frozen=True, slots=True)
class Smoothing:
    """softplus(z) = log(1 + exp(z)) and averages where `mu` is None; otherwise the Moreau envelope of ReLU and mu log-sum-exp."""

    mu: Expression | None


def read_smoothing(text: str) -> Smoothing:
    """Raises ValueError for what is no smoothing, SpecError for what is wrong inside MU."""
    method, equals, mu = text.partition("=")
    if text == SOFTPLUS:
        return Smoothing(None)
    if method != "moreau" or not equals or not mu.strip():
        raise ValueError(f"there is no smoothing {text!r}; {CHOICES}")
    return Smoothing(parse(mu, Place("--smooth moreau")))
