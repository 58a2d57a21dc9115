"""What a regularizer sees: r(w) = weight/2 times the sum of ||v||^2 over balls v of learned arrays."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass

import sympy

from boundcalc.graph.patterns import matches
from boundcalc.language.regularizer import Word
from boundcalc.mistakes import Mistakes, shown, suggest

EVERY = "*"  # in the path of a ball: each copy of a symbolic repeat


@dataclass(frozen=True, slots=True)
class Regularization:
    """`balls`: their paths; None: all that are differentiated by."""

    weight: sympy.Expr
    balls: frozenset[str] | None = None

    def sees(self, ball: str) -> bool:
        return self.balls is None or ball in self.balls


def balls_of(words: Sequence[Word], balls: Set[str], paths: Collection[str]) -> frozenset[str]:
    """The balls that words select, as `--wrt` reads them. Raises SpecError for a word that selects nothing, and for one that selects some
    copies of a symbolic repeat, which are all alike. `paths`: others that a person may have meant."""
    mistakes, found = Mistakes(), set[str]()
    for word in words:
        chosen = {ball for ball in balls if matches(word.text, ball)}
        if any(_is_one_copy(word.text, ball) for ball in balls - chosen):
            finding = f"{shown(word.text)} selects some copies of a repeat with a symbolic number of times"
            mistakes.add(word.place, finding, f"write {EVERY} for the number of the copy, or give the number of times")
        elif not chosen:
            remedy = suggest(word.text, [*balls, *paths]) or "write the path of a layer, such as 'stage4.**'"
            mistakes.add(word.place, f"{shown(word.text)} selects no learned array", remedy)
        found |= chosen
    mistakes.raise_if_any()
    return frozenset(found)


def _is_one_copy(word: str, ball: str) -> bool:
    """Whether it selects the ball with a number in place of the sign for every copy."""
    if EVERY not in ball.split("."):
        return False
    numbers = {part.replace(EVERY, "0") for part in word.split(".")}
    parts = ball.split(".")
    return any(
        matches(word, ".".join(number if part == EVERY else part for part in parts))
        for number in numbers
        if number.isdigit()
    )
