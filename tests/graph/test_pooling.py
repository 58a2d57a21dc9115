"""Windows over an axis of symbolic length, against windows that are laid one by one."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.bounds.values import resolve

LENGTHS = range(1, 13)
CASES = [
    (kernel, stride, padding, ceil)
    for kernel, stride, padding, ceil in product((1, 2, 3, 5), (1, 2, 4), (0, 1, 2), (False, True))
    if 2 * padding <= kernel
]


@cache
def compiled(kind: str, symbols: str, kernel: object, stride: object, padding: object, ceil: bool) -> bc.Bounds:
    fields = f"kernel: {kernel}, stride: {stride}, padding: {padding}, ceil: {str(ceil).lower()}"
    text = f"symbols: {symbols}\ninput: {{shape: [1, T], norm: 1}}\nlayers: [{{{kind}: {{{fields}}}}}, globalavgpool]"
    return bc.compile(bc.loads(text), wrt="input")


def windows(length: int, kernel: int, stride: int, padding: int, ceil: bool) -> list[tuple[int, int]]:
    """First entry, from the padding on, and clipped end of every window, as torch lays them."""
    last = length + 2 * padding - kernel
    count = (-(-last // stride) if ceil else last // stride) + 1
    if ceil and (count - 1) * stride >= length + padding:
        count -= 1
    starts = [i * stride - padding for i in range(count)]
    return [(start, min(start + kernel, length + padding)) for start in starts]


def least(kind: str, length: int, laid: list[tuple[int, int]]) -> float:
    """The largest slope of the mean of the windows: of averages their norm, of maxima that of one entry above all others."""
    rows = np.zeros((len(laid), length))
    for row, (start, end) in zip(rows, laid, strict=True):
        row[max(start, 0) : max(min(end, length), 0)] = 1 / (end - start) if kind == "avgpool1d" else 1
    if kind == "avgpool1d":
        return float(np.linalg.norm(rows.mean(axis=0)))
    return float(rows.mean(axis=0).max())


@pytest.mark.parametrize("kind", ["maxpool1d", "avgpool1d"])
def test_a_length_without_a_value_has_the_windows_of_every_length(kind: str) -> None:
    for kernel, stride, padding, ceil in CASES:
        free = compiled(kind, "{T:}", kernel, stride, padding, ceil)
        several = compiled(kind, "{T:, k:, s:, p: {at_least: 0}}", "k", "s", "p", ceil)
        kept = compiled(kind, "{T: 12}", kernel, stride, padding, ceil)
        for length in LENGTHS:
            laid = windows(length, kernel, stride, padding, ceil)
            values = {"T": length, "k": kernel, "s": stride, "p": padding}
            if not laid:
                with pytest.raises(ValueError, match="compile the spec again"):
                    free.lipschitz.evaluate(T=length)
                continue
            for bounds, given in ((free, {"T": length}), (kept, {"T": length}), (several, values)):
                (layer,) = [row.layer for row in bounds.layers.values() if row.layer.kind.name == kind]
                found = layer.shape[1].xreplace(resolve(bounds.graph.conditions, given))
                assert found == len(laid), (kernel, stride, padding, ceil, given)
                assert bounds.lipschitz.evaluate(**given) >= least(kind, length, laid) * (1 - 1e-12)
            direct = compiled(kind, f"{{T: {length}}}", kernel, stride, padding, ceil)
            assert free.lipschitz.evaluate(T=length) == direct.lipschitz.evaluate()


def test_a_last_window_does_not_start_in_the_padding() -> None:
    bounds = compiled("maxpool1d", "{T:}", 2, 2, 1, True)
    assert bounds.lipschitz.evaluate(T=3) >= 0.5**0.5
    assert not bounds.conditions
