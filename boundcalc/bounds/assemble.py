"""From traced programs to the quantities that a person asks for, for both groupings of the parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

import sympy

from boundcalc.arguments import Named
from boundcalc.blocks.layer import BlockJet
from boundcalc.blocks.loop_entries import NotLinearError
from boundcalc.blocks.loops import squared_norm
from boundcalc.blocks.objective import regularized
from boundcalc.bounds.block_numbers import BlockForms, Node
from boundcalc.bounds.bound import Bound, Certify, Values
from boundcalc.bounds.compiled import LayerBounds, Objective
from boundcalc.bounds.derivatives import Direction
from boundcalc.bounds.forms import Forms
from boundcalc.calculus.euclidean import Jet, Quantity
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.calculus.trace import Traced
from boundcalc.exact.balls import Number
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.program.ir import Scalar

OBJECTIVE = -1  # stands for the objective where primitives are counted
FROBENIUS = "the Frobenius norm of Q is taken for its largest eigenvalue"
TOTAL = "the total recursion is taken for the entries of the blocks"


class TotalMaker:
    """One block: the program's own entries."""

    def __init__(self, graph: LayerGraph, primitives: PrimitiveGraph, total: Traced) -> None:
        self.graph, self.primitives = graph, primitives
        self.jets: dict[int, Jet] = dict(total.jets)
        if primitives.loss is not None:
            self.jets[OBJECTIVE] = regularized(graph, primitives, total)
        self.forms = Forms(graph.conditions.symbols)
        self.warnings: list[str] = []

    def bound(
        self,
        name: str,
        path: str,
        quantity: Quantity | None,
        certify: Certify | None = None,
        loose: Sequence[str] = (),
        needs: frozenset[sympy.Symbol] | None = None,
        seeded: Scalar | None = None,
        direction: Direction | None = None,
    ) -> Bound:
        full = f"{name}_{path}" if path else name
        if isinstance(quantity, Scalar):
            self.forms.register(full, quantity)
        exists = self.graph.exists(path) if path else ()
        return Bound(full, self.graph, self.forms, quantity, certify, tuple(loose), needs, seeded, direction, exists)

    def pair(self, prefix: str, path: str, key: int) -> tuple[Bound, Bound]:
        """Lipschitz and smoothness of one node."""
        jet = self.jets[key]
        return (
            self.bound(f"{prefix}lipschitz", path, jet.lipschitz),
            self.bound(f"{prefix}smoothness", path, jet.smoothness),
        )

    def triple(self, path: str, key: int) -> tuple[Bound, Bound, Bound]:
        norm = self.bound("norm", path, self.jets[key].norm)
        return norm, *self.pair("", path, key)

    def row(self, layer: Layer) -> LayerBounds:
        own = Named("constant", self.primitives.own.get(layer.path, {}))
        triple = self.triple(layer.path, self.primitives.outputs[layer.path])
        return LayerBounds(layer, _radius(self.graph, layer), own, *triple)

    def network(self) -> tuple[Bound, Bound, Bound]:
        assert self.primitives.output is not None
        return self.triple("", self.primitives.output)

    def objective(self) -> Objective | None:
        return None if OBJECTIVE not in self.jets else Objective(*self.pair("objective_", "", OBJECTIVE))


class LayerMaker(TotalMaker):
    """A block for each ball: numbers by entries or by gradients, the smaller of them and of the total recursion."""

    def __init__(self, graph: LayerGraph, primitives: PrimitiveGraph, total: Traced, seeded: Traced) -> None:
        super().__init__(graph, primitives, total)
        assert primitives.output is not None
        forms: Mapping[int, Jet] = seeded.jets
        if primitives.loss is not None:
            forms = {**forms, OBJECTIVE: regularized(graph, primitives, seeded)}

        def nodes(keys: Iterable[int]) -> dict[int, Node]:
            return {key: Node(_block_jet(forms[key]), _block_jet(self.jets[key])) for key in keys}

        shown = (layer.path for layer in graph.layers if layer.path != graph.loss)
        rows = nodes(primitives.outputs[path] for path in shown)
        network = nodes([primitives.output, *(() if primitives.loss is None else (OBJECTIVE,))])
        self.blocks = BlockForms(network, rows, list(seeded.seeds.values()))
        self.warnings.extend(self.blocks.warnings)
        self.closed = self.blocks.closed()

    def pair(self, prefix: str, path: str, key: int) -> tuple[Bound, Bound]:
        node = self.blocks.nodes.get(key)
        if node is None:
            return super().pair(prefix, path, key)
        closed = self.closed.get(key, BlockJet(None, None))
        found: list[Bound] = []
        for name, form, loose in (
            ("lipschitz", closed.lipschitz, ()),
            ("smoothness", closed.smoothness, (FROBENIUS,)),
        ):
            total: Scalar | None = getattr(node.total, name)
            if total is None:
                found.append(self.bound(prefix + name, path, getattr(self.jets[key], name)))
            else:
                certify, direction = self._certify(key, name), self._direction(key, name)
                seeded: Scalar = getattr(node.seeded, name)
                needs = self.blocks.needs[total]
                found.append(self.bound(prefix + name, path, form, certify, loose, needs, seeded, direction))
        return found[0], found[1]

    def _certify(self, key: int, name: str) -> Certify:
        def certify(values: Values) -> Number:
            number: Number = getattr(self.blocks.numbers(key, values), name)
            return number

        return certify

    def _direction(self, key: int, name: str) -> Direction:
        def direction(values: Values) -> Mapping[sympy.Symbol, Number]:
            weights: tuple[Number, ...] = getattr(self.blocks.directions(key, values), name)
            return dict(zip(self.blocks.seeds, weights, strict=True))

        return direction


class LoopMaker(TotalMaker):
    """`blocks: layer` where loops stay: ||p||_2 obeys a recursion of its own if all blocks that a pass reads are made in
    it; for the smoothness, and where a block comes from outside, the total recursion is an upper bound."""

    def __init__(self, graph: LayerGraph, primitives: PrimitiveGraph, total: Traced, seeded: Traced) -> None:
        super().__init__(graph, primitives, total)
        self.made = seeded.made
        self.seeded: dict[int, Jet] = dict(seeded.jets)
        if primitives.loss is not None:
            self.seeded[OBJECTIVE] = regularized(graph, primitives, seeded)
        self.warnings.append(f"a repeat with a symbolic number of times: for the smoothness {TOTAL}")

    def pair(self, prefix: str, path: str, key: int) -> tuple[Bound, Bound]:
        total = self.jets[key]
        loose = (TOTAL,)
        smoothness = self.bound(f"{prefix}smoothness", path, total.smoothness, loose=loose)
        squared = self._squared(key, path)
        if squared is None:
            return self.bound(f"{prefix}lipschitz", path, total.lipschitz, loose=loose), smoothness
        return self.bound(f"{prefix}lipschitz", path, squared ** Fraction(1, 2)), smoothness

    def _squared(self, key: int, path: str) -> Scalar | None:
        """||p||^2, or None where the total recursion has to do; then a warning says so."""
        lipschitz = self.seeded[key].lipschitz
        if not isinstance(lipschitz, Scalar):
            return None
        try:
            return squared_norm(lipschitz, self.made)
        except NotLinearError as error:
            of = "the objective: " if key == OBJECTIVE else "rows of layers: " if path else ""
            reason = "" if path else f" ({error})"
            warning = f"{of}blocks in a repeat cannot be kept apart{reason}: {TOTAL}"
            if warning not in self.warnings:
                self.warnings.append(warning)
            return None


def by_layer(graph: LayerGraph, primitives: PrimitiveGraph, total: Traced, seeded: Traced) -> TotalMaker:
    maker = LoopMaker if graph.loops else LayerMaker
    return maker(graph, primitives, total, seeded)


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
