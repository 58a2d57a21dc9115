"""From traced programs to the quantities that a person asks for, for both groupings of the parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy

from boundcalc.bounds.bound import Bound, Certify, Values
from boundcalc.bounds.compiled import LayerBounds, Objective
from boundcalc.bounds.derivatives import Direction
from boundcalc.bounds.forms import Forms
from boundcalc.graph.layer_graph import Layer, LayerGraph
from boundcalc.graph.primitives import PrimitiveGraph
from boundcalc.program import layerwise, numbers
from boundcalc.program.dependence import free_symbols
from boundcalc.program.depth.fresh_blocks import NotLinearError
from boundcalc.program.depth.loop_blocks import squared_norm
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.layerwise import BlockJet, BlockNumbers
from boundcalc.program.leaves import to_number
from boundcalc.program.numbers import Number
from boundcalc.program.objective import regularized
from boundcalc.program.trace import Traced
from boundcalc.rules.jet import Jet, Quantity

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
        own = self.primitives.own.get(layer.path, {})
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
        self.seeds = list(seeded.seeds.values())
        assert primitives.output is not None
        keys = [primitives.output]
        if primitives.loss is not None:
            keys.append(OBJECTIVE)
        if len(self.seeds) <= layerwise.ENTRY_LIMIT:
            paths = (layer.path for layer in graph if layer.visible and layer.kind != "input")
            keys.extend(primitives.outputs[path] for path in paths if path != graph.loss)
        else:
            self.warnings.append(
                f"more than {layerwise.ENTRY_LIMIT} blocks: the rows of layers are those of `blocks: total`, never smaller"
            )
        self.seeded = {
            key: regularized(graph, primitives, seeded) if key == OBJECTIVE else seeded.jets[key]
            for key in dict.fromkeys(keys)
        }
        shown = list(self.seeded) if len(self.seeds) <= layerwise.ROW_LIMIT else keys[: 1 + (OBJECTIVE in self.seeded)]
        forms = layerwise.closed_forms([_block_jet(self.seeded[key]) for key in shown], self.seeds)
        self.closed: Mapping[int, BlockJet] = {} if forms is None else dict(zip(shown, forms, strict=True))
        scalars = [q for key in self.seeded for q in (self.jets[key].lipschitz, self.jets[key].smoothness)]
        finite = list(dict.fromkeys(q for q in scalars if isinstance(q, Scalar)))
        self.needs = dict(zip(finite, free_symbols(finite), strict=True))
        self._cache: tuple[Values, dict[int, BlockNumbers]] = ({}, {})

    def pair(self, prefix: str, path: str, key: int) -> tuple[Bound, Bound]:
        if key not in self.seeded:
            return super().pair(prefix, path, key)
        closed = self.closed.get(key, BlockJet(None, None))
        found: list[Bound] = []
        for name, form, loose in (
            ("lipschitz", closed.lipschitz, ()),
            ("smoothness", closed.smoothness, (FROBENIUS,)),
        ):
            total: Quantity = getattr(self.jets[key], name)
            if isinstance(total, Scalar):
                certify = self._certify(key, name, total)
                seeded: Quantity = getattr(self.seeded[key], name)
                assert isinstance(seeded, Scalar)
                direction = self._direction(key, f"{name}_direction")
                found.append(
                    self.bound(prefix + name, path, form, certify, loose, self.needs[total], seeded, direction)
                )
            else:
                found.append(self.bound(prefix + name, path, total))
        return found[0], found[1]

    def _certify(self, key: int, name: str, total: Scalar) -> Certify:
        def certify(values: Values) -> Number:
            found: Number | None = getattr(self.numbers(values)[key], name)
            return numbers.minimum([*([] if found is None else [found]), *evaluate([total], values)])

        return certify

    def _direction(self, key: int, name: str) -> Direction:
        def direction(values: Values) -> Mapping[sympy.Symbol, Number]:
            weights: tuple[Number, ...] = getattr(self.numbers(values)[key], name)
            return dict(zip(self.seeds, weights, strict=True))

        return direction

    def numbers(self, values: Values) -> Mapping[int, BlockNumbers]:
        """The numbers of all nodes at once, kept for the values they were computed at."""
        if not self._cache[1] or self._cache[0] != values:
            exact = {symbol: to_number(value) for symbol, value in values.items()}
            jets = [self._ready(key, values) for key in self.seeded]
            found = layerwise.certified(jets, self.seeds, exact)
            if found is None:
                nothing = BlockNumbers(None, None)
                found = [layerwise.certified_last(jet, self.seeds, exact) or nothing for jet in jets]
            self._cache = (dict(values), dict(zip(self.seeded, found, strict=True)))
        return self._cache[1]

    def _ready(self, key: int, values: Values) -> BlockJet:
        """The entries whose symbols all have values."""
        seeded, total = _block_jet(self.seeded[key]), _block_jet(self.jets[key])
        first, second = (
            None if plain is None or not self.needs[plain] <= values.keys() else scalar
            for scalar, plain in ((seeded.lipschitz, total.lipschitz), (seeded.smoothness, total.smoothness))
        )
        return BlockJet(first, second)


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
