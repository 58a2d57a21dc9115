"""The random specs are accepted, small, and use the whole language."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
import yaml

import boundcalc as bc
from boundcalc.exact.balls import ball
from boundcalc.graph.expand import expand
from boundcalc.language.written import FILE_KEYS
from reference.coverage import Spec, steps_of, used, wanted
from reference.random_specs import MOST_LAYERS, MOST_NUMBERS, measured, passes, random_spec, variants

# Whether a fixed point exists, and rows of a least norm, random balls seldom say: these are attacked by their instances alone.
REST = ("gru.last=false", "fixed_point", "fixed_point.state", "fixed_point.shape", "fixed_point.layers", ".weight_norm")
SET = ("smooth", "set")  # what --smooth and --set say
SEEDS = range(300)
TEXTS = [random_spec(seed) for seed in SEEDS]
SPECS = [bc.loads(text) for text in TEXTS]
MORE = [bc.loads(random_spec(seed)) for seed in range(len(SEEDS), 1200)]  # read only: what a spec may say is much


def test_a_seed_is_a_spec() -> None:
    assert [random_spec(seed) for seed in range(20)] == TEXTS[:20]
    assert len(set(TEXTS)) == len(TEXTS)


@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_random_specs_compile(blocks: Any) -> None:
    smooth = [bc.compile(spec, blocks=blocks).smoothness.finite for spec in SPECS]
    assert all(smooth[::2])
    assert not all(smooth[1::2])


def test_blocks_of_patterns_are_between_total_and_layer() -> None:
    compared = 0
    for spec in SPECS[:100]:
        found = [bc.compile(spec, blocks=blocks) for blocks in ("layer", "*", "total")]
        if found[0].graph.has_loops or found[2].graph.has_loops:
            continue
        for name in ("lipschitz", "smoothness"):
            bounds = [getattr(each, name) for each in found]
            if all(bound.finite for bound in bounds):
                numbers = [each.number(bound) for each, bound in zip(found, bounds, strict=True)]
                known = [ball(number) for number in numbers if number is not None]
                if len(known) == len(found):
                    compared += 1
                    assert all(a <= b * (1 + 1e-9) for a, b in pairwise(known))
    assert compared > 50


def test_random_specs_use_the_whole_language() -> None:
    found = {word for spec in SPECS + MORE for word in used(spec)}
    assert sorted(word for word in set(wanted()) - found if not word.endswith(REST)) == []
    assert "call" in found


def test_random_specs_use_all_keys() -> None:
    """But `include`, as a text has no folder, `activations`, whose formulas have tests of their own, and what options say as well."""
    assert {key for text in TEXTS for key in yaml.safe_load(text)} == {*FILE_KEYS} - {"include", "activations", *SET}


def test_random_specs_use_all_forms_of_symbols_inputs_and_modules() -> None:
    assert {form for spec in SPECS + MORE for form in _forms(spec)} == {
        *("value", "integer", "above", "below", "at_least", "a symbol of symbols"),
        *("batch", "sample", "entry", "tokens"),
        *("required", "default", "layers", "module inputs", "arguments", "layers as arguments", "nested calls"),
        *("start", "zero start", "several states", "symbolic scan", "nested repeat", "no passes", "branches of a call"),
        *("a ball each", "a centre each", "one ball", "one centre", "a layer", "an array", "a module", "copies"),
        *("a gain", "transposed", "several outputs", "a state read later", "a copy read later", "labels", "two steps"),
    }


def _forms(spec: Spec) -> Iterator[str]:
    for symbol in spec.symbols.values():
        yield from (name for name in ("value", "integer", "above", "below", "at_least") if getattr(symbol, name))
        if symbol.value is not None and symbol.value.names:
            yield "a symbol of symbols"
    for declared in spec.inputs.values():
        norm = declared.norm
        yield (
            "tokens" if norm is None else next(n for n in ("batch", "sample", "entry") if getattr(norm, n) is not None)
        )
    for module in spec.modules.values():
        for default in module.arguments.values():
            yield "required" if default is None else "layers" if hasattr(default, "steps") else "default"
        yield from ["module inputs"] if module.inputs else []
        yield from ["nested calls"] if any(step.kind in spec.modules for step in module.layers) else []
    yield from ["several outputs"] if len(spec.outputs) > 1 else []
    for step in steps_of(spec):
        yield from _forms_of_step(spec, step)
    yield from _forms_of_graph(spec)


def _forms_of_step(spec: Spec, step: Any) -> Iterator[str]:
    fields = step.fields
    for name, forms in (("radius", ("one ball", "a ball each")), ("center", ("one centre", "a centre each"))):
        value = getattr(fields, name)
        yield from [] if value is None else [forms[isinstance(value, dict)]]
    if fields.share is not None:
        of_module = step.kind in spec.modules
        words = {dict: "an array", tuple: "a module" if of_module else "a layer", bool: "copies"}
        yield words[type(fields.share)]
    if step.kind in spec.modules:
        yield from ["arguments"] if step.arguments else []
        yield from ["layers as arguments"] if any(hasattr(a, "steps") for a in step.arguments.values()) else []
        yield from ["branches of a call"] if any(getattr(s, "steps", ()) for s in step.sources or ()) else []
    if step.kind == "repeat":
        yield from ["start" if carry.start is not None else "zero start" for carry in step.carry]
        yield from ["several states"] if len(step.carry) > 1 else []
        yield from ["symbolic scan"] if step.each and fields.times.names else []
        yield from ["nested repeat"] if any(inner.kind == "repeat" for inner in step.body) else []
        yield from ["no passes"] if fields.times.text == "0" else []
    if step.kind == "squared":
        yield "two steps" if fields.labels is None else "labels"
    for source in step.sources or ():
        first, _, last = getattr(source, "name", "").partition(".")
        if first.startswith("repeat") and last:
            yield "a copy read later" if last[0].isdigit() else "a state read later"


def _forms_of_graph(spec: Spec) -> Iterator[str]:
    graph = expand(spec, unroll=True)
    arrays = {a.origin: a for layer in graph.layers for a in layer.arrays if not a.shared}
    for array in (a for layer in graph.layers for a in layer.arrays if a.shared):
        own = arrays[array.origin].shape
        yield from ["transposed"] if len(own) == 2 and own[0] != own[1] and own == array.shape[::-1] else []
        yield from ["a gain"] if array.start is not None else []


def test_random_specs_are_small() -> None:
    sizes = [measured(expand(spec, unroll=True)) for spec in SPECS]
    assert max(layers for layers, _ in sizes) <= MOST_LAYERS
    assert max(numbers for _, numbers in sizes) <= MOST_NUMBERS


def test_symbolic_valued_and_unrolled_agree() -> None:
    """With one entry for all parameters; `blocks: layer` may fall back for a depth that has no value. What is infinite from
    some pass on may be infinite for all numbers of passes."""
    compared = 0
    for text in TEXTS[:60]:
        found = {name: _bounds(variant, text) for name, variant in variants(text).items()}
        finite = [math.isfinite(value) for value in found["valued"]]
        for values in found.values():
            expected = [values[i] if not known else found["valued"][i] for i, known in enumerate(finite)]
            assert values == pytest.approx(expected, rel=1e-9)
        compared += len(found) == 3
    assert compared


def _bounds(variant: str, text: str) -> list[float]:
    bounds = bc.compile(bc.loads(variant))
    free = bounds.graph.conditions.symbols.keys() & {name for name in passes(text) if name.startswith("passes")}
    values = {name: passes(text)[name] for name in free} if variant not in (text, variants(text)["unrolled"]) else {}
    return [bound.evaluate(**values) for bound in (bounds.norm, bounds.lipschitz, bounds.smoothness)]
