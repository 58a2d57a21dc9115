"""`--blocks`: what is differentiated by, in blocks."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.calculus.primitives import Block
from boundcalc.exact.balls import ball

SPECS = sorted((Path(__file__).parent.parent.parent / "specs").glob("*.yaml"))
TEXT = """
define:
  block: [{dense: {units: 3, name: up, radius: {weight: 1, bias: 2}}}, tanh]
  stage: [block, {repeat: {times: 2, name: rest, layers: [block]}}]
input: {shape: [3], norm: 1}
radius: 1
layers:
  - stage: {name: stage1}
  - stage: {name: stage2, frozen: true}
  - dense: {units: 3, name: neck}
  - dense: {units: 2, name: head}
loss: logistic
regularizer: {l2: 1/10}
"""
DEEP = """
symbols: {k:, R: 1/2}
batch: 4
input: {shape: [4], norm: {sample: 1}}
radius: R
layers:
  - repeat: {times: k, name: stack, layers: [residual: [dense: 4, tanh, dense: 4]]}
  - dense: {units: 2, name: head}
"""


def _blocks(words: str, wrt: str = "parameters") -> dict[str, list[str]]:
    found = bc.compile(bc.loads(TEXT), blocks=words, wrt=wrt).primitives.blocks
    return {name: [member.replace(".up", "") for member in block.members] for name, block in found.items()}


REST = [f"stage1.rest.{copy}.block_0.{array}" for copy in (0, 1) for array in ("weight", "bias")]
FIRST = ["stage1.block_0.weight", "stage1.block_0.bias"]


@pytest.mark.parametrize(
    ("words", "blocks"),
    [
        ("*", {"stage1": [*FIRST, *REST], "neck": ["neck"], "head": ["head"]}),
        ("stage*", {"stage1": [*FIRST, *REST], "all others": ["neck", "head"]}),
        ("stage1,head", {"stage1": [*FIRST, *REST], "head": ["head"], "all others": ["neck"]}),
        ("stage1.rest.*", {"stage1.rest.0": REST[:2], "stage1.rest.1": REST[2:], "all others": [*FIRST, "neck", "head"]}),
        # nested matches: the innermost
        ("stage1, stage1.rest", {"stage1": FIRST, "stage1.rest": REST, "all others": ["neck", "head"]}),
        ("**.rest.*,**", {name.replace(".block_0", ".block_0.up"): [name] for name in (*FIRST, *REST, "neck", "head")}),
    ],
)  # fmt: skip
def test_each_place_that_matches_is_a_block(words: str, blocks: dict[str, list[str]]) -> None:
    assert _blocks(words) == blocks


def test_inputs_and_what_is_selected() -> None:
    assert _blocks("stage1", "parameters,input")["all others"] == ["neck", "head", "input"]
    assert _blocks("input", "head,input") == {"input": ["input"], "all others": ["head"]}
    assert _blocks("in*,head,neck", "head,input,neck") == {"neck": ["neck"], "head": ["head"], "input": ["input"]}


@pytest.mark.parametrize(
    ("words", "finding"),
    [
        ("stag1", "--blocks stag1: 'stag1' matches nothing that is differentiated by; did you mean 'stage1'?"),
        ("stage2", "'stage2' matches nothing"),  # frozen
        ("head,lair", "'lair' matches nothing"),
        ("Layer", "did you mean 'layer'?"),
        (",".join(f"a{i}" for i in range(101)), "more than 100 patterns"),
    ],
)
def test_a_pattern_that_matches_nothing(words: str, finding: str) -> None:
    with pytest.raises(bc.SpecError) as error:
        bc.compile(bc.loads(TEXT), blocks=words)
    assert finding in str(error.value)


def test_every_ball_alone_is_blocks_layer_and_all_together_blocks_total() -> None:
    spec = bc.override(bc.loads(DEEP), {"k": 2})
    for norms in ("euclidean", "mixed"):
        layer, total = (bc.compile(spec, norms=norms, blocks=blocks) for blocks in ("layer", "total"))  # type: ignore[arg-type]
        alone = bc.compile(spec, norms=norms, blocks="**")  # type: ignore[arg-type]
        assert alone.lipschitz.number() == layer.lipschitz.number()
        assert alone.smoothness.number() == layer.smoothness.number()
        assert total.lipschitz.evaluate() > layer.lipschitz.evaluate()
    one = bc.override(bc.loads(DEEP), {"k": 0})
    assert bc.compile(one, blocks="head").lipschitz.number() == bc.compile(one).lipschitz.number()


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_blocks_of_patterns_are_between_total_and_layer(path: Path) -> None:
    spec = bc.load(path)
    total = bc.compile(spec)
    if total.lipschitz.finite and total.number(total.lipschitz) is None:
        pytest.skip("it has no numbers")
    layer, pattern = bc.compile(spec, blocks="layer"), bc.compile(spec, blocks="*")
    if len(layer.primitives.primitives) > 3000:
        pytest.skip("it takes long")
    compared = [pattern, total] if any("too many entries" in w for w in layer.warnings) else [layer, pattern, total]
    for name in ("lipschitz", "smoothness"):
        bounds = [getattr(each, name) for each in compared]
        if all(bound.finite for bound in bounds):
            numbers = [each.number(bound) for each, bound in zip(compared, bounds, strict=True)]
            known = [ball(number) for number in numbers if number is not None]
            assert len(known) == len(compared)
            assert all(a <= b * (1 + 1e-9) for a, b in pairwise(known))


def test_copies_of_a_symbolic_repeat_are_blocks_where_their_path_says_one() -> None:
    spec = bc.loads(DEEP)
    known = {words: bc.compile(spec, blocks=words) for words in ("stack.*", "stack", "layer")}
    inside = ("stack.*.residual_0.dense_0", "stack.*.residual_0.dense_1")
    assert known["stack.*"].primitives.blocks["stack.*"] == Block(inside, ("stack",))
    assert known["stack"].primitives.blocks["stack"] == Block(inside)
    copies = bc.compile(bc.override(spec, {"k": 4}), blocks="stack.*")
    assert list(copies.primitives.blocks) == [*(f"stack.{i}" for i in range(4)), "all others"]
    # One recursion of ||p||^2 for copies of any number gives what as many copies give.
    assert known["stack.*"].lipschitz.evaluate(k=4) == pytest.approx(copies.lipschitz.evaluate(), rel=1e-12)
    assert known["layer"].lipschitz.evaluate(k=4) < known["stack.*"].lipschitz.evaluate(k=4)
    # All copies in one block are one and the same in every pass: the total recursion stands in, and says so.
    assert any("a block from outside is the same one in every pass" in warning for warning in known["stack"].warnings)
    assert known["stack"].lipschitz.evaluate(k=4) == bc.compile(spec).lipschitz.evaluate(k=4)


def test_steps_and_groups_of_optimizers_are_those_of_blocks() -> None:
    bounds = bc.compile(bc.loads(TEXT), blocks="stage*")
    assert list(bounds.layer_steps.together) == ["stage1", "all others"]
    steps = bounds.steps()
    assert steps["neck.weight"] == steps["head.bias"] != steps["stage1.block_0.up.weight"]
    alone, layer = bounds.steps("alone"), bc.compile(bc.loads(TEXT), blocks="layer").steps("alone")
    assert alone.keys() == layer.keys()
    assert all(alone[name] <= layer[name] for name in alone)  # a block is bent at least as any of its members

    class Parameter:
        def __init__(self, shape: tuple[int, ...]) -> None:
            self.shape = shape

    class Module:
        def named_parameters(self) -> list[tuple[str, Parameter]]:
            shapes = bc.network(bc.loads(TEXT)).shapes.items()
            return [(name, Parameter(shape)) for name, shape in shapes if name != "input"]

    groups = bounds.param_groups(Module())
    assert {group["name"]: len(group["params"]) for group in groups} == {"stage1": 6, "all others": 4}
    assert [group["lr"] for group in groups] == [steps["stage1.block_0.up.weight"], steps["head.bias"]]


def test_every_output_says_the_blocks() -> None:
    bounds = bc.compile(bc.loads(TEXT), blocks=["stage1", "head"])
    data = bounds.to_dict()
    assert data["blocks"] == "stage1,head"
    assert list(data["grouping"]) == ["stage1", "head", "all others"]  # type: ignore[arg-type]
    objective = bc.objective(bc.loads(TEXT), blocks="stage1,head").to_dict()
    assert objective["grouping"] == data["grouping"]
    assert list(objective["steps"]["alone"]) == list(data["grouping"])  # type: ignore[arg-type, call-overload, index]
    assert "grouping" not in bc.compile(bc.loads(TEXT)).to_dict()


def test_the_regularizer_bends_a_block_once() -> None:
    """r(w) = weight/2 ||w||^2 is bent by its weight in every direction, whatever the blocks."""
    text = "input: {shape: [2], norm: 0}\nradius: 1\nlayers: [{dense: {units: 2, bias: false, name: a}}, {dense: {units: 1, bias: false, name: b}}]\nloss: squared\nregularizer: {l2: 3}"
    spec = bc.loads(text.replace("loss: squared", "loss: {squared: {labels: 0}}"))
    for blocks in ("total", "layer", "a", "*"):
        assert bc.compile(spec, blocks=blocks).objective.smoothness.evaluate() == pytest.approx(3)  # type: ignore[union-attr]
        assert bc.compile(spec, blocks=blocks).objective.lipschitz.evaluate() == pytest.approx(3 * 2**0.5)  # type: ignore[union-attr]
