"""Files of modules and symbols only: what is checked of them, and that a network is still asked for where one is needed."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.graph.library import check_library

GOOD = """
symbols: {eps: 1/100}
define:
  conv_bn:
    args: {channels:, act: [relu], s: 1, p: same}
    layers: [conv2d: {channels: channels, kernel: 3, stride: s, padding: p, bias: false}, batchnorm: {eps: eps}, act]
  deep: {args: {w:}, layers: [repeat: {times: 3, index: i, layers: [dense: w + i]}, residual: [dense: in]]}
"""


def test_a_good_one_has_no_mistakes() -> None:
    architecture = bc.loads(GOOD)
    assert architecture.only_modules
    check_library(architecture)
    with pytest.raises(bc.SpecError, match="only modules and symbols, no network; include it in a spec"):
        bc.compile(architecture)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("define: {a: {args: {channels:}, layers: [dense: chanels]}}", ["s:1:49: unknown name 'chanels'; did you mean 'channels'?"]),
        ("define: {a: [residual: [dense: q]]}", ["s:1:32: unknown name 'q'"]),
        ("define: {a: [add: [[], [dense: q]]]}", ["s:1:32: unknown name 'q'"]),
        ("define: {a: [repeat: {times: 2, index: i, layers: [dense: j]}]}", ["s:1:59: unknown name 'j'"]),
        ("define: {a: {args: {x: [dense: q]}, layers: [x]}}", ["s:1:32: unknown name 'q'"]),
        ("define: {b: {args: {x:}, layers: [dense: x]}, a: [b: {x: q}]}", ["s:1:58: unknown name 'q'"]),
        ("define: {a: [b], b: [repeat: {times: 2, layers: [a]}]}", ["s:1:10: the module 'a' calls itself: a -> b -> a"]),
        ("symbols: {x: -1}", ["s:1:14: the symbol 'x' is positive, and -1 is not"]),
        ("symbols: {x: y, y: x}", ["depend on each other"]),
        ("define: {a: [densee: 3]}", ["unknown layer 'densee'; did you mean 'dense'?"]),
        ("define: {a: [relu]}\nlayres: []", ["the file has no input", "the file has no key 'layres'"]),
    ],
)  # fmt: skip
def test_mistakes(text: str, expected: list[str]) -> None:
    with pytest.raises(bc.SpecError) as caught:
        check_library(bc.loads(text, "s"))
    lines = str(caught.value).splitlines()
    assert len(lines) == len(expected)
    assert all(part in line for part, line in zip(expected, lines, strict=True))


def test_a_file_of_neither_is_no_library() -> None:
    for text in ("name: x", "{}"):
        with pytest.raises(bc.SpecError, match="the file has no layers"):
            bc.loads(text)
