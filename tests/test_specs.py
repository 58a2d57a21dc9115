"""The specs of the repository; and random ones: whatever a file says, it compiles or it is refused with places."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.layers.index import VOCABULARY
from boundcalc.output.graphs.text import graph_to_text
from boundcalc.output.latex import to_latex
from boundcalc.output.python import to_python
from boundcalc.output.text import to_text

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
QUICK = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_blocks_by_layer_are_never_larger(path: Path) -> None:
    spec = bc.load(path)
    total, layer = bc.compile(spec), bc.compile(spec, blocks="layer")
    at = {name: 3 for name, symbol in total.symbols.items() if symbol not in total.values}
    for name in ("norm", "lipschitz", "smoothness"):
        assert getattr(layer, name).evaluate(at) <= getattr(total, name).evaluate(at)


# Random architectures ------------------------------------------------------------------------------------------------

sizes = st.sampled_from(["1", "2", "3", "w", "2*w", "in", "in/2", "0", "k", "w - 5", "R"])
plain = st.sampled_from(
    ["relu", "softplus", "tanh", "gelu", "flatten", "softmax", "identity", "globalavgpool", "sin", "square"]
)
names = st.sampled_from(["a", "b", "input"])


def layer(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    body = st.lists(inner, max_size=3)
    operand = st.one_of(names, body)
    return st.one_of(
        st.builds(lambda n: {"dense": n}, sizes),
        st.builds(lambda n, name: {"dense": {"units": n, "name": name, "bias": False}}, sizes, names),
        st.builds(
            lambda n, k, p: {"conv2d": {"channels": n, "kernel": k, "padding": p}},
            sizes,
            sizes,
            st.sampled_from(["same", 0, 1]),
        ),
        st.builds(lambda k: {"avgpool2d": k}, sizes),
        st.builds(lambda e: {"batchnorm": {"eps": e}}, st.sampled_from(["eps", "1/100", "0"])),
        st.builds(lambda p: {"dropout": p}, st.sampled_from(["1/2", "p", "2"])),
        st.builds(lambda b: {"residual": b}, body),
        st.builds(
            lambda kind, o: {kind: o}, st.sampled_from(["add", "concat", "multiply"]), st.lists(operand, max_size=3)
        ),
        st.builds(lambda t, b: {"repeat": {"times": t, "layers": b}}, st.sampled_from(["0", "2", "k", "n"]), body),
        st.builds(lambda o: {"relu": {"from": o}}, names),
        st.builds(lambda c: {"block": c}, sizes),
        st.sampled_from(["block", {"dense": {}}, "unknown", None, {"relu": 1}]),
    )


steps = st.recursive(plain, layer, max_leaves=6)
architectures = st.fixed_dictionaries(
    {
        "symbols": st.just(
            {
                "w": 4,
                "R": None,
                "eps": "1/10",
                "k": {"integer": True, "value": 3},
                "n": {"integer": True},
                "p": {"below": 1},
            }
        ),
        "input": st.sampled_from([{"shape": [4], "norm": 1}, {"shape": [2, 4, 4], "norm": {"entry": "R"}}]),
        "radius": st.sampled_from(["R", 1, "1/2", "sqrt(in)"]),
        "layers": st.lists(steps, min_size=1, max_size=5),
    },
    optional={
        "batch": st.sampled_from(["n", 2, "w"]),
        "define": st.just({"block": {"args": {"c": None}, "layers": [{"dense": "c"}, "softplus"]}}),
        "loss": st.sampled_from(["logistic", {"squared": {"labels": 1}}, "relu"]),
        "output": names,
        "regularizer": st.just({"l2": "1/10"}),
    },
)


@QUICK
@given(architectures, st.sampled_from(["total", "layer"]), st.sampled_from(["parameters", "input", "a", "**"]))
def test_an_architecture_compiles_or_is_refused(spec: dict[str, Any], blocks: Any, wrt: str) -> None:
    try:
        bounds = bc.compile(bc.load(spec), blocks=blocks, wrt=wrt)
    except bc.SpecError:
        return
    json.dumps(bounds.to_dict(), allow_nan=False)
    assert to_text(bounds.document)
    compile(to_python(bounds.document), "<generated>", "exec")
    assert to_latex(bounds.document)
    assert graph_to_text(bounds.graph)


TEXTS = [path.read_bytes() for path in SPECS]


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A spec with a few bytes changed, removed, or repeated."""
    data = bytearray(draw(st.sampled_from(TEXTS)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        data[start:end] = draw(
            st.one_of(
                st.binary(max_size=4),
                st.sampled_from([b"{", b"[", b": ", b"\n", b"- ", b"*", b"R", b"(", b"9"]),
                st.just(bytes(data[start:end]) * 2),
            )
        )
    return bytes(data)


@settings(QUICK, max_examples=150)
@given(damaged())
def test_a_damaged_file_is_read_or_refused(data: bytes) -> None:
    with suppress(bc.SpecError):
        expand(bc.loads(data))


@QUICK
@given(st.text(max_size=60), st.sampled_from(sorted(kind for kind in VOCABULARY if not VOCABULARY[kind].loss)))
def test_any_text_in_any_place_is_read_or_refused(text: str, kind: str) -> None:
    for spec in (
        {"input": {"shape": [4], "norm": text}, "radius": 1, "layers": ["relu"]},
        {"input": {"shape": [4], "norm": 1}, "radius": text, "layers": [{"dense": text}]},
        {"input": {"shape": [4], "norm": 1}, "radius": 1, "layers": [{kind: text}, text, {text: 1}]},
        {"input": {"shape": [4], "norm": 1}, "radius": 1, "layers": ["relu"], "output": text, "name": text},
        {"symbols": {text: text}, "input": {"shape": [4], "norm": 1}, "radius": 1, "layers": ["relu"]},
    ):
        with suppress(bc.SpecError):
            expand(bc.load(spec))
