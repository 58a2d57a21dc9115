"""Transformers, mixers, recurrent and other architectures: their published sizes, every option, and attacks on small ones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
from reference.subjects import unbroken

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Layer

SPECS = Path(__file__).parent.parent / "specs"


def perceptron(*widths: int) -> int:
    """Weights and biases of dense maps one after another."""
    return sum((before + 1) * after for before, after in pairwise(widths))


# Learned numbers: as published, or as a formula makes them
COUNTS = {
    "gpt2-small": 124_439_808,
    "bert-base": 109_482_240,
    "llama-7b": 6_738_415_616,
    # 60,506,624, which has 32 buckets for each of the heads of both halves, where there are 1023 offsets
    "t5-small": 60_506_624 + 2 * 8 * (1023 - 32),
    "clip-like": 151_277_313 - 1,  # the temperature
    "transformer-encoder": 6 * (4 * perceptron(512, 512) + perceptron(512, 2048, 512) + 4 * 512),
    "lstm": 4 * 128 * (28 + 128 + 2) + 4 * 128 * (128 + 128 + 2) + perceptron(128, 10),
    "gru": 10_000 * 100 + 2 * 3 * 128 * (100 + 128 + 2) + perceptron(256, 17),
    "seq2seq": 2 * 10_000 * 256 + 2 * 4 * perceptron(256 + 512, 512) + 512 * 512 + 1024 * 512 + perceptron(512, 10_000),
    "gcn": perceptron(1433, 16, 7),
    "vit-b16": 86_567_656,
    # torchvision's 28,288,354, which has 13 * 13 offsets of each of the heads of a block, where a row of 49 has 97
    "swin-t": 28_288_354 - (13 * 13 - 97) * (2 * 3 + 2 * 6 + 6 * 12 + 2 * 24),
    "mlp-mixer": 59_880_472,
    "highway": perceptron(784, 50) + 10 * 2 * perceptron(50, 50) + perceptron(50, 10),
    "pinn": perceptron(2, *8 * [20], 1),
    "own-activation": perceptron(10, 20, 20, 3),
    "deep-kmeans": perceptron(784, 500, 50, 10),
    "siamese": 32 * 26 + 64 * (32 * 25 + 1) + perceptron(7 * 7 * 64, 64),
}

# The same layers, few and narrow
TINY_VIT = {"n": 2, "d": 4, "side": 2, "blocks.times": 1, "head.units": 2, "eps": "1/10"}
SMALL: Mapping[str, Mapping[str, object]] = {
    "gpt2-small": {"T": 3, "V": 3, "d": 4, "heads": 2, "h.times": 1, "eps": "1/10"},
    "bert-base": {"n": 2, "T": 2, "V": 3, "d": 4, "heads": 2, "encoder.times": 1, "eps": "1/10"},
    "llama-7b": {"T": 3, "V": 3, "d": 4, "heads": 2, "hidden": 3, "blocks.times": 1, "eps": "1/10"},
    "t5-small": {"T": 2, "V": 3, "d": 4, "heads": 2, "encoder.times": 1, "decoder.times": 1, "eps": "1/10"},
    "clip-like": {"n": 1, "side": 2, "d": 12, "T": 2, "V": 3, "dt": 8, "joint": 2, "eps": "1/10"},
    "transformer-encoder": {"n": 2, "T": 3, "d": 4, "heads": 2, "blocks.times": 1, "eps": "1/10"},
    "lstm": {"n": 1, "T": 2, "e": 2, "d": 2, "head.units": 2},
    "gru": {"n": 2, "T": 3, "V": 3, "e": 2, "d": 2, "tags": 2},
    "seq2seq": {"n": 1, "S": 2, "T": 2, "V": 3, "e": 2, "d": 2},
    "gcn": {"nodes": 4, "words": 3, "hidden": 3},
    "vit-b16": {**TINY_VIT, "heads": 2},
    "swin-t": {"n": 1, "d": 3, "side": 4, "w": 2, "head.units": 2, "eps": "1/10"},
    "mlp-mixer": TINY_VIT,
    "highway": {"n": 2, "d": 3, "layers.times": 2},
    "pinn": {"n": 2, "width": 3, "hidden.times": 2},
    "own-activation": {"n": 2, "width": 2},
    "deep-kmeans": {"n": 3, "d": 2, "k": 2, "wide.units": 3, "narrow.units": 2},
    "siamese": {"n": 2, "channels": 1, "d": 2},
}
LEFT_OUT = {"swin-t": ("stage2", "merge2", "stage3", "merge3", "stage4")}  # steps, each on a line
PIXELS = {
    "32*side": "side",
    "kernel: 32, stride: 32": "kernel: 1",
    "times: 12": "times: 1",
    "16*side": "side",
    "kernel: 16, stride: 16": "kernel: 1",
    "[1, 28, 28]": "[1, 4, 4]",
    "[784]": "[4]",
    "4*side": "side",
    "kernel: 4, stride: 4": "kernel: 1",
}
OPTIONS: list[Any] = [*product(("total", "layer"), ("euclidean", "mixed"))]


@cache
def loaded(name: str) -> Any:
    return bc.load(SPECS / f"{name}.yaml")


def small(name: str) -> Any:
    text = (SPECS / f"{name}.yaml").read_text("utf-8")
    for large, few in PIXELS.items():
        text = text.replace(large, few)
    kept = [line for line in text.splitlines() if not any(f"name: {step}" in line for step in LEFT_OUT.get(name, ()))]
    return bc.override(bc.loads("\n".join(kept)), SMALL[name])


def test_all_have_a_small_one() -> None:
    assert SMALL.keys() == COUNTS.keys()


@pytest.mark.parametrize("name", COUNTS)
def test_the_number_of_parameters_is_as_published(name: str) -> None:
    graph = expand(loaded(name))
    layers = [node for node in graph if isinstance(node, Layer)]
    counts = (graph.conditions.exact(layer.parameters * graph.copies(layer.loops), layer.place) for layer in layers)
    assert sum(counts) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_every_option_gives_a_finite_l(name: str) -> None:
    for blocks, norms in OPTIONS:
        assert bc.compile(loaded(name), blocks=blocks, norms=norms).lipschitz.finite


@pytest.mark.parametrize("name", COUNTS)
def test_smooth_maps_in_place_of_kinks_make_it_smooth(name: str) -> None:
    for blocks, norms in (OPTIONS[0], OPTIONS[-1]):
        bounds = bc.compile(loaded(name), blocks=blocks, norms=norms, smooth="softplus")
        assert bounds.smoothness.finite, bounds.smoothness.reason


QUICK = ("pinn", "gcn", "siamese", "transformer-encoder")


@pytest.mark.parametrize("norms", ["euclidean", "mixed"])
@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in SMALL])
def test_no_small_one_exceeds_its_bounds(name: str, norms: str) -> None:
    unbroken(small(name), trials=1, norms=norms)


# Modules of the library that no spec uses, or not alone: arrays [3, 4]
SCAN = "repeat: {times: 3, share: true, collect: true, each: {x: input}, carry: CARRIED, layers: [CELL]}"
STATE = "{h: {shape: [4], next: cell}}"
STATES = "{h: {shape: [4], next: cell.h1}, c: {shape: [4], next: cell.c1}}"
ATTEND = "[attention: {heads: 2, bias: false, relative_bias: 1}]"
MODULES = {
    "llama": "llama_block: {width: 4, heads: 2, kv_heads: 1, hidden: 4, eps: 1/10}",
    "t5": f"t5_block: {{width: 4, eps: 1/10, attend: {ATTEND}}}",
    "t5_decoder": f"t5_decoder_block: {{from: [input, input], width: 4, heads: 2, eps: 1/10, attend: {ATTEND}}}",
    "rnn": SCAN.replace("CARRIED", STATE).replace("CELL", "rnn_cell: {from: [x, h], units: 4, name: cell}"),
    "gru": SCAN.replace("CARRIED", STATE).replace("CELL", "gru_cell: {from: [x, h], units: 4, name: cell}"),
    "lstm": SCAN.replace("CARRIED", STATES).replace("CELL", "lstm_cell: {from: [x, h, c], units: 4, name: cell}"),
    "luong": "luong_attention: {from: [input, input], width: 4}",
}


@pytest.mark.parametrize("norms", ["euclidean", "mixed"])
@pytest.mark.parametrize("name", MODULES)
def test_no_module_of_the_library_exceeds_its_bounds(name: str, norms: str) -> None:
    text = "include: [std/transformer.yaml, std/recurrent.yaml]\nradius: 1\ninput: {shape: [3, 4], norm: {sample: 1}}\n"
    unbroken(f"{text}layers:\n  - {MODULES[name]}\n", trials=1, norms=norms)
