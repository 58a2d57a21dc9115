"""Small networks: together they use every layer kind and every construct of the language (test_jets.py checks that they do)."""

from __future__ import annotations

from collections.abc import Mapping

from reference.families.index import FAMILIES

HEADER = "symbols: {R: 3/2}\nbatch: 2\nradius: R\n"
VECTOR = HEADER + "input: {shape: [3], norm: {sample: 1}}\n"
NARROW = (
    "symbols: {R: 3/2}\nradius: R\ninput: {shape: [1], norm: 2}\n"  # one unit, one sample: bounds are nearly reached
)
SIGNAL = HEADER + "input: {shape: [2, 7], norm: {entry: 1}}\n"
IMAGE = HEADER + "input: {shape: [2, 4, 5], norm: {entry: 1/2}}\n"
VOLUME = HEADER + "input: {shape: [1, 3, 4, 3], norm: 2}\n"

ACTIVATIONS = (
    "relu", "relu6", "{hardtanh: {min_val: -1/2, max_val: 2}}", "leaky_relu: 1/5", "selu", "softplus: 3", "logsigmoid", "sigmoid",
    "tanh", "tanhshrink", "arctan", "softsign", "elu", "elu: 2", "celu: 1/2", "gelu", "gelu: tanh", "silu", "mish", "hardsigmoid",
    "hardswish", "softshrink: 1/4", "hardshrink: 1/4", "sin", "gaussian", "square", "identity",
)  # fmt: skip

NETWORKS: Mapping[str, str] = {
    **{
        f"activation {name}": VECTOR + f"layers: [dense: 2, {name}, dense: {{units: 2, bias: false}}, {name}]"
        for name in ACTIVATIONS
    },
    **{
        f"narrow {name}": NARROW + f"layers: [dense: {{units: 1, bias: false}}, {name}, dense: {{units: 1, bias: false}}]"
        for name in ("tanh", "softplus", "sigmoid", "square", "gelu", "mish", "softsign", "gaussian", "elu", "sin")
    },
    "narrow biases": NARROW + "layers: [dense: 1, softplus, dense: 1, softplus, dense: 1]",
    "narrow linear": NARROW + "layers: [{repeat: {times: 4, layers: [dense: {units: 1, bias: false}]}}]",
    "batch of equal samples": HEADER + "input: {shape: [1], norm: {entry: 1}}\nlayers: [dense: 1, tanh, dense: 1]",
    "biases in their own balls": VECTOR + "layers: [{dense: {units: 2, radius: {weight: R, bias: 1/2}}}, tanh, dense: 2]",
    "a radius of zero": VECTOR + "layers: [dense: {units: 2, radius: 0}, tanh, dense: 2]",
    "centres": VECTOR + "layers: [{dense: {units: 2, center: 2, radius: 1/2}}, tanh, {dense: {units: 1, center: 1}}]",
    "centres of each array": VECTOR
    + "layers: [{dense: {units: 2, radius: {weight: R, bias: 1/2}, center: {weight: 1, bias: 2}}}, tanh, dense: 1]",
    "dense on the last axis": SIGNAL + "layers: [dense: 2, tanh, dense: {units: 1, bias: false}]",
    "conv1d": SIGNAL + "layers: [{conv1d: {channels: 2, kernel: 3, stride: 2, padding: 1}}, tanh, {conv1d: {channels: 1, kernel: 2}}]",
    "conv1d, dilation and stride": SIGNAL
    + "layers: [{conv1d: {channels: 2, kernel: 3, stride: 2, dilation: 2, padding: 2}}, softplus, {conv1d: {channels: 1, kernel: 2, bias: false}}]",
    "conv1d, same and groups": SIGNAL
    + "layers: [{conv1d: {channels: 4, kernel: 4, padding: same, groups: 2}}, tanh, {conv1d: {channels: 2, kernel: 3, dilation: 2, padding: same}}]",
    "conv1d, one channel": "input: {shape: [1, 6], norm: 1}\nradius: 1\nlayers: [{conv1d: {channels: 1, kernel: 3, padding: 2, bias: false}}, {conv1d: {channels: 1, kernel: 2, stride: 2}}]",
    "conv1d, bias in its own ball": SIGNAL + "layers: [{conv1d: {channels: 2, kernel: 2, radius: {weight: 1, bias: 2}}}, tanh]",
    "conv2d": IMAGE
    + "layers: [{conv2d: {channels: 2, kernel: [2, 3], stride: [1, 2], padding: [0, 1], dilation: [2, 1]}}, softplus, {conv2d: {channels: 1, kernel: 2}}]",
    "conv3d": VOLUME + "layers: [{conv3d: {channels: 2, kernel: 2, stride: [1, 2, 1]}}, tanh, {conv3d: {channels: 1, kernel: [2, 1, 2], groups: 1}}]",
    "maxpool1d": SIGNAL + "layers: [{conv1d: {channels: 1, kernel: 2}}, {maxpool1d: {kernel: 3, stride: 1, padding: 1}}, {conv1d: {channels: 1, kernel: 2}}]",
    "maxpool2d": IMAGE + "layers: [{conv2d: {channels: 1, kernel: 2}}, {maxpool2d: {kernel: 2, stride: 1}}, flatten, dense: 1]",
    "maxpool3d": VOLUME + "layers: [{conv3d: {channels: 1, kernel: 1}}, {maxpool3d: {kernel: 2, ceil: true}}, flatten, dense: 1]",
    "avgpool1d": SIGNAL + "layers: [{conv1d: {channels: 1, kernel: 2}}, softplus, {avgpool1d: {kernel: 3, stride: 2, padding: 1, ceil: true}}]",
    "avgpool1d, ceil": "input: {shape: [1, 5], norm: {entry: 1}}\nradius: 2\nlayers: [{conv1d: {channels: 1, kernel: 1, bias: false}}, {avgpool1d: {kernel: 4, stride: 2, ceil: true}}]",
    "avgpool2d": IMAGE + "layers: [{conv2d: {channels: 2, kernel: 2}}, softplus, {avgpool2d: {kernel: [2, 3], stride: 1}}, {dense: 1}]",
    "avgpool3d": VOLUME + "layers: [{conv3d: {channels: 2, kernel: 1}}, tanh, {avgpool3d: 2}, flatten, dense: 2]",
    "global average": IMAGE + "layers: [{conv2d: {channels: 3, kernel: 3}}, softplus, globalavgpool, dense: 2]",
    "mean": SIGNAL + "layers: [dense: 3, tanh, {mean: {axis: 0}}, dense: 2, mean]",
    "reshape": SIGNAL + "layers: [{reshape: [7, -1]}, dense: 2, softplus, {reshape: [2, 7]}, flatten, dense: 1]",
    "dropout": VECTOR + "layers: [dense: 3, tanh, dropout: 1/2, dense: 3, {dropout: {p: 1/3, mode: eval}}, dense: 1]",
    "softmax": VECTOR + "layers: [dense: 3, softmax, dense: 2, softmax]",
    "logsoftmax": VECTOR + "layers: [dense: 3, logsoftmax, dense: 2, logsoftmax]",
    "logsoftmax over the first axis": SIGNAL + "layers: [dense: 2, {logsoftmax: {axis: 0}}, dense: 1]",
    "softmax over the first axis": SIGNAL + "layers: [dense: 2, {softmax: {axis: 0}}, dense: 1]",
    "batchnorm": VECTOR + "layers: [dense: 2, batchnorm: 1/10, dense: 2, tanh]",
    "batchnorm of images": IMAGE + "layers: [{conv2d: {channels: 2, kernel: 2}}, {batchnorm: {eps: 1/5, affine: true}}, softplus, {conv2d: {channels: 1, kernel: 2}}]",
    "batchnorm, each position": SIGNAL + "layers: [{conv1d: {channels: 2, kernel: 3}}, {batchnorm: {eps: 1/5, affine: true, positions: false}}, tanh, {conv1d: {channels: 1, kernel: 2}}]",
    "batchnorm, additive": SIGNAL + "layers: [{conv1d: {channels: 2, kernel: 3}}, {batchnorm: {eps: 1/2, form: additive}}, tanh, dense: 1]",
    "batchnorm, additive, affine, each position": VECTOR
    + "layers: [dense: 2, {batchnorm: {eps: 1/2, form: additive, positions: false, affine: true}}, dense: 1]",
    "gains with balls of their own": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1/2, affine: true, radius: {weight: 1/2, bias: 3}}}, tanh]",
    "gains with a centre": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1/2, affine: true, radius: {weight: 1/2, bias: 3}, center: {weight: sqrt(in)}}}, tanh]",
    "gains and shifts with a centre": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1/2, affine: true, center: 2}}, tanh]",
    "attention layer": SIGNAL + "layers: [dense: 2, attention: 2, tanh, {attention: {heads: 2, width: 4, rotary: true, causal: true, bias: true, mask: false}}]",
    "attention layer, groups": SIGNAL + "layers: [dense: 2, {attention: {heads: 4, kv_heads: 2, width: 4, bias: false, relative_bias: 1/2, rotary: false}}, dense: 1]",
    "attention layer, masks": SIGNAL + "layers: [dense: 2, {attention: {heads: 1, mask: true, dropout: 1/4, causal: false}}, {attention: {heads: 1, mask: true, causal: true}}]",
    "attention layer of two": SIGNAL + "layers: [{dense: {units: 2, name: a}}, {attention: {from: [a, input], heads: 2, name: b, radius: {query: 1/2, key: 1, value: R, out: {OUT}}}}, {attention: {from: [[transpose], [transpose]], heads: 1, causal: true, relative_bias: R}}, transpose, {attention: {heads: 2, share: {out: b.out, query.weight: b.query.weight}}}]".replace("{OUT}", "R/2"),
    "attention layer, balls of arrays": SIGNAL + "layers: [dense: 2, {attention: {heads: 1, radius: {weight: R, bias: 1/2, out: 1}, center: {value: 1, query.weight: 1/2, out.bias: 1}}}, tanh]",
    "attention layer, axes before the positions": IMAGE + "layers: [{permute: [2, 1, 0]}, {attention: {heads: 1, causal: true, relative_bias: 1}}, tanh]",
    "attention layer, shared": SIGNAL + "layers: [dense: 2, {attention: {heads: 1, relative_bias: 1, name: a}}, {attention: {heads: 1, relative_bias: 1, share: a}}]",
    "layernorm": SIGNAL + "layers: [dense: 3, layernorm: 1/10, dense: 2, {layernorm: {eps: 1/5, affine: true, axes: 2}}, tanh, {layernorm: {eps: 1, affine: false, axes: 1}}]",
    "layernorm of images": IMAGE + "layers: [{conv2d: {channels: 2, kernel: 2}}, {layernorm: {eps: 1/5, affine: true, axes: 2, radius: {weight: 1/2, bias: 1}}}, softplus]",
    "layernorm without eps": VECTOR + "layers: [dense: 2, {layernorm: 0}, tanh]",
    "axes moved": IMAGE + "layers: [{permute: [2, 0, -2]}, dense: 2, tanh, transpose, dense: 1, {transpose: [0, -1]}, {transpose: {axes: [0, 2]}}]",
    "batchnorm without eps": VECTOR + "layers: [dense: 2, {batchnorm: 0}, tanh, dense: 2]",
    "residual": VECTOR + "layers: [dense: 3, {residual: [dense: 3, tanh]}, {residual: {name: two, layers: [softplus, dense: 3]}}, dense: 1]",
    "residual from an earlier step": VECTOR + "layers: [{dense: {units: 3, name: a}}, tanh, {residual: {from: a, layers: [dense: 3, tanh]}}]",
    "add of one": VECTOR + "layers: [dense: 2, {add: [[]]}, {concat: [[]]}, {multiply: [[]]}, tanh]",
    "concat": VECTOR + "layers: [{dense: {units: 2, name: a}}, tanh, {concat: [[dense: 1], a, input]}, dense: 2, softplus]",
    "concat along the last axis": SIGNAL + "layers: [{dense: {units: 2, name: a}}, tanh, {concat: {from: [[], a], axis: -1}}, dense: 1]",
    "multiply by a gate": VECTOR + "layers: [{dense: {units: 2, name: v}}, {multiply: [v, [{dense: {from: input, units: 2}}, sigmoid]]}, dense: 2]",
    "multiply of three": VECTOR + "layers: [{dense: {units: 2, name: a}}, tanh, {multiply: [[], a, [softplus]]}]",
    "narrow product": NARROW + "layers: [{dense: {units: 1, bias: false, name: a}}, {multiply: [a, a, [dense: {units: 1, bias: false}]]}]",
    "narrow sum of squares": NARROW + "layers: [{dense: {units: 1, bias: false, name: a}}, square, {add: [[], a]}, square]",
    "attention": SIGNAL
    + "layers: [{dense: {units: 2, name: q}}, {dense: {units: 2, name: k, from: input}}, {matmul: {from: [q, k], transpose_right: true}}, softmax, {matmul: [[], k]}, dense: 1]",
    "matmul, transposed stochastic": SIGNAL
    + "layers: [{dense: {units: 3, name: p}}, softmax, {matmul: {from: [[], p], transpose_left: true}}, tanh]",
    "matmul of the first axis": SIGNAL + "layers: [{dense: {units: 3, name: p}}, {softmax: {axis: 0}}, {matmul: {from: [[], p], transpose_right: true}}]",
    "product of gates": VECTOR
    + "layers: [{dense: {units: 3, name: a}}, {multiply: [[tanh], [sin], [multiply: [[sigmoid], a]]]}, {mean: {axis: 0}}, {multiply: [[], [tanh]]}]",
    "narrow product of gates": NARROW + "layers: [{dense: {units: 1, bias: false}}, {multiply: [[tanh], [multiply: [[tanh], [tanh]]]]}]",
    "parameter": VECTOR + "layers: [dense: 2, {add: [[], [parameter: {shape: [2], name: p}]]}, {multiply: [[], [parameter: [2]]]}, tanh]",
    "linear": VECTOR + "layers: [dense: 2, {linear: {norm: 3/2, shape: [4]}}, tanh, linear: 1/2, dense: 1]",
    "linear along an axis": SIGNAL + "layers: [dense: 3, {linear: {norm: 3/2, shape: [4, 3], axes: [-1]}}, tanh, linear: {norm: 1/2, axes: [sample]}]",
    "map": VECTOR + "layers: [dense: 2, {map: {lipschitz: 2, smoothness: 3, at_zero: 1/2}}, dense: {units: 1, bias: false}]",
    "map of bounded norm": VECTOR + "layers: [{dense: {units: 2, radius: 1/4}}, {map: {lipschitz: 1/2, smoothness: 1, sup: 2}}, dense: 1]",
    "map without smoothness": VECTOR + "layers: [dense: 2, {map: {lipschitz: 2, at_zero: 0, sup: 3, shape: [2]}}, dense: 1]",
    "map of unknown norm": VECTOR + "layers: [dense: 2, {map: {lipschitz: 1, smoothness: 1}}, tanh, {map: {lipschitz: 1, smoothness: 1}}]",
    "map without a Lipschitz constant": VECTOR + "layers: [{dense: {units: 2, frozen: true}}, {map: {sup: 1}}, dense: 1]",
    "map along axes": SIGNAL + "layers: [dense: 2, {map: {lipschitz: 2, smoothness: 3, at_zero: 1/2, axes: [sample, 0]}}, square, {map: {lipschitz: 1, smoothness: 2, sup: 1, axes: [1, 0]}}, square]",
    "bilinear": VECTOR + "layers: [{dense: {units: 2, name: a}}, tanh, {bilinear: {from: [[], a], norm: 2, shape: [3]}}, dense: 1]",
    "bilinear along axes": SIGNAL + "layers: [{dense: {units: 2, name: a}}, tanh, {bilinear: {from: [[], a], norm: 2, shape: [2, 3], axes: [0, sample]}}]",
    "generic along axes": SIGNAL + "layers: [{generic: {lipschitz: 2, smoothness: 1/2, axes: [sample]}}, {generic: {lipschitz: 3/2, smoothness: 1, shape: [2], axes: [sample, 0]}}]",
    "generic": VECTOR + "layers: [generic: {lipschitz: 2, smoothness: 1/2}, {generic: {lipschitz: 3/2, smoothness: 1, shape: [2]}}]",
    "generic linear": NARROW + "layers: [{repeat: {times: 3, layers: [generic: {lipschitz: 2, smoothness: 0}]}}]",
    "generic without smoothness": VECTOR + "layers: [generic: 1, tanh]",
    "frozen layers": VECTOR + "layers: [{dense: {units: 3, frozen: true}}, relu, dense: 2, softplus, {dense: {units: 2, frozen: true}}]",
    "frozen module": VECTOR + "define: {block: [dense: 2, tanh]}\nlayers: [{block: {frozen: true}}, block, {block: {radius: 1/2}}]",
    "spectral": VECTOR + "layers: [{dense: {units: 2, spectral: 1}}, tanh, {dense: {units: 2, spectral: 4}}]",
    "spectral convolution": SIGNAL + "layers: [{conv1d: {channels: 2, kernel: 3, spectral: 1}}, tanh, {conv1d: {channels: 1, kernel: 2, bias: false, spectral: 1/2}}]",
    "spectral, narrow": NARROW + "layers: [{dense: {units: 1, bias: false, spectral: 1}}, {dense: {units: 1, bias: false}}]",
    "centre of the weights, one ball": VECTOR + "layers: [dense: 2, {dense: {units: 2, center: {weight: 2}}}, tanh]",
    "centre of the bias, one ball": VECTOR + "layers: [dense: 2, {dense: {units: 2, radius: 1/4, center: {bias: 2}}}]",
    "centres, one ball": VECTOR + "layers: [dense: 2, {dense: {units: 2, radius: 1/4, center: {weight: 1/4, bias: 2}}}]",
    "gains with a centre of the shifts, one ball": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1/100, affine: true, radius: 1/10, center: {bias: 1/4}}}]",
    "gains with a centre of the shifts": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1/100, affine: true, radius: {weight: 1/10, bias: 1}, center: {bias: 1/4}}}]",
    "gain and shift from one array": VECTOR + "layers: [{dense: {units: 1, name: a, radius: 3}}, {batchnorm: {eps: 1/100, affine: true, share: {weight: a.bias, bias: a.bias}}}]",
    "gains and shifts exchanged": VECTOR + "layers: [dense: 1, {batchnorm: {eps: 1/100, affine: true, name: a, center: 1}}, dense: 1, {batchnorm: {eps: 1/100, affine: true, share: {weight: a.bias, bias: a.weight}}}]",
    "a gain with a centre elsewhere": VECTOR + "layers: [dense: 1, {batchnorm: {eps: 1/100, affine: true, name: a, radius: 1/10, center: 1}}, {parameter: {shape: [1], share: {weight: a.weight}}}]",
    "regularized gains": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1, affine: true, radius: 1/10}}]\nloss: logistic\nregularizer: 50",
    "shared": VECTOR + "layers: [{dense: {units: 3, name: a}}, tanh, {dense: {units: 3, share: a}}, tanh, {dense: {units: 3, share: {weight: a.weight}}}]",
    "shared, narrow": NARROW + "layers: [{dense: {units: 1, bias: false, name: a}}, {dense: {units: 1, bias: false, share: a}}, {dense: {units: 1, bias: false, share: a}}]",
    "shared, transposed": VECTOR + "layers: [{dense: {units: 2, bias: false, name: a}}, tanh, {dense: {units: 3, share: {weight: a.weight}}}]",
    "shared modules": VECTOR + "define: {block: [dense: 3, tanh]}\nlayers: [{block: {name: a}}, {block: {share: a}}]",
    "shared gains": VECTOR + "layers: [dense: 2, {batchnorm: {eps: 1, affine: true, name: a}}, tanh, {batchnorm: {eps: 1, affine: true, share: a}}]",
    "repeat": VECTOR + "layers: [{repeat: {times: 2, layers: [dense: 3, tanh]}}, dense: 1]",
    "repeat with an index": VECTOR + "layers: [{repeat: {times: 3, index: i, layers: [dense: i + 1, tanh]}}]",
    "repeat with shared layers": VECTOR + "layers: [{repeat: {times: 3, share: true, layers: [dense: 3, tanh]}}]",
    "repeat, collected": VECTOR + "layers: [{repeat: {times: 2, collect: true, layers: [dense: 3, tanh]}}, dense: 1]",
    "repeat of no copies": VECTOR + "layers: [dense: 2, {repeat: {times: 0, layers: [relu]}}, tanh]",
    "symbolic repeat": VECTOR.replace("R: 3/2", "R: 3/2, k: {value: 2, integer: true}") + "layers: [dense: 2, {repeat: {times: k, layers: [dense: 2, softplus]}}, dense: 1]",
    "recurrent": HEADER
    + """input: {shape: [3, 2], norm: {sample: 1}}
layers:
  - repeat:
      times: 3
      share: true
      each: {x: input}
      carry: {h: {shape: [2], next: h1}}
      layers:
        - concat: [x, h]
        - dense: {units: 2, name: candidate}
        - tanh
        - multiply: [[], [{dense: {units: 2, from: x}}, sigmoid]]
        - add: {from: [[], h], name: h1}
  - dense: 1
""",
    "carry with a start": VECTOR + "layers: [{dense: {units: 2, name: a}}, {repeat: {times: 2, name: r, carry: {h: {start: a, next: b}}, layers: [dense: {units: 2, from: h}, tanh, {add: {from: [[], h], name: b}}]}}, dense: {units: 1, from: r.h}]",
    "symbolic recurrent": HEADER.replace("R: 3/2", "R: 3/2, T: {value: 3, integer: true}")
    + """input: {shape: [T, 2], norm: {sample: 1}}
layers:
  - repeat:
      times: T
      share: true
      name: r
      each: {x: input}
      carry: {h: {shape: [2], next: h1}}
      layers:
        - concat: [x, h]
        - dense: {units: 2, name: candidate}
        - sigmoid
        - multiply: [[], h]
        - dense: 2
        - add: {from: [[], h], name: h1}
  - add: [[], r.h]
""",
    "symbolic repeats, one in the other": VECTOR.replace("R: 3/2", "R: 1/2, k: {value: 2, integer: true}")
    + "layers: [dense: 2, {repeat: {times: k, layers: [{repeat: {times: k, layers: [{residual: [tanh, dense: 2]}]}}, softplus]}}]",
    "symbolic repeat, collected": VECTOR.replace("R: 3/2", "R: 1/2, k: {value: 3, integer: true}")
    + "layers: [dense: 2, {repeat: {times: k, collect: true, layers: [dense: 2, tanh]}}, softplus]",
    "symbolic repeat of a kink": VECTOR.replace("R: 3/2", "R: 1/2, k: {value: 2, integer: true}")
    + "layers: [{repeat: {times: k, layers: [relu, {dense: {units: 3, frozen: true}}]}}, dense: 2]",
    "modules with layers as arguments": VECTOR
    + "define: {block: {args: {width:, act: [tanh], times: 1}, layers: [{repeat: {times: times, layers: [dense: width, act]}}]}}\nlayers: [block: 2, {block: {width: 2, act: [softplus, dense: 2, sigmoid], times: 2}}]",
    "modules with inputs": VECTOR
    + "define: {gate: {inputs: [a, b], layers: [{multiply: [a, [{dense: {units: 2, from: b}}, sigmoid]]}]}}\nlayers: [{dense: {units: 2, name: v}}, {gate: {from: [v, input]}}, {gate: {from: [[], [tanh]]}}]",
    "several inputs and outputs": HEADER
    + "inputs: {one: {shape: [2], norm: 1}, two: {shape: [3], norm: {entry: 1}}}\nlayers: [{dense: {units: 2, from: one, name: a}}, tanh, {dense: {units: 2, from: two, name: b}}, {add: [a, b]}, softplus]\noutput: [b, softplus_0]",
    "logistic": VECTOR + "layers: [dense: 2, softplus, dense: 3]\nloss: logistic",
    "logistic, regularized": VECTOR + "layers: [dense: 2, softplus, {dense: {units: 3, radius: {weight: 1, bias: 2}}}]\nloss: logistic\nregularizer: {l2: 2}",
    "squared": VECTOR + "layers: [dense: 2, tanh, dense: 2]\nloss: {squared: {labels: 2}}\nregularizer: 1/3",
    "squared, narrow": NARROW + "layers: [dense: {units: 1, bias: false}, dense: {units: 1, bias: false}]\nloss: {squared: {labels: 1}}",
    "autoencoder": VECTOR + "layers: [dense: 2, tanh, {dense: {units: 3, name: decoded}}]\nloss: {squared: {from: [decoded, input]}}",
    "a loss of a frozen network": VECTOR + "layers: [{dense: {units: 2, frozen: true}}, relu, {dense: {units: 3, frozen: true}}]\nloss: logistic",
    **{name: text for family in FAMILIES for name, text in family.networks.items()},
}  # fmt: skip

SELECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("narrow biases", ("input",)),
    ("narrow biases", ("parameters", "input")),
    ("narrow biases", ("dense_1",)),
    ("conv2d", ("input",)),
    ("avgpool1d, ceil", ("input",)),
    ("maxpool1d", ("input",)),
    ("maxpool2d", ("input",)),
    ("batchnorm", ("input",)),
    ("batchnorm of images", ("batchnorm_0", "conv2d_1")),
    ("batchnorm, additive", ("input",)),
    ("attention", ("input",)),
    ("attention", ("q", "input")),
    ("softmax", ("input",)),
    ("logsoftmax", ("input",)),
    ("multiply by a gate", ("input", "parameters")),
    ("recurrent", ("input", "**.candidate")),
    ("several inputs and outputs", ("one",)),
    ("several inputs and outputs", ("one", "two", "parameters")),
    ("biases in their own balls", ("dense_0.bias", "dense_1")),
    ("logistic", ("input",)),
    ("squared", ("parameters", "input")),
    ("autoencoder", ("input", "dense_0")),
    ("frozen layers", ("input",)),
    ("activation relu", ("dense_1",)),
    ("narrow linear", ("input", "parameters")),
)
