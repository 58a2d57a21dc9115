"""Random small specs that use all constructs of the language: the networks that are attacked.

`random_spec(seed)` is the same text for the same seed, always accepted, all symbols with values. About half of the networks are
smooth (finite constants in every layer).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from itertools import count
from random import Random

import networkx as nx
from sympy import Add, Expr

import boundcalc as bc
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Input, Layer, LayerGraph
from boundcalc.graph.shape import size
from boundcalc.mistakes import Place
from reference.random_balls import Shape, Value
from reference.random_constructs import COMBINATIONS, branch
from reference.random_layers import LAYERS, adapt
from reference.random_modules import MODULES
from reference.random_repeats import REPEATS
from reference.random_scans import SCANS
from reference.random_scope import Draft, Scope
from reference.random_windows import shape_of

MOST_NUMBERS = 2_000  # in all arrays, inputs and outputs of layers
MOST_LAYERS = 40  # after unrolling
ROWS = (*LAYERS, *COMBINATIONS, *REPEATS, *SCANS, *MODULES)
ROUGH_ROWS, SMOOTH_ROWS = (tuple(row for row in ROWS if row.rough is rough) for rough in (True, False))
# What a seed makes more often, by its remainder modulo 4: even ones are smooth.
FOCI = (SMOOTH_ROWS, ROUGH_ROWS, SMOOTH_ROWS[::-1], SMOOTH_ROWS)


def random_spec(seed: int) -> str:
    """YAML text of a small spec."""
    for attempt in count():
        rng = Random(f"{seed} {attempt}")
        focus = FOCI[seed % 4][seed // 4 % len(FOCI[seed % 4])]
        draft = Draft(rng, smooth=seed % 2 == 0, batch=rng.randint(1, 3), rows=ROWS, focus=focus)
        document = _document(draft, f"random{seed}")
        if draft.layers <= 2 * MOST_LAYERS and draft.free > 0 and _suits(text := _text(document)):
            return text
    raise AssertionError


def _suits(text: str) -> bool:
    """Whether it is small, and its output depends on something that is learned."""
    graph = expand(bc.loads(text), unroll=True)
    layers, numbers = measured(graph)
    edges = nx.DiGraph([(source, node.path) for node in graph for source in node.inputs])
    edges.add_nodes_from(graph.nodes)
    read = {node for output in graph.outputs for node in (output, *nx.ancestors(edges, output))}
    learned = {array.ball for layer in graph.layers if layer.path in read for array in layer.arrays}
    return layers <= MOST_LAYERS and numbers <= MOST_NUMBERS and not all(graph.balls[ball].frozen for ball in learned)


def measured(graph: LayerGraph) -> tuple[int, int]:
    """How many layers, and how many numbers in all arrays, inputs and outputs of layers; symbols have their values."""

    def number(value: Expr) -> int:
        return int(graph.conditions.exact(value, Place("", 0, 0)))

    nodes = list(graph)
    layers = [node for node in nodes if isinstance(node, Layer)]
    outputs = [size(node.shape) for node in nodes if isinstance(node, Layer | Input)]
    return len(layers), number(graph.batch * Add(*outputs) + Add(*(layer.parameters for layer in layers)))


def variants(text: str) -> Mapping[str, str]:
    """A spec whose repeats have symbols for numbers of times, three ways: `valued` as it is, `unrolled` with the numbers in
    their places, and `symbolic` without the values of those that are numbers of times and nothing else."""
    found = {"valued": text, "unrolled": text}
    for name, times in passes(text).items():
        found["unrolled"] = re.sub(rf"\n  {name}: .*", "", found["unrolled"])
        found["unrolled"] = re.sub(rf"\b{name}\b", str(times), found["unrolled"])
    symbolic = re.sub(r"\n  (passes\d+): .*", r"\n  \1: {integer: true}", text)
    return found if symbolic == text else {**found, "symbolic": symbolic}


def passes(text: str) -> Mapping[str, int]:
    """The symbols that are numbers of times, and their values."""
    declared = re.findall(r"\n  ((?:passes|length)\d+): \{value: (\d+), integer: true\}", text)
    return {name: int(times) for name, times in declared}


def _document(draft: Draft, name: str) -> dict[str, Value]:
    rng = draft.rng
    _symbols(draft)
    inputs, shapes = _inputs(draft)
    radius = rng.choice(("R", "R", "1", "1/2", "3/2*R"))
    scope = Scope(draft, next(iter(shapes.values())) if len(inputs) == 1 else None, dict(shapes))
    if scope.shape is not None and draft.focus.fits(scope.shape) and rng.random() < 0.5:
        draft.focus.make(scope)
    scope.fill(rng.randint(3, 8))
    document: dict[str, Value] = {"symbols": draft.symbols, "define": draft.modules, "radius": radius}
    document |= _objective(scope)
    document |= {"layers": scope.steps, **({} if "output" in document else _output(scope, shapes))}
    batch: Value = draft.batch
    if rng.random() < 0.2:
        batch = draft.declare("n", Fraction(draft.batch), draft.batch)
    if len(inputs) == 1:
        (single,) = inputs.values()
        if rng.random() < 0.2:
            single["batch"], batch = batch, None
        document["input"] = single
    else:
        document["inputs"] = inputs
    if batch is not None and (draft.batch > 1 or rng.random() < 0.3):
        document["batch"] = batch
    if rng.random() < 0.3:
        document["name"] = name
    return document


def _symbols(draft: Draft) -> None:
    rng = draft.rng
    R = Fraction(rng.choice(("1/2", "1", "1", "5/4", "3/2")))
    draft.declare("R", R, str(R))
    if rng.random() < 0.3:
        draft.declare("half", R / 2, "R/2")
    if rng.random() < 0.5:
        width = rng.randint(1, 3)
        draft.declare("w", Fraction(width), width)
        if rng.random() < 0.5:
            draft.declare("wide", Fraction(width + 1), "w + 1")
    for name, value, declaration in (
        ("pad", rng.randint(0, 1), {"at_least": 0}),
        ("small", Fraction(rng.choice(("1/4", "1/2"))), {"below": 1}),
        ("low", Fraction(-1, 2), {"above": -2}),
        ("whole", 2, {"integer": True, "above": 0, "below": 5}),
        ("x", Fraction(rng.choice(("1/2", "1", "2"))), {}),
    ):
        if rng.random() < 0.25:
            draft.declare(name, Fraction(value), {"value": str(value), **declaration} if declaration else str(value))


def _inputs(draft: Draft) -> tuple[dict[str, dict[str, Value]], dict[str, Shape]]:
    """The declarations, and the shapes of what can be read."""
    rng = draft.rng
    reads_tokens = draft.focus.name == "embedding"
    names = ["input"] if rng.random() < 0.8 and not reads_tokens else ["left", "right"]
    inputs, shapes = {}, {}
    for name in names:
        shapes[name] = _shape(draft)
        norm: Value = rng.choice(("1/2", "1", "1", "3/2", "2", *(["x"] * 5 if "x" in draft.values else [])))
        of = rng.choice(("", "batch", "sample", "sample", "entry", "entry"))
        inputs[name] = {"shape": [_axis(draft, axis) for axis in shapes[name]], "norm": {of: norm} if of else norm}
        draft.numbers += draft.batch * _entries(shapes[name])
    if names != ["input"] and (rng.random() < 0.1 or reads_tokens):
        inputs["ids"], draft.tokens = {"shape": [3], "tokens": 5}, True
    return inputs, shapes


def _entries(shape: Shape) -> int:
    return 1 if not shape else shape[0] * _entries(shape[1:])


def _axis(draft: Draft, axis: int) -> Value:
    known = [name for name in ("w", "wide", "whole") if draft.values.get(name) == axis]
    return draft.rng.choice([axis, *known])


def _shape(draft: Draft) -> Shape:
    """One that the focus takes, mostly."""
    drawn = [_any_shape(draft.rng) for _ in range(8)]
    return next((shape for shape in drawn if draft.focus.fits(shape)), drawn[0])


def _any_shape(rng: Random) -> Shape:
    spatial = [rng.randint(3, 4) for _ in range(2)]
    return rng.choices(
        (
            (rng.randint(1, 4),),
            (rng.randint(2, 4), rng.randint(1, 3)),
            (rng.randint(1, 3), rng.randint(3, 6)),
            (rng.randint(1, 2), *spatial),
            (rng.randint(1, 2), 3, *spatial[:1], 3),
        ),
        (4, 3, 2, 2.5, 2),
    )[0]


def _output(scope: Scope, shapes: Mapping[str, Shape]) -> dict[str, Value]:
    rng = scope.draft.rng
    named = [name for name in scope.nodes if name not in shapes]
    if not named or rng.random() < 0.6:
        return {}
    names = rng.sample(named, min(len(named), rng.randint(1, 3)))
    return {"output": names[0] if len(names) == 1 and rng.random() < 0.6 else names}


def _objective(scope: Scope) -> dict[str, Value]:
    """A loss of the output, or of steps that it names; one that reads the output decides it too."""
    rng = scope.draft.rng
    if rng.random() < 0.35:
        return {}
    others = (_of_entries, _of_entries, _of_vectors, _of_vectors, _of_batch)
    form = rng.choice((_logistic, _labels, _two_steps, _of_scores, *others))
    found = form(scope)
    if rng.random() < 0.5:
        weight = scope.constant(("1/10", "1/2", "1"))
        some = {"weight": weight, "only": rng.choice(("**", ["**"]))}
        found["regularizer"] = rng.choice((weight, {"l2": weight}, {"l2": some} if scope.draft.free else weight))
    return found


def _logistic(scope: Scope) -> dict[str, Value]:
    rng = scope.draft.rng
    adapt(scope, (rng.randint(1, 4),))
    name = scope.draft.fresh("scores")
    scope.push("identity", {}, shape_of(scope), name=name)
    if rng.random() < 0.4:
        return {"loss": {"logistic": {"from": name}}}
    return {"loss": "logistic", "output": rng.choice((None, name, [*list(scope.nodes)[-2:-1], name]))}


def _reduction(scope: Scope) -> dict[str, Value]:
    return {"reduction": scope.draft.rng.choice(("mean", "sum"))} if scope.draft.chance(0.7) else {}


def _of_scores(scope: Scope) -> dict[str, Value]:
    """A loss of scores, with its options."""
    adapt(scope, (scope.draft.rng.randint(2, 4),))
    scope.push("identity", {}, shape_of(scope), name=scope.draft.fresh("scores"))
    fields = {"temperature": scope.constant(("1/2", "2"))} if scope.draft.chance(0.6) else {}
    if scope.draft.chance(0.4):
        return {"loss": {"kl": fields | _reduction(scope)}, "output": None}
    fields |= {"label_smoothing": scope.constant(("1/10", "1/2"))} if scope.draft.chance(0.6) else {}
    fields |= {"soft": scope.draft.chance(0.5)} if scope.draft.chance(0.6) else {}
    return {"loss": {"logistic": fields | _reduction(scope)}, "output": None}


def _of_vectors(scope: Scope) -> dict[str, Value]:
    """A loss of two or three vectors of each sample, or of matrices; most are not smooth."""
    rng, smooth = scope.draft.rng, scope.draft.smooth
    kind = rng.choice(
        ("cosine", "matrix_factorisation", "infonce", *(() if smooth else ("contrastive", "triplet", "triplet")))
    )
    matrices = kind == "matrix_factorisation"
    first = (rng.randint(1, 2), rng.randint(1, 3)) if matrices else (rng.randint(2, 3),)
    count = 3 if kind == "triplet" else 2
    names: list[Value] = []
    for i in range(count):
        adapt(scope, first[::-1] if matrices and i else first)
        if kind == "infonce":
            scope.push("rmsnorm", {"eps": "1/2"}, shape_of(scope))
        names.append(scope.draft.fresh("operand"))
        scope.push("identity" if kind != "infonce" else "softmax", {}, shape_of(scope), name=names[-1])
    options: dict[str, tuple[str, Value]] = {
        "cosine": ("least", scope.constant(("1/100",))),
        "matrix_factorisation": ("target", scope.constant(("1/2", "2"))),
        "infonce": ("temperature", scope.constant(("1/2", "2"))),
    }
    option, value = options.get(kind, ("margin", scope.constant(("1/4", "2"))))
    return {"loss": {kind: {"from": names, option: value, **_reduction(scope)}}}


def _of_batch(scope: Scope) -> dict[str, Value]:
    """A loss of all samples together, or one of scores."""
    smooth = ("brier", *(("convex_clustering",) if scope.draft.batch <= 2 else ()))
    rough = () if scope.draft.smooth else ("kmeans", "spectral_clustering")
    kind = scope.draft.rng.choice((*smooth, *rough))
    adapt(scope, (scope.draft.rng.randint(2, 3),))
    scope.push("identity", {}, shape_of(scope), name=scope.draft.fresh("scores"))
    if kind == "brier":
        return {"loss": {kind: _reduction(scope)}, "output": None}
    name = "weight" if kind == "convex_clustering" else "k"
    number = scope.constant(("1/4", "1")) if name == "weight" else scope.draft.rng.randint(1, 2)
    return {"loss": {kind: {name: number, **_reduction(scope)}}, "output": None}


def _of_entries(scope: Scope) -> dict[str, Value]:
    """A loss of all entries of the output; hinge has no smoothness."""
    rough = [] if scope.draft.smooth else ["hinge"]
    parameters = {"smoothed_hinge": "width", "huber": "delta", "pseudo_huber": "delta"}
    kind = scope.draft.rng.choice(["binary_logistic", "squared_hinge", "log_cosh", *parameters, *rough])
    named = kind in parameters and scope.draft.chance(0.7)
    fields = {parameters[kind]: scope.constant(("1/4", "2"))} if named else {}
    return {"loss": {kind: fields | _reduction(scope)}}


def _labels(scope: Scope) -> dict[str, Value]:
    return {"loss": {"squared": {"labels": scope.constant(("1/2", "1", "2")), **_reduction(scope)}}}


def _two_steps(scope: Scope) -> dict[str, Value]:
    """As in an autoencoder; one may be a branch that starts from the output."""
    of = scope.draft.rng.choice(list(scope.nodes))
    if scope.draft.chance(0.5):
        steps = branch(scope, scope.nodes[of]).steps
        return {"loss": {"squared": {"from": [steps, of]}}, "output": None}
    adapt(scope, scope.nodes[of])
    name = scope.draft.fresh("decoded")
    scope.push("identity", {}, shape_of(scope), name=name)
    return {"loss": {"squared": {"from": [name, of]}}}


KEYS = ("name", "symbols", "define", "batch", "input", "inputs", "radius", "layers", "output", "loss", "regularizer")


def _text(document: Mapping[str, Value]) -> str:
    """A line for each symbol, module and layer."""
    lines: list[str] = []
    for key in (key for key in KEYS if document.get(key) not in (None, {})):
        value = document[key]
        if key in ("symbols", "define"):
            lines += [f"{key}:", *(f"  {name}: {_flow(inner)}" for name, inner in value.items())]
        elif key == "layers":
            lines += [f"{key}:", *(f"  - {_flow(step)}" for step in value)]
        else:
            lines.append(f"{key}: {_flow(value)}")
    return "\n".join(lines) + "\n"


def _flow(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_flow(inner)}".rstrip() for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f'"{text}"' if "," in text or text.startswith("*") else text
