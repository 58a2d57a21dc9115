"""Dense layers and convolutions: bilinear in (weights, input), with a bias in the same ball or in one of its own."""

from __future__ import annotations

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.catalogue import convolutions, gains
from boundcalc.catalogue.published import Published
from boundcalc.graph.layer_graph import Array, Layer, Shape, size
from boundcalc.graph.layers.axes import check_rank, is_same, per_axis, window_count
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import Convolution, Dense


def infer_dense(request: Request) -> Inference:
    fields = request.fields(Dense)
    (shape,) = request.shapes
    if not shape:
        raise request.error("'dense' acts on the last axis, and its input has none")
    units = request.size(fields.units, "the number of units")
    arrays: dict[str, Shape] = {"weight": (units, shape[-1])}
    if request.flag(fields.bias):
        arrays["bias"] = (units,)
    return Inference((*shape[:-1], units), arrays, {"norm": gains.DENSE_NORM, "positions": size(shape[:-1])})


def infer_convolution(request: Request) -> Inference:
    fields = request.fields(Convolution)
    (shape,) = request.shapes
    axes = int(request.kind[4])
    check_rank(request, shape, axes)
    channels = request.size(fields.channels, "the number of channels")
    groups = request.size(fields.groups, "the number of groups") if fields.groups is not None else sympy.S.One
    kernel = per_axis(request, fields.kernel, axes, "the kernel")
    stride = per_axis(request, fields.stride, axes, "the stride")
    dilation = per_axis(request, fields.dilation, axes, "the dilation")
    for value, what in ((shape[0], "input channels"), (channels, "channels")):
        if not request.divides(value, groups):
            raise request.error(f"{request.known(value)} {what} do not divide into {request.known(groups)} groups")
    if is_same(request, fields.padding):
        if any(not request.same(s, sympy.S.One) for s in stride):
            raise request.error("`padding: same` needs stride 1", "give the padding as a number")
        outputs = shape[1:]
    else:
        padding = per_axis(request, fields.padding, axes, "the padding", default=0, least=0)
        outputs = tuple(
            window_count(request, n, d * (k - 1) + 1, s, p)
            for n, k, s, d, p in zip(shape[1:], kernel, stride, dilation, padding, strict=True)
        )
    touches = [convolutions.touches(o, k, s, d) for o, k, s, d in zip(outputs, kernel, stride, dilation, strict=True)]
    arrays: dict[str, Shape] = {"weight": (channels, shape[0] / groups, *kernel)}
    if request.flag(fields.bias):
        arrays["bias"] = (channels,)
    settings = {
        "norm": convolutions.convolution_norm(touches),
        "positions": size(outputs),
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
    }
    return Inference((channels, *outputs), arrays, settings)


def lower_affine(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """B(V, z) + bias. One ball: (V, bias) -> B(V, z) + bias has operator norm sqrt(b^2 m^2 + n P) (Cauchy-Schwarz)."""
    norm, positions = layer.settings["norm"], layer.settings["positions"]
    assert isinstance(norm, sympy.Expr)
    assert isinstance(positions, sympy.Expr)
    weight = next(array for array in layer.arrays if array.name == "weight")
    bias = next((array for array in layer.arrays if array.name == "bias"), None)
    copies = gains.repeat_norm(lowering.batch * positions)
    published = lowering.published(layer)
    if published is not None:
        return _lower_published(layer, inputs[0], weight, bias, published, lowering)
    lowering.own(layer, operator_norm=norm, **({} if bias is None else {"bias": copies}), **_spectral(layer))
    joint = bias is not None and weight.joint(bias)
    product = lowering.emit(
        Bilinear(lowering.array(weight), inputs[0], norm, copies if joint else sympy.S.Zero, layer.spectral)
    )
    if bias is None or joint:
        return product
    return lowering.emit(Sum((product, lowering.emit(Linear(lowering.array(bias), copies)))))


def _spectral(layer: Layer) -> dict[str, sympy.Expr | None]:
    return {} if layer.spectral is None else {"spectral": layer.spectral}


def _lower_published(
    layer: Layer, of: int, weight: Array, bias: Array | None, constants: Published, lowering: Lowering
) -> int:
    """The paper's form: a bilinear map and a separate linear map of the bias, in the same vector of parameters."""
    assert constants.bilinear is not None
    assert constants.bias is not None
    lowering.own(layer, operator_norm=constants.bilinear, **({} if bias is None else {"bias": constants.bias}))
    product = lowering.emit(Bilinear(lowering.array(weight), of, constants.bilinear, left_norm=layer.spectral))
    if bias is None:
        return product
    return lowering.emit(Sum((product, lowering.emit(Linear(lowering.array(bias), constants.bias)))))


DENSE = LayerRule(infer_dense, lower_affine, channels=-1, spectral=True)
CONVOLUTION = LayerRule(infer_convolution, lower_affine, spectral=True)
