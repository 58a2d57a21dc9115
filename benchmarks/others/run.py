"""Other programs beside boundcalc, on the same networks with given weights: the numbers of docs/others.md.

    python benchmarks/others/networks.py FOLDER         # writes the networks
    python benchmarks/others/run.py PROGRAM FOLDER      # adds what PROGRAM finds, in an environment that has it
    python benchmarks/others/tables.py FOLDER           # collects what was found in results.json

PROGRAM is boundcalc, search (PyTorch), product (NumPy), eclipse (eclipse-nn), lirpa (auto-LiRPA) or autobound (autobound, jax 0.4.20).
Each answers what it can of these questions, and how much processor time it took (OMP_NUM_THREADS=1); in double precision where it has it.

lipschitz: the Lipschitz constant of the network by its input, in Euclidean norms, over all inputs.
change: how far an output moves at most, where one input moves by at most EPS in Euclidean norm.
curvature: the smallest c with F(t) <= F(0) + F'(0) t + c t^2/2, F the loss along its gradient at the weights, for steps t of length up to STEP.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from networks import INPUT, Network, forward, layers, line, read, torch_conv

EPS = 1 / 10
STEP = 1 / 100
RUNS, LONG = 3, 10
Answers = Iterator[tuple[str, Callable[[Network], float]]]


# boundcalc ---------------------------------------------------------------------------------------------------------------


def boundcalc() -> Answers:
    import boundcalc as bc

    def spec(network: Network, radius: float) -> Any:
        shapes = {name: array.shape for name, array in network["arrays"].items() if name.endswith("weight")}
        steps: list[Any] = []
        for name, shape in shapes.items():
            layer = name.partition(".")[0]
            if len(shape) == 4:
                steps.append({"conv2d": {"channels": shape[0], "kernel": 3, "stride": 2, "padding": 1, "name": layer}})
            else:
                steps += [
                    *(["flatten"] if network["name"] == "cnn" else []),
                    {"dense": {"units": shape[0], "name": layer}},
                ]
            steps.append("tanh")
        norm = {"sample": str(1 + EPS)}
        shape = [1, 8, 8] if network["name"] == "cnn" else [INPUT]
        read_in = bc.load(
            {
                "symbols": {"R": {"value": str(radius), "at_least": 0}},
                "batch": 1,
                "input": {"shape": shape, "norm": norm},
                "radius": "R",
                "layers": steps[:-1],
                "loss": "logistic",
            }
        )
        return bc.override(read_in, bc.measure(read_in, network["arrays"], torus=True))

    def lipschitz(network: Network) -> float:
        return bc.compile(spec(network, 0), wrt="input", sharpest=True).lipschitz.evaluate()

    def change(network: Network) -> float:
        return EPS * bc.compile(spec(network, 0), wrt="input", measure="entry", sharpest=True).lipschitz.evaluate()

    def curvature(network: Network) -> float:
        return bc.compile(spec(network, STEP), sharpest=True).objective.smoothness.evaluate()

    yield "lipschitz", lipschitz
    yield "change", change
    yield "curvature", curvature


# Lower bounds: what a search finds ----------------------------------------------------------------------------------------


def search() -> Answers:
    import torch

    torch.set_default_dtype(torch.float64)

    def function(network: Network) -> Callable[[Any], Any]:
        pairs = [(torch.tensor(weight), torch.tensor(bias)) for weight, bias in layers(network)]
        return lambda x: forward(torch, torch_conv(torch), pairs, x)

    def lipschitz(network: Network) -> float:
        """Ascent on the norm of the Jacobian, from the origin, where tanh is steepest, and from random inputs."""
        f, best = function(network), 0.0
        torch.manual_seed(0)
        for start in range(4):
            x = (torch.randn(INPUT) * (start > 0) * 0.3).requires_grad_()
            optimizer = torch.optim.Adam([x], lr=0.02)
            for _ in range(150):
                jacobian = torch.autograd.functional.jacobian(f, x, create_graph=True)
                norm = torch.linalg.matrix_norm(jacobian, 2)
                best = max(best, float(norm.detach()))
                optimizer.zero_grad()
                (-norm).backward()
                optimizer.step()
        return best

    def change(network: Network) -> float:
        f, x0, best = function(network), torch.tensor(network["input"]), 0.0
        y0 = f(x0)
        for output in range(10):
            for sign in (-1, 1):
                move = torch.zeros(INPUT)
                for _ in range(30):
                    x = (x0 + move).requires_grad_()
                    (gradient,) = torch.autograd.grad(sign * f(x)[output], x)
                    move = EPS * gradient / gradient.norm()
                best = max(best, float(abs(f(x0 + move)[output] - y0[output])))
        return best

    def curvature(network: Network) -> float:
        """The largest remainder at 40 steps along the line."""
        along = line(torch, torch_conv(torch), torch.tensor, network)
        t = torch.tensor(0.0, requires_grad=True)
        start = along(t)
        (slope,) = torch.autograd.grad(start, t)
        steps = [STEP * i / 20 for i in range(-20, 21) if i]
        return max(abs(2 * float((along(torch.tensor(at)) - start - slope * at).detach()) / at**2) for at in steps)

    yield "lipschitz", lipschitz
    yield "change", change
    yield "curvature", curvature


# The baseline ---------------------------------------------------------------------------------------------------------------


def product() -> Answers:
    def lipschitz(network: Network) -> float:
        """The product of the operator norms of all layers; of a convolution, of its whole matrix."""
        sides = {"conv0": 8, "conv1": 4}
        found = 1.0
        for name in dict.fromkeys(key.partition(".")[0] for key in network["arrays"]):
            weight = network["arrays"][f"{name}.weight"]
            matrix = unrolled(weight, sides[name]) if name in sides else weight
            found *= float(np.linalg.norm(matrix, 2))
        return found

    yield "lipschitz", lipschitz


def unrolled(weight: Any, side: int) -> Any:
    """The matrix of a convolution of stride 2 with padding 1 on images of so many pixels a side."""
    channels, before, kernel, _ = weight.shape
    half = side // 2
    matrix = np.zeros((channels, half, half, before, side + 2, side + 2))
    for i in range(half):
        for j in range(half):
            matrix[:, i, j, :, 2 * i : 2 * i + kernel, 2 * j : 2 * j + kernel] = weight
    return matrix[..., 1:-1, 1:-1].reshape(channels * half * half, before * side * side)


# Other programs ---------------------------------------------------------------------------------------------------------------


def eclipse() -> Answers:
    import torch
    from eclipse_nn.LipConstEstimator import LipConstEstimator

    def by(method: str) -> Callable[[Network], float]:
        def lipschitz(network: Network) -> float:
            if network["name"] == "cnn":
                raise NotImplementedError("fully connected networks only")
            weights = [torch.tensor(weight) for weight, _ in layers(network)]
            return float(LipConstEstimator(weights=weights).estimate(method))

        return lipschitz

    yield "lipschitz", by("ECLipsE_Fast")
    yield "lipschitz, semidefinite", by("ECLipsE")


def lirpa() -> Answers:
    import torch
    from auto_LiRPA import BoundedModule, BoundedTensor, PerturbationLpNorm

    def module(network: Network) -> Any:
        made: list[Any] = []
        for weight, bias in layers(network):
            if weight.ndim == 4:
                layer = torch.nn.Conv2d(weight.shape[1], weight.shape[0], 3, stride=2, padding=1)
            else:
                layer = torch.nn.Linear(weight.shape[1], weight.shape[0])
                made += [torch.nn.Flatten()] if network["name"] == "cnn" else []
            layer.weight.data, layer.bias.data = torch.tensor(weight).float(), torch.tensor(bias).float()
            made += [layer, torch.nn.Tanh()]
        return torch.nn.Sequential(*made[:-1])

    def by(method: str) -> Callable[[Network], float]:
        def change(network: Network) -> float:
            x = torch.tensor(network["input"]).float().reshape((1, 1, 8, 8) if network["name"] == "cnn" else (1, INPUT))
            bounded = BoundedModule(module(network), x, device="cpu")
            y = bounded(x)
            low, high = bounded.compute_bounds(
                x=(BoundedTensor(x, PerturbationLpNorm(norm=2, eps=EPS)),), method=method
            )
            return float(torch.maximum(high - y, y - low).max().detach())

        return change

    yield "change", by("CROWN")
    yield "change, intervals", by("IBP")


def autobound() -> Answers:
    import autobound.jax as ab
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)

    class Known:
        """jax.numpy with what AutoBound 0.1.4 knows: not tanh, but the logistic function that it is made of."""

        exp, log, sum = jnp.exp, jnp.log, jnp.sum

        @staticmethod
        def tanh(z: Any) -> Any:
            return 2 * jax.nn.sigmoid(2 * z) - 1

    def conv(z: Any, weight: Any, bias: Any) -> Any:
        out = jax.lax.conv_general_dilated(z[None], weight, (2, 2), [(1, 1), (1, 1)])
        return out.reshape(out.shape[1:]) + bias[:, None, None]

    def curvature(network: Network) -> float:
        along = line(Known, conv, jnp.asarray, network)
        bounds = ab.taylor_bounds(along, 2)(0.0, (-STEP, STEP))
        low, high = bounds.coefficients[2]
        return 2 * float(max(abs(low), abs(high)))

    yield "curvature", curvature


# Results ---------------------------------------------------------------------------------------------------------------------


PROGRAMS = {each.__name__: each for each in (boundcalc, search, product, eclipse, lirpa, autobound)}


def measure(program: str, folder: Path) -> None:
    """What is there already is not measured again."""
    file = folder / f"{program}.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8")) if file.exists() else {}
    for question, answer in PROGRAMS[program]():
        for path in sorted(folder.glob("*.npz")):
            if path.stem in found.get(question, {}):
                continue
            network = read(path)
            try:
                value, seconds = timed(answer, network)
            except (NotImplementedError, TypeError, ValueError) as error:
                found.setdefault(question, {})[path.stem] = {"refused": str(error)}
            else:
                found.setdefault(question, {})[path.stem] = {"value": value, "seconds": seconds}
            print(program, question, path.stem, found[question][path.stem], flush=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def timed(answer: Callable[[Network], float], network: Network) -> tuple[float, float]:
    """The value, and the shortest of some runs, the first of which may load libraries; of one that takes long, of itself."""
    times: list[float] = []
    while len(times) < RUNS and sum(times) < LONG:
        start = time.process_time()
        value = answer(network)
        times.append(time.process_time() - start)
    return value, min(times)


if __name__ == "__main__":
    measure(sys.argv[1], Path(sys.argv[2]))
