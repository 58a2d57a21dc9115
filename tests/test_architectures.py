"""The architectures of specs/: as many parameters as published or as a formula says, bounds under every option, and no bound that a search exceeds
once they are small."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import sympy
from reference.small import smaller
from reference.subjects import NO_LIMIT, exceeded, subject_and_bounds

import boundcalc as bc
from boundcalc.falsification.attack import attack
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT

SPECS = Path(__file__).parent.parent / "specs"


def dense(*widths: int) -> int:
    """Of dense maps one after another, with their biases."""
    return sum((a + 1) * b for a, b in pairwise(widths))


def convolution(channels: int, out: int, kernel: int) -> int:
    return out * (channels * kernel**2 + 1)


def double(channels: int, out: int) -> int:
    return convolution(channels, out, 3) + convolution(out, out, 3)


LENET = convolution(1, 6, 5) + convolution(6, 16, 5) + convolution(16, 120, 5) + dense(120, 84, 10)
LEVELS = ((1, 64), (64, 128), (128, 256), (256, 512))
UNET = (
    sum(double(before, c) + convolution(2 * c, c, 2) + double(2 * c, c) for before, c in LEVELS)
    + double(512, 1024)
    + convolution(64, 2, 1)
)
PARAMETERS: Mapping[str, int] = {  # those with a name only: of torchvision
    "alexnet": 61_100_840,
    "autoencoder": dense(784, 1000, 500, 250, 30, 250, 500, 1000, 784),
    "convnext-t": 28_589_128,
    "densenet121": 7_978_856,
    "efficientnet-b0": 5_288_548,
    "inception-v1": 6_624_904,
    "lenet5": LENET,
    "mobilenet-v2": 3_504_872,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "shufflenet-v2": 2_278_604,
    "squeezenet": 1_248_424,
    "unet": UNET,
    "vgg11": 132_863_336,
    "vgg11-bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13-bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16-bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19-bn": 143_678_248,
    "wide-resnet": 68_883_240,
}
KINKED = {"mobilenet-v2": "stem.relu6_0"}  # what no smoothing replaces
PRIMITIVES = {"linear", "map", "bilinear", "generic"}
OPTIONS = [{"blocks": blocks, "norms": norms} for blocks in ("total", "layer") for norms in ("euclidean", "mixed")]


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_architecture_has_its_parameters_and_bounds_under_every_option(name: str) -> None:
    spec = bc.load(SPECS / f"{name}.yaml")
    found: dict[tuple[str, str], float] = {}
    for options in OPTIONS:
        log = bc.compile(spec, **options).lipschitz.log10()  # type: ignore[arg-type]
        assert log is not None
        assert log < 1000
        found[options["blocks"], options["norms"]] = log
    total, mixed = found["total", "euclidean"], found["layer", "mixed"]
    assert mixed - 1e-9 <= min(found.values()) <= max(found.values()) <= total + 1e-9
    bounds = bc.compile(spec)
    layers = list(bounds.graph.layers)
    assert sympy.Add(*(layer.parameters for layer in layers)).xreplace(dict(bounds.values)) == PARAMETERS[name]
    assert not {layer.kind.name for layer in layers} & PRIMITIVES


@pytest.mark.parametrize("name", PARAMETERS)
def test_smoothed_it_has_a_finite_smoothness_or_the_layer_to_blame(name: str) -> None:
    bounds = bc.compile(bc.load(SPECS / f"{name}.yaml"), smooth="softplus")
    assert bounds.smoothness.infinite_from == KINKED.get(name)
    if name not in KINKED:
        assert bounds.smoothness.log10() is not None


# Attacks of small instances ------------------------------------------------------------------------------------------

# One of each family, over images that are as small as it takes.
SMALL: Mapping[str, Mapping[str, int]] = {
    "alexnet": {"image": 63},
    "autoencoder": {},
    "convnext-t": {"image": 32},
    "densenet121": {"image": 32, "depth": 2},
    "efficientnet-b0": {"image": 8},
    "inception-v1": {"image": 32},
    "lenet5": {"image": 32},
    "mobilenet-v2": {"image": 8, "depth": 2},
    "resnet18": {"image": 8, "depth": 2},
    "resnet50": {"image": 8},
    "shufflenet-v2": {"image": 8, "depth": 2},
    "squeezenet": {"image": 32},
    "unet": {"image": 16},
    "vgg13-bn": {"image": 32},
}


@pytest.mark.parametrize("name", SMALL)
def test_no_bound_of_a_small_one_is_exceeded(name: str) -> None:
    """One search, which climbs towards the norm and l; L is looked at on the way."""
    text = smaller((SPECS / f"{name}.yaml").read_text(encoding="utf-8"), **SMALL[name])
    subject, total = subject_and_bounds(text)
    _, layered = subject_and_bounds(text, blocks="layer", norms="mixed")
    climbed = {(key, order): b for (key, order), b in total.items() if key in (OUTPUT, OBJECTIVE) and order < 2}
    results, _ = attack(subject, climbed, 1, NO_LIMIT, 0, lambda done: None)
    assert results[OUTPUT, 1].found > 0
    for bounds in (total, layered):
        assert exceeded(subject, bounds, dict(results)) == []
