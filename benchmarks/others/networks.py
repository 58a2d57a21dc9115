"""The networks on which programs are compared: tanh between layers, weights as PyTorch draws them.

python benchmarks/others/networks.py FOLDER      # needs PyTorch and deel-torchlip
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

Network = dict[str, Any]
DENSE = {
    "mlp-3": (64, 64, 10),
    "mlp-8": (64,) * 8 + (10,),
    "mlp-wide": (256, 256, 10),
}
INPUT = 64  # numbers of an input: of the convolutional network, an image of 8 times 8


def networks(folder: Path) -> None:
    rng = np.random.default_rng(0)
    for name, sizes in DENSE.items():
        arrays: dict[str, Any] = {}
        width = INPUT
        for i, size in enumerate(sizes):
            arrays[f"dense{i}.weight"] = uniform(rng, (size, width), width)
            arrays[f"dense{i}.bias"] = uniform(rng, (size,), width)
            width = size
        write(folder, name, rng, arrays)
    arrays = {}
    for i, (channels, before) in enumerate([(8, 1), (16, 8)]):
        arrays[f"conv{i}.weight"] = uniform(rng, (channels, before, 3, 3), before * 9)
        arrays[f"conv{i}.bias"] = uniform(rng, (channels,), before * 9)
    arrays["dense.weight"] = uniform(rng, (10, 64), 64)
    arrays["dense.bias"] = uniform(rng, (10,), 64)
    write(folder, "cnn", rng, arrays)
    write(folder, "mlp-deel", rng, constrained())


def constrained() -> dict[str, Any]:
    """The sizes of mlp-3, of layers that deel-torchlip makes 1-Lipschitz, as it exports them."""
    import torch
    from deel import torchlip

    torch.set_default_dtype(torch.float32)
    torch.manual_seed(0)
    sizes = (INPUT, *DENSE["mlp-3"])
    made = torchlip.Sequential(*(torchlip.SpectralLinear(*pair) for pair in pairwise(sizes)))
    made(torch.zeros(1, INPUT))
    exported = [each for each in made.vanilla_export() if isinstance(each, torch.nn.Linear)]
    arrays = {}
    for i, layer in enumerate(exported):
        arrays[f"dense{i}.weight"] = layer.weight.detach().double().numpy()
        arrays[f"dense{i}.bias"] = layer.bias.detach().double().numpy()
    return arrays


def uniform(rng: Any, shape: tuple[int, ...], fan_in: int) -> Any:
    return rng.uniform(-1, 1, shape) / np.sqrt(fan_in)


def write(folder: Path, name: str, rng: Any, arrays: dict[str, Any]) -> None:
    x = rng.standard_normal(INPUT)
    network = {"name": name, "arrays": arrays, "input": x / np.linalg.norm(x)}
    folder.mkdir(exist_ok=True)
    np.savez(
        folder / f"{name}.npz",
        input=network["input"],
        direction=gradient(network),
        **{f"arrays/{key}": array for key, array in arrays.items()},
    )


def gradient(network: Network) -> Any:
    """Of the loss at the weights, scaled to length 1: the direction that a step takes."""
    import torch

    torch.set_default_dtype(torch.float64)
    pairs = [(torch.tensor(w, requires_grad=True), torch.tensor(b, requires_grad=True)) for w, b in layers(network)]
    scores = forward(torch, torch_conv(torch), pairs, torch.tensor(network["input"]))
    slopes = torch.autograd.grad(loss(torch, scores, torch.eye(10)[0]), [each for pair in pairs for each in pair])
    found = np.concatenate([slope.numpy().reshape(-1) for slope in slopes])
    return found / np.linalg.norm(found)


def read(path: Path) -> Network:
    with np.load(path) as file:
        arrays = {key.removeprefix("arrays/"): file[key] for key in file if key.startswith("arrays/")}
        return {"name": path.stem, "arrays": arrays, "input": file["input"], "direction": file["direction"]}


def layers(network: Network) -> list[tuple[Any, Any]]:
    """Weight and bias of each layer, from the input to the output."""
    arrays = network["arrays"]
    return [
        (arrays[f"{name}.weight"], arrays[f"{name}.bias"])
        for name in dict.fromkeys(k.partition(".")[0] for k in arrays)
    ]


def forward(xp: Any, conv: Callable[[Any, Any, Any], Any], pairs: list[tuple[Any, Any]], x: Any) -> Any:
    """The output for one input: convolutions of stride 2 with padding 1, dense layers, tanh between them."""
    z = x.reshape(1, 8, 8) if pairs[0][0].ndim == 4 else x
    for i, (weight, bias) in enumerate(pairs):
        z = conv(z, weight, bias) if weight.ndim == 4 else weight @ z.reshape(-1) + bias
        z = z if i == len(pairs) - 1 else xp.tanh(z)
    return z


def loss(xp: Any, scores: Any, first: Any) -> Any:
    """Cross-entropy of the first class, whose indicator is `first`."""
    return xp.log(xp.sum(xp.exp(scores))) - xp.sum(first * scores)


def torch_conv(torch: Any) -> Callable[[Any, Any, Any], Any]:
    return lambda z, weight, bias: torch.nn.functional.conv2d(z[None], weight, bias, stride=2, padding=1)[0]


def line(
    xp: Any, conv: Callable[[Any, Any, Any], Any], array: Callable[[Any], Any], network: Network
) -> Callable[[Any], Any]:
    """The loss at the weights plus t times the direction, of length 1."""
    moved, at = [], 0
    for pair in layers(network):
        parts = []
        for each in pair:
            parts.append((array(each), array(network["direction"][at : at + each.size].reshape(each.shape))))
            at += each.size
        moved.append(parts)
    x, first = array(network["input"]), array(np.eye(10)[0])
    return lambda t: loss(xp, forward(xp, conv, [(w + t * dw, b + t * db) for (w, dw), (b, db) in moved], x), first)


if __name__ == "__main__":
    networks(Path(sys.argv[1]))
