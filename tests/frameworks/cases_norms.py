"""Normalisations, activations and losses, with every option, beside the operators of torch.nn.functional."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from frameworks.cases_windows import flag
from frameworks.one_layer import Case

torch: Any = pytest.importorskip("torch")
F = torch.nn.functional
REDUCTIONS = {"mean": "batchmean", "sum": "sum"}


def norms() -> Iterator[Case]:
    for shape in ((4, 3), (4, 3, 5), (4, 3, 2, 3)):
        for affine in (True, False):
            more = f"affine: {flag(affine)}"
            yield Case(
                f"batchnorm: {{eps: 1/8, {more}, positions: true, mode: train, form: sqrt}}",
                (shape,),
                lambda a, z: F.batch_norm(z, None, None, a.get("weight"), a.get("bias"), True, 0.1, 1 / 8),
            )
            yield Case(  # a variance of 3/4 and means of 3/2: 1/sqrt(variance + 1/4) is 1, the norm of four times 3/2 is 3
                f"batchnorm: {{eps: 1/4, {more}, mode: eval, slope: 1, offset: 3}}",
                (shape,),
                lambda a, z: F.batch_norm(
                    z, full(4, 1.5), full(4, 0.75), a.get("weight"), a.get("bias"), False, 0.1, 1 / 4
                ),
            )
            yield Case(
                f"instancenorm: {{eps: 1/8, {more}}}",
                (shape,),
                lambda a, z: F.instance_norm(z, weight=a.get("weight"), bias=a.get("bias"), eps=1 / 8),
            )
            for groups in (1, 2, 4):
                yield Case(
                    f"groupnorm: {{groups: {groups}, eps: 1/8, {more}}}",
                    (shape,),
                    lambda a, z, g=groups: F.group_norm(z, g, a.get("weight"), a.get("bias"), 1 / 8),
                )
            for axes in range(1, len(shape) + 1):
                last = shape[-axes:]
                yield Case(
                    f"layernorm: {{eps: 1/8, {more}, axes: {axes}}}",
                    (shape,),
                    lambda a, z, last=last: F.layer_norm(z, last, a.get("weight"), a.get("bias"), 1 / 8),
                )
                yield Case(
                    f"rmsnorm: {{eps: 1/8, {more}, axes: {axes}}}",
                    (shape,),
                    lambda a, z, last=last: F.rms_norm(z, last, a.get("weight"), 1 / 8),
                )
        for size in (1, 2, 3, 4, 9):
            yield Case(
                f"localresponsenorm: {{size: {size}, alpha: 3, beta: 2/3, k: 2}}",
                (shape,),
                lambda a, z, size=size: F.local_response_norm(z, size, 3.0, 2 / 3, 2.0),
            )
        yield Case("localresponsenorm: 5", (shape,), lambda a, z: F.local_response_norm(z, 5))
        for axis in range(len(shape)):
            yield Case(
                f"l2norm: {{eps: 3, axis: {axis}}}", (shape,), lambda a, z, d=axis + 1: F.normalize(z, dim=d, eps=3.0)
            )
            yield Case(f"softmax: {{axis: {axis}}}", (shape,), lambda a, z, d=axis + 1: F.softmax(z, d))
            yield Case(f"logsoftmax: {axis}", (shape,), lambda a, z, d=axis + 1: F.log_softmax(z, d))
        yield Case("softmax: {mask: true}", (shape,), lambda a, z: F.softmax(z, -1))
        if len(shape) > 1:
            yield Case("softmax: {causal: true}", (shape,), causal)
        yield Case(
            "batchnorm: {eps: 1/8, positions: false, affine: false}",
            (shape,),
            lambda a, z: F.batch_norm(z.flatten(1), None, None, training=True, eps=1 / 8).reshape(z.shape),
        )
    yield Case(
        "batchnorm: {eps: 1/8, form: additive}",
        ((4,),),
        lambda a, z: (z - z.mean(0)) / (1 / 8 + z.std(0, correction=0)),
    )


def causal(arrays: Any, z: Any) -> Any:
    """Softmax of each row up to its own place."""
    later = torch.ones(z.shape[-2:], dtype=torch.bool).triu(1)
    return F.softmax(z.masked_fill(later, float("-inf")), -1)


def full(size: int, value: float) -> Any:
    return torch.full((size,), value, dtype=torch.float64)


# Kinds without options; those with, behind them
ACTIVATIONS = {
    "logsigmoid": F.logsigmoid, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "tanhshrink": F.tanhshrink,
    "arctan": torch.atan, "softsign": F.softsign, "sin": torch.sin, "gaussian": lambda z: torch.exp(-(z**2)),
    "silu": F.silu, "mish": F.mish, "relu": F.relu, "relu6": F.relu6, "selu": F.selu, "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish, "square": torch.square, "identity": torch.nn.Identity(),
}  # fmt: skip
WITH_OPTIONS = {
    "softplus": (({}, {"beta": 3}), lambda z, beta=1: F.softplus(z, beta, 1000)),  # torch switches to x at 20
    "celu": (({}, {"alpha": 0.5}, {"alpha": 3}), lambda z, alpha=1.0: F.celu(z, alpha)),
    "elu": (({}, {"alpha": 2}, {"alpha": -0.5}), F.elu),
    "hardtanh": (({}, {"min_val": -0.5, "max_val": 2}, {"min_val": 1, "max_val": 3}), F.hardtanh),
    "leaky_relu": (({}, {"negative_slope": -3}, {"negative_slope": 0.25}), F.leaky_relu),
    "softshrink": (({}, {"lambd": 2}), F.softshrink),
    "hardshrink": (({}, {"lambd": 2}), F.hardshrink),
    "gelu": (({}, {"approximate": "tanh"}, {"approximate": "none"}), F.gelu),
    "affine": (({}, {"scale": -2, "shift": 0.5}), lambda z, scale=1, shift=0: scale * z + shift),
}


def activations() -> Iterator[Case]:
    shape = ((5, 40),)
    for kind, operator in ACTIVATIONS.items():
        yield Case(f"{kind}: {{}}", shape, lambda a, z, f=operator: f(z))
    for kind, (options, operator) in WITH_OPTIONS.items():
        for each in options:
            fields = ", ".join(f"{name}: {value}" for name, value in each.items())
            yield Case(f"{kind}: {{{fields}}}", shape, lambda a, z, f=operator, each=each: f(z, **each))
    gates = {"glu": torch.sigmoid, "swiglu": F.silu, "geglu": F.gelu}
    for (kind, gate), axis in product(gates.items(), (0, 1, -1)):

        def gated(a: Any, z: Any, gate: Any = gate, axis: int = axis) -> Any:
            value, of_gate = z.chunk(2, axis + 1 if axis >= 0 else axis)
            return value * gate(of_gate)

        yield Case(f"{kind}: {{axis: {axis}}}", ((6, 4),), gated)
    yield Case("glu: {axis: 0}", ((6, 4),), lambda a, z: F.glu(z, 1))
    yield Case("glu: {}", ((6, 4),), lambda a, z: F.glu(z))


def losses() -> Iterator[Case]:
    yield Case("logistic: {}", ((5,),), lambda a, z: F.cross_entropy(z, torch.zeros(len(z), dtype=torch.long)))
    yield Case(
        "squared: {labels: 2}",  # all entries alike and negative, of norm 2
        ((4, 3),),
        lambda a, z: (
            F.mse_loss(z, full(z.numel(), -2 / z.numel() ** 0.5).reshape(z.shape), reduction="sum") / 2 / len(z)
        ),
    )
    for smoothing, t, reduction in product(("0", "1/10", "1"), ("1", "1/2", "3"), ("mean", "sum")):
        yield Case(
            f"logistic: {{label_smoothing: {smoothing}, temperature: {t}, soft: false, reduction: {reduction}}}",
            ((5,),),
            lambda a, z, s=float(Fraction(smoothing)), t=float(Fraction(t)), r=reduction: F.cross_entropy(
                z / t, torch.zeros(len(z), dtype=torch.long), label_smoothing=s, reduction=r
            ),
        )
    for t, reduction in product(("1", "1/2", "3"), ("mean", "sum")):
        yield Case(
            f"kl: {{temperature: {t}, reduction: {reduction}}}",
            ((5,),),
            lambda a, z, t=float(Fraction(t)), r=REDUCTIONS[reduction]: (
                t**2 * F.kl_div(F.log_softmax(z / t, -1), torch.eye(5, dtype=z.dtype)[0].expand(z.shape), reduction=r)
            ),
        )
    margins = {
        "binary_logistic": lambda z: F.binary_cross_entropy_with_logits(z, torch.ones_like(z), reduction="sum"),
        "hinge": lambda z: F.relu(1 - z).sum(),
        "squared_hinge": lambda z: (F.relu(1 - z) ** 2).sum() / 2,
    }
    residuals = {"log_cosh": lambda z: torch.log(torch.cosh(z)).sum()}
    for name, of in (*margins.items(), *residuals.items()):
        for reduction in REDUCTIONS:
            yield Case(
                f"{name}: {{reduction: {reduction}}}",
                ((4, 3),),
                lambda a, z, of=of, r=reduction: of(z) / (len(z) if r == "mean" else 1),
            )
    for value, reduction in product(("1/4", "2"), REDUCTIONS):
        at, mean = float(Fraction(value)), reduction == "mean"
        yield Case(
            f"smoothed_hinge: {{width: {value}, reduction: {reduction}}}",  # torch's smooth L1 of the part below margin 1
            ((4,),),
            lambda a, z, w=at, m=mean: (
                F.smooth_l1_loss(F.relu(1 - z), torch.zeros_like(z), beta=w, reduction="sum") / (len(z) if m else 1)
            ),
        )
        yield Case(
            f"huber: {{delta: {value}, reduction: {reduction}}}",
            ((4,),),
            lambda a, z, d=at, m=mean: (
                F.huber_loss(z, torch.zeros_like(z), delta=d, reduction="sum") / (len(z) if m else 1)
            ),
        )
        yield Case(
            f"huber: {{delta: {value}, reduction: {reduction}, from: [a, b]}}",
            ((4,), (4,)),
            lambda a, y, z, d=at, m=mean: F.huber_loss(y, z, delta=d, reduction="sum") / (len(z) if m else 1),
        )
        yield Case(
            f"pseudo_huber: {{delta: {value}, reduction: {reduction}}}",
            ((4,),),
            lambda a, z, d=at, m=mean: (d**2 * ((1 + (z / d) ** 2).sqrt() - 1)).sum() / (len(z) if m else 1),
        )
    yield Case(
        "squared: {from: [a, b], reduction: sum}", ((4,), (4,)), lambda a, y, z: F.mse_loss(y, z, reduction="sum") / 2
    )
    yield Case("squared: {from: [a, b]}", ((4,), (4,)), lambda a, y, z: F.mse_loss(y, z, reduction="sum") / 2 / len(y))


def of_vectors() -> Iterator[Case]:
    """Losses of pairs and triples, and of whole batches; torch's own where it has one."""
    for reduction, value in product(REDUCTIONS, ("1/4", "2")):
        at = float(Fraction(value))

        def reduced(each: Any, reduction: str = reduction) -> Any:
            return each.mean() if reduction == "mean" else each.sum()

        yield Case(
            f"triplet: {{margin: {value}, reduction: {reduction}, from: [a, b, c]}}",
            ((3,), (3,), (3,)),
            lambda a, x, y, z, m=at, r=reduction: F.triplet_margin_loss(x, y, z, margin=m, eps=0, reduction=r),
        )
        yield Case(
            f"cosine: {{least: {value}, reduction: {reduction}, from: [a, b]}}",  # shorter vectors count as so long
            ((3,), (3,)),
            lambda a, x, y, d=at, r=reduced: r(1 - (F.normalize(x, eps=d) * F.normalize(y, eps=d)).sum(-1)),
        )
        yield Case(
            f"contrastive: {{margin: {value}, reduction: {reduction}, from: [a, b]}}",  # the second pair is alike
            ((3,), (3,)),
            lambda a, x, y, m=at, r=reduced: r(
                torch.where(torch.arange(3) % 2 == 1, (x - y).norm(dim=-1), F.relu(m - (x - y).norm(dim=-1))) ** 2 / 2
            ),
        )
        yield Case(
            f"matrix_factorisation: {{target: {value}, reduction: {reduction}, from: [a, b]}}",
            ((2, 3), (3, 2)),
            lambda a, x, y, t=at, r=reduced: r(((x @ y + t / 12**0.5) ** 2).sum((1, 2)) / 2),
        )
        yield Case(
            f"convex_clustering: {{weight: {value}, reduction: {reduction}}}",
            ((3,),),
            lambda a, z, w=at, r=reduction: _representatives(z, w) / (len(z) if r == "mean" else 1),
        )
    for reduction in REDUCTIONS:
        yield Case(
            f"brier: {{reduction: {reduction}}}",
            ((4,),),
            lambda a, z, r=reduction: (
                F.mse_loss(z.softmax(-1), torch.eye(4, dtype=z.dtype)[:1].expand(z.shape), reduction="sum")
                / (2 * len(z) if r == "mean" else 2)
            ),
        )
        yield Case(
            f"kmeans: {{k: 1, reduction: {reduction}}}",
            ((3,),),
            lambda a, z, r=reduction: ((z - z.mean(0)) ** 2).sum() / (2 * len(z) if r == "mean" else 2),
        )
        yield Case(
            f"spectral_clustering: {{k: 1, reduction: {reduction}}}",
            ((4,),),
            lambda a, z, r=reduction: (torch.linalg.svdvals(z)[1:] ** 2).sum() / (2 * len(z) if r == "mean" else 2),
        )


def _representatives(z: Any, weight: float) -> Any:
    """Three points: alternating directions."""
    n = len(z)
    differences = torch.stack(
        [torch.eye(n, dtype=z.dtype)[i] - torch.eye(n, dtype=z.dtype)[j] for i in range(n) for j in range(i)]
    )
    system = torch.linalg.inv(torch.eye(n, dtype=z.dtype) + differences.T @ differences)
    split = dual = torch.zeros((len(differences), z.shape[1]), dtype=z.dtype)
    for _ in range(3000):
        b = system @ (z + differences.T @ (split - dual))
        moved = differences @ b + dual
        split = moved * F.relu(1 - weight / moved.norm(dim=1, keepdim=True))
        dual = moved - split
    return ((z - b) ** 2).sum() / 2 + weight * (differences @ b).norm(dim=1).sum()


NORMS = (*norms(), *activations(), *losses(), *of_vectors())
