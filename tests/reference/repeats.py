"""Networks with symbolic repeats, as texts in which TIMES stands for the number of times: a symbol `k`, or a number for copies."""

from __future__ import annotations

from collections.abc import Mapping

HEADER = "symbols: {R:, x:, n: 3, k: {integer: true}}\nbatch: n\nradius: R\n"
VECTOR = "input: {shape: [2], norm: x}\n"
IMAGE = "input: {shape: [2, 4, 4], norm: x}\n"
PLAIN = "dense: {units: 2, bias: false}"


def network(layers: str, head: str = HEADER + VECTOR) -> str:
    """TIMES stands for the number of times."""
    return f"{head}layers: [{layers}]"


def repeat(body: str, fields: str = "") -> str:
    return f"{{repeat: {{times: TIMES, name: loop, {fields}layers: [{body}]}}}}"


LSTM = """
symbols: {n: 3, x:, k: {integer: true}, e: 4, d: 5, R:}
batch: n
input: {shape: [TIMES, e], norm: {sample: x}}
radius: R
layers:
  - repeat:
      times: TIMES
      share: true
      each: {x_t: input}
      carry:
        h: {shape: [d], next: h1}
        c: {shape: [d], next: c1}
      layers:
        - concat: {from: [x_t, h], name: xh}
        - dense: {units: d, from: xh, name: W_f}
        - sigmoid: {name: f}
        - dense: {units: d, from: xh, name: W_i}
        - sigmoid: {name: i}
        - dense: {units: d, from: xh, name: W_g}
        - tanh: {name: g}
        - dense: {units: d, from: xh, name: W_o}
        - sigmoid: {name: o}
        - multiply: {from: [f, c], name: fc}
        - multiply: {from: [i, g], name: ig}
        - add: {from: [fc, ig], name: c1}
        - tanh: {name: tc}
        - multiply: {from: [o, tc], name: h1}
  - dense: {units: 10, name: head}
"""

# Closed forms that are exact.
EXACT: Mapping[str, str] = {
    "linear": network(repeat(PLAIN)),
    "softplus": network(repeat(f"{PLAIN}, softplus")),
    "residual": network(repeat(f"{{residual: [{PLAIN}, softplus, {PLAIN}]}}")),
    "convolution": network(
        repeat("{conv2d: {channels: 2, kernel: 3, padding: same, bias: false}}, softplus"), HEADER + IMAGE
    ),
    "a bias in its own ball": network(repeat("{dense: {units: 2, radius: {weight: R, bias: 1/2}}}, softplus")),
    "shared": network(repeat(f"{PLAIN}, softplus", "share: true, ")),
    "frozen inside": network(repeat("{dense: {units: 2, bias: false, frozen: true}}, softplus, " + PLAIN)),
    "relu": network(repeat(f"{PLAIN}, relu")),
    "nothing differentiated": network(repeat("{dense: {units: 2, bias: false, frozen: true}}, relu")),
    "generic": network(repeat("generic: {lipschitz: 2, smoothness: 1/2}")),
    "nested": network(repeat(f"{PLAIN}, {{repeat: {{times: 2, layers: [{PLAIN}]}}}}, softplus")),
    "nested, symbolic": network(repeat(f"{PLAIN}, {{repeat: {{times: TIMES, layers: [{PLAIN}]}}}}")),
    "several": network(
        f"{repeat(PLAIN + ', softplus')}, dense: {{units: 3, bias: false}}, softplus, "
        "{repeat: {times: TIMES, name: two, layers: [{residual: [dense: {units: 3, bias: false}]}]}}, dense: {units: 1, bias: false}"
    ),
}
# Closed forms that are upper bounds: of a bias, a concatenation, a minimum.
UPPER: Mapping[str, str] = {
    "bias": network(repeat("dense: 2, softplus")),
    "bias, residual": network(repeat("{residual: [dense: 2, softplus]}")),
    "bias, convolution": network(repeat("{conv2d: {channels: 2, kernel: 3, padding: same}}, softplus"), HEADER + IMAGE),
    "concatenation": network(
        repeat("{concat: [[dense: {units: 1, bias: false}], [dense: {units: 1, bias: false}]]}, softplus")
    ),
    "collected": network(f"{repeat(PLAIN + ', softplus', 'collect: true, ')}, dense: 1"),
    "tanh": network(repeat(f"{PLAIN}, tanh")),
    "tanh with a bias": network(repeat("dense: 2, tanh")),
    "sigmoid": network(repeat(f"{PLAIN}, sigmoid")),
    "batchnorm": network(repeat(f"{PLAIN}, batchnorm: 1/4, softplus")),
    "gates that do not depend on the state": network(
        repeat("{multiply: [[], [dense: {from: input, units: 2}, sigmoid]]}")
    ),
    "several, with biases": network(
        f"{repeat('dense: 2, softplus')}, dense: 3, {{repeat: {{times: TIMES, name: two, layers: [{{residual: [dense: 3]}}]}}}}, dense: 1"
    ),
}
# No closed form: the degree of what a pass multiplies grows.
OPEN: Mapping[str, str] = {
    "square": network(repeat(f"{PLAIN}, square")),
    "product": network(repeat(f"{{multiply: [[{PLAIN}], [{PLAIN}]]}}")),
    "lstm": LSTM,
}
NETWORKS = {**EXACT, **UPPER, **OPEN}

# What a pass reads is not all made in it: the same array, node, slice or input in every pass. Here `blocks: layer` falls back.
WEIGHT = "dense: {units: 1, bias: false"
SCALAR = HEADER.replace("n: 3, ", "n: 1, ") + "input: {shape: [1], norm: x}\n"
OUTSIDE: Mapping[str, str] = {
    "shares a layer before it that is not used": network(
        f"{WEIGHT}, name: a}}, {WEIGHT}, from: input, name: b}}, {repeat(WEIGHT + ', share: a}')}", SCALAR
    ),
    "shares a layer before it": network(
        f"{PLAIN[:-1]}, name: a}}, {repeat(PLAIN + ', softplus, ' + PLAIN[:-1] + ', share: a}')}"
    ),
    "zero-start carry, injected outer node": network(
        "dense: {units: 2, name: a}, "
        + repeat("{add: {from: [h, a]}}, " + PLAIN[:-1] + ", name: b}", "carry: {h: {shape: [2], next: b}}, ")
        + ", {identity: {from: loop.h}}"
    ),
    "injects the input": network(
        "{parameter: {shape: [1], name: p}}, " + repeat(f"{WEIGHT}}}, {{add: [[], input]}}"), SCALAR
    ),
    "scan": network(
        repeat(
            "{add: {from: [x_t, h]}}, dense: {units: 2}, softplus: {name: h1}",
            "each: {x_t: input}, carry: {h: {shape: [2], next: h1}}, ",
        )
        + ", {identity: {from: loop.h}}",
        HEADER + "input: {shape: [TIMES, 2], norm: x}\n",
    ),
    "scan of embedded entries": network(
        "dense: {units: 2, name: e}, "
        + repeat(
            "{add: {from: [x_t, h]}}, dense: {units: 2}, tanh: {name: h1}",
            "each: {x_t: e}, carry: {h: {shape: [2], next: h1}}, collect: true, ",
        )
        + ", dense: 1",
        HEADER + "input: {shape: [TIMES, 3], norm: x}\n",
    ),
    "carry that starts at a layer": network(
        "dense: {units: 2, name: a}, "
        + repeat(f"{PLAIN[:-1]}, from: h, name: b}}, softplus", "carry: {h: {start: a, next: b}}, ")
    ),
    "carry that starts at a layer, read in every pass": network(
        "dense: {units: 2, name: a}, "
        + repeat(
            f"{PLAIN[:-1]}, from: h}}, {{add: {{from: [[], a], name: b}}}}, softplus",
            "carry: {h: {start: a, next: b}}, ",
        )
        + ", {identity: {from: loop.h}}"
    ),
    "a state one pass behind another": network(
        "dense: {units: 2, name: a}, "
        + repeat(
            f"{PLAIN[:-1]}, from: c, name: d}}, {{add: {{from: [h, d]}}}}",
            "carry: {h: {shape: [2], next: c1}, c: {start: a, next: d}}, ".replace("c1", "d"),
        )
        + ", {add: {from: [loop.h, loop.c]}}"
    ),
    "the state before": network(
        "dense: {units: 2, name: a}, "
        + repeat(
            f"{PLAIN[:-1]}, from: c, name: d}}, {{identity: {{from: c, name: old}}}}, {{add: {{from: [h, old]}}}}",
            "carry: {h: {shape: [2], next: old}, c: {start: a, next: d}}, ",
        )
        + ", {identity: {from: loop.h}}"
    ),
    "one repeat read in the other": network(
        f"{repeat(PLAIN + ', softplus')}, {{repeat: {{times: TIMES, layers: [{PLAIN}, {{add: [[], loop]}}]}}}}"
    ),
    "one repeat after the other, from the input too": network(
        f"{repeat(PLAIN)}, {{repeat: {{times: TIMES, layers: [{PLAIN}, {{add: [[], input]}}]}}}}"
    ),
    "an inner repeat shares a layer of the outer one": network(
        repeat(f"{PLAIN[:-1]}, name: a}}, {{repeat: {{times: TIMES, layers: [{PLAIN[:-1]}, share: a}}]}}}}")
    ),
    "an inner repeat shares its passes": network(
        repeat(f"{PLAIN}, {{repeat: {{times: TIMES, share: true, layers: [{PLAIN}]}}}}")
    ),
    "an outer repeat shares its passes": network(
        repeat(f"{PLAIN}, {{repeat: {{times: TIMES, layers: [{PLAIN}]}}}}", "share: true, ")
    ),
    "a shared repeat after one that is not": network(
        f"{repeat(PLAIN)}, {{repeat: {{times: TIMES, share: true, layers: [{PLAIN}, softplus]}}}}"
    ),
    "a module shares the repeat of another": network(
        "{m: {name: one}}, {m: {name: two, share: one}}",
        HEADER
        + VECTOR
        + "define: {m: {args: {times: TIMES}, layers: [{repeat: {times: times, layers: [dense: 2, softplus]}}]}}\n",
    ),
    "a loss and a regularizer": network(
        f"dense: {{units: 2, name: a}}, {repeat(f'{PLAIN}, softplus')}, {PLAIN[:-1]}, share: a}}",
        HEADER + VECTOR + "loss: {squared: {labels: 1}}\nregularizer: 1/10\n",
    ),
    "a loss of a shared repeat": network(
        f"dense: {{units: 2, name: a}}, {repeat(f'{PLAIN[:-1]}, share: a}}, softplus')}",
        HEADER + VECTOR + "loss: {squared: {labels: 1}}\nregularizer: 1/10\n",
    ),
    "a loss of the repeat alone": network(
        f"{repeat(f'{PLAIN}, softplus')}", HEADER + VECTOR + "loss: {squared: {labels: 1}}\n"
    ),
}
