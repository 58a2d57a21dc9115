"""Shared arrays: by names of the scope, part by part, in copies and in calls; and what is said of balls there."""

from __future__ import annotations

import pytest

import boundcalc as bc

HEAD = (
    "symbols: {k: {value: 2, integer: true}, j: {value: 3, integer: true}}\ninput: {shape: [2], norm: 1}\nradius: 1\n"
)


def compiled(layers: str, define: str = "", blocks: str = "total") -> bc.Bounds:
    spec = bc.loads(f"{HEAD}define: {{{define}}}\nlayers: [{layers}]", "s")
    return bc.compile(spec, blocks="layer" if blocks == "layer" else "total")


def balls(layers: str, define: str = "") -> dict[str, int]:
    return {path: int(ball.radius) for path, ball in compiled(layers, define).graph.balls.items()}


def mistake(layers: str, define: str = "") -> str:
    with pytest.raises(bc.SpecError) as caught:
        compiled(layers, define)
    (found,) = caught.value.mistakes
    return str(found)


PARTIAL = "{dense: {units: 2, share: {weight: a.weight}}}"
FIRST = "{dense: {units: 2, name: a}}"


@pytest.mark.parametrize("times", ["2", "k"])
def test_copies_share_what_a_layer_does_not_share_itself(times: str) -> None:
    """x -> W (W (W x + a) + b) + b with ||(W, a)||, ||b|| <= 1: L = 5.611; with a bias of each copy it would be 5.430."""
    layers = f"{FIRST}, {{repeat: {{times: {times}, share: true, name: r, layers: [{PARTIAL}]}}}}"
    assert float(compiled(layers, blocks="layer").lipschitz.evaluate()) == pytest.approx(5.6111746876)
    assert compiled(layers, blocks="layer").graph.balls.keys() == {"a", "r.0.dense_0.bias"}


def test_a_call_shares_what_a_layer_does_not_share_itself() -> None:
    calls = "{m: {name: one}}, {m: {name: two, share: one}}"
    assert balls(calls, f"m: [{FIRST}, {PARTIAL}]") == {"one.a": 1, "one.dense_0.bias": 1}
    nested = f"m: [{FIRST}, {{repeat: {{times: 2, share: true, layers: [{PARTIAL}]}}}}]"
    assert balls(calls, nested) == {"one.a": 1, "one.repeat_0.0.dense_0.bias": 1}


def test_an_array_is_named_as_it_is_seen() -> None:
    own = "residual_0.a", "residual_0.dense_0.bias"
    assert balls(f"{{residual: [{FIRST}, {PARTIAL}]}}") == dict.fromkeys(own, 1)
    shadowed = balls(f"{{dense: {{units: 2, name: a, radius: 7}}}}, {{residual: [{FIRST}, {PARTIAL}]}}")
    assert shadowed == {"a": 7, **dict.fromkeys(own, 1)}
    in_copies = balls(f"{{repeat: {{times: 2, name: r, layers: [{FIRST}, {PARTIAL}]}}}}")
    assert in_copies == dict.fromkeys(("r.0.a", "r.0.dense_0.bias", "r.1.a", "r.1.dense_0.bias"), 1)
    loop = compiled(f"{{repeat: {{times: k, name: r, layers: [{FIRST}, {PARTIAL}]}}}}").graph
    assert [array.ball for array in loop.layer("r.*.dense_0").arrays] == ["r.*.a", "r.*.dense_0.bias"]
    around = f"{FIRST}, {{residual: [{PARTIAL}]}}, {{m: {{f: [{PARTIAL}]}}}}"
    assert balls(around, "m: {args: {f:}, layers: [f]}").keys() == {"a", "residual_0.dense_0.bias", "m_0.dense_0.bias"}


def test_a_module_shares_no_array_of_outside() -> None:
    assert "there is no learned array 'a.weight' to share" in mistake(f"{FIRST}, m", f"m: [{PARTIAL}]")
    found = mistake(f"{FIRST}, m", "m: [{dense: {units: 2, name: ab}}, {dense: {units: 2, share: {weight: a.weight}}}]")
    assert "did you mean 'ab.weight'?" in found


def test_passes_inside_other_passes_share_with_passes_of_the_same_repeat() -> None:
    define = "m: {args: {t: k}, layers: [repeat: {times: t, layers: [dense: 2]}]}"
    layers = "{m: {name: one}}, {repeat: {times: j, layers: [{m: {share: one}}]}}"
    loop, copies = compiled(layers, define), compiled(layers.replace("j", "3"), define.replace("t: k", "t: 2"))
    assert loop.graph.balls.keys() == {"one.repeat_0.*.dense_0"}
    assert loop.lipschitz.evaluate() == pytest.approx(copies.lipschitz.evaluate())
    assert "cannot be shared: it is repeated" in mistake(layers.replace("share: one", "share: one, t: j"), define)


def test_layers_as_arguments_do_not_shift_what_is_shared() -> None:
    """The step of the module would share with that of the argument."""
    define = "m: {args: {f: []}, layers: [f, {dense: {units: 2}}]}"
    one = "{m: {name: one, f: [{dense: {units: 2, radius: 1/9}}]}}"
    assert "there 'one.dense_0' is another step than here" in mistake(f"{one}, {{m: {{share: one}}}}", define)
    named = define.replace("{units: 2}", "{units: 2, name: last}")
    assert len(balls(f"{one.replace('1/9', '9')}, {{m: {{share: one}}}}", named)) == 2
    assert len(balls("{m: {name: one, f: [dense: 2]}}, {m: {share: one, f: [dense: 2]}}", define)) == 2


# What is said of balls -----------------------------------------------------------------------------------------------

ONE_TWO = "{m: {name: one}}, {m: {share: one}}"


@pytest.mark.parametrize(
    "step",
    [
        "dense: {units: 2, radius: 3}",
        "dense: {units: 2, radius: {weight: 3, bias: 2}, center: {bias: 1}}",
        "dense: {units: 2, center: 1, frozen: true}",
        "lora: {units: 2, rank: 1, frozen: false}",  # of which the base is frozen whatever is said
        "residual: {radius: 2, layers: [dense: 2]}",
        "repeat: {times: 2, radius: 2, share: true, layers: [{dense: {units: 2, center: 1}}]}",
    ],
)
def test_fields_inside_shared_copies_and_calls(step: str) -> None:
    """A loop, copies and calls mean the same network."""
    tail = ", dense: 2"
    repeats = [f"{{repeat: {{times: {times}, share: true, layers: [{step}]}}}}{tail}" for times in ("k", "2")]
    found = [compiled(layers) for layers in repeats] + [compiled(ONE_TWO + tail, f"m: [{step}]")]
    for name in ("norm", "lipschitz", "smoothness"):
        first, *others = (float(getattr(bounds, name).evaluate()) for bounds in found)
        assert others == pytest.approx([first, first])


@pytest.mark.parametrize(
    ("layers", "define", "field"),
    [
        ("{repeat: {times: 2, share: true, layers: [dense: 2, {tanh: {radius: 1}}]}}", "", "radius"),
        ("{repeat: {times: k, share: true, layers: [dense: 2, {tanh: {frozen: true}}]}}", "", "frozen"),
        ("{m: {name: one}}, {m: {share: one, radius: 3}}", "m: [{dense: {units: 2, radius: 3}}]", "radius"),
        ("{m: {name: one}}, {residual: {frozen: true, layers: [{m: {share: one}}]}}", "m: [dense: 2]", "frozen"),
        ("{repeat: {times: 2, share: true, layers: [{dense: {units: 2, name: a}}, {dense: {units: 2, share: a, center: 1}}]}}", "", "center"),
    ],
)  # fmt: skip
def test_what_has_no_effect_in_any_copy_is_a_mistake(layers: str, define: str, field: str) -> None:
    assert f"`{field}` has no effect" in mistake(layers, define)


def test_a_field_that_is_set_in_one_copy_is_not_said_in_the_others() -> None:
    spec = bc.loads(
        f"{HEAD}layers: [{{repeat: {{times: 2, share: true, layers: [{{dense: {{units: 2, radius: 1}}}}]}}}}]"
    )
    with pytest.raises(bc.SpecError, match=r"`radius` is 3 here, and 1 in 'repeat_0.0.dense_0'"):
        bc.compile(bc.override(spec, {"repeat_0.1.dense_0.radius": 3}))
    with pytest.raises(bc.SpecError, match=r"`frozen` is true here, and false in 'repeat_0.0.dense_0'"):
        bc.compile(bc.override(spec, {"repeat_0.1.dense_0.frozen": "true"}))
    with pytest.raises(bc.SpecError, match="`frozen` has no effect"):
        bc.compile(bc.override(spec, {"repeat_0.1.dense_0.frozen": "false"}))


@pytest.mark.parametrize(
    ("layers", "define", "message"),
    [
        ("{repeat: {times: 2, index: i, share: true, layers: [{dense: {units: 2, radius: i + 1}}]}}", "", "`radius` is 2 here, and 1 in"),
        ("{m: {name: one}}, {m: {share: one, c: 5}}", "m: {args: {c: 1}, layers: [{dense: {units: 2, center: c}}]}", "`center` is 5 here, and 1 in 'one.dense_0'"),
        ("{m: {name: one}}, {m: {share: one, c: false}}", "m: {args: {c: true}, layers: [{dense: {units: 2, frozen: c}}]}", "`frozen` is false here, and true in"),
    ],
)  # fmt: skip
def test_what_is_said_of_shared_balls_agrees(layers: str, define: str, message: str) -> None:
    assert message in mistake(layers, define)
