"""Small models of ONNX, which need no framework: one or more for every operator that is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from onnx import ModelProto, TensorProto, helper, numpy_helper

VERSION = 24
Node = (
    tuple[str, str, str] | tuple[str, str, str, Mapping[str, Any]]
)  # operator, what it reads, what it gives, attributes
SOURCE = np.random.default_rng(7)


def drawn(*shape: int) -> np.ndarray:
    return (SOURCE.standard_normal(shape) / 2).astype(np.float32)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def floats(*values: float) -> np.ndarray:
    return np.array(values, dtype=np.float32)


def number(value: float) -> np.ndarray:
    return np.array(value, dtype=np.float32)


def model(
    nodes: Sequence[Node],
    arrays: Mapping[str, np.ndarray],
    inputs: Mapping[str, Sequence[int | str]],
    *,
    outputs: Sequence[str] = ("y",),
    kinds: Mapping[str, int] | None = None,
    version: int = VERSION,
) -> ModelProto:
    made = [
        helper.make_node(node[0], node[1].split(",") if node[1] else [], node[2].split(","), name=f"{node[0]}_{i}", **(node[3] if len(node) > 3 else {}))
        for i, node in enumerate(nodes)
    ]  # fmt: skip
    entries = [
        helper.make_tensor_value_info(name, (kinds or {}).get(name, TensorProto.FLOAT), list(shape))
        for name, shape in inputs.items()
    ]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outputs]
    stored = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    graph = helper.make_graph(made, "network", entries, results, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", version)], ir_version=10)


def one(
    operator: str, shape: Sequence[int], arrays: Mapping[str, np.ndarray] | None = None, **attributes: Any
) -> ModelProto:
    """One operator on an array of these sizes beside the samples."""
    given = dict(arrays or {})
    reads = ",".join(["x", *given])
    return model([(operator, reads, "y", attributes)], given, {"x": ["n", *shape]})


def perceptron() -> ModelProto:
    nodes: list[Node] = [
        ("Gemm", "x,w0,b0", "h", {"transB": 1}), ("Relu", "h", "a"), ("MatMul", "a,w1", "m"), ("Add", "b1,m", "y"),
    ]  # fmt: skip
    arrays = {"w0": drawn(8, 5), "b0": drawn(8), "w1": drawn(8, 3), "b1": drawn(3)}
    return model(nodes, arrays, {"x": ["n", 5]})


def factors() -> ModelProto:
    nodes: list[Node] = [("Gemm", "x,w,b", "y", {"alpha": 0.5, "beta": 2.0, "transB": 0})]
    return model(nodes, {"w": drawn(5, 4), "b": drawn(4)}, {"x": ["n", 5]})


def convolutional() -> ModelProto:
    nodes: list[Node] = [
        ("Conv", "x,w0", "c0", {"pads": [0, 1, 1, 1], "strides": [1, 2]}),
        ("BatchNormalization", "c0,scale,shift,mean,var", "n0", {"epsilon": 0.001}),
        ("Relu", "n0", "r0"),
        ("Conv", "r0,w1,b1", "c1", {"auto_pad": "SAME_UPPER", "group": 2}),
        ("Add", "r0,c1", "s"),
        ("MaxPool", "s", "p", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("GlobalAveragePool", "p", "g"),
        ("Flatten", "g", "f"),
        ("Gemm", "f,w2,b2", "y", {"transB": 1}),
    ]
    arrays = {
        "w0": drawn(6, 2, 3, 3), "scale": drawn(6) + 1, "shift": drawn(6), "mean": drawn(6), "var": drawn(6) ** 2 + np.float32(0.3),
        "w1": drawn(6, 3, 3, 3), "b1": drawn(6), "w2": drawn(3, 6), "b2": drawn(3),
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 2, 8, 9]})


def shifted() -> ModelProto:
    """Biases that are constants: zeros, and others."""
    zeros, fixed = (numpy_helper.from_array(floats(*values)) for values in ((0, 0, 0), (1, -2, 0.5)))
    nodes: list[Node] = [
        ("Constant", "", "b0", {"value": zeros}), ("Constant", "", "b1", {"value": fixed}),
        ("Conv", "x,w0,b0", "a"), ("Tanh", "a", "b"), ("Conv", "b,w1,b1", "c"), ("ConvTranspose", "c,w2,b1", "y"),
    ]  # fmt: skip
    return model(nodes, {"w0": drawn(3, 2, 3), "w1": drawn(3, 3, 2), "w2": drawn(3, 3, 2)}, {"x": ["n", 2, 8]})


def trained() -> ModelProto:
    nodes: list[Node] = [
        ("Conv", "x,w0", "c0"),
        ("BatchNormalization", "c0,scale,shift,mean,var", "n0,m1,v1", {"training_mode": 1}),
        ("Tanh", "n0", "y"),
    ]
    arrays = {"w0": drawn(4, 2, 3), "scale": drawn(4), "shift": drawn(4), "mean": drawn(4), "var": drawn(4) ** 2}
    return model(nodes, arrays, {"x": ["n", 2, 6]})


def attentive(literal: bool = False) -> ModelProto:
    """Attention written out, with shapes that are computed, or with the file's own number of samples."""
    nodes: list[Node] = [
        ("MatMul", "x,wq", "q"), ("MatMul", "x,wk", "k0"), ("Transpose", "k0", "k", {"perm": [0, 2, 1]}), ("MatMul", "x,wv", "v"),
        ("MatMul", "q,k", "s0"), ("Div", "s0,root", "s1"), ("Where", "mask,s1,low", "s2"), ("Softmax", "s2", "p", {"axis": -1}),
        ("MatMul", "p,v", "o"), ("Add", "x,o", "r"), ("LayerNormalization", "r,g,b", "l"),
        ("Shape", "l", "shape"), ("Gather", "shape,zero", "n"), ("Unsqueeze", "n,axis", "n1"),
        ("Concat", "n1,rest", "target", {"axis": 0}), ("Reshape", "l,target" if not literal else "l,fixed", "y"),
    ]  # fmt: skip
    arrays = {
        "wq": drawn(6, 6), "wk": drawn(6, 6), "wv": drawn(6, 6), "root": number(6**0.5), "low": number(-np.inf), "g": drawn(6),
        "b": drawn(6), "mask": np.tril(np.ones((4, 4), dtype=bool)), "zero": np.array(0), "axis": ints(0), "rest": ints(24),
        "fixed": ints(2, 24),
    }  # fmt: skip
    return model(nodes, arrays, {"x": [2 if literal else "n", 4, 6]})


def heads() -> ModelProto:
    nodes: list[Node] = [
        ("MatMul", "x,w", "p"), ("Split", "p", "q,k,v", {"axis": 2, "num_outputs": 3}),
        ("Attention", "q,k,v", "o", {"q_num_heads": 2, "kv_num_heads": 2, "is_causal": 1}), ("RMSNormalization", "o,g", "y"),
    ]  # fmt: skip
    return model(nodes, {"w": drawn(6, 12), "g": drawn(4)}, {"x": ["n", 5, 6]})


def recurrent(operator: str, gates: int, direction: str = "forward", **attributes: Any) -> ModelProto:
    """[samples, steps, features], as a batch-first module is exported, with all states and the last one."""
    ways = 2 if direction == "bidirectional" else 1
    nodes: list[Node] = [
        ("Transpose", "x", "t", {"perm": [1, 0, 2]}),
        (operator, "t,w,r,b", "s,h", {"hidden_size": 3, "direction": direction, **attributes}),
        ("Transpose", "s", "s1", {"perm": [2, 0, 1, 3]}),
        ("Reshape", "s1,all", "z"),
        ("Transpose", "h", "h1", {"perm": [1, 0, 2]}),
        ("Reshape", "h1,flat", "y"),
    ]
    arrays = {
        "w": drawn(ways, gates * 3, 4), "r": drawn(ways, gates * 3, 3), "b": drawn(ways, 2 * gates * 3), "all": ints(0, 0, ways * 3),
        "flat": ints(0, -1),
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 5, 4]}, outputs=("z", "y"))


def embedded() -> ModelProto:
    nodes: list[Node] = [
        ("Gather", "table,ids", "e"), ("Gather", "places,order", "p"), ("Add", "e,p", "s"), ("ReduceMean", "s,axis", "m", {"keepdims": 0}),
        ("MatMul", "m,w", "y"),
    ]  # fmt: skip
    arrays = {
        "table": drawn(11, 4),
        "places": drawn(5, 4),
        "order": ints(0, 1, 2, 3, 4),
        "axis": ints(1),
        "w": drawn(4, 2),
    }
    return model(nodes, arrays, {"ids": ["n", 5]}, kinds={"ids": TensorProto.INT64})


def written_gelu() -> ModelProto:
    nodes: list[Node] = [
        ("Div", "x,root", "d"), ("Erf", "d", "e"), ("Add", "e,one", "a"), ("Mul", "x,a", "m"), ("Mul", "m,half", "y"),
    ]  # fmt: skip
    return model(nodes, {"root": number(2**0.5), "one": number(1), "half": number(0.5)}, {"x": ["n", 6]})


def functions() -> ModelProto:
    """Functions of every entry, each between two products, and some that are one function together."""
    chains: list[list[tuple[str, str, Mapping[str, Any]]]] = [
        *([(name, "", {})] for name in ("Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Mish", "HardSwish", "Selu", "Sin", "Atan")),
        *([(name, "", {})] for name in ("Neg", "Celu", "Elu", "HardSigmoid", "Gelu", "Swish")),
        [("LeakyRelu", "", {"alpha": 0.2})],
        [("Gelu", "", {"approximate": "tanh"})],
        [("Swish", "", {"alpha": 1.5})],
        [("Shrink", "", {"lambd": 0.25, "bias": 0.25})],
        [("Clip", ",low,high", {}), ("Min", ",top", {}), ("Max", ",bottom", {})],
        [("PRelu", ",slope", {}), ("Pow", ",two", {})],
        [("Exp", "", {}), ("Add", ",one", {}), ("Log", "", {})],
        [("Cos", "", {})],
        [("Abs", "", {})],
        [("Sigmoid", "", {}), ("Add", ",two", {}), ("Sqrt", "", {})],
        [("Exp", "", {}), ("Add", ",two", {}), ("Reciprocal", "", {})],
    ]  # fmt: skip
    nodes: list[Node] = []
    at = "x"
    for i, chain in enumerate(chains):
        for k, (name, more, attributes) in enumerate(chain):
            nodes.append((name, at + more, f"f{i}_{k}", attributes))
            at = f"f{i}_{k}"
        nodes.append(("MatMul", f"{at},w{i}", f"m{i}"))
        at = f"m{i}"
    nodes.append(("Identity", at, "y"))
    arrays = {
        "low": number(-0.5), "high": number(0.75), "top": number(0.5), "bottom": number(-0.25), "slope": floats(0.1, 0.2, 0.3),
        "two": number(2), "one": number(1), **{f"w{i}": drawn(3, 3) for i in range(len(chains))},
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 3]})


def thresholds() -> ModelProto:
    """Softplus as torch has it."""
    nodes: list[Node] = [
        ("MatMul", "x,w", "z"), ("Softplus", "z", "s"), ("Greater", "z,least", "c"), ("Where", "c,z,s", "a"),
        ("Mul", "a,beta", "b"), ("Softplus", "b", "d"), ("Div", "d,beta", "e"), ("Greater", "b,least", "f"), ("Where", "f,a,e", "y"),
    ]  # fmt: skip
    return model(nodes, {"w": drawn(3, 3), "least": number(20), "beta": number(2)}, {"x": ["n", 3]})


def groups() -> ModelProto:
    """A group norm as it is written out."""
    nodes: list[Node] = [
        ("Conv", "x,w", "c"), ("Reshape", "c,apart", "r"), ("InstanceNormalization", "r,ones,zeros", "i"), ("Shape", "c", "s"),
        ("Reshape", "i,s", "b"), ("Mul", "b,g", "m"), ("Add", "m,h", "y"),
    ]  # fmt: skip
    arrays = {
        "w": drawn(4, 2, 3), "apart": ints(0, 2, -1), "ones": floats(1, 1), "zeros": floats(0, 0), "g": drawn(4, 1), "h": drawn(4, 1),
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 2, 6]})


def moves() -> ModelProto:
    """[n, 4, 6]: cut, turned, joined, repeated."""
    nodes: list[Node] = [
        ("Slice", "x,s0,s1,s2,s3", "a"),  # [n, 4, 3] backwards
        ("Unsqueeze", "a,axes", "b"),  # [n, 1, 4, 3]
        ("Expand", "b,wide", "c"),  # [n, 2, 4, 3]
        ("Tile", "c,times", "d"),  # [n, 2, 8, 3]
        ("Pad", "d,amounts,value", "e"),  # [n, 2, 9, 4]
        ("Split", "e,parts", "f,g", {"axis": 2}),  # [n, 2, 4, 4], [n, 2, 5, 4]
        ("Gather", "g,picked", "h", {"axis": 2}),  # [n, 2, 4, 4]
        ("Sub", "f,h", "i"),
        ("Concat", "i,f", "j", {"axis": 1}),  # [n, 4, 4, 4]
        ("DepthToSpace", "j", "k", {"blocksize": 2}),
        ("SpaceToDepth", "k", "l", {"blocksize": 2}),
        ("DepthToSpace", "l", "m", {"blocksize": 2, "mode": "CRD"}),  # [n, 1, 8, 8]
        ("Squeeze", "m,axes", "o"),
        ("Trilu", "o", "p", {"upper": 0}),
        ("Gather", "p,third", "q", {"axis": 1}),
        ("Identity", "q", "r"),
        ("Cast", "r", "t", {"to": TensorProto.DOUBLE}),
        ("CastLike", "t,x", "y"),
    ]
    arrays = {
        "s0": ints(-1), "s1": ints(-100), "s2": ints(2), "s3": ints(-2), "axes": ints(1), "wide": ints(1, 2, 1, 1), "times": ints(1, 1, 2, 1),
        "amounts": ints(0, 0, 1, 0, 0, 0, 0, 1), "value": number(0.5), "parts": ints(4, 5), "picked": ints(0, 4, 1, 1),
        "third": np.array(2),
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 4, 6]})


def reductions() -> ModelProto:
    nodes: list[Node] = [
        ("ReduceSum", "x,last", "a"), ("ReduceMean", "x,last", "b"), ("ReduceSumSquare", "x,last", "c"), ("ReduceMax", "x,places", "d"),
        ("Sum", "a,b,c", "e"), ("Mean", "e,a", "f"), ("Mul", "f,d", "g"), ("ReduceL2", "x,last", "h"), ("Clip", "h,eps", "i"),
        ("Div", "x,i", "j"), ("Add", "j,g", "k"), ("Einsum", "k,w", "l", {"equation": "nchw,wd->nchd"}), ("LogSoftmax", "l", "m"),
        ("Dropout", "m", "y"),
    ]  # fmt: skip
    arrays = {"last": ints(3), "places": ints(2, 3), "eps": number(1e-3), "w": drawn(5, 3)}
    return model(nodes, arrays, {"x": ["n", 3, 4, 5]})


def image(*nodes: Node, channels: int = 2, size: int = 6, **arrays: np.ndarray) -> ModelProto:
    return model(nodes, arrays, {"x": ["n", channels, size, size]})


def scaled(factor: Sequence[float], **attributes: Any) -> ModelProto:
    return image(("Resize", "x,,scales", "y", attributes), scales=floats(1, 1, *factor))


def folded() -> ModelProto:
    """What an exporter computes while the network runs, and is known before."""
    nodes: list[Node] = [
        ("Shape", "x", "s"), ("Gather", "s,one", "n"), ("Mul", "n,two", "m"), ("Range", "zero,m,one0", "r"), ("Cast", "r", "f", {"to": 1}),
        ("Sin", "f", "g"), ("ConstantOfShape", "wide", "c", {"value": numpy_helper.from_array(np.array([2.0], dtype=np.float32))}),
        ("Add", "g,c", "h"), ("MatMul", "x,w", "z"), ("Add", "z,h", "y"),
    ]  # fmt: skip
    arrays = {
        "one": np.array(1), "two": np.array(2), "zero": np.array(0), "one0": np.array(1), "wide": ints(8), "w": drawn(4, 8),
    }  # fmt: skip
    return model(nodes, arrays, {"x": ["n", 4]})


def chosen() -> ModelProto:
    """A condition that is known before the network runs."""
    branches = {
        name: helper.make_graph([helper.make_node("Mul", ["x", scale], [f"out_{name}"])], name, [], [helper.make_tensor_value_info(f"out_{name}", 1, None)])
        for name, scale in (("then_branch", "w"), ("else_branch", "v"))
    }  # fmt: skip
    nodes: list[Node] = [
        ("Shape", "x", "s"), ("Size", "s", "rank"), ("Equal", "rank,two", "is_flat"), ("If", "is_flat", "z", branches), ("Relu", "z", "y"),
    ]  # fmt: skip
    return model(nodes, {"two": np.array(2), "w": drawn(4), "v": drawn(4)}, {"x": ["n", 4]})


MODELS: Mapping[str, Callable[[], ModelProto]] = {
    "perceptron": perceptron,
    "factors": factors,
    "convolutional": convolutional,
    "shifted": shifted,
    "trained": trained,
    "attentive": attentive,
    "attentive, its own samples": lambda: attentive(True),
    "heads": heads,
    "lstm": lambda: recurrent("LSTM", 4),
    "lstm, both": lambda: recurrent("LSTM", 4, "bidirectional"),
    "gru": lambda: recurrent("GRU", 3, linear_before_reset=1),
    "gru, backwards": lambda: recurrent("GRU", 3, "reverse", linear_before_reset=1),
    "rnn": lambda: recurrent("RNN", 1),
    "rnn, relu": lambda: recurrent("RNN", 1, "bidirectional", activations=["Relu", "Relu"]),
    "embedded": embedded,
    "written gelu": written_gelu,
    "functions": functions,
    "moves": moves,
    "thresholds": thresholds,
    "groups": groups,
    "reductions": reductions,
    "folded": folded,
    "chosen": chosen,
    "group norm": lambda: one("GroupNormalization", [4, 3], {"s": drawn(4), "b": drawn(4)}, num_groups=2),
    "instance norm": lambda: one("InstanceNormalization", [4, 3], {"s": drawn(4), "b": drawn(4)}),
    "response": lambda: one("LRN", [6, 3, 3], size=5, alpha=0.01, beta=0.6, bias=2.0),
    "global maximum": lambda: one("GlobalMaxPool", [3, 4, 4]),
    "maximum, beyond the end": lambda: one("MaxPool", [2, 6, 6], kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
    "maximum, before the start": lambda: one("MaxPool", [2, 7, 7], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 0, 0]),
    "maximum, ceil": lambda: one("MaxPool", [2, 6], kernel_shape=[3], strides=[2], ceil_mode=1),
    "average, same": lambda: one("AveragePool", [2, 6, 6], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"),
    "average, with zeros": lambda: one("AveragePool", [2, 6], kernel_shape=[3], pads=[1, 1], count_include_pad=1),
    "average, beyond": lambda: one("AveragePool", [2, 7, 7], kernel_shape=[7, 7], pads=[0, 0, 1, 1]),
    "transposed": lambda: one("ConvTranspose", [3, 4, 4], {"w": drawn(3, 2, 3, 3), "b": drawn(2)}, strides=[2, 2], pads=[1, 1, 1, 1]),
    "transposed, uneven": lambda: one("ConvTranspose", [3, 5], {"w": drawn(3, 2, 3)}, strides=[2], pads=[0, 1]),
    "nearest": lambda: scaled([2, 2], mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    "nearest, smaller": lambda: scaled([0.5, 1.5], mode="nearest"),
    "lines": lambda: scaled([2, 2], mode="linear"),
}  # fmt: skip
