"""From steps to a layer graph: names, scopes, modules, repeats, sharing, inherited fields, and mistakes with their places."""

from __future__ import annotations

from pathlib import Path

import pytest
import sympy

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.graph.regularization import Regularization

HEAD = "input: {shape: [3], norm: 1}\nradius: 1\n"


def graph(text: str, unroll: bool = False) -> LayerGraph:
    return expand(bc.loads(text, "spec.yaml"), unroll=unroll)


def paths(found: LayerGraph) -> list[str]:
    return [layer.path for layer in found.layers]


def inputs(found: LayerGraph) -> dict[str, tuple[str, ...]]:
    return {layer.path: layer.inputs for layer in found.layers}


def mistakes(text: str, unroll: bool = False) -> list[str]:
    with pytest.raises(bc.SpecError) as caught:
        graph(text, unroll)
    return str(caught.value).splitlines()


# Names ---------------------------------------------------------------------------------------------------------------


def test_unnamed_steps_are_counted_by_kind_in_their_scope() -> None:
    found = graph(HEAD + "layers: [dense: 3, relu, dense: 3, {relu: {name: last}}, relu]")
    assert paths(found) == ["dense_0", "relu_0", "dense_1", "last", "relu_1"]
    assert found.outputs == ("relu_1",)


def test_paths_are_dotted_and_a_module_is_its_last_layer() -> None:
    found = graph(
        "define: {block: [dense: 3, relu], stage: [block, {repeat: {times: 2, name: rest, layers: [block]}}]}\n"
        + HEAD
        + "layers: [{stage: {name: stage3}}, {add: [stage3.rest.0, stage3.block_0, stage3]}]"
    )
    assert paths(found) == [
        "stage3.block_0.dense_0", "stage3.block_0.relu_0", "stage3.rest.0.block_0.dense_0", "stage3.rest.0.block_0.relu_0",
        "stage3.rest.1.block_0.dense_0", "stage3.rest.1.block_0.relu_0", "add_0",
    ]  # fmt: skip
    assert found.layer("add_0").inputs == (
        "stage3.rest.0.block_0.relu_0", "stage3.block_0.relu_0", "stage3.rest.1.block_0.relu_0",
    )  # fmt: skip


def test_branches_have_scopes_of_their_own_and_see_what_is_around() -> None:
    found = graph(HEAD + "layers: [{dense: {units: 3, name: a}}, {add: [[relu, {dense: {units: 3, name: a}}], a]}]")
    assert inputs(found) == {
        "a": ("input",),
        "add_0.relu_0": ("a",),
        "add_0.a": ("add_0.relu_0",),
        "add_0": ("add_0.a", "a"),
    }
    outer = graph(HEAD + "layers: [{dense: {units: 3, name: a}}, {residual: [{multiply: [[], a]}]}]")
    assert inputs(outer) == {
        "a": ("input",),
        "residual_0.multiply_0": ("a", "a"),
        "residual_0": ("a", "residual_0.multiply_0"),
    }


def test_from_reads_an_earlier_step_the_input_or_a_branch() -> None:
    found = graph(
        HEAD
        + "layers: [{dense: {units: 3, name: a}}, tanh, {dense: {units: 2, from: input}}, {relu: {from: [[sigmoid]]}}, {relu: {from: a}}]"
    )
    assert inputs(found) == {
        "a": ("input",), "tanh_0": ("a",), "dense_0": ("input",), "relu_0.sigmoid_0": ("dense_0",), "relu_0": ("relu_0.sigmoid_0",), "relu_1": ("a",),
    }  # fmt: skip


def test_an_empty_operand_is_the_input_of_the_step() -> None:
    found = graph(HEAD + "layers: [dense: 3, {add: [[], [relu], input]}]")
    assert found.layer("add_0").inputs == ("dense_0", "add_0.relu_0", "input")


def test_residual_is_add() -> None:
    one = graph(HEAD + "layers: [dense: 3, {residual: [relu, dense: 3]}]")
    other = graph(HEAD + "layers: [dense: 3, {add: {from: [[], [relu, dense: 3]], name: residual_0}}]")
    assert inputs(one) == inputs(other)


@pytest.mark.parametrize(
    ("layers", "where", "message"),
    [
        ("[dense: 3, {relu: {name: dense_0}}]", "3:21", "the name 'dense_0' is used twice in its scope"),
        ("[{relu: {from: nowhere}}]", "3:24", "unknown name 'nowhere'"),
        (
            "[{dense: {units: 3, name: stem}}, {relu: {from: stme}}]",
            "3:57",
            "unknown name 'stme'; did you mean 'stem'?",
        ),
        ("[{relu: {from: later}}, {relu: {name: later}}]", "3:24", "unknown name 'later'"),
        ("[{relu: {from: [input, input]}}]", "3:11", "'relu' reads one input, not 2"),
        ("[{relu: {name: input}}]", "3:11", "the name 'input' is used twice"),
    ],
)
def test_mistakes_with_names(layers: str, where: str, message: str) -> None:
    (line,) = mistakes(HEAD + f"layers: {layers}")
    assert line.startswith(f"spec.yaml:{where}: ")
    assert message in line


# Modules -------------------------------------------------------------------------------------------------------------


def test_arguments_are_expressions_or_layers_read_where_they_were_written() -> None:
    found = graph(
        "symbols: {w: 5}\ndefine: {block: {args: {width:, act: [relu], twice: 2*w}, layers: [dense: width, act, dense: twice]}}\n"
        + HEAD
        + "layers: [{dense: {units: 5, name: a}}, block: w, {block: {width: 5, act: [tanh, {multiply: [[], a]}], twice: w + 1}}]"
    )
    assert paths(found) == [
        "a", "block_0.dense_0", "block_0.relu_0", "block_0.dense_1",
        "block_1.dense_0", "block_1.tanh_0", "block_1.multiply_0", "block_1.dense_1",
    ]  # fmt: skip
    assert found.layer("block_1.multiply_0").inputs == ("block_1.tanh_0", "a")
    w = found.conditions.symbols["w"]
    assert [found.layer(path).shape for path in ("block_0.dense_1", "block_1.dense_1")] == [(2 * w,), (w + 1,)]


def test_an_argument_of_layers_may_be_empty_or_an_operand() -> None:
    found = graph(
        "define: {block: {args: {shortcut: []}, layers: [{add: [shortcut, [relu]]}]}}\n"
        + HEAD
        + "layers: [block, {block: {shortcut: [tanh]}}]"
    )
    assert found.layer("block_0.add_0").inputs == ("input", "block_0.add_0.relu_0")
    assert found.layer("block_1.add_0").inputs == ("block_1.add_0.tanh_0", "block_1.add_0.relu_0")


def test_a_module_sees_no_steps_around_it() -> None:
    (line,) = mistakes("define: {block: [{add: [[], a]}]}\n" + HEAD + "layers: [{dense: {units: 3, name: a}}, block]")
    assert "unknown name 'a'" in line
    assert line.startswith("spec.yaml:1:29: ")


def test_modules_with_inputs() -> None:
    text = "define: {gate: {inputs: [x, g], layers: [{multiply: [x, [{sigmoid: {from: g}}]]}]}}\n" + HEAD
    found = graph(text + "layers: [{dense: {units: 3, name: a}}, tanh, {gate: {from: [a, []]}}]")
    assert found.layer("gate_0.multiply_0").inputs == ("a", "gate_0.multiply_0.sigmoid_0")
    assert found.layer("gate_0.multiply_0.sigmoid_0").inputs == ("tanh_0",)
    assert "the module 'gate' reads 2 inputs, not 1" in mistakes(text + "layers: [{gate: {from: input}}]")[0]
    assert "the module 'gate' reads x, g" in mistakes(text + "layers: [gate]")[0]


def test_recursion_is_refused() -> None:
    text = "define: {a: [dense: 3, b], b: [{residual: [a]}]}\n" + HEAD + "layers: [a]"
    assert mistakes(text) == ["spec.yaml:1:44: the module 'a' calls itself: a -> b -> a"]


def test_modules_that_double_stop_at_the_limit() -> None:
    doubling = ", ".join(f"m{i}: [m{i + 1}, m{i + 1}]" for i in range(40))
    (line,) = mistakes(f"define: {{{doubling}, m40: [relu]}}\n" + HEAD + "layers: [m0]")
    assert "layers" in line
    assert "80000" in line


def test_in_and_out_are_what_enters_and_leaves() -> None:
    found = graph(
        "define: {half: {args: {to: in/2}, layers: [dense: to]}}\ninput: {shape: [8], norm: 1}\n"
        "layers: [{half: {radius: in + out}}, {dense: {units: 2*in, radius: sqrt(in)*out}}]"
    )
    assert found.layer("half_0.dense_0").shape == (4,)
    assert found.layer("dense_0").shape == (8,)
    assert found.balls["half_0.dense_0"].radius == 8 + 4
    assert found.balls["dense_0"].radius == 2 * 8
    assert "`out` is not known here" in mistakes(HEAD + "layers: [dense: out]")[0]


def test_include(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text("symbols: {w: 4, v: 2}\ndefine: {block: [dense: w, relu]}\n")
    (tmp_path / "net.yaml").write_text(
        "include: [blocks.yaml]\nsymbols: {w: 5}\n" + HEAD + "layers: [block, dense: v]\n"
    )
    found = expand(bc.load(tmp_path / "net.yaml"))
    assert found.name == "net"
    sizes = [found.conditions.values[layer.shape[0]] for layer in found.layers if layer.kind.name == "dense"]
    assert sizes == [5, 2]  # the file's own symbols win


def test_a_mistake_in_an_included_file_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "blocks.yaml").write_text("define:\n  block: [dnese: 4]\n")
    (tmp_path / "net.yaml").write_text("include: [blocks.yaml]\n" + HEAD + "layers: [block]\n")
    with pytest.raises(bc.SpecError, match=r"blocks\.yaml:2:11: unknown layer 'dnese'; did you mean 'dense'"):
        bc.load(tmp_path / "net.yaml")


# Inherited fields ----------------------------------------------------------------------------------------------------


def test_the_nearest_radius_wins() -> None:
    found = graph(
        "symbols: {R:}\ndefine: {block: [dense: 3, {dense: {units: 3, radius: R/4}}]}\ninput: {shape: [3], norm: 1}\nradius: R\n"
        "layers: [dense: 3, block, {block: {radius: R/2}}, {residual: {radius: 2*R, layers: [dense: 3, {repeat: {times: 1, radius: 3*R, layers: [dense: 3]}}]}}]"
    )
    R = found.conditions.symbols["R"]
    assert {path: ball.radius / R for path, ball in found.balls.items()} == {
        "dense_0": 1,
        "block_0.dense_0": 1,
        "block_0.dense_1": sympy.Rational(1, 4),
        "block_1.dense_0": sympy.Rational(1, 2),
        "block_1.dense_1": sympy.Rational(1, 4),
        "residual_0.dense_0": 2,
        "residual_0.repeat_0.0.dense_0": 3,
    }


def test_frozen_spectral_and_centre_are_inherited() -> None:
    found = graph(
        "define: {block: [dense: 3, {dense: {units: 3, frozen: false, spectral: 1/2, center: 0}}]}\n"
        + HEAD
        + "layers: [{block: {frozen: true, spectral: 2, center: 3}}, block]"
    )
    assert {path: (ball.frozen, ball.center) for path, ball in found.balls.items()} == {
        "block_0.dense_0": (True, 3), "block_0.dense_1": (False, 0), "block_1.dense_0": (False, None), "block_1.dense_1": (False, 0),
    }  # fmt: skip
    spectral = {layer.path: layer.spectral for layer in found.layers if layer.arrays}
    assert spectral == {
        "block_0.dense_0": 2, "block_0.dense_1": sympy.Rational(1, 2), "block_1.dense_0": None, "block_1.dense_1": sympy.Rational(1, 2),
    }  # fmt: skip


def test_a_ball_for_each_array() -> None:
    found = graph(HEAD + "layers: [dense: 3, {dense: {units: 3, radius: {weight: 2, bias: 5}, center: {bias: 1}}}]")
    assert {path: (ball.radius, ball.center) for path, ball in found.balls.items()} == {
        "dense_0": (1, None), "dense_1.weight": (2, None), "dense_1.bias": (5, 1),
    }  # fmt: skip
    assert [array.ball for array in found.layer("dense_0").arrays] == ["dense_0", "dense_0"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "input: {shape: [3], norm: 1}\nlayers: [dense: 3]",
            "2:10: the learned array 'weight' of 'dense' has no radius",
        ),
        (
            HEAD + "layers: [{dense: {units: 3, radius: {wieght: 1}}}]",
            "3:11: 'dense' has no learned array 'wieght'; did you mean 'weight'?",
        ),
        (
            HEAD + "layers: [{dense: {units: 3, bias: false, radius: {weight: 1, bias: 1}}}]",
            "3:11: 'dense' has no learned array 'bias'",
        ),
        (HEAD + "layers: [{dense: {units: 3, radius: -1}}]", "3:37: a radius must not be negative: -1"),
        (HEAD + "layers: [{dense: {units: 3, spectral: -1}}]", "3:39: a spectral norm must not be negative: -1"),
    ],
)
def test_mistakes_with_balls(text: str, line: str) -> None:
    assert mistakes(text)[0].startswith(f"spec.yaml:{line}")


# Sharing -------------------------------------------------------------------------------------------------------------


def balls(layer: Layer) -> dict[str, tuple[str, bool]]:
    return {array.name: (array.ball, array.shared) for array in layer.arrays}


def test_sharing_layers_arrays_and_modules() -> None:
    found = graph(
        "define: {block: [dense: 3, {batchnorm: {eps: 1, affine: true}}]}\n"
        + HEAD
        + "layers: [{block: {name: a}}, {block: {name: b, share: a}}, {dense: {units: 3, share: a.dense_0}}, {dense: {units: 3, share: {weight: a.dense_0.weight}}}]"
    )
    assert set(found.balls) == {"a.dense_0", "a.batchnorm_0", "dense_1.bias"}
    assert balls(found.layer("b.dense_0")) == {"weight": ("a.dense_0", True), "bias": ("a.dense_0", True)}
    assert balls(found.layer("b.batchnorm_0")) == {"weight": ("a.batchnorm_0", True), "bias": ("a.batchnorm_0", True)}
    assert balls(found.layer("dense_0")) == {"weight": ("a.dense_0", True), "bias": ("a.dense_0", True)}
    assert balls(found.layer("dense_1")) == {"weight": ("a.dense_0", True), "bias": ("dense_1.bias", False)}
    assert found.layer("b.dense_0").parameters == 0
    assert found.layer("dense_1").parameters == 3


def test_sharing_transposed() -> None:
    found = graph(
        HEAD
        + "layers: [{dense: {units: 5, bias: false, name: a}}, {dense: {units: 3, bias: false, share: {weight: a.weight}}}]"
    )
    assert found.layer("dense_0").arrays[0].shape == (3, 5)
    assert found.layer("dense_0").arrays[0].ball == "a"


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("{weight: a.weight}", "'a.weight' cannot be shared: the shapes [5, 3] and [4, 5] differ, also transposed"),
        ("{bias: b.bias}", "there is no learned array 'b.bias' to share"),
        ("{weight: weight}", "'weight' does not say which array; write weight: weight.weight"),
        ("{kernel: a.weight}", "'dense' has no learned array 'kernel'"),
        ("later", "unknown name 'later'"),
        ("relu_0", "there is no learned array 'relu_0.weight' to share"),
    ],
)
def test_mistakes_with_sharing(share: str, message: str) -> None:
    (line,) = mistakes(
        HEAD + f"layers: [{{dense: {{units: 5, name: a}}}}, relu, {{dense: {{units: 4, share: {share}}}}}]"
    )
    assert message in line
    assert line.startswith("spec.yaml:3:")


def test_a_gain_that_starts_at_one_is_shared_as_a_gain_only() -> None:
    text = (
        HEAD
        + "layers: [{batchnorm: {eps: 1, affine: true, name: a}}, {batchnorm: {eps: 1, affine: true, share: SHARE}}]"
    )
    (line,) = mistakes(text.replace("SHARE", "{weight: a.weight, bias: a.weight}"))
    assert "'a.weight' is a gain that starts at one, and 'bias' is none" in line
    assert balls(graph(text.replace("SHARE", "a")).layer("batchnorm_0")) == {"weight": ("a", True), "bias": ("a", True)}


# Repeats -------------------------------------------------------------------------------------------------------------


def test_a_repeat_with_an_index_and_shapes_that_change() -> None:
    found = graph(HEAD + "layers: [{repeat: {times: 3, index: i, name: r, layers: [dense: 2*i + 1]}}]")
    assert {layer.path: layer.shape for layer in found.layers if layer.kind.name == "dense"} == {
        "r.0.dense_0": (1,), "r.1.dense_0": (3,), "r.2.dense_0": (5,),
    }  # fmt: skip
    assert found.paths["r"] == found.paths["r.2"] == "r.2.dense_0"


def test_a_repeat_with_shared_layers_has_one_set() -> None:
    found = graph(HEAD + "layers: [{repeat: {times: 3, share: true, layers: [dense: 3, {residual: [dense: 3]}]}}]")
    assert set(found.balls) == {"repeat_0.0.dense_0", "repeat_0.0.residual_0.dense_0"}


def test_a_scan() -> None:
    found = graph(
        """input: {shape: [3, 2], norm: 1}
radius: 1
layers:
  - repeat:
      name: r
      times: 3
      share: true
      each: {x: input}
      carry: {h: {shape: [4], next: h1}}
      layers:
        - concat: [x, h]
        - dense: 4
        - tanh: {name: h1}
  - add: [[], r.h]
"""
    )
    assert found.layer("r.0.concat_0").inputs == ("r.0.x@slice", "r.h@start")
    assert found.layer("r.2.concat_0").inputs == ("r.2.x@slice", "r.1.h1")
    assert found.node("r.1.x@slice").inputs == ("input",)
    assert found.layer("add_0").inputs == ("r.2.h1", "r.2.h1")
    assert paths(found)[:3] == ["r.0.concat_0", "r.0.dense_0", "r.0.h1"]


def test_a_state_that_starts_somewhere_and_a_collection() -> None:
    found = graph(
        HEAD
        + "layers: [{dense: {units: 3, name: a}}, {repeat: {times: 2, collect: true, name: r, carry: {h: {start: a, next: b}}, "
        "layers: [{add: {from: [[], h], name: b}}, relu]}}]"
    )
    assert found.layer("r.0.b").inputs == ("a", "a")
    assert found.layer("r.1.b").inputs == ("r.0.relu_0", "r.0.b")
    assert found.node(found.outputs[0]).inputs == ("r.0.relu_0", "r.1.relu_0")
    assert found.node(found.outputs[0]).shape == (2, 3)


def test_no_copies_leave_the_input() -> None:
    found = graph(HEAD + "layers: [dense: 2, {repeat: {times: 0, layers: [relu]}}, tanh]")
    assert found.layer("tanh_0").inputs == ("dense_0",)


SYMBOLIC = "symbols: {k: {integer: true}, j: {value: 2, integer: true}}\n"


def test_a_symbolic_repeat_is_a_loop_and_one_with_a_value_can_be_unrolled() -> None:
    text = SYMBOLIC + HEAD + "layers: [{repeat: {times: j, name: r, layers: [dense: 3]}}]"
    loop = graph(text)
    assert paths(loop) == ["r.*.dense_0"]
    assert loop.layer("r.*.dense_0").loops == ("r",)
    assert loop.loops["r"].times == loop.conditions.symbols["j"]
    assert paths(graph(text, unroll=True)) == ["r.0.dense_0", "r.1.dense_0"]
    free = SYMBOLIC + HEAD + "layers: [{repeat: {times: k, name: r, layers: [dense: 3]}}]"
    assert paths(graph(free, unroll=True)) == ["r.*.dense_0"]


def test_an_index_unrolls_a_repeat_whose_times_have_a_value() -> None:
    found = graph(SYMBOLIC + HEAD + "layers: [{repeat: {times: j, index: i, layers: [dense: i + 1]}}]")
    assert paths(found) == ["repeat_0.0.dense_0", "repeat_0.1.dense_0"]
    assert sympy.Eq(found.conditions.symbols["j"], 2) in found.conditions.assumed


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("{repeat: {times: k, index: i, layers: [dense: 3]}}", "a repeat with a symbolic number of times has no index"),
        ("{repeat: {times: k, layers: [dense: 4]}}", "the body changes the shape: [3] becomes [4]"),
        (
            "{repeat: {times: k, name: r, layers: [{dense: {units: 3, name: a}}]}}, {relu: {from: r.*.a}}",
            "'r.*.a' is not the name of a step",
        ),
        ("{repeat: {times: 1/2, layers: [relu]}}", "a number of times must be a whole number, not 1/2"),
        ("{repeat: {times: -1, layers: [relu]}}", "a number of times must be a whole number, not -1"),
        ("{repeat: {times: 10**9, layers: [relu]}}", "more than 20000 copies"),
        (
            "{repeat: {times: 2, each: {x: input}, layers: [{relu: {from: x}}]}}",
            "'x' takes 2 slices of an array of shape [3]",
        ),
        (
            "{repeat: {times: 2, carry: {h: {shape: [2], next: a}}, layers: [{relu: {name: a}}]}}",
            "'h' has shape [2], and 'a' has [3]",
        ),
        ("{repeat: {times: 2, carry: {h: {shape: [3], next: b}}, layers: [relu]}}", "unknown name 'b'"),
        (
            "{repeat: {times: k, name: r, layers: [{dense: {units: 3, name: a}}]}}, {dense: {units: 3, share: r.a}}",
            "'r.a' is inside a repeat with a symbolic number of times",
        ),
        (
            "{repeat: {times: 0, collect: true, layers: [relu]}}",
            "there is nothing to collect from 0 passes; give the repeat at least one pass",
        ),
    ],
)
def test_mistakes_with_repeats(layers: str, message: str) -> None:
    (line,) = mistakes(SYMBOLIC + HEAD + f"layers: [{layers}]")
    assert message in line
    assert line.startswith("spec.yaml:4:")


def test_passes_share_with_passes_of_the_same_number() -> None:
    text = SYMBOLIC + HEAD + "define: {m: {args: {t: k}, layers: [{repeat: {times: t, layers: [dense: 3]}}]}}\n"
    found = graph(text + "layers: [{m: {name: one}}, {m: {name: two, share: one}}]")
    assert [(ball.path, ball.made_in) for ball in found.balls.values()] == [
        ("one.repeat_0.*.dense_0", ("one.repeat_0",))
    ]
    (line,) = mistakes(text + "layers: [{m: {name: one}}, {m: {name: two, share: one, t: k + 1}}]")
    assert line == (
        "spec.yaml:5:51: 'one.repeat_0.*.dense_0' cannot be shared: it is repeated k times, and here are k + 1 passes; "
        "give both repeats the same number of times"
    )


def test_a_loop_is_read_from_outside_through_its_states_only() -> None:
    text = (
        SYMBOLIC
        + HEAD
        + "layers: [{repeat: {times: k, name: r, carry: {h: {shape: [3], next: a}}, layers: [{relu: {name: a}}]}}, {add: [r, r.h]}]"
    )
    found = graph(text)
    assert found.layer("add_0").inputs == ("r.@running@after", "r.h@after")


# Inputs and outputs --------------------------------------------------------------------------------------------------


def test_several_inputs_and_outputs() -> None:
    text = "batch: 2\ninputs: {a: {shape: [3], norm: 1}, b: {shape: [4], norm: {sample: 2}}, c: {shape: [2, 2], norm: {entry: 3}}}\nradius: 1\n"
    found = graph(
        text
        + "layers: [{relu: {from: a, name: first}}, {tanh: {from: b}}, {flatten: {from: c}}]\noutput: [first, flatten_0]"
    )
    assert found.outputs == ("first", "flatten_0")
    norms = [found.node(name).norm for name in "abc"]
    assert norms == [1, 2 * sympy.sqrt(2), 3 * sympy.sqrt(8)]
    assert [found.node(name).sup for name in "abc"] == [1, 2, 3]
    (line,) = mistakes(text + "layers: [relu]")
    assert "'relu' has no step before it; say `from:` a or b or c" in line
    (line,) = mistakes(text + "layers: [{relu: {from: a}}]\noutput: relu_1")
    assert "unknown name 'relu_1'; did you mean 'relu_0'?" in line


def test_token_inputs_have_no_norm() -> None:
    (line,) = mistakes("input: {shape: [3], tokens: 100}\nradius: 1\nlayers: [dense: 3]")
    assert "token ids" in line


def test_the_loss_is_a_step_of_its_own() -> None:
    found = graph(
        HEAD
        + "layers: [dense: 3, {dense: {units: 3, name: b}}]\nloss: {squared: {from: [dense_0, b]}}\nregularizer: {l2: 1/10}"
    )
    assert found.loss == "loss"
    assert found.layer("loss").inputs == ("dense_0", "b")
    assert found.outputs == ("b",)
    assert found.regularizer == Regularization(sympy.Rational(1, 10))


def test_a_double_softmax_gets_a_warning() -> None:
    assert graph(HEAD + "layers: [dense: 3, softmax]\nloss: logistic").warnings
    assert graph(HEAD + "layers: [dense: 3]\nloss: logistic").warnings == []


# Mistakes together ---------------------------------------------------------------------------------------------------


def test_several_mistakes_are_reported_at_once_in_order() -> None:
    text = """symbols: {w: 4}
input: {shape: [3, 8, 8], norm: 1}
radius: 1
layers:
  - conv2d: {channels: 4, kernel: 9}
  - relu
  - dense: {units: w}  # reads what could not be made: nothing is said of it

  - {dense: {units: 3, from: input, radius: -2}}
loss: logistic
"""
    found = mistakes(text)
    assert [line.split(";")[0] for line in found] == [
        "spec.yaml:5:5: the window of 9 does not fit into the axis of 8 (padding included)",
        "spec.yaml:9:45: a radius must not be negative: -2",
    ]


def test_an_empty_file_of_layers() -> None:
    (line,) = mistakes("inputs: {a: {shape: [3], norm: 1}, b: {shape: [3], norm: 1}}")
    assert "the file has no layers" in line


# The examples of the language ----------------------------------------------------------------------------------------

RESNET_MODULES = """
symbols: {eps: 1/100}
define:
  conv_bn:
    args: {channels:, kernel:, stride: 1}
    layers:
      - conv2d: {channels: channels, kernel: kernel, stride: stride, padding: (kernel-1)/2, bias: false}
      - batchnorm: {eps: eps, affine: true}
  bottleneck:
    args: {width:, stride: 1, shortcut: []}
    layers:
      - add:
          - shortcut
          - - conv_bn: {channels: width, kernel: 1}
            - relu
            - conv_bn: {channels: width, kernel: 3, stride: stride}
            - relu
            - conv_bn: {channels: 4*width, kernel: 1}
      - relu
  stage:
    args: {width:, depth:, stride: 2}
    layers:
      - bottleneck: {name: first, width: width, stride: stride, shortcut: [conv_bn: {channels: 4*width, kernel: 1, stride: stride}]}
      - repeat: {times: depth - 1, name: rest, layers: [bottleneck: width]}
"""
RESNET = """
name: resnet50
include: [modules.yaml]
symbols: {n: 32, R: 1}
batch: n
input: {shape: [3, 224, 224], norm: {entry: 1}}
radius: R
layers:
  - conv_bn: {channels: 64, kernel: 7, stride: 2, name: stem}
  - relu
  - maxpool2d: {kernel: 3, stride: 2, padding: 1}
  - stage: {width: 64, depth: 3, stride: 1, name: stage1, frozen: true}
  - stage: {width: 128, depth: 4, name: stage2}
  - stage: {width: 256, depth: 6, name: stage3, radius: R/2}
  - stage: {width: 512, depth: 3, name: stage4}
  - globalavgpool
  - dense: {units: 1000, name: head}
"""


def test_resnet50(tmp_path: Path) -> None:
    (tmp_path / "modules.yaml").write_text(RESNET_MODULES)
    (tmp_path / "resnet50.yaml").write_text(RESNET)
    found = expand(bc.load(tmp_path / "resnet50.yaml"))
    assert sum(layer.parameters for layer in found.layers) == 25_557_032  # as torchvision counts them
    assert found.layer(found.paths["stage3.rest.4"]).shape == (1024, 14, 14)
    assert (
        found.balls["stage3.rest.4.bottleneck_0.add_0.conv_bn_1.conv2d_0"].radius == found.conditions.symbols["R"] / 2
    )
    bounds = bc.compile(bc.load(tmp_path / "resnet50.yaml"), wrt="stage4.**")
    assert bounds.lipschitz.log10() is not None
    assert bounds.layers["stage3"].lipschitz.evaluate() == 0
    assert bounds.smoothness.reason == "relu has a kink at 0: its derivative jumps"


LSTM = """
symbols: {n: 32, T: {integer: true}, e: 64, d: 128, R: 1/10}
batch: n
input: {shape: [T, e], norm: {sample: 1}}
radius: R
layers:
  - repeat:
      times: T
      share: true
      each: {x: input}
      carry:
        h: {shape: [d], next: h1}
        c: {shape: [d], next: c1}
      layers:
        - concat: {from: [x, h], name: xh}
        - dense: {units: d, from: xh, name: W_f}
        - sigmoid: {name: f}
        - dense: {units: d, from: xh, name: W_i}
        - sigmoid: {name: i}
        - dense: {units: d, from: xh, name: W_g}
        - tanh: {name: g}
        - dense: {units: d, from: xh, name: W_o}
        - sigmoid: {name: o}
        - multiply: {from: [f, c], name: fc}
        - multiply: {from: [i, g], name: ig}
        - add: {from: [fc, ig], name: c1}
        - tanh: {name: tc}
        - multiply: {from: [o, tc], name: h1}
  - dense: {units: 10, name: head}
"""


def test_lstm() -> None:
    """The loop and its unrolled form say the same; by blocks is not larger."""
    loop = bc.compile(bc.loads(LSTM))
    assert {str(s) for s in loop.lipschitz.free_symbols} >= {"T", "R"}
    unrolled = LSTM.replace("T: {integer: true}", "T: 3").replace("times: T", "times: 3")
    total, layer = (bc.compile(bc.loads(unrolled), blocks=blocks) for blocks in ("total", "layer"))
    for name in ("norm", "lipschitz", "smoothness"):
        exact = float(getattr(total, name).evaluate())
        assert float(getattr(loop, name).evaluate(T=3)) == pytest.approx(exact, rel=1e-9)
        assert float(getattr(layer, name).evaluate()) <= exact * (1 + 1e-12)
    assert len(expand(bc.loads(unrolled)).balls) == 5


def test_unknown_names_show_in_steps_that_depend_on_a_mistake() -> None:
    found = mistakes(
        HEAD + "layers: [conv2d: {channels: 3, kernel: 3}, dense: width, {dense: {units: 2, radius: 2*w}}]"
    )
    assert len(found) == 3
    assert "unknown name 'width'" in found[1]
    assert "unknown name 'w'" in found[2]
