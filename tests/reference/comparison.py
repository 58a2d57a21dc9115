"""Bounds of a spec against the networks that it describes: every quantity of every layer, at random and at unfriendly points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from flint import ctx
from numpy.typing import NDArray

from boundcalc.blocks.entries import Certified, entries
from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus.euclidean import Euclidean
from boundcalc.calculus.extended import Extended
from boundcalc.calculus.protocol import Component
from boundcalc.calculus.quantities import LIPSCHITZ, SMOOTHNESS
from boundcalc.calculus.trace import Traced, trace
from boundcalc.graph.lower import lower
from boundcalc.pipeline import compile as compile_bounds
from boundcalc.pipeline import loads
from boundcalc.program.evaluate import evaluate as evaluate_program
from boundcalc.program.ir import Arena, Scalar
from reference.derivatives import climb, evaluate, jacobians, random_points, selected_part, top
from reference.network import OUTPUT, Network

TOLERANCE = 1e-6
RADIUS_PART = 1e-3  # how far differences of Jacobians reach, in radii: rounding loses about 1e-13 of the Jacobian


@dataclass(frozen=True)
class Prefix:
    """The bounds of one layer: of the total recursion, and by blocks (inf where a quantity is not finite)."""

    norm: float
    sup: float
    lipschitz: float
    smoothness: float
    p: NDArray[np.float64]
    Q: NDArray[np.float64]


@dataclass
class Comparison:
    """`largest`: for each kind of quantity, how close the networks came to its bound (at most 1 if all is well)."""

    network: Network
    prefixes: Mapping[str, Prefix]
    largest: dict[str, float] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    def check(self, what: str, path: str, found: NDArray[np.float64], bound: float, slack: float = 0.0) -> None:
        worst = float(np.max(found, initial=0.0))
        if not worst <= bound * (1 + TOLERANCE) + slack + 1e-11:
            self.violations.append(f"{what} of '{path}': found {worst:.9g}, bound {bound:.9g}")
        if path == self.network_output and bound not in (0, np.inf):
            self.largest[what] = max(self.largest.get(what, 0.0), worst / bound)

    @property
    def network_output(self) -> str:
        return self.network.graph.loss or OUTPUT


def compare(
    text: str, wrt: Sequence[str] = ("parameters",), seed: int = 0, refine: bool = False, climbs: int = 2
) -> Comparison:
    """Check all bounds of the network that the spec `text` describes; the caller asserts that there are no violations."""
    architecture = loads(text)
    network = Network(architecture, tuple(wrt), seed)
    result = Comparison(network, prefixes(network, refine))
    rng = np.random.default_rng(seed)
    spheres, insides = random_points(network, rng, 4), random_points(network, rng, 2, onto_sphere=False)
    if len(network.selected) and climbs:
        spheres = np.concatenate([spheres, climb(network, result.network_output, spheres[:2], climbs)])
    points = np.concatenate([spheres, insides])
    _check_blocks(result)
    _check_values(result, points)
    _check_jacobians(result, points)
    _check_changes(result, points, rng)
    _check_compiled(result, text, wrt, refine, points, rng)
    return result


def prefixes(network: Network, refine: bool = False) -> dict[str, Prefix]:
    graph = network.graph
    primitives = lower(graph, network.selection)
    calculus = Euclidean(Arena(), refine)
    total, seeded = trace(primitives, calculus), trace(primitives, calculus, seeded=True)
    at = {**{layer.path: primitives.outputs[layer.path] for layer in graph}, OUTPUT: primitives.output}
    names = ("norm", "sup", "lipschitz", "smoothness")
    scalars = {(p, n): total.components(i)[Component(n)] for p, i in at.items() for n in names}
    numbers = _numbers(scalars, network)
    seeds = list(seeded.seeds.values())
    assert list(seeded.seeds) == [block.name for block in network.blocks if block.selected]
    forms = _forms(seeded, at, network)
    found: dict[str, Prefix] = {}
    for path, index in at.items():
        first, second = (seeded.figures[index][quantity] for quantity in (LIPSCHITZ, SMOOTHNESS))
        p = np.full(len(seeds), 0.0 if isinstance(first, Scalar) else np.inf)
        Q = np.full((len(seeds), len(seeds)), 0.0 if isinstance(second, Scalar) else np.inf)
        for key, value in forms.get(first, {}).items():
            p[key[0]] = value
        for (i, *rest), value in forms.get(second, {}).items():
            Q[i, rest[0]] = Q[rest[0], i] = value
        found[path] = Prefix(*(numbers[path, n] for n in names), p, Q)
    return found


def _numbers(scalars: Mapping[tuple[str, str], Extended], network: Network) -> dict[tuple[str, str], float]:
    finite = {key: value for key, value in scalars.items() if isinstance(value, Scalar)}
    values = evaluate_program(list(finite.values()), network.graph.conditions.values)
    return {**dict.fromkeys(scalars, np.inf), **{key: float(v) for key, v in zip(finite, values, strict=True)}}


def _forms(seeded: Traced, at: Mapping[str, int], network: Network) -> dict[Extended, dict[tuple[int, ...], float]]:
    asked = [seeded.figures[index][quantity] for index in at.values() for quantity in (LIPSCHITZ, SMOOTHNESS)]
    scalars = list(dict.fromkeys(value for value in asked if isinstance(value, Scalar)))
    with ctx.workprec(80):
        found = entries(scalars, list(seeded.seeds.values()), Certified(network.graph.conditions.values))
    return {s: {key: float(v) for key, v in form.items()} for s, form in zip(scalars, found, strict=True)}


def _check_blocks(result: Comparison) -> None:
    """By blocks is never larger than in total: ||p|| <= l, ||Q||_F <= L (and infinite at the same layers)."""
    for path, prefix in result.prefixes.items():
        result.check("l by blocks against the total", path, np.linalg.norm(prefix.p)[None], prefix.lipschitz)
        result.check("||Q||_F against the total", path, np.linalg.norm(prefix.Q)[None], prefix.smoothness)


def _check_values(result: Comparison, points: NDArray[np.float64]) -> None:
    for path, values in evaluate(result.network, points).items():
        prefix = result.prefixes[path]
        result.check("norm", path, np.linalg.norm(values, axis=1), prefix.norm)
        result.check("sup", path, np.abs(values), prefix.sup)


def _check_jacobians(result: Comparison, points: NDArray[np.float64]) -> None:
    network = result.network
    parts = [selected_part(network, block) for block in network.blocks if block.selected]
    for path, found in jacobians(network, points).items():
        prefix = result.prefixes[path]
        norms = top(found)
        result.check("lipschitz", path, norms, prefix.lipschitz)
        result.check("lipschitz by blocks", path, norms, float(np.linalg.norm(prefix.p)))
        for part, bound in zip(parts, prefix.p, strict=True):
            result.check("p_i", path, top(found[:, :, part]), bound)


def _check_changes(result: Comparison, points: NDArray[np.float64], rng: np.random.Generator) -> None:
    """||J(w) - J(w')|| <= L ||w - w'|| between points of the set: this needs no second derivative, and no step size."""
    network = result.network
    blocks = [block for block in network.blocks if block.selected]
    parts = [selected_part(network, block) for block in blocks]
    if not blocks or not len(network.selected):
        return
    centers = np.concatenate([block.center for block in network.blocks])
    bases = centers + (1 - RADIUS_PART) * (points - centers)
    jacobian = jacobians(network, bases)
    directions = rng.normal(size=(len(points), len(network.selected)))
    for _ in range(3):  # power iteration: the leading right singular vector of D J[u] is a better u
        change = _changes(result, bases, jacobian, directions, None)
        _, _, right = np.linalg.svd(change)
        directions = right[:, 0]
    for j, (block, part) in enumerate(zip(blocks, parts, strict=True)):
        if block.radius > 0:
            directions = np.zeros((len(points), len(network.selected)))
            directions[:, part] = rng.normal(size=(len(points), len(part)))
            _changes(result, bases, jacobian, directions, j)


def _changes(
    result: Comparison,
    bases: NDArray[np.float64],
    jacobian: Mapping[str, NDArray[np.float64]],
    directions: NDArray[np.float64],
    only: int | None,
) -> NDArray[np.float64]:
    """Differences of Jacobians along directions, over their lengths; those of the output are returned. `only`: within one block."""
    network = result.network
    blocks = [block for block in network.blocks if block.selected]
    parts = [selected_part(network, block) for block in blocks]
    steps = np.full(len(bases), np.inf)
    for block, part in zip(blocks, parts, strict=True):
        lengths = np.linalg.norm(directions[:, part], axis=1)
        if block.radius == 0:
            directions[:, part] = 0
        else:
            steps = np.minimum(steps, RADIUS_PART * block.inner / np.where(lengths == 0, 1e-300, lengths))
    steps = np.where(np.isfinite(steps), steps, 0)
    moved = bases.copy()
    moved[:, network.selected] += steps[:, None] * directions
    assert np.allclose(network.project(moved), moved, rtol=1e-9, atol=1e-9)
    lengths = np.linalg.norm(moved - bases, axis=1)
    lengths = np.where(lengths == 0, 1, lengths)  # nothing to move in: all balls are points
    after = jacobians(network, moved)
    for path, before in jacobian.items():
        prefix = result.prefixes[path]
        change = (after[path] - before) / lengths[:, None, None]
        # What rounding alone may do.
        slack = 1e-12 * float(np.max(np.abs(before), initial=0.0)) / float(lengths.min())
        if only is None:
            norms = top(change)
            result.check("smoothness", path, norms, prefix.smoothness, slack)
            result.check("smoothness by blocks", path, norms, _largest_eigenvalue(prefix.Q), slack)
        else:
            for i, part in enumerate(parts):
                result.check("q_ij", path, top(change[:, :, part]), prefix.Q[i, only], slack)
    output = result.network_output
    return (after[output] - jacobian[output]) / lengths[:, None, None]


def _largest_eigenvalue(Q: NDArray[np.float64]) -> float:
    if not np.isfinite(Q).all():
        return np.inf
    return float(np.linalg.eigvalsh(Q)[-1]) if len(Q) else 0.0


def _check_compiled(
    result: Comparison,
    text: str,
    wrt: Sequence[str],
    refine: bool,
    points: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """What `compile` answers is what was compared: the program's own numbers, and by blocks at least lambda_max."""
    network = result.network
    total, layer = (compile_bounds(loads(text), blocks=b, wrt=wrt, refine=refine) for b in ("total", "layer"))
    prefix, loops = result.prefixes[OUTPUT], bool(total.graph.loops)
    for name, least, by_blocks in (
        ("norm", prefix.norm, prefix.norm),
        ("lipschitz", prefix.lipschitz, np.linalg.norm(prefix.p)),
        ("smoothness", prefix.smoothness, _largest_eigenvalue(prefix.Q)),
    ):
        first, second = float(getattr(total, name).evaluate()), float(getattr(layer, name).evaluate())
        # A loop keeps less (a ReLU before anything that is differentiated, say), so that its bounds may be larger.
        same = first >= least * (1 - 1e-9) if loops else first == np.inf == least or abs(first - least) <= 1e-9 * least
        if not same:
            result.violations.append(f"compile: {name} {first}, the program {least}")
        if not min(by_blocks, least) * (1 - 1e-9) <= second <= min(first, least) * (1 + 1e-9):
            result.violations.append(f"compile: {name} by blocks {second}, not between {by_blocks} and {first}")
    if network.graph.loss is not None:
        _check_objective(result, points, rng, total, layer)


def _check_objective(
    result: Comparison, points: NDArray[np.float64], rng: np.random.Generator, *compiled: Bounds
) -> None:
    """F = loss + weight/2 ||w||^2: its gradient, and differences of gradients."""
    network = result.network
    loss, regularizer = network.graph.loss, network.graph.regularizer
    assert loss is not None

    def is_input(name: str) -> bool:
        return any(name == node.path for node in network.graph.inputs)

    seen = np.concatenate(
        [
            np.full(len(b.center), regularizer is not None and not is_input(b.name) and regularizer.sees(b.name))
            for b in network.blocks
        ]
    )
    decayed = (0.0 if regularizer is None else network.number(regularizer.weight)) * seen[network.selected]

    def gradient(w: NDArray[np.float64]) -> NDArray[np.float64]:
        return jacobians(network, w)[loss][:, 0] + decayed * w[:, network.selected]

    moved = network.project(points + 1e-2 * rng.normal(size=points.shape))
    moved = np.concatenate([moved, random_points(network, rng, len(points))])
    others = np.setdiff1d(np.arange(network.width), network.selected)
    moved[:, others] = np.concatenate([points, points])[:, others]  # what is not differentiated by stays
    before, after = gradient(np.concatenate([points, points])), gradient(moved)
    lengths = np.linalg.norm((moved - np.concatenate([points, points]))[:, network.selected], axis=1)
    apart = lengths > 1e-6  # on narrow spheres there are few points
    change = np.linalg.norm(after - before, axis=1)[apart] / lengths[apart]
    for bounds in compiled:
        assert bounds.objective is not None
        for what, found, bound in (
            ("lipschitz", np.linalg.norm(after, axis=1), bounds.objective.lipschitz),
            ("smoothness", change, bounds.objective.smoothness),
        ):
            result.check(f"objective's {what}, {bounds.options.comparison}", loss, found, float(bound.evaluate()))
