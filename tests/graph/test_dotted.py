"""Dotted names of steps, as other libraries write them: where they are read, and that a path has one meaning."""

from __future__ import annotations

import pytest
from counts import calls

import boundcalc as bc
from boundcalc.bounds.compiled import Bounds
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph
from boundcalc.graph.selection import select
from boundcalc.language.paths import MOST_PARTS, heads

HEAD = "input: {shape: [2], norm: 1}\nradius: 1\n"
TEXT = """
define:
  block: [{dense: {units: 2, name: conv.weights}}, {tanh: {name: act.0}}]
input: {shape: [2], norm: 1}
radius: 1
layers:
  - dense: {units: 2, name: features.0}
  - tanh: {name: features.1}
  - dense: {units: 2, name: features.2, share: features.0}
  - block: {name: layer1.0}
  - repeat: {times: 2, name: layer2.all, layers: [{dense: {units: 2, name: fc.0}}, {add: [[], fc.0]}]}
  - add: [[], layer1.0.conv.weights, layer2.all.0.fc.0]
  - dense: {units: 2, name: a.b, share: {weight: features.0.weight}}
output: a.b
"""


def graph(text: str) -> LayerGraph:
    return expand(bc.loads(text, "s"))


def compiled(**values: str) -> Bounds:
    return bc.compile(bc.override(bc.loads(TEXT, "s"), {k.replace("__", "."): v for k, v in values.items()}))


def mistake(layers: str, head: str = "") -> str:
    with pytest.raises(bc.SpecError) as caught:
        graph(f"{head}{HEAD}layers: [{layers}]")
    (found,) = caught.value.mistakes
    return str(found)


def test_what_a_path_goes_through() -> None:
    assert list(heads("a.b.c")) == ["a", "a.b", "a.b.c"]
    assert list(heads("a")) == ["a"]


def test_dotted_names_are_read_shared_and_put_out() -> None:
    found = graph(TEXT)
    assert found.balls.keys() == {
        "features.0",
        "layer1.0.conv.weights",
        "layer2.all.0.fc.0",
        "layer2.all.1.fc.0",
        "a.b.bias",
    }
    assert found.node("add_0").inputs == ("layer2.all.1.add_0", "layer1.0.conv.weights", "layer2.all.0.fc.0")
    assert found.outputs == ("a.b",)


def test_paths_of_fields() -> None:
    found = compiled(features__0__radius="3", layer1__0__conv__weights__units="2", layer1__0__radius="5").graph
    assert [ball.radius for ball in found.balls.values()] == [3, 5, 1, 1, 1]
    with pytest.raises(bc.SpecError, match=r"no field 'features.3.radius'; did you mean 'features.[02].radius'"):
        compiled(features__3__radius="3")


@pytest.mark.parametrize(
    ("wrt", "balls"),
    [
        ("features.*", ["features.0"]),
        ("features", ["features.0"]),
        ("features.0", ["features.0"]),
        ("layer*.**", ["layer1.0.conv.weights", "layer2.all.0.fc.0", "layer2.all.1.fc.0"]),
        ("**.fc.*", ["layer2.all.0.fc.0", "layer2.all.1.fc.0"]),
    ],
)
def test_patterns_match_the_parts_of_a_name(wrt: str, balls: list[str]) -> None:
    bounds = bc.compile(bc.loads(TEXT, "s"), wrt=wrt, blocks="layer")
    assert bounds.lipschitz.evaluate() > 0
    assert sorted(select(bounds.graph, [wrt]).balls) == balls


def test_dots_change_no_number() -> None:
    """The same network with other names."""
    plain = TEXT.replace("conv.weights", "convw").replace("act.0", "act").replace("fc.0", "fc").replace("a.b", "ab")
    for name in ("features", "layer1", "layer2"):
        plain = plain.replace(f"{name}.0", f"{name}0").replace("layer2.all", "layer2all").replace("layer20", "layer2.0")
    plain = plain.replace("features.1", "f1").replace("features.2", "f2")
    for blocks in ("total", "layer"):
        dotted, other = (bc.compile(bc.loads(text, "s"), blocks=blocks) for text in (TEXT, plain))
        assert dotted.lipschitz.evaluate() == other.lipschitz.evaluate()
        assert dotted.smoothness.evaluate() == other.smoothness.evaluate()


@pytest.mark.parametrize(
    ("layers", "outer", "inner"),
    [
        ("{tanh: {name: a}}, {tanh: {name: a.b}}", "a", "a.b"),
        ("{tanh: {name: a.b}}, {tanh: {name: a}}", "a", "a.b"),
        ("{tanh: {name: a.b.c}}, {tanh: {name: a.b}}", "a.b", "a.b.c"),
        ("{tanh: {name: a.0}}, {residual: {name: a, layers: [tanh]}}", "a", "a.0"),
        ("{residual: {name: a, layers: [tanh]}}, {tanh: {name: a.tanh_0}}", "a", "a.tanh_0"),
        ("{repeat: {times: 2, name: a, layers: [tanh]}}, {tanh: {name: a.0}}", "a", "a.0"),
        ("{split: {sizes: [1, 1], axis: 0, name: a}}, {tanh: {from: a.0, name: a.1}}", "a", "a.1"),
        ("{dense: {units: 2, name: a}}, {tanh: {name: a.weight}}", "a", "a.weight"),
        ("{tanh: {name: dense_0.x}}, dense: 2", "dense_0", "dense_0.x"),
        ("{tanh: {name: input.0}}", "input", "input.0"),
        (
            "{repeat: {times: 2, carry: {h: {shape: [2], next: h.new}}, layers: [{dense: {units: 2, name: h.new}}]}}",
            "h",
            "h.new",
        ),
    ],
)  # fmt: skip
def test_no_name_goes_through_another(layers: str, outer: str, inner: str) -> None:
    found = mistake(layers)
    assert f"the names '{outer}' and '{inner}' of one scope: '{inner}' is a path inside '{outer}'" in found
    assert "give one of them another name" in found


def test_a_scope_has_names_of_its_own() -> None:
    """`a` inside a module is not the `a` outside it."""
    define = "define: {m: [{dense: {units: 2, name: a.b}}]}\n"
    found = graph(f"{define}{HEAD}layers: [{{dense: {{units: 2, name: a}}}}, {{m: {{name: x}}}}, {{m: {{name: y}}}}]")
    assert found.balls.keys() == {"a", "x.a.b", "y.a.b"}
    assert "the name 'a.b' is used twice" in mistake("{tanh: {name: a.b}}, {tanh: {name: a.b}}")


def test_a_module_does_not_see_what_its_call_reads() -> None:
    define = "define: {m: [{tanh: {from: z.0}}]}\n"
    assert "unknown name 'z.0'" in mistake("{m: {from: [[{tanh: {name: z.0}}]]}}", define)
    assert "the name 'z.0' is used twice" in mistake(
        "{m: {from: [[{tanh: {name: z.0}}]]}}", "define: {m: [{tanh: {name: z.0}}]}\n"
    )


@pytest.mark.parametrize("name", ["0", "0.a", "a.", ".a", "a..b", "a.b-c", "a b", "a.*"])
def test_what_is_no_name(name: str) -> None:
    assert "is not a name; names are letters, digits and _" in mistake(f"{{tanh: {{name: '{name}'}}}}")


def test_a_part_of_a_name_is_no_step() -> None:
    assert "unknown name 'features'; did you mean 'features.0'?" in mistake(
        "{tanh: {name: features.0}}, {tanh: {from: features}}"
    )


def test_long_names_and_many_of_them() -> None:
    assert graph(f"{HEAD}layers: [{{tanh: {{name: {'.'.join('a' * MOST_PARTS)}}}}}]")
    assert f"has more than {MOST_PARTS} parts" in mistake(f"{{tanh: {{name: {'.'.join('a' * (MOST_PARTS + 1))}}}}}")

    def work(count: int) -> int:
        steps = ", ".join(f"{{tanh: {{name: {'b.' * 20}{i}}}}}" for i in range(count))
        architecture = bc.loads(f"{HEAD}layers: [{steps}]")
        return calls(lambda: expand(architecture))

    work(10)
    assert work(800) <= 4.4 * work(200)


def test_depth_counts_scopes_not_dots() -> None:
    """The limit is that of recursion."""
    name = ".".join("a" * MOST_PARTS)
    assert graph(f"{HEAD}layers: [{{residual: {{name: {name}, layers: [{{residual: [tanh]}}]}}}}]")
    assert "modules, branches and repeats inside one another" in mistake(
        "m0", "define: {" + ", ".join(f"m{i}: [m{i + 1}]" for i in range(70)) + ", m70: [tanh]}\n"
    )
