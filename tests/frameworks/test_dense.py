"""Dense maps and what stands between them: networks of specs/ against modules of torch.nn."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from frameworks.agreement import agree

torch: Any = pytest.importorskip("torch")
nn = torch.nn
Softplus = partial(nn.Softplus, threshold=1000)  # where torch switches to x, which is 2e-9 off at its default


def test_autoencoder() -> None:
    widths = (784, 1000, 500, 250, 30, 250, 500, 1000, 784)
    maps = [nn.Linear(*pair) for pair in pairwise(widths)]
    codes = (nn.Identity() if k in (3, 7) else nn.Sigmoid() for k in range(8))
    module = nn.Sequential(*(each for pair in zip(maps, codes, strict=True) for each in pair))
    order = ("layer_0.dense_0", "layer_1.dense_0", "layer_2.dense_0", "code", "layer_3.dense_0", "layer_4.dense_0")
    names = tuple((rf"^{path}\.", f"{2 * k}.") for k, path in enumerate((*order, "layer_5.dense_0", "decoder")))
    agree("autoencoder", module, names, values={"n": 5})


def perceptron(widths: tuple[int, ...], act: Any, *, bias: bool = True) -> Any:
    """`act` behind every map but the last; the maps stand at 0, 2, 4 and so on."""
    maps = [nn.Linear(*pair, bias=bias) for pair in pairwise(widths)]
    return nn.Sequential(*(each for map_ in maps[:-1] for each in (map_, act())), maps[-1])


def test_mlp() -> None:
    names = (("^dense_0", "0"), ("^dense_1", "2"), ("^head", "4"))
    agree("mlp", perceptron((784, 60, 60, 10), Softplus), names, values={"n": 5, "width": 60, "R": 1})


@pytest.mark.parametrize(("name", "bias"), [("mlp-deep", False), ("mlp-deep-bias", True)])
def test_deep_mlps(name: str, bias: bool) -> None:
    names = ((r"^hidden\.(\d)\.dense_0", lambda m: f"{2 * int(m[1])}"), ("^head", "10"))
    values = {"n": 5, "x": 1, "width": 30, "R": 1, "k": 5}
    agree(name, perceptron((30, 30, 30, 30, 30, 30, 10), Softplus, bias=bias), names, values=values)


def test_deep_linear() -> None:
    module = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(6)))
    names = ((r"^chain\.(\d)\.dense_0", r"\1"),)
    agree("deep-linear", module, names, smaller={"input:": "batch: 4\ninput:"}, values={"k": 6, "R": 1, "x": 1})


def test_pinn() -> None:
    names = ((r"^hidden\.(\d)\.dense_0", lambda m: f"{2 * int(m[1])}"), ("^u", "16"))
    agree("pinn", perceptron((2, *8 * [20], 1), nn.Tanh), names)


class Bent(nn.Module):
    def forward(self, x: Any) -> Any:
        return (x + torch.sqrt(x**2 + 1)) / 2


class Serf(nn.Module):
    def forward(self, x: Any) -> Any:
        return x * torch.erf(nn.functional.softplus(x))


def test_own_activations() -> None:
    module = nn.Sequential(nn.Linear(10, 20), Bent(), nn.Linear(20, 20), Serf(), nn.Linear(20, 3))
    agree("own-activation", module, (("^first", "0"), ("^second", "2"), ("^head", "4")))


class Highway(nn.Module):
    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.stem = nn.Linear(784, width)
        self.transform, self.gate = (nn.ModuleList(nn.Linear(width, width) for _ in range(depth)) for _ in range(2))
        self.head = nn.Linear(width, 10)

    def forward(self, z: Any) -> Any:
        z = self.stem(z)
        for transform, gate in zip(self.transform, self.gate, strict=True):
            t = gate(z).sigmoid()
            z = torch.lerp(z, transform(z).relu(), t)
        return self.head(z)


def test_highway() -> None:
    names = ((r"layers\.(\d+)\.layer_0\.(transform|gate)", r"\2.\1"),)
    agree("highway", Highway(50, 10), names, values={"n": 5})


class Equilibrium(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.injection = nn.Linear(784, width)
        self.recurrent = nn.Linear(width, width, bias=False)
        self.head = nn.Linear(width, 10)

    def forward(self, x: Any) -> Any:
        injected = self.injection(x)
        z = torch.zeros_like(injected)
        for _ in range(100):  # each pass takes half of what is missing, or more
            z = (self.recurrent(z) + injected).tanh()
        return self.head(z)


def test_deq() -> None:
    inner = "equilibrium.add_0.recurrent"
    factors = {f"{inner}.weight": 1 / 8}  # a random map has the norm 2 sqrt(2) or so
    agree("deq", Equilibrium(64), ((inner, "recurrent"),), values={"n": 5}, factors=factors)


class Gcn(nn.Module):
    """The graph is a path, which reaches the norm; of the draws of dropout it is that which keeps all."""

    def __init__(self, nodes: int, words: int, hidden: int) -> None:
        super().__init__()
        graph = torch.eye(nodes, dtype=torch.float64) + sum(
            torch.ones(nodes - 1, dtype=torch.float64).diag(k) for k in (-1, 1)
        )
        root = graph.sum(1).rsqrt()
        self.graph = root[:, None] * graph * root
        self.first, self.second = nn.Linear(words, hidden), nn.Linear(hidden, 7)

    def forward(self, z: Any) -> Any:
        z = self.first(self.graph @ z).relu() / (1 - 1 / 2)
        return self.second(self.graph @ z)


def test_gcn() -> None:
    values = {"nodes": 8, "words": 30}
    agree("gcn", Gcn(8, 30, 16), smaller={"input:": "batch: 3\ninput:"}, values=values)
