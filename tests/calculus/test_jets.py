"""The bounds against networks that run: every layer kind, every construct, every prefix, random graphs.

A violation anywhere is a bound that is too small, the worst bug there is.
"""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reference.comparison import compare
from reference.network import COVERED, OUTPUT
from reference.specs import NETWORKS, SELECTIONS

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.layers.index import VOCABULARY


@pytest.mark.parametrize("name", NETWORKS)
def test_no_network_exceeds_its_bounds(name: str) -> None:
    assert compare(NETWORKS[name]).violations == []


@pytest.mark.parametrize(("name", "wrt"), SELECTIONS)
def test_no_network_exceeds_its_bounds_by_what_is_selected(name: str, wrt: tuple[str, ...]) -> None:
    assert compare(NETWORKS[name], wrt).violations == []


@pytest.mark.parametrize(
    "name", ["narrow softplus", "narrow gelu", "narrow square", "squared", "activation square", "autoencoder"]
)
def test_no_network_exceeds_its_refined_bounds(name: str) -> None:
    assert compare(NETWORKS[name], ("parameters", "input"), refine=True).violations == []


def test_the_networks_use_every_kind() -> None:
    used = {layer.kind.name for text in NETWORKS.values() for layer in expand(bc.loads(text), unroll=True).layers}
    assert used >= set(VOCABULARY)
    assert set(VOCABULARY) == COVERED


@pytest.mark.parametrize(
    ("name", "what", "share"),
    [
        ("narrow linear", "lipschitz by blocks", 1),
        ("narrow linear", "smoothness by blocks", 0.99),
        ("shared, narrow", "lipschitz", 1),
        ("shared, narrow", "smoothness", 0.99),
        ("narrow product", "smoothness by blocks", 0.99),
        ("narrow sum of squares", "lipschitz", 1),
        ("narrow sum of squares", "smoothness", 0.99),
        ("narrow elu", "lipschitz by blocks", 0.99),
        ("squared, narrow", "lipschitz by blocks", 1),
        ("gains with balls of their own", "p_i", 0.99),
        ("activation sin", "sup", 0.99),
        ("narrow product of gates", "sup", 0.98),
    ],
)
def test_the_comparison_reaches_bounds_that_are_exact(name: str, what: str, share: float) -> None:
    """So that a bound that is a little too small would be seen."""
    assert compare(NETWORKS[name]).largest[what] >= share * (1 - 1e-9)


@pytest.mark.parametrize(
    ("name", "first", "kind"),
    [
        ("activation relu", "relu_0", "relu"),
        ("maxpool2d", "maxpool2d_0", "max pooling"),
        ("generic without smoothness", "generic_0", "generic"),
        ("map without smoothness", "map_0", "map"),
        ("batchnorm without eps", "batchnorm_0", "batchnorm with eps = 0"),
    ],
)
@pytest.mark.parametrize("blocks", ["total", "layer"])
def test_what_is_not_smooth_names_the_layer(name: str, first: str, kind: str, blocks: str) -> None:
    bounds = bc.compile(bc.loads(NETWORKS[name]), blocks=blocks)  # type: ignore[arg-type]
    rows = list(bounds.layers.values())
    start = [row.path for row in rows].index(first)
    assert all(row.smoothness.finite for row in rows[:start])
    assert [row.smoothness.evaluate() for row in rows[start:]] == [math.inf] * (len(rows) - start)
    reason = bounds.smoothness.reason
    assert reason is not None
    assert kind in reason
    assert reason == rows[start].smoothness.reason


def test_two_layers_that_are_not_smooth_name_the_first() -> None:
    text = "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, selu, dense: 2, relu]"
    assert "selu" in str(bc.compile(bc.loads(text)).smoothness.reason)


def test_a_kink_on_what_is_not_differentiated_costs_nothing() -> None:
    text = "input: {shape: [2], norm: 1}\nradius: 1\nlayers: [{dense: {units: 2, frozen: true}}, relu, dense: 2]"
    for blocks in ("total", "layer"):
        bounds = bc.compile(bc.loads(text), blocks=blocks)  # type: ignore[arg-type]
        assert bounds.smoothness.evaluate() == 0
        assert bounds.layers["relu_0"].lipschitz.evaluate() == 0


def test_an_unknown_norm_is_infinite_and_says_why() -> None:
    bounds = bc.compile(bc.loads(NETWORKS["generic"] + "\n"))
    assert bounds.lipschitz.finite
    assert bounds.norm.evaluate() == math.inf
    assert "norm is unbounded" in str(bounds.norm.reason)


# Random graphs -------------------------------------------------------------------------------------------------------

WIDTHS = st.integers(1, 3)
SMOOTH = st.sampled_from(["tanh", "softplus", "sigmoid", "sin", "square", "softsign", "gelu", "softmax"])
NUMBERS = st.sampled_from(["1/2", "1", "3/2", "2"])


@st.composite
def fields(draw: st.DrawFn, width: int, earlier: list[str]) -> str:
    """The fields of a dense layer."""
    parts = [f"units: {width}", f"bias: {draw(st.sampled_from(['true', 'false']))}", f"radius: {draw(NUMBERS)}"]
    if draw(st.integers(0, 3)) == 0:
        parts.append(
            draw(
                st.sampled_from(
                    ["frozen: true", "spectral: 1", "center: 1", f"radius: {{weight: 1, bias: {draw(NUMBERS)}}}"]
                )
            )
        )
    if earlier and draw(st.integers(0, 3)) == 0:
        parts.append(f"share: {{weight: {draw(st.sampled_from(earlier))}.weight}}")
    found = {part.split(":")[0]: part for part in parts}  # the last of each
    if "{weight" in found["radius"]:
        found["bias"] = "bias: true"
    return ", ".join(found.values())


@st.composite
def chains(draw: st.DrawFn, width: int, depth: int, prefix: str, earlier: list[str]) -> list[str]:
    """Steps that keep the width; `earlier` collects the names of dense layers with square weights."""
    steps: list[str] = []
    for i in range(draw(st.integers(1, depth))):
        name = f"{prefix}{i}"
        kind = draw(st.sampled_from(["dense", "dense", "activation", "residual", "concat", "multiply", "gate", "add"]))
        inner = draw(chains(width, 1, f"{name}_", [])) if depth > 1 else ["tanh"]
        if kind == "dense":
            steps.append(f"{{dense: {{{draw(fields(width, earlier))}, name: {name}}}}}")
            earlier.append(name)
        elif kind == "activation":
            steps.append(draw(SMOOTH))
        elif kind == "residual":
            steps.append(f"{{residual: [{', '.join(inner)}]}}")
        elif kind == "concat":
            steps.append(f"{{concat: [[], [{', '.join(inner)}]]}}")
            steps.append(f"dense: {width}")
        elif kind == "gate":
            steps.append(f"{{multiply: [[], [dense: {width}, sigmoid]]}}")
        else:
            steps.append(f"{{{kind}: [[], [{', '.join(inner)}]]}}")
    return steps


@st.composite
def specs(draw: st.DrawFn) -> str:
    width = draw(WIDTHS)
    norm = draw(st.sampled_from(["2", "{sample: 1}", "{entry: 1}"]))
    steps = draw(chains(width, 4, "a", []))
    loss = draw(st.sampled_from(["", "", "loss: {squared: {labels: 1}}\n", "loss: logistic\nregularizer: 1/2\n"]))
    return (
        f"batch: {draw(st.integers(1, 2))}\ninput: {{shape: [{width}], norm: {norm}}}\nradius: {draw(NUMBERS)}\n"
        f"layers: [{', '.join(steps)}]\n{loss}"
    )


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(specs(), st.sampled_from([("parameters",), ("input",), ("parameters", "input")]), st.integers(0, 9))
def test_no_random_network_exceeds_its_bounds(text: str, wrt: tuple[str, ...], seed: int) -> None:
    result = compare(text, wrt, seed, climbs=1)
    assert result.violations == []
    assert math.isfinite(result.prefixes[OUTPUT].smoothness)
    for path, prefix in result.prefixes.items():
        assert prefix.sup <= prefix.norm * (1 + 1e-12), path
