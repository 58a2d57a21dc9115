"""The pipeline, in one function: architecture -> layer graph -> primitives -> program -> bounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import sympy

from boundcalc.bounds import Bound, Bounds, Certify, LayerBounds, Layers, Objective, Values
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.graph.lower import lower
from boundcalc.graph.primitives import PrimitiveGraph
from boundcalc.graph.selection import select
from boundcalc.program import layerwise, numbers
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.layerwise import BlockJet, BlockNumbers
from boundcalc.program.numbers import Number
from boundcalc.program.objective import regularized
from boundcalc.program.trace import Traced, trace
from boundcalc.rules.jet import Jet, Quantity
from boundcalc.spec.architecture import Architecture

Blocks = Literal["total", "layer"]
Constants = Literal["sharp", "published"]


def compile(
    architecture: Architecture,
    *,
    blocks: Blocks = "total",
    wrt: str | Sequence[str] = "parameters",
    constants: Constants = "sharp",
    refine: bool = False,
) -> Bounds:
    """Bounds of the network output on the product of balls: its norm, Lipschitz constant and smoothness constant.

    blocks: "total" is the recursion of the talk; "layer" keeps an entry for each parameter block, never larger.
    wrt: "parameters", names of inputs, or paths of layers with wildcards. constants: "sharp", or those "published" with
    the paper, some of which are no upper bounds. refine: also use |a'(0)| + L m as a bound of a map's slope.

    Raises SpecError for mistakes that show when the graph is built.
    """
    if blocks not in ("total", "layer"):
        raise ValueError(f"blocks is 'total' or 'layer', not {blocks!r}")
    if constants not in ("sharp", "published"):
        raise ValueError(f"constants is 'sharp' or 'published', not {constants!r}")
    words = tuple(word.strip() for word in wrt.split(",")) if isinstance(wrt, str) else tuple(wrt)
    graph = expand(architecture, unroll=blocks == "layer")
    primitives = lower(graph, select(graph, words), use_published=constants == "published")
    total = trace(primitives, refine=refine)
    if blocks == "layer":
        maker: _Total = _Layerwise(graph, primitives, total, trace(primitives, seeded=True, refine=refine))
    else:
        maker = _Total(graph, primitives, total)
    assert primitives.output is not None
    norm, lipschitz, smoothness = maker.triple("", primitives.output)
    rows = {layer.path: maker.row(layer) for layer in graph if layer.visible and layer.kind != "input"}
    if graph.loss is not None:
        rows.pop(graph.loss)
    published = () if constants == "sharp" else ("published constants are not upper bounds in general",)
    return Bounds(
        graph,
        blocks,
        words,
        constants,
        norm,
        lipschitz,
        smoothness,
        maker.objective(),
        Layers(rows, graph.paths),
        (*graph.warnings, *published, *primitives.warnings, *maker.warnings),
    )


class _Total:
    """One block: the program's own entries."""

    def __init__(self, graph: LayerGraph, primitives: PrimitiveGraph, total: Traced) -> None:
        self.graph, self.primitives, self.total = graph, primitives, total
        self.warnings: list[str] = []
        self.needs: frozenset[sympy.Symbol] | None = None

    def bound(
        self, name: str, path: str, quantity: Quantity | None, certify: Certify | None = None, upper: bool = False
    ) -> Bound:
        needs = None if certify is None else self.needs
        return Bound(f"{name}_{path}" if path else name, self.graph, quantity, certify, upper, needs)

    def triple(self, path: str, primitive: int) -> tuple[Bound, Bound, Bound]:
        jet = self.total.jets[primitive]
        return (
            self.bound("norm", path, jet.norm),
            self.bound("lipschitz", path, jet.lipschitz),
            self.bound("smoothness", path, jet.smoothness),
        )

    def row(self, layer: Layer) -> LayerBounds:
        own = self.primitives.own.get(layer.path, {})
        return LayerBounds(
            layer, _radius(self.graph, layer), own, *self.triple(layer.path, self.primitives.outputs[layer.path])
        )

    def objective(self) -> Objective | None:
        if self.primitives.loss is None:
            return None
        jet = regularized(self.graph, self.primitives, self.total)
        return Objective(
            self.bound("objective_lipschitz", "", jet.lipschitz), self.bound("objective_smoothness", "", jet.smoothness)
        )


class _Layerwise(_Total):
    """A block for each ball: numbers by entries or gradients, the smaller of them and of the total recursion."""

    def __init__(self, graph: LayerGraph, primitives: PrimitiveGraph, total: Traced, seeded: Traced) -> None:
        super().__init__(graph, primitives, total)
        self.seeds = list(seeded.seeds.values())
        self.jets: dict[int, Jet] = {}
        self.total_jets: dict[int, Jet] = {}
        self.keys: dict[str, int] = {}
        paths = [layer.path for layer in graph if layer.visible and layer.kind != "input" and layer.path != graph.loss]
        few = len(self.seeds) <= layerwise.ENTRY_LIMIT
        if not few:
            self.warnings.append(
                f"more than {layerwise.ENTRY_LIMIT} blocks: the rows of layers are those of `blocks: total`, which are not smaller"
            )
        for key in [primitives.outputs[path] for path in paths] if few else []:
            self.jets[key], self.total_jets[key] = seeded.jets[key], total.jets[key]
        assert primitives.output is not None
        self.jets[primitives.output] = seeded.jets[primitives.output]
        self.total_jets[primitives.output] = total.jets[primitives.output]
        if primitives.loss is not None:
            self.jets[-1] = regularized(graph, primitives, seeded)
            self.total_jets[-1] = regularized(graph, primitives, total)
        self.last = -1 if primitives.loss is not None else primitives.output
        keys = list(self.jets)
        forms = layerwise.closed_forms([_block_jet(self.jets[key]) for key in keys], self.seeds)
        self.forms: Mapping[int, BlockJet] = {} if forms is None else dict(zip(keys, forms, strict=True))
        self._cache: dict[tuple[tuple[sympy.Symbol, sympy.Expr], ...], dict[int, BlockNumbers]] = {}

    def triple(self, path: str, primitive: int) -> tuple[Bound, Bound, Bound]:
        if primitive not in self.jets:
            return super().triple(path, primitive)
        norm = self.bound("norm", path, self.total.jets[primitive].norm)
        return norm, *self._pair("lipschitz", "smoothness", path, primitive)

    def objective(self) -> Objective | None:
        if self.primitives.loss is None:
            return None
        return Objective(*self._pair("objective_lipschitz", "objective_smoothness", "", -1))

    def _pair(self, first: str, second: str, path: str, key: int) -> tuple[Bound, Bound]:
        jet, forms = self.jets[key], self.forms.get(key)
        lipschitz: Quantity | None = jet.lipschitz
        smoothness: Quantity | None = jet.smoothness
        if isinstance(lipschitz, Scalar):
            lipschitz = None if forms is None else forms.lipschitz
        if isinstance(smoothness, Scalar):
            smoothness = None if forms is None else forms.smoothness
        by_blocks = self._certify(key, "lipschitz") if isinstance(jet.lipschitz, Scalar) else None
        largest = self._certify(key, "smoothness") if isinstance(jet.smoothness, Scalar) else None
        return self.bound(first, path, lipschitz, by_blocks), self.bound(second, path, smoothness, largest, upper=True)

    def _certify(self, key: int, component: str) -> Certify:
        def certify(values: Values) -> Number:
            found: Number | None = getattr(self.numbers(values)[key], component)
            total = getattr(self.total_jets[key], component)
            bounds = [] if found is None else [found]
            if isinstance(total, Scalar):
                bounds.extend(evaluate([total], values))
            return numbers.minimum(bounds)

        return certify

    def numbers(self, values: Values) -> Mapping[int, BlockNumbers]:
        """The numbers of all nodes at once, kept for the values they were computed at."""
        at = tuple(sorted(values.items(), key=lambda item: item[0].name))
        if at not in self._cache:
            exact = {symbol: numbers.to_number(value) for symbol, value in values.items()}
            keys = list(self.jets)
            jets = [_block_jet(self.jets[key]) for key in keys]
            found = layerwise.certified(jets, self.seeds, exact)
            if found is None:
                found = [self._alone(jet, exact) for jet in jets]
            self._cache = {at: dict(zip(keys, found, strict=True))}
        return self._cache[at]

    def _alone(self, jet: BlockJet, values: Mapping[sympy.Symbol, Number]) -> BlockNumbers:
        return layerwise.certified_last(jet, self.seeds, values) or BlockNumbers(None, None)


def _block_jet(jet: Jet) -> BlockJet:
    first, second = jet.lipschitz, jet.smoothness
    return BlockJet(first if isinstance(first, Scalar) else None, second if isinstance(second, Scalar) else None)


def _radius(graph: LayerGraph, layer: Layer) -> sympy.Expr | Mapping[str, sympy.Expr] | None:
    """The radius of the ball of a layer's own arrays, or one for each array."""
    own = {array.name: graph.balls[array.ball].radius for array in layer.arrays if not array.shared}
    if not own:
        return None
    joint = {array.ball for array in layer.arrays if not array.shared} == {layer.path}
    return next(iter(own.values())) if joint else own
