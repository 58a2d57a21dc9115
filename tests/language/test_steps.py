"""Steps: the three ways to write one, operands, calls of modules, and what is said of mistakes."""

from __future__ import annotations

import pytest

import boundcalc as bc
from boundcalc.language.architecture import Branch, Reference, Step
from boundcalc.layers.convolution import Fields as Convolution
from boundcalc.layers.dense import Fields as Dense

HEAD = "input: {shape: [4], norm: 1}\nradius: 1\n"
MODULES = "define:\n  block: {args: {c:, act: [relu]}, layers: [dense: c, act]}\n  two: {inputs: [a, b], layers: [add: [a, b]]}\n"


def steps(text: str) -> tuple[Step, ...]:
    return bc.loads(HEAD + MODULES + text, "s").layers


def mistakes(text: str) -> list[str]:
    with pytest.raises(bc.SpecError) as error:
        steps(text)
    return [line.removeprefix("s:6:") for line in str(error.value).splitlines()]


def test_a_value_fills_the_first_field() -> None:
    one, two, three = steps("layers: [dense: 3, {dense: {units: 3}}, relu]")
    for step in (one, two):
        assert isinstance(step.fields, Dense)
        assert step.fields.units.text == "3"
    assert three.kind == "relu"
    assert steps("layers: [relu: ]")[0].fields == three.fields
    call = steps("layers: [block: 7]")[0]
    assert call.arguments is not None
    assert set(call.arguments) == {"c"}


def test_operands_are_names_and_lists_of_steps() -> None:
    add, residual, dense = steps(
        "layers: [{add: [[], a.b, [relu, tanh]]}, {residual: [relu]}, {dense: {units: 1, from: x}}]"
    )
    assert add.sources is not None
    first, second, third = add.sources
    assert isinstance(first, Branch)
    assert first.steps == ()
    assert isinstance(second, Reference)
    assert second.name == "a.b"
    assert isinstance(third, Branch)
    assert [step.kind for step in third.steps] == ["relu", "tanh"]
    assert [step.kind for step in residual.body] == ["relu"]
    assert dense.sources is not None
    assert len(dense.sources) == 1


def test_a_scan() -> None:
    (scan,) = steps(
        "layers: [repeat: {times: 3, carry: {h: {shape: [2], next: y}, g: {start: h0, next: z}}, each: {x: input}, layers: [relu]}]"
    )
    assert [carry.name for carry in scan.carry] == ["h", "g"]
    assert [carry.start is None for carry in scan.carry] == [True, False]
    assert [name for name, _ in scan.each] == ["x"]


def test_kernels_have_one_value_or_one_for_each_axis() -> None:
    one, two = steps("layers: [conv2d: {channels: 3, kernel: 3}, conv2d: {channels: 3, kernel: [3, 5]}]")
    assert isinstance(one.fields, Convolution)
    assert isinstance(two.fields, Convolution)
    assert (len(one.fields.kernel), len(two.fields.kernel)) == (1, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("layers: [cnov2d: {channels: 3}]", ["10: unknown layer 'cnov2d'; did you mean 'conv2d'?"]),
        ("layers: [ReLU, LeakyReLU, Batch_Norm: {eps: 1}]",
         ["10: unknown layer 'ReLU'; did you mean 'relu'?", "16: unknown layer 'LeakyReLU'; did you mean 'leaky_relu'?",
          "27: unknown layer 'Batch_Norm'; did you mean 'batchnorm'?"]),
        ("layers: [blok: 3]", ["10: unknown layer 'blok'; did you mean 'block'?"]),
        ("layers: [logistic]", ["10: unknown layer 'logistic'; logistic is a loss: write it as `loss: logistic`"]),
        ("layers: [zzz]", ["10: unknown layer 'zzz'; `boundcalc schema` lists the layers; a module needs `define`"]),
        ("layers: [conv2d: {chanels: 3, kernel: 3}]", ["19: 'conv2d' has no field 'chanels'; did you mean 'channels'?"]),
        ("layers: [conv2d: 3]", ["10: 'conv2d' requires the field 'kernel'; write kernel: VALUE"]),
        ("layers: [conv2d: {}]", ["10: 'conv2d' requires the field 'channels'; write channels: VALUE",
                                  "10: 'conv2d' requires the field 'kernel'; write kernel: VALUE"]),
        ("layers: [relu: 3]", ["16: 'relu' takes no bare value; write relu, or relu: {FIELD: VALUE}"]),
        ("layers: [dense: [3]]", ["17: expected a number or an expression, found a list"]),
        ("layers: [dense: {units: {a: 1}}]", ["25: expected a number or an expression, found a mapping"]),
        ("layers: [dense: {units: 3, bias: yes}]", ["34: expected true or false, found 'yes'; write true"]),
        ("layers: [dense: {units: 3, bias: 1/2}]", ["34: expected true or false, found '1/2'"]),
        ("layers: [dense: {units: 3, name: a b}]", ["34: 'a b' is not a name; names are letters, digits and _"]),
        ("layers: [dense: {units: 3, share: [a]}]", ["35: expected the name of a layer, found a list"]),
        ("layers: [batchnorm: {eps: 1, form: aditive}]", ["36: unknown word 'aditive'; did you mean 'additive'?"]),
        ("layers: [gelu: {approximate: exact}]", ["30: unknown word 'exact'; one of none, tanh"]),
        ("layers: [{dense: 3, name: head}]", ["10: expected one layer, found a mapping with 2 keys; the fields of a step go inside its kind: dense: {units: 3, name: ...}"]),
        ("layers: [[relu]]", ["10: expected one layer, found a list; write a kind such as relu"]),
        ("layers: [null]", ["10: expected one layer, found nothing"]),
        ("layers: [add]", ["10: 'add' requires its operands; write add: [[], other]; [] is the step's own input"]),
        ("layers: [add: []]", ["15: an empty list of operands"]),
        ("layers: [add: [[], relu: ]]", ["20: a step stands where an operand is expected; an operand is a name or a list of steps: write [relu: ...]"]),
        ("layers: [add: [[], a-b]]", ["20: 'a-b' is not the name of a step"]),
        ("layers: [add: [[], [cnov2d: 3]]]", ["21: unknown layer 'cnov2d'; did you mean 'conv2d'?"]),
        ("layers: [residual: dense]", ["20: expected a list of layers, found 'dense'"]),
        ("layers: [repeat: 3]", ["10: 'repeat' requires the field 'layers'; write layers: VALUE"]),
        ("layers: [repeat: {times: 2, layers: [relu], carry: [h]}]", ["52: expected the carried states, found a list"]),
        ("layers: [repeat: {times: 2, layers: [relu], carry: {h: {shape: [1]}}}]", ["53: the carried state 'h' requires `next`"]),
        ("layers: [repeat: {times: 2, layers: [relu], carry: {h: {next: y}}}]", ["53: the carried state 'h' requires either `shape`"]),
        ("layers: [repeat: {times: 2, layers: [relu], carry: {h: {nxt: y, shape: [1]}}}]", ["56: a carried state has no field 'nxt'"]),
        ("layers: [repeat: {times: 2, layers: [relu], each: x}]", ["51: expected names, found 'x'; each: {x: input}"]),
        ("layers: [block]", ["10: the module 'block' requires the argument 'c'; write c: VALUE"]),
        ("layers: [block: {c: 3, akt: [tanh]}]", ["24: the module 'block' has no argument 'akt'; did you mean 'act'?"]),
        ("layers: [block: {c: 3^2, act: [tnah]}]", ["22: unexpected '^'; write ** for powers", "32: unknown layer 'tnah'; did you mean 'tanh'?"]),
        ("layers: [two: {zzz: 1}]", ["16: the module 'two' has no argument 'zzz'; its arguments are none"]),
    ],
)  # fmt: skip
def test_mistakes_of_steps(text: str, expected: list[str]) -> None:
    found = mistakes(text)
    assert len(found) == len(expected), found
    for line, start in zip(found, expected, strict=True):
        assert line.startswith(start), found


def test_one_mistake_hides_no_other() -> None:
    found = mistakes(
        "layers: [cnov2d: 3, dense: {unit: 3}, add: [[], [bathcnorm: 1]], dense: 2^3, {relu: {a: 1}}, residual: [tnah]]"
    )
    assert [line.partition(":")[0] for line in found] == ["10", "29", "50", "74", "86", "105"]
