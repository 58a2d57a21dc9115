"""Convolutions, poolings and what else reads windows, with every option, beside the operators of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import pytest

from frameworks.one_layer import Arrays, Case

torch: Any = pytest.importorskip("torch")
F = torch.nn.functional
IMAGE = (9, 7, 5)
KERNEL = (3, 2, 4)


def flag(value: bool) -> str:
    return str(value).lower()


def listed(values: Sequence[int]) -> str:
    return f"[{', '.join(map(str, values))}]"


def convolutions() -> Iterator[Case]:
    for axes, stride, padding, dilation, groups, bias in product(
        (1, 2, 3), (1, 2, 3), (0, 1, 2, "same"), (1, 2), (1, 2), (True, False)
    ):
        if padding == "same" and stride > 1:
            continue
        kernel, operator = KERNEL[:axes], getattr(F, f"conv{axes}d")
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        fields = f"channels: 6, kernel: {listed(kernel)}, bias: {flag(bias)}, " + written(options)
        yield Case(
            f"conv{axes}d: {{{fields}}}",
            ((4, *(12, 10, 9)[:axes]),),
            lambda a, z, operator=operator, options=options: operator(z, a["weight"], a.get("bias"), **options),
        )
    for axes in (1, 2, 3):
        operator = getattr(F, f"conv{axes}d")
        yield Case(
            f"conv{axes}d: {{channels: 6, kernel: 2, weight_norm: {{gain: 1, least: 1/2}}}}",
            ((4, *IMAGE[:axes]),),
            lambda a, z, operator=operator: operator(z, normed(a), a["bias"]),
        )
    strides = {"stride": (2, 1, 3), "padding": (0, 2, 1), "dilation": (1, 3, 1)}
    yield Case(
        f"conv3d: {{channels: 6, kernel: [1, 2, 3], {written(strides)}}}",
        ((2, 5, 6, 7),),
        lambda a, z: F.conv3d(z, a["weight"], a["bias"], **strides),
    )


def normed(a: Arrays) -> Any:
    """What torch.nn.utils.parametrizations.weight_norm makes of gains and directions."""
    direction = a["direction"]
    gain = a["gain"].reshape(-1, *(1,) * (direction.ndim - 1))
    return torch._weight_norm(direction, gain, 0)


def written(options: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {list(value) if isinstance(value, tuple) else value}" for name, value in options.items())


def transposed() -> Iterator[Case]:
    for axes, stride, padding, more, dilation, groups, bias in product(
        (1, 2, 3), (1, 2, 3), (0, 1, 2), (0, 1), (1, 2), (1, 2), (True, False)
    ):
        if more >= max(stride, dilation):
            continue
        operator = getattr(F, f"conv_transpose{axes}d")
        options = {"stride": stride, "padding": padding, "output_padding": more, "groups": groups, "dilation": dilation}
        fields = f"channels: 6, kernel: {listed(KERNEL[:axes])}, bias: {flag(bias)}, {written(options)}"
        yield Case(
            f"convtranspose{axes}d: {{{fields}}}",
            ((4, *(5, 6, 4)[:axes]),),
            lambda a, z, operator=operator, options=options: operator(z, a["weight"], a.get("bias"), **options),
        )


def poolings() -> Iterator[Case]:
    for axes, stride, padding, ceil, longer in product((1, 2, 3), (1, 2, 3, None), (0, 1), (True, False), (0, 1, 2)):
        shape, kernel = (2, *(9 + longer, 8, 7 + longer)[:axes]), KERNEL[:axes]
        options = {} if stride is None else {"stride": stride}
        fields = f"kernel: {listed(kernel)}, padding: {padding}, ceil: {flag(ceil)}" + "".join(
            f", {name}: {value}" for name, value in options.items()
        )
        average, largest = (getattr(F, f"{name}_pool{axes}d") for name in ("avg", "max"))
        options |= {"padding": padding, "ceil_mode": ceil}
        for dilation in (1, 2):
            if dilation == 2 and stride is None:
                continue
            yield Case(
                f"maxpool{axes}d: {{{fields}, dilation: {dilation}}}",
                (shape,),
                lambda a, z, f=largest, k=kernel, o=options, d=dilation: f(z, k, **o, dilation=d),
            )
        for counted in (True, False):
            yield Case(
                f"avgpool{axes}d: {{{fields}, count_include_pad: {flag(counted)}}}",
                (shape,),
                lambda a, z, f=average, k=kernel, o=options, c=counted: f(z, k, **o, count_include_pad=c),
            )


def others() -> Iterator[Case]:
    for axes, size in product((1, 2, 3), ((1, 1, 1), (2, 3, 4), (4, 2, 5), (9, 7, 5), (10, 12, 7))):
        for name in ("avg", "max"):
            operator = getattr(F, f"adaptive_{name}_pool{axes}d")
            yield Case(
                f"adaptive{name}pool{axes}d: {listed(size[:axes])}",
                ((2, *IMAGE[:axes]),),
                lambda a, z, f=operator, size=size[:axes]: f(z, size),
            )
    for p, stride in product((2, 3, 4), (None, 1, 3)):
        more = "" if stride is None else f", stride: {stride}"
        yield Case(
            f"lppool2d: {{p: {p}, kernel: [3, 2]{more}}}",
            ((2, 8, 7),),
            # torch's own takes the root of signed powers, which are those of absolute values where p is even
            lambda a, z, p=p, stride=stride: F.lp_pool2d(z.abs(), float(p), (3, 2), stride),
        )
    for axes, factors in product((1, 2, 3), ((1, 1, 1), (2, 2, 2), (3, 2, 4), (1, 5, 2))):
        linear = ("linear", "bilinear", "trilinear")[axes - 1]
        for mode, theirs in (("nearest", "nearest"), ("linear", linear)):
            yield Case(
                f"upsample: {{factor: {listed(factors[:axes])}, mode: {mode}}}",
                ((2, *(4, 3, 2)[:axes]),),
                lambda a, z, f=factors[:axes], m=theirs: F.interpolate(z, scale_factor=tuple(map(float, f)), mode=m),
            )
    amounts = {
        "zeros": ((2, 1), (0, 3)),
        "reflect": ((2, 1), (0, 3)),
        "replicate": ((5, 1), (0, 6)),
        "circular": ((3, 5), (4, 2)),
    }
    for mode, (rows, columns) in amounts.items():
        theirs = "constant" if mode == "zeros" else mode
        yield Case(
            f"pad: {{amounts: [0, {listed(rows)}, {listed(columns)}], mode: {mode}}}",
            ((2, 5, 4),),
            lambda a, z, m=theirs, p=(*columns, *rows): F.pad(z, p, mode=m),
        )


WINDOWS = (*convolutions(), *transposed(), *poolings(), *others())
