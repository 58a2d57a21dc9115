"""`--smooth softplus|moreau=MU`, and `smooth:` in a file: which smooth maps stand for ReLU and for the largest entry of a window."""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.exact.expression import Expression, parse
from boundcalc.language.fields import fail, read_scalar
from boundcalc.language.tree import Node
from boundcalc.mistakes import Place, SpecError

SOFTPLUS = "softplus"  # what it is called after what stands for ReLU
COMMAND_LINE = Place("--smooth moreau")
CHOICES = f"write '{SOFTPLUS}', or 'moreau=MU' with a positive number or an expression in the symbols of the spec"


@dataclass(frozen=True, slots=True)
class Smoothing:
    """softplus(z) = log(1 + exp(z)) and averages where `mu` is None; otherwise the Moreau envelope of ReLU and mu log-sum-exp."""

    mu: Expression | None

    @property
    def text(self) -> str:
        """As `--smooth` takes it."""
        return SOFTPLUS if self.mu is None else f"moreau={self.mu.text}"


def read_smoothing(text: str, place: Place = COMMAND_LINE) -> Smoothing:
    """Raises ValueError for what is no smoothing, SpecError for what is wrong inside MU."""
    method, equals, mu = text.partition("=")
    if text == SOFTPLUS:
        return Smoothing(None)
    if method != "moreau" or not equals or not mu.strip():
        raise ValueError(f"there is no smoothing {text!r}; {CHOICES}")
    return Smoothing(parse(mu, place))


def smoothing_of(node: Node) -> Smoothing:
    """What a file says. Raises SpecError."""
    scalar = read_scalar(node, "a smoothing")
    try:
        return read_smoothing(scalar.text.replace(" ", ""), scalar.place)
    except SpecError:
        raise
    except ValueError as error:
        finding, _, remedy = str(error).partition("; ")
        raise fail(scalar.place, finding, remedy) from None
