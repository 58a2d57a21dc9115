"""What the rules and constants are taken from, as a bibliography has it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """key: of a citation. text: authors, title, where it appeared."""

    key: str
    text: str


ROULET_HARCHAOUI = Work(
    "RouletHarchaoui",
    "V. Roulet and Z. Harchaoui. An elementary approach to convergence guarantees of optimization algorithms for deep networks. "
    "arXiv:2002.09051, 2020.",
)
BANACH_POLYNOMIALS = Work(
    "Banach1938",
    "S. Banach. \N{LATIN CAPITAL LETTER U WITH DIAERESIS}ber homogene Polynome in (L^2). Studia Mathematica 7, 36-44, 1938.",
)
BANACH_CONTRACTIONS = Work(
    "Banach1922",
    "S. Banach. Sur les op\N{LATIN SMALL LETTER E WITH ACUTE}rations dans les ensembles abstraits et leur application aux "
    "\N{LATIN SMALL LETTER E WITH ACUTE}quations int\N{LATIN SMALL LETTER E WITH ACUTE}grales. Fundamenta Mathematicae 3, 133-181, 1922.",
)
