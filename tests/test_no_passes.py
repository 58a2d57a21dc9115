"""Repeats of 0 passes: the identity on what is handed on; what needs a pass says so."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

import boundcalc as bc
from boundcalc.cli import main
from boundcalc.mistakes import SpecError
from boundcalc.output.latex import to_latex
from boundcalc.output.parts.layout import Layout
from boundcalc.output.python import to_python
from boundcalc.output.text import to_text
from boundcalc.studies.sensitivity import sensitivities

HEAD = "radius: R\ninput: {shape: [2], norm: 1}\n"
LOSS = "loss: {squared: {labels: 1}}\nregularizer: 1/10\n"
# (with a repeat of TIMES passes, the same without the repeat)
IDENTITY = {
    "layers": (
        "layers: [dense: 2, {repeat: {times: TIMES, layers: [dense: 2, tanh]}}, {dense: {units: 1, name: last}}]",
        "layers: [dense: 2, {dense: {units: 1, name: last}}]",
    ),
    "alone": ("layers: [{repeat: {times: TIMES, layers: [dense: 2]}}]", "layers: [identity]"),
    "shared": (
        "layers: [dense: 2, {repeat: {times: TIMES, share: true, layers: [dense: 2]}}, {dense: {units: 1, name: last}}]",
        "layers: [dense: 2, {dense: {units: 1, name: last}}]",
    ),
    "one in the other": (
        "layers: [dense: 2, {repeat: {times: TIMES, layers: [dense: 2, {repeat: {times: TIMES, layers: [dense: 2]}}]}}]",
        "layers: [dense: 2]",
    ),
    "one after the other": (
        "layers: [dense: 2, {repeat: {times: TIMES, layers: [dense: 2]}}, {repeat: {times: TIMES, layers: [dense: 2]}}]",
        "layers: [dense: 2]",
    ),
    "a carry": (
        "layers: [{dense: {units: 2, name: a}}, {repeat: {times: TIMES, name: r, carry: {h: {start: a, next: b}}, "
        "layers: [{dense: {units: 2, from: h, name: b}}]}}, {identity: {from: r.h}}]",
        "layers: [{dense: {units: 2, name: a}}]",
    ),
    "a carry from zero": (
        "layers: [{dense: {units: 2, name: a}}, {repeat: {times: TIMES, name: r, carry: {h: {shape: [2], next: b}}, "
        "layers: [{add: {from: [h, a], name: b}}]}}, {add: [a, r.h]}]",
        "layers: [{dense: {units: 2, name: a}}]",
    ),
    "a loss": (
        LOSS + "layers: [dense: 2, {repeat: {times: TIMES, layers: [dense: 2, tanh]}}, dense: 1]",
        LOSS + "layers: [dense: 2, {dense: {units: 1, name: last}}]",
    ),
}
# What needs one pass: where the mistake is, and what it says.
NOTHING = {
    "no step before": (
        "radius: R\ninputs: {a: {shape: [2], norm: 1}, b: {shape: [2], norm: 1}}\n"
        "layers: [{repeat: {times: TIMES, layers: [{dense: {units: 2, from: a}}]}}]",
        "0 passes hand on nothing",
    ),
    "collected": (
        HEAD + "layers: [dense: 2, {repeat: {times: TIMES, collect: true, layers: [dense: 2]}}]",
        "there is nothing to collect from 0 passes",
    ),
}
CHANGED = HEAD + "layers: [{repeat: {times: TIMES, layers: [{dense: {units: 3, from: input}}]}}]"
SLICES = (
    "radius: R\ninput: {shape: [TIMES, 2], norm: 1}\nlayers: [{repeat: {times: TIMES, name: r, each: {x: input}, "
    "carry: {h: {shape: [2], next: b}}, layers: [{add: {from: [h, x], name: b}}]}}]"
)
Blocks = Literal["total", "layer"]
# How 0 passes are said: the symbol k, the number of times, and what is evaluated at.
WAYS: dict[str, tuple[str, str, dict[str, int]]] = {
    "literal": ("", "0", {}),
    "value": ("above: -1, value: 0", "k", {}),
    "expression with a value": ("value: 1", "k - 1", {}),
    "free": ("above: -1", "k", {"k": 0}),
    "free expression": ("", "k - 1", {"k": 1}),
}


def text(way: str, spec: str) -> str:
    declared, times, _ = WAYS[way]
    return f"symbols: {{R: 3/2, k: {{integer: true, {declared}}}}}\n{spec.replace('TIMES', times)}"


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize(("name", "way"), [*product(IDENTITY, WAYS)])
def test_no_pass_is_the_identity(name: str, way: str, blocks: Blocks) -> None:
    """Under `blocks: layer` a loop that stays has the smoothness of the total recursion, and is never below."""
    repeated, plain = (bc.loads(text(way, HEAD + spec)) for spec in IDENTITY[name])
    found, truth = (bc.compile(spec, blocks=blocks) for spec in (repeated, plain))
    given = WAYS[way][2]
    of = [(found.norm, truth.norm), (found.lipschitz, truth.lipschitz), (found.smoothness, truth.smoothness)]
    if found.objective is not None and truth.objective is not None:
        of.append((found.objective.lipschitz, truth.objective.lipschitz))
        of.append((found.objective.smoothness, truth.objective.smoothness))
    for here, there in of:
        number, least = here.evaluate(**given), there.evaluate()
        if here.figure.loose and found.graph.loops:
            assert number >= least * (1 - 1e-14)
        else:
            assert number == pytest.approx(least, rel=1e-14)
    # Every output can be written, and the function written in Python says the same.
    total = found if blocks == "total" else bc.compile(repeated)
    assert to_text(found.document, Layout(beside=(total.document,)))
    assert to_latex(found.document)
    assert json.loads(json.dumps(found.to_dict()))["bounds"]["norm"]["finite"] is True
    namespace: dict[str, object] = {}
    exec(to_python(found.document), namespace)
    values = namespace["bounds"](**(given if found.graph.loops else {}))  # type: ignore[operator]
    assert float(values["norm"]) == pytest.approx(truth.norm.evaluate(), rel=1e-12)
    if not found.lipschitz.upper:
        assert float(values["lipschitz"]) == pytest.approx(found.lipschitz.evaluate(**given), rel=1e-12)


@pytest.mark.parametrize(("name", "way"), [*product(IDENTITY, WAYS)])
def test_derivatives_at_no_pass(name: str, way: str) -> None:
    repeated, plain = (bc.compile(bc.loads(text(way, HEAD + spec))) for spec in IDENTITY[name])
    for quantity in ("lipschitz", "smoothness"):
        found, truth = (getattr(bounds, quantity).diff("R") for bounds in (repeated, plain))
        assert found.evaluate(**WAYS[way][2]) == pytest.approx(truth.evaluate(), rel=1e-12)
    assert sensitivities(repeated, ["R", "k"])["lipschitz"].derivatives.keys() == {"R", "k"}


def test_the_slope_of_a_root_at_zero_is_no_traceback() -> None:
    """sqrt of ||p||^2 = 0 at k = 0: the loop's own recursion under `blocks: layer`."""
    bounds = bc.compile(bc.loads(text("free", HEAD + IDENTITY["alone"][0])), blocks="layer")
    with pytest.raises(ArithmeticError, match="d lipschitz / d R does not exist there"):
        bounds.lipschitz.diff("R").evaluate(k=0)


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_a_layer_of_no_copy_has_no_number(blocks: Blocks) -> None:
    free = bc.compile(bc.loads(text("free", HEAD + IDENTITY["layers"][0])), blocks=blocks)
    row = free.layers["repeat_0.*.tanh_0"]
    for quantity in row.quantities:
        assert quantity.evaluate(k=1) > 0
        with pytest.raises(ValueError, match="the repeat has no copy of the layer unless k >= 1"):
            quantity.evaluate(k=0)
        with pytest.raises(ValueError, match="no copy of the layer"):
            quantity.evaluate(k=[0, 1, 2])
    assert free.layers["last"].lipschitz.evaluate(k=0) > 0


def test_a_layer_of_no_copy_in_every_output() -> None:
    bounds = bc.compile(bc.loads(text("value", HEAD + IDENTITY["layers"][0])))
    rows = {row["path"]: row for row in bounds.to_dict()["layers"]}  # type: ignore[index, union-attr, attr-defined]
    assert rows["repeat_0.*.dense_0"]["norm"]["number"] is None
    assert rows["repeat_0.*.dense_0"]["norm"]["reason"] == "the repeat has no copy of the layer unless k >= 1"
    assert rows["last"]["norm"]["number"] is not None
    (line,) = [line for line in to_text(bounds.document).splitlines() if line.startswith("repeat_0.*.tanh_0")]
    assert line.split()[3:] == ["no", "copy"] * 3


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize(("name", "way"), [*product(NOTHING, WAYS)])
def test_what_needs_a_pass(name: str, way: str, blocks: Blocks) -> None:
    """A placed mistake where the number is known, a ValueError that names the condition where it is given later."""
    spec, finding = NOTHING[name]
    given = WAYS[way][2]
    if given:
        bounds = bc.compile(bc.loads(text(way, spec)), blocks=blocks)
        with pytest.raises(ValueError, match=r"k >= [12]"):
            bounds.norm.evaluate(**given)
        assert bounds.norm.evaluate(k=3) > 0
    else:
        with pytest.raises(SpecError) as caught:
            bc.compile(bc.loads(text(way, spec)), blocks=blocks)
        (mistake,) = caught.value.mistakes
        assert (mistake.place.line, mistake.place.column) == (4, spec.splitlines()[-1].index("TIMES") + 1)
        assert mistake.message.startswith(finding)
        assert mistake.remedy == "give the repeat at least one pass"


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_a_body_that_changes_the_shape_needs_a_pass_in_both_groupings(blocks: Blocks) -> None:
    with pytest.raises(SpecError, match="the body changes its shape"):
        bc.compile(bc.loads(text("value", CHANGED)), blocks=blocks)
    bounds = bc.compile(bc.loads(text("free", CHANGED)), blocks=blocks)
    with pytest.raises(ValueError, match="k >= 1"):
        bounds.norm.evaluate(k=0)
    assert bc.compile(bc.loads(text("literal", CHANGED)), blocks=blocks).norm.evaluate() == 1  # no body, so the input


@pytest.mark.parametrize("way", WAYS)
def test_no_slices(way: str) -> None:
    """An array has no axis of length 0."""
    with pytest.raises((SpecError, ValueError), match=r"positive whole number, not 0|k >= [12]"):
        bc.compile(bc.loads(text(way, SLICES))).norm.evaluate(**WAYS[way][2])


def test_fewer_than_no_passes() -> None:
    spec = HEAD + "layers: [{repeat: {times: k - 3, layers: [dense: 2]}}]"
    bounds = bc.compile(bc.loads(text("free expression", spec)))
    assert bounds.norm.evaluate(k=3) == 1
    with pytest.raises(ValueError, match="k >= 3"):
        bounds.norm.evaluate(k=2)
    with pytest.raises(SpecError, match="a number of times must be a whole number, not -2"):
        bc.compile(bc.loads(text("expression with a value", spec)))


COMMANDS = (
    *(["bounds", "--format", form, "--blocks", blocks] for form in ("text", "json", "latex", "python") for blocks in ("total", "layer")),
    ["diff"],
    ["diff", "--format", "json"],
    ["asymptotics", "--in", "k"],
    ["show"],
    ["check"],
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("way", ["value", "expression with a value"])
def test_every_command(way: str, command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "none.yaml"
    spec.write_text(text(way, HEAD + IDENTITY["layers"][0]))
    with pytest.raises(SystemExit) as stop:
        main([command[0], str(spec), *command[1:]])
    assert not stop.value.code, capsys.readouterr().err


def test_a_derivative_at_a_case_of_its_own_is_missing_with_its_reason() -> None:
    """The form of a bounded body lists its first values; there it knows no slope by the number of passes."""
    bounds = bc.compile(bc.loads(text("value", HEAD + IDENTITY["layers"][0])))
    found = sensitivities(bounds, ["R", "k"])
    assert found["lipschitz"].missing == {
        "k": "d lipschitz / d k has no number there: the form has a case for these values alone"
    }
    assert "R" in found["lipschitz"].numbers
