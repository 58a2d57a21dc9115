"""The layer kinds of the language and their fields, one frozen model each. What they mean is in `graph/layers`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema

from boundcalc.language import fields
from boundcalc.language.fields import Axes, Flag, Name, Radius, RawMapping, RawOperands, RawSteps, Share, Term


class StepFields(BaseModel):
    """The fields that every step has. `radius`, `spectral`, `center` and `frozen` hold for all layers inside."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=False)
    value_field: ClassVar[str | None] = None  # the field that a bare value `- kind: VALUE` fills

    name: Name | None = None
    sources: RawOperands | None = Field(default=None, alias="from")
    radius: Radius | None = None
    spectral: Term | None = None
    center: Radius | None = None
    frozen: Flag | None = None
    share: Share | None = None


COMMON_FIELDS = frozenset(field.alias or name for name, field in StepFields.model_fields.items())


_FORMS, _MODES, _APPROXIMATIONS = ("sqrt", "additive"), ("train", "eval"), ("none", "tanh")
Form = Annotated[str, PlainValidator(fields.choice(*_FORMS)), WithJsonSchema({"enum": list(_FORMS)})]
Mode = Annotated[str, PlainValidator(fields.choice(*_MODES)), WithJsonSchema({"enum": list(_MODES)})]
Approximation = Annotated[
    str, PlainValidator(fields.choice(*_APPROXIMATIONS)), WithJsonSchema({"enum": list(_APPROXIMATIONS)})
]


class Plain(StepFields):
    """A layer without fields of its own."""


class Dense(StepFields):
    """z -> W z + b on the last axis."""

    value_field = "units"
    units: fields.Size
    bias: Flag = True


class Convolution(StepFields):
    """A convolution over all axes but the first (the channels)."""

    value_field = "channels"
    channels: fields.Size
    kernel: Axes
    stride: Axes | None = None
    padding: Axes | None = None  # a number, one for each axis, or `same`
    dilation: Axes | None = None
    groups: fields.Size | None = None
    bias: Flag = True


class Pooling(StepFields):
    """Maximum or average over windows of all axes but the first; the stride is the kernel unless said."""

    value_field = "kernel"
    kernel: Axes
    stride: Axes | None = None
    padding: Axes | None = None
    ceil: Flag = False


class BatchNorm(StepFields):
    """Each channel (first axis) is centred and scaled over the batch and, with `positions`, over all positions."""

    value_field = "eps"
    eps: Term
    affine: Flag = False
    form: Form = "sqrt"
    positions: Flag = True


class Reshape(StepFields):
    value_field = "shape"
    shape: fields.Shape


class Mean(StepFields):
    """The average over one axis (default: the last)."""

    value_field = "axis"
    axis: Term | None = None


class Dropout(StepFields):
    value_field = "p"
    p: Term
    mode: Mode = "train"


class HardTanh(StepFields):
    min_val: Term | None = None
    max_val: Term | None = None


class Shrink(StepFields):
    value_field = "lambd"
    lambd: Term | None = None


class LeakyRelu(StepFields):
    value_field = "negative_slope"
    negative_slope: Term | None = None


class Softplus(StepFields):
    value_field = "beta"
    beta: Term | None = None


class Elu(StepFields):
    value_field = "alpha"
    alpha: Term | None = None


class Gelu(StepFields):
    value_field = "approximate"
    approximate: Approximation = "none"


class Softmax(StepFields):
    """Softmax over one axis (default: the last)."""

    value_field = "axis"
    axis: Term | None = None


class Combination(StepFields):
    """A layer of several operands."""

    value_field = "from"


class Concat(Combination):
    axis: Term | None = None


class MatMul(Combination):
    """The product of the last two axes of two operands; the other axes must agree."""

    transpose_left: Flag = False
    transpose_right: Flag = False


class ParameterArray(StepFields):
    """A learned array that reads nothing."""

    value_field = "shape"
    shape: fields.Shape


class LinearMap(StepFields):
    """A fixed linear map of known operator norm."""

    value_field = "norm"
    norm: Term
    shape: fields.Shape | None = None


class NonlinearMap(StepFields):
    """A map known by its constants; one that is left out is unknown, and a bound that needs it is infinite."""

    lipschitz: Term | None = None
    smoothness: Term | None = None
    at_zero: Term | None = None
    sup: Term | None = None
    shape: fields.Shape | None = None


class BilinearMap(Combination):
    """A fixed bilinear map of two operands, of known norm."""

    norm: Term
    shape: fields.Shape | None = None


class Generic(StepFields):
    """A layer phi(v, z) known only by the constants of phi in (v, z) jointly."""

    value_field = "lipschitz"
    lipschitz: Term
    smoothness: Term | None = None
    shape: fields.Shape | None = None


class Residual(StepFields):
    """`add: [[], layers]`."""

    value_field = "layers"
    layers: RawSteps


class Repeat(StepFields):
    """`layers` one after another, `times` times; with `carry` and `each` a scan."""

    value_field = "times"
    times: fields.Passes
    layers: RawSteps
    index: Name | None = None
    carry: RawMapping | None = None
    each: RawMapping | None = None
    collect: Flag = False


class Squared(Combination):
    """1/2 ||y - target||^2, mean over the batch; the target is the second operand, or labels of known norm."""

    labels: Term | None = None


class Call(StepFields):
    """The call of a module: its arguments stand beside the common fields."""

    model_config = ConfigDict(extra="allow")


class InputNorm(BaseModel):
    """A bound of the input: of the whole batch, of each sample, or of each entry; exactly one of them."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    batch: Term | None = None
    sample: Term | None = None
    entry: Term | None = None


KINDS: Mapping[str, type[StepFields]] = {
    "dense": Dense,
    "conv1d": Convolution,
    "conv2d": Convolution,
    "conv3d": Convolution,
    "maxpool1d": Pooling,
    "maxpool2d": Pooling,
    "maxpool3d": Pooling,
    "avgpool1d": Pooling,
    "avgpool2d": Pooling,
    "avgpool3d": Pooling,
    "globalavgpool": Plain,
    "batchnorm": BatchNorm,
    "flatten": Plain,
    "reshape": Reshape,
    "mean": Mean,
    "dropout": Dropout,
    "softmax": Softmax,
    "identity": Plain,
    "relu": Plain,
    "relu6": Plain,
    "hardtanh": HardTanh,
    "leaky_relu": LeakyRelu,
    "selu": Plain,
    "softplus": Softplus,
    "logsigmoid": Plain,
    "sigmoid": Plain,
    "tanh": Plain,
    "tanhshrink": Plain,
    "arctan": Plain,
    "softsign": Plain,
    "elu": Elu,
    "celu": Elu,
    "gelu": Gelu,
    "silu": Plain,
    "mish": Plain,
    "hardsigmoid": Plain,
    "hardswish": Plain,
    "softshrink": Shrink,
    "hardshrink": Shrink,
    "sin": Plain,
    "gaussian": Plain,
    "square": Plain,
    "add": Combination,
    "concat": Concat,
    "multiply": Combination,
    "matmul": MatMul,
    "parameter": ParameterArray,
    "linear": LinearMap,
    "map": NonlinearMap,
    "bilinear": BilinearMap,
    "generic": Generic,
    "residual": Residual,
    "repeat": Repeat,
}

LOSSES: Mapping[str, type[StepFields]] = {"logistic": Plain, "squared": Squared}
