"""A step for every array, as optimizers of frameworks take them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import pytest

import boundcalc as bc

TEXT = """
symbols: {n: 6, R: 2}
batch: n
input: {shape: [3], norm: {sample: 1}}
radius: R
layers: [dense: 4, tanh, {dense: {units: 4, name: mid, frozen: true}}, tanh, {repeat: {times: 2, name: tail, layers: [dense: 4, tanh]}}, {dense: {units: 2, bias: false, name: head}}]
loss: logistic
"""
SHAPES = {
    "dense_0.weight": (4, 3),
    "dense_0.bias": (4,),
    "mid.weight": (4, 4),
    "mid.bias": (4,),
    "tail.0.dense_0.weight": (4, 4),
    "tail.0.dense_0.bias": (4,),
    "tail.1.dense_0.weight": (4, 4),
    "tail.1.dense_0.bias": (4,),
    "head.weight": (2, 4),
}


@dataclass
class Parameter:
    shape: tuple[int, ...]


@dataclass
class Module:
    """What is read of a module of PyTorch."""

    shapes: dict[str, tuple[int, ...]] = field(default_factory=lambda: dict(SHAPES))

    def named_parameters(self) -> list[tuple[str, Any]]:
        return [(name, Parameter(shape)) for name, shape in self.shapes.items()]


def test_every_array_has_the_step_of_its_ball() -> None:
    bounds = bc.compile(bc.loads(TEXT))
    steps = bounds.steps()
    assert list(steps) == [name for name in SHAPES if not name.startswith("mid")]
    of = bc.objective(bc.loads(TEXT)).steps
    for name, step in steps.items():
        path = name.rpartition(".")[0]
        assert step == of.together[path].evaluate() <= of.alone[path].evaluate()
        assert bounds.steps("alone")[name] == of.alone[path].evaluate()
    with pytest.raises(ValueError, match="moved is 'together' or 'alone', not 'apart'"):
        bounds.steps("apart")  # type: ignore[arg-type]


def test_copies_of_a_symbolic_repeat_have_steps() -> None:
    text = TEXT.replace("R: 2", "R: 2, k: {value: 2, integer: true}").replace("times: 2", "times: k")
    assert bc.compile(bc.loads(text)).steps() == pytest.approx(bc.compile(bc.loads(TEXT)).steps(), rel=1e-12)


def test_groups_of_a_module() -> None:
    bounds, module = bc.compile(bc.loads(TEXT)), Module()
    groups = bounds.param_groups(module)
    assert [group["name"] for group in groups] == ["dense_0", "tail.0.dense_0", "tail.1.dense_0", "head"]
    assert [[p.shape for p in group["params"]] for group in groups] == [
        [(4, 3), (4,)],
        [(4, 4), (4,)],
        [(4, 4), (4,)],
        [(2, 4)],
    ]
    assert [group["lr"] for group in groups] == list(dict.fromkeys(bounds.steps().values()))


def test_names_of_a_module_may_be_others() -> None:
    module = Module({**{name: shape for name, shape in SHAPES.items() if name != "head.weight"}, "out.weight": (2, 4)})
    bounds = bc.compile(bc.loads(TEXT))
    with pytest.raises(
        ValueError, match=r"missing in the module: head.weight; missing in the spec: out.weight; names="
    ):
        bounds.param_groups(module)
    assert bounds.param_groups(module, {"out.weight": "head.weight"})[-1]["name"] == "head"
    with pytest.raises(ValueError, match=r"in `names`, and no parameter of the module: other.weight"):
        bounds.param_groups(Module(), {"other.weight": "head.weight"})
    with pytest.raises(ValueError, match=r"several parameters of the module are called 'dense_0.weight' in the spec"):
        bounds.param_groups(module, {"out.weight": "dense_0.weight"})


def test_what_is_no_such_module_is_refused() -> None:
    bounds = bc.compile(bc.loads(TEXT))
    with pytest.raises(ValueError, match=r"another shape than the spec's: 'head.weight' is \[4, 2\], and \[2, 4\]"):
        bounds.param_groups(Module({**SHAPES, "head.weight": (4, 2)}))
    with pytest.raises(TypeError, match="no named_parameters"):
        bounds.param_groups([])  # type: ignore[arg-type]
    with pytest.raises(KeyError, match="no value for R"):
        bc.compile(bc.override(bc.loads(TEXT), {"R": None})).param_groups(Module())
    with pytest.raises(ArithmeticError, match="kink"):
        bc.compile(bc.loads(TEXT.replace("tanh", "relu"))).steps()


def test_training_in_torch_never_increases_the_objective() -> None:
    """While the arrays are in their balls; with them 0.3 from zero, that is so for a while."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    text = "symbols: {n: 16, R: 1}\nbatch: n\ninput: {shape: [3], norm: {sample: 1}}\nradius: R\nlayers: [{dense: {units: 5, name: hidden}}, tanh, {dense: {units: 2, name: head}}]\nloss: logistic"

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.hidden, self.head = torch.nn.Linear(3, 5), torch.nn.Linear(5, 2)

        def forward(self, x: Any) -> Any:
            return self.head(torch.tanh(self.hidden(x)))

    net = Net().double()
    with torch.no_grad():
        for layer in (net.hidden, net.head):
            length = math.sqrt(sum(float((p**2).sum()) for p in layer.parameters()))
            for p in layer.parameters():
                p *= 0.3 / length
    inputs = torch.nn.functional.normalize(torch.randn(16, 3, dtype=torch.double), dim=1)
    labels = (inputs[:, 0] > 0).long()
    bounds = bc.compile(bc.loads(text), sharpest=True)
    groups = bounds.param_groups(net)
    optimizer = torch.optim.SGD(groups)
    before: float | None = None
    turns = 0
    for _ in range(200):
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(net(inputs), labels)
        value.backward()
        assert before is None or float(value.detach()) <= before
        guaranteed = sum(g["lr"] / 2 * float(sum((p.grad**2).sum() for p in g["params"])) for g in groups)
        optimizer.step()
        lengths = [sum(float((p.detach() ** 2).sum()) for p in layer.parameters()) for layer in (net.hidden, net.head)]
        if max(lengths) > 1:
            break
        with torch.no_grad():
            after = float(torch.nn.functional.cross_entropy(net(inputs), labels))
        assert float(value.detach()) - after >= guaranteed - 1e-14
        before, turns = after, turns + 1
    assert turns > 5
