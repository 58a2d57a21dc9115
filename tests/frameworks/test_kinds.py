"""Every kind of layer with every option, alone, against the operator of torch that it is named after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.falsification.frameworks import namespace_of
from boundcalc.language.structure import COMMON_FIELDS
from boundcalc.layers.index import VOCABULARY
from frameworks.cases_maps import MAPS
from frameworks.cases_norms import NORMS
from frameworks.cases_windows import WINDOWS
from frameworks.one_layer import Case, compare, computed

CASES = (*WINDOWS, *NORMS, *MAPS)
GIVEN = "known by its constants alone: no operator"
LEFT_OUT: Mapping[str, str] = {
    "linear": GIVEN,
    "map": GIVEN,
    "bilinear": GIVEN,
    "generic": GIVEN,
    "argmin": GIVEN,
    "constant": GIVEN,
    "gcn": "torch has no such operator: see test_dense.py",
    "infonce": "reads normalised vectors only: see test_infonce",
    "sinusoidal": "torch has no such operator: see test_transformers.py",
}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_a_kind(kind: str) -> None:
    for case in CASES:
        if case.kind == kind:
            compare(case)


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_single_precision_stays_what_it_is(kind: str) -> None:
    """Nothing that a layer adds of its own turns float32 into float64, or overflows."""
    torch: Any = pytest.importorskip("torch")
    for case in [case for case in CASES if case.kind == kind][:: 1 + len(CASES) // 200]:
        found = computed(case, np.float32)[0]
        assert found.dtype == torch.float32, case.step
        assert bool(torch.isfinite(found).all()), case.step


@pytest.mark.parametrize(("fields", "t", "times"), [("", 1, 1), (", temperature: 1/2, reduction: sum", 0.5, 3)])
def test_infonce(fields: str, t: float, times: int) -> None:
    """Cross entropy of the products of all with all, each with its own as the label."""
    torch: Any = pytest.importorskip("torch")
    steps = "layers: [{l2norm: {eps: 1/100, from: a, name: p}}, {l2norm: {eps: 1/100, from: b, name: q}}]"
    inputs = "inputs: {a: {shape: [4], norm: 1}, b: {shape: [4], norm: 1}}"
    network = bc.network(bc.loads(f"batch: 3\n{inputs}\n{steps}\nloss: {{infonce: {{from: [p, q]{fields}}}}}"))
    rng = np.random.default_rng(7)
    arrays = {name: torch.asarray(rng.normal(size=(3, 4))) for name in "ab"}
    found = network.run(arrays, namespace_of(*arrays.values()))["loss"]
    a, b = (torch.nn.functional.normalize(arrays[name]) for name in "ab")
    wanted = torch.nn.functional.cross_entropy(a @ b.T / t, torch.arange(3)) * times
    assert torch.allclose(found, wanted, rtol=1e-12)


def test_every_kind_is_compared_with_every_option() -> None:
    assert {case.kind for case in CASES} | LEFT_OUT.keys() == VOCABULARY.keys()
    for name, kind in VOCABULARY.items():
        options = {field.alias or key for key, field in kind.fields.model_fields.items()} - COMMON_FIELDS
        set_ = set[str]().union(*(case.fields for case in CASES if case.kind == name))
        assert name in LEFT_OUT or set_ == options, name


def test_another_operator_is_noticed() -> None:
    torch: Any = pytest.importorskip("torch")
    for step, other in (("relu: {}", torch.nn.functional.gelu), ("softmax: {axis: 0}", lambda z: z.softmax(-1))):
        with pytest.raises(AssertionError):
            compare(Case(step, ((3, 3),), lambda a, z, other=other: other(z)))
