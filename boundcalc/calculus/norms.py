"""The norms in which an array can be measured.

||z||_S is the largest, over the indices of the axes in S, of the Euclidean norm of the slice that is left: S = {} is the whole
batch, S = {0} the largest sample, all axes the largest entry. Two more serve weighted sums: sums of absolute values along one
axis, and a Euclidean norm over heads outside a largest position.
"""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.calculus.views import NONE, Axes


@dataclass(frozen=True, slots=True, order=False)
class Norm:
    """The largest over the indices of `largest` of the Euclidean norm of the rest, in which

    - `summed`: the absolute values are added up along these axes instead (with `largest`, all axes there are);
    - `heads`, `inner`: over `heads` the Euclidean norm of the largest over `inner`: sqrt(sum_h max_j ||z_hj||^2).
    """

    largest: Axes = NONE
    summed: Axes = NONE
    heads: Axes = NONE
    inner: Axes = NONE

    @property
    def is_plain(self) -> bool:
        return not (self.summed or self.heads)

    def __str__(self) -> str:
        """{sample, 0}: axes of the shape by number."""
        text = _shown(self.largest)
        if self.summed:
            text += f", sums along {_shown(self.summed)}"
        if self.heads:
            text += f", over {_shown(self.heads)} outside the largest of {_shown(self.inner)}"
        return text

    @property
    def order(self) -> tuple[list[int], ...]:
        """A key that sorts norms in one way."""
        return tuple(sorted(axes) for axes in (self.largest, self.summed, self.heads, self.inner))


def _shown(axes: Axes) -> str:
    return "{" + ", ".join(str(axis - 1) if axis else "sample" for axis in sorted(axes)) + "}"


WHOLE = Norm()
