"""Numbers by blocks as JavaScript: the norm of the entries of l, the largest eigenvalue of those of L."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boundcalc.blocks.entries import Symbolic, entries
from boundcalc.blocks.figures import ByBlocks
from boundcalc.blocks.seeds import fits
from boundcalc.bounds.bound import Bound
from boundcalc.output.javascript.expressions import LIBRARY
from boundcalc.program.ir import Scalar

MOST = 12_000  # coefficients, as `fits` counts them; each is a line of some forty characters


@dataclass(frozen=True, slots=True)
class Joined:
    """The smaller of what the entries give and the recursion with one block."""

    entries: Mapping[tuple[int, ...], Scalar]
    size: int
    total: Scalar

    @property
    def scalars(self) -> Sequence[Scalar]:
        return [self.total, *self.entries.values()]

    def code(self, names: Mapping[Scalar, str]) -> str:
        """`names`: of the scalars."""
        if all(len(key) < 2 for key in self.entries):
            own = f"{LIBRARY}.hypot({', '.join(names[entry] for entry in self.entries.values())})" if self.entries else "-Infinity"
        else:
            triples = ", ".join(f"[{i}, {j}, {names[entry]}]" for (i, j), entry in self.entries.items())
            own = f"{LIBRARY}.eigenvalue({self.size}, [{triples}])"
        return f"Math.min({own}, {names[self.total]})"


def joined(bounds: Sequence[Bound], network: Sequence[Bound]) -> Mapping[Bound, Joined]:
    """Those bounds by blocks whose entries are few enough for a page: all of them, those of the `network`, or none."""
    for some in (bounds, network):
        figures = {bound: figure for bound in some if isinstance(figure := bound.figure, ByBlocks)}
        forms = list(dict.fromkeys(figure.form for figure in figures.values()))
        seeds = next((figure.numbers.entry_seeds for figure in figures.values()), None)
        if seeds is not None and fits(forms, seeds, MOST):
            found = dict(zip(forms, entries(forms, seeds, Symbolic(forms[0].arena)), strict=True))
            return {bound: Joined(found[f.form], len(seeds), f.total) for bound, f in figures.items()}
    return {}
