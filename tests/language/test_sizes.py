"""Symbols that stand by themselves where a size, a batch or a number of passes is expected are whole."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.language.sizes import size_symbols

HEAD = "symbols: {a:, b:, c:, R:}\nradius: R\n"
INPUT = "input: {shape: [6], norm: 1}\n"
IMAGE = "input: {shape: [6, 9, 9], norm: 1}\n"


def sizes(text: str, overrides: dict[str, object] | None = None) -> dict[str, int]:
    architecture = bc.override(bc.loads(text), overrides or {})
    return {name: whole.least for name, whole in size_symbols(architecture).items()}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("batch: a\ninput: {shape: [6], norm: b}\nlayers: [dense: 2*c]", {"a": 1}),
        ("input: {shape: [a, (b)], norm: {sample: c}}\nlayers: [relu]", {"a": 1, "b": 1}),
        (INPUT + "layers: [dense: {units: a, radius: b}]", {"a": 1}),
        (INPUT + "layers: [dense: a + 1]", {}),
        (IMAGE + "layers: [conv2d: {channels: a, kernel: [b, 3], padding: c}]", {"a": 1, "b": 1, "c": 1}),
        (IMAGE + "layers: [maxpool2d: a, dropout: b, {softmax: {axis: c}}]", {"a": 1}),
        (INPUT + "layers: [{reshape: [a, -1]}, {parameter: [b]}]", {"a": 1, "b": 1}),
        (INPUT + "layers: [{linear: {norm: a, shape: [b]}}]", {"b": 1}),
        (INPUT + "layers: [repeat: {times: a, layers: [dense: b]}]", {"a": 0, "b": 1}),
        (INPUT + "layers: [repeat: {times: a, layers: [dense: a]}]", {"a": 1}),  # a size as well
        (INPUT + "layers: [repeat: {times: a - 1, layers: [relu]}]", {}),
        (INPUT + "layers: [repeat: {times: 3, index: a, layers: [dense: a]}]", {}),  # the counter
        (INPUT + "layers: [repeat: {times: 3, carry: {h: {shape: [a], next: n}}, layers: [{dense: {units: b, from: h, name: n}}]}]", {"a": 1, "b": 1}),
        (INPUT + "layers: [residual: [dense: a], {add: [[], [dense: b]]}]", {"a": 1, "b": 1}),
        (INPUT + "layers: [relu]\nloss: {squared: {labels: a}}", {}),
        # through modules: what is given, defaults, defaults of defaults, layers as arguments, symbols of the same name
        (INPUT + "define: {m: {args: {w:}, layers: [dense: w]}}\nlayers: [m: {w: a}]", {"a": 1}),
        (INPUT + "define: {m: {args: {w:}, layers: [dense: w]}}\nlayers: [m: {w: a/2}]", {}),
        (INPUT + "define: {m: {args: {w: a}, layers: [dense: w]}}\nlayers: [m]", {"a": 1}),
        (INPUT + "define: {m: {args: {w: a}, layers: [dense: w]}}\nlayers: [m: {w: b}]", {"b": 1}),
        (INPUT + "define: {m: {args: {v: a, w: v}, layers: [dense: w]}}\nlayers: [m]", {"a": 1}),
        (INPUT + "define: {m: {args: {v:, w: v}, layers: [dense: w]}}\nlayers: [m: {v: b}]", {"b": 1}),
        (INPUT + "define: {m: {args: {w:}, layers: [dense: {units: 3, radius: w}]}}\nlayers: [m: {w: a}]", {}),
        (INPUT + "define: {m: {args: {w:}, layers: [o: {w: w}]}, o: {args: {w:}, layers: [repeat: {times: w, layers: [relu]}]}}\nlayers: [m: {w: a}]", {"a": 0}),
        (INPUT + "define: {m: {args: {act:}, layers: [act]}}\nlayers: [m: {act: [dense: a]}]", {"a": 1}),
        (INPUT + "define: {m: {args: {act: [dense: a]}, layers: [act]}}\nlayers: [m]", {"a": 1}),
        (INPUT + "define: {m: {args: {a: 3}, layers: [dense: a]}}\nlayers: [m]", {}),
        (INPUT + "define: {m: {args: {a: 3}, layers: [o, dense: a]}, o: [dense: a]}\nlayers: [m]", {"a": 1}),  # o sees the symbol
        (INPUT + "define: {m: [dense: a]}\nlayers: [relu]", {}),  # never called
    ],
)  # fmt: skip
def test_which_symbols_are_sizes(body: str, expected: dict[str, int]) -> None:
    assert sizes(HEAD + body) == expected


def test_overrides_count() -> None:
    text = HEAD + INPUT + "define: {m: {args: {w: 3}, layers: [dense: {units: w, name: d}]}}\nlayers: [m: {name: x}]"
    assert sizes(text) == {}
    assert sizes(text, {"x.d.units": "a"}) == sizes(text, {"x.w": "a"}) == sizes(text, {"batch": "a"}) == {"a": 1}
    assert sizes(text, {"x.d.radius": "a"}) == sizes(text, {"x.d.units": "2*a"}) == {}


def test_modules_that_call_themselves_and_long_chains_end() -> None:
    chain = ", ".join(f"m{i}: {{args: {{w:}}, layers: [m{i + 1}: {{w: w}}]}}" for i in range(2000))
    with pytest.raises(bc.SpecError, match="inside one another"):
        expand(
            bc.loads(
                HEAD
                + INPUT
                + f"define: {{{chain}, m2000: {{args: {{w:}}, layers: [dense: w]}}}}\nlayers: [m0: {{w: a}}]"
            )
        )
    with pytest.raises(bc.SpecError, match="calls itself"):
        expand(bc.loads(HEAD + INPUT + "define: {m: {args: {w:}, layers: [m: {w: w}]}}\nlayers: [m: {w: a}]"))


def test_a_call_of_many_calls_is_read_once() -> None:
    """2**60 copies: they are refused, and not counted one by one before."""
    double = ", ".join(f"m{i}: {{args: {{w:}}, layers: [m{i + 1}: {{w: w}}, m{i + 1}: {{w: w}}]}}" for i in range(60))
    text = HEAD + INPUT + f"define: {{{double}, m60: {{args: {{w:}}, layers: [dense: w]}}}}\nlayers: [m0: {{w: a}}]"
    assert sizes(text) == {"a": 1}
