"""Scopes: what stands where, which names are seen there, and that no step or ball takes the place of another."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LayerGraph

HEAD = "symbols: {k: {value: 2, integer: true}}\ninput: {shape: [2], norm: 1}\nradius: 1\n"
DENSE = "dense: {units: 2, bias: false"
SUM = "m: {inputs: [a, b], layers: [{dense: {units: 2, from: a, bias: false}}, {add: [[], b]}]}"


def graph(text: str, define: str = "") -> LayerGraph:
    return expand(bc.loads(f"{HEAD}define: {{{define}}}\nlayers: [{text}]", "s"))


def norm(text: str, define: str = "") -> float:
    return float(bc.compile(bc.loads(f"{HEAD}define: {{{define}}}\nlayers: [{text}]", "s")).norm.evaluate())


def mistake(text: str, define: str = "", tail: str = "") -> str:
    with pytest.raises(bc.SpecError) as caught:
        bc.compile(bc.loads(f"{HEAD}define: {{{define}}}\nlayers: [{text}]{tail}", "s"))
    (found,) = caught.value.mistakes
    return str(found)


# What a step with a body reads ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", ", name: z", ", name: b"])
def test_steps_that_a_call_reads_are_not_those_of_its_module(name: str) -> None:
    """||W x + 3 W' x|| <= 4; with one ball it would be 2."""
    text = f"{{m: {{from: [[], [{{{DENSE}, radius: 3{name}}}}}]]}}}}"
    assert len(graph(text, SUM).balls) == 2
    assert norm(text, SUM) == pytest.approx(4)


def test_the_body_has_the_same_names_whatever_is_read() -> None:
    """So the body of `two` shares with the body of `one`."""
    read = f"[{{{DENSE}, radius: 3}}}}]"
    text = f"{{m: {{name: one, from: [[], {read}]}}}}, {{m: {{name: two, share: one, from: [[], input]}}}}"
    found = graph(text, SUM)
    assert found.layer("two.dense_0").arrays[0].ball == "one.dense_0"
    assert {path: ball.radius for path, ball in found.balls.items()} == {"one.dense_0": 1, "one.dense_1": 3}


@pytest.mark.parametrize(
    ("text", "define", "balls"),
    [
        ("{m: {from: [[], [dense: 2, tanh]]}}", "m: {inputs: [a, b], layers: [{add: [a, b]}, tanh, dense: 2]}", 2),
        ("{residual: {from: [[{dense: {units: 2, radius: 3}}]], layers: [dense: 2]}}", "", 2),
        ("{residual: {from: [[residual: {from: [[dense: 2]], layers: [dense: 2]}]], layers: [residual: [dense: 2]]}}", "", 3),
        ("{m: {f: [dense: 2], from: [[dense: 2]]}}", "m: {args: {f:}, layers: [dense: 2, f, dense: 2]}", 4),
        ("{m: {from: [[{m: {from: [[dense: 2]]}}]]}}", "m: [dense: 2]", 3),
        ("{repeat: {times: 2, from: [[dense: 2]], layers: [{m: {from: [[dense: 2]]}}]}}", "m: [dense: 2]", 5),
        ("{repeat: {times: k, from: [[dense: 2]], layers: [{m: {from: [[dense: 2]]}}]}}", "m: [dense: 2]", 3),
    ],
)  # fmt: skip
def test_every_step_has_its_own_ball(text: str, define: str, balls: int) -> None:
    assert len(graph(text, define).balls) == balls
    assert norm(text, define) > 0


def test_fields_hold_for_what_a_step_reads() -> None:
    for step in ("repeat: {times: 2, ", "residual: {", "m: {"):
        tail = "" if step == "m: {" else ", layers: [dense: 2]"
        found = graph(f"{{{step}radius: 3, from: [[dense: 2]]{tail}}}}}", "m: [dense: 2]")
        assert {ball.radius for ball in found.balls.values()} == {3}


def test_a_residual_reads_one_input() -> None:
    assert "'residual' reads one input, not 2" in mistake("{residual: {from: [input, []], layers: [tanh]}}")


# Names ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "define", "name"),
    [
        ("{m: {from: [[{tanh: {name: z}}]]}}", "m: [{dense: {units: 2, name: z}}]", "z"),
        ("{residual: {from: [[{tanh: {name: z}}]], layers: [{sin: {name: z}}]}}", "", "z"),
        ("{m: {from: [[{tanh: {name: dense_0}}]]}}", "m: [dense: 2]", "dense_0"),
        ("m", "m: {inputs: [a], layers: [{dense: {units: 2, name: a}}]}", "a"),
        ("m", "m: {args: {f: [tanh]}, layers: [{dense: {units: 2, name: f}}]}", "f"),
        ("{repeat: {times: 2, carry: {h: {shape: [2], next: h}}, layers: [{dense: {units: 2, name: h}}]}}", "", "h"),
        ("{repeat: {times: k, carry: {h: {shape: [2], next: h}}, layers: [{dense: {units: 2, name: h}}]}}", "", "h"),
        ("{repeat: {times: 2, from: [[{tanh: {name: h}}]], carry: {h: {shape: [2], next: a}}, layers: [{tanh: {name: a}}]}}", "", "h"),
        ("{repeat: {times: 2, carry: {h: {shape: [2], next: a}}, each: {h: input}, layers: [{tanh: {name: a}}]}}", "", "h"),
        ("{repeat: {times: 2, index: h, carry: {h: {shape: [2], next: a}}, layers: [{tanh: {name: a}}]}}", "", "h"),
        ("dense: 2, {m: {name: dense_0}}", "m: [tanh]", "dense_0"),
    ],
)  # fmt: skip
def test_a_name_has_one_meaning_in_its_scope(text: str, define: str, name: str) -> None:
    assert f"the name '{name}' is used twice in its" in mistake(text, define)


@pytest.mark.parametrize("loss", ["logistic", "{squared: {from: [[dense: 2], input]}}"])
def test_the_loss_has_a_name(loss: str) -> None:
    assert "'loss' is used twice" in mistake("{dense: {units: 2, name: loss}}", tail=f"\nloss: {loss}")
    assert graph("{dense: {units: 2, name: loss}}").outputs == ("loss",)
    text = "inputs: {loss: {shape: [2], norm: 1}}\nradius: 1\nlayers: [{dense: {units: 2, from: loss}}]\nloss: logistic"
    with pytest.raises(bc.SpecError, match="the name 'loss' is that of the loss"):
        bc.compile(bc.loads(text))


def test_a_step_is_not_called_like_the_ball_of_an_array() -> None:
    """`d.weight` would be the ball of the weights of `d`, and that of the step."""
    text = "{dense: {units: 2, name: d, radius: {weight: 1, bias: 1}, from: [[{STEP}]]}}"
    for step in ("dense: {units: 2, name: weight, radius: 5}", "tanh: {name: bias}"):
        assert "of a step that 'dense' reads is that of its own learned array" in mistake(text.replace("STEP", step))
    together = text.replace("radius: {weight: 1, bias: 1}, ", "").replace("STEP", "dense: {units: 2, name: weight}")
    assert graph(together).balls.keys() == {"d", "d.weight"}


def test_no_node_takes_the_place_of_another() -> None:
    found = graph("dense: 2")
    with pytest.raises(AssertionError, match="two nodes are called 'dense_0'"):
        found.add(found.layer("dense_0"))
    with pytest.raises(AssertionError, match="two steps are called 'dense_0'"):
        found.call("dense_0", "input")


# What is seen --------------------------------------------------------------------------------------------------------


def test_a_module_does_not_see_what_its_call_reads() -> None:
    assert "unknown name 'z'" in mistake("{m: {from: [[{tanh: {name: z}}]]}}", "m: [dense: 2, {add: [[], z]}]")


def test_the_layers_of_an_argument_do_not_see_the_module() -> None:
    define = "m: {args: {f:}, layers: [{dense: {units: 2, name: z}}, f]}"
    call = "{m: {f: [{add: [[], z]}]}}"
    assert "unknown name 'z'" in mistake(call, define)
    assert graph(f"{{tanh: {{name: z}}}}, {call}", define).layer("m_0.add_0").inputs == ("m_0.z", "z")
    own = "{m: {f: [{tanh: {name: y}}, {residual: [{add: [[], y]}]}]}}"
    assert graph(own, define).layer("m_0.residual_0.add_0").inputs == ("m_0.y", "m_0.y")


def test_a_nearer_step_hides_an_argument() -> None:
    found = graph("m", "m: {args: {f: [sin]}, layers: [residual: [{tanh: {name: f}}, {add: [[], f]}]]}")
    assert found.layer("m_0.residual_0.add_0").inputs == ("m_0.residual_0.f", "m_0.residual_0.f")


# Modules inside the calls of modules ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "define", "kinds"),
    [
        ("{m: {f: [{m: {f: [sin]}}]}}", "m: {args: {f: [tanh]}, layers: [dense: 2, f]}", "dense dense sin"),
        ("{m: {f: [{m: {f: [m]}}]}}", "m: {args: {f: [tanh]}, layers: [dense: 2, f]}", "dense dense dense tanh"),
        ("{m: {f: [n]}}", "m: {args: {f: [tanh]}, layers: [f]}, n: [m, dense: 2]", "tanh dense"),
        ("{m: {from: [[{m: {from: [[m]]}}]]}}", "m: [tanh]", "tanh tanh tanh"),
    ],
)
def test_what_is_written_outside_a_module_may_call_it(text: str, define: str, kinds: str) -> None:
    assert [layer.kind.name for layer in graph(text, define).layers] == kinds.split()


@pytest.mark.parametrize(
    "define",
    [
        "m: {layers: [{n: {f: [m]}}]}, n: {args: {f:}, layers: [f]}",
        "m: {args: {f: [m]}, layers: [f]}",
        "m: [{n: {from: [[m]]}}], n: [tanh]",
        "m: {args: {f: [tanh]}, layers: [{m: {f: [f]}}]}",
    ],
)
def test_what_is_written_inside_may_not(define: str) -> None:
    assert "the module 'm' calls itself" in mistake("m", define)
