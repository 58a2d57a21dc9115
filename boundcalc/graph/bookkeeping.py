"""The nodes of a repeat that are no layers: where states start, are carried and end, slices of arrays, and what is collected."""

from __future__ import annotations

from dataclasses import dataclass

import sympy

from boundcalc.graph.features import of_new, with_new, without
from boundcalc.graph.layer_graph import After, Carried, Enter, LayerGraph, Node, Slice, Stack, Zeros
from boundcalc.graph.shape import Shape
from boundcalc.mistakes import Place

RUNNING, COLLECTED = "@running", "@collected"  # states that no person named
Loops = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bookkeeping:
    """Adds them to the graph; `path` is that of the repeat."""

    graph: LayerGraph
    path: str
    place: Place

    def zeros(self, state: str, shape: Shape, loops: Loops) -> str:
        at, features = f"{self.path}.{state}", of_new(len(shape))
        return self._add(
            Zeros(
                path=f"{at}@start", place=self.place, shape=shape, features=features, loops=loops, shown=f"{at} start"
            )
        )

    def slice(self, at: str, of: str, loops: Loops, index: int | None) -> str:
        whole = self.graph.node(of)
        return self._add(
            Slice(
                path=f"{at}@slice",
                place=self.place,
                inputs=(of,),
                shape=whole.shape[1:],
                features=without(whole.features, 0, len(whole.shape)),
                loops=loops,
                shown=f"{at} slice",
                tokens=whole.tokens,
                index=index,
            )
        )

    def stack(self, path: str, of: tuple[str, ...], shape: Shape, loops: Loops) -> str:
        """The last of the arrays is one that is stacked."""
        features = with_new(self.graph.node(of[-1]).features, 0)
        return self._add(
            Stack(path=path, place=self.place, inputs=of, shape=shape, features=features, loops=loops, shown=self.path)
        )

    def enter(self, loops: Loops) -> str:
        path = f"{self.path}@loop"
        return self._add(Enter(path=path, place=self.place, shape=(), features=None, loops=loops, loop=self.path))

    def carried(
        self,
        at: str,
        state: str,
        shape: Shape,
        features: int | None,
        loops: Loops,
        tokens: sympy.Expr | None = None,
    ) -> str:
        own = state not in (RUNNING, COLLECTED)
        path, shown = (f"{at}@carried", f"{at} carried") if own else (f"{at}.{state}", at)
        return self._add(
            Carried(
                path=path,
                place=self.place,
                shape=shape,
                features=features,
                loops=loops,
                shown=shown,
                tokens=tokens,
                loop=self.path,
                state=state,
            )
        )

    def after(self, state: str, start: str | None, result: str, shown: str, loops: Loops) -> str:
        node = self.graph.node(result)
        return self._add(
            After(
                path=f"{self.path}.{state}@after",
                place=self.place,
                inputs=(result,) if start is None else (start, result),
                shape=node.shape,
                features=node.features,
                loops=loops,
                shown=shown,
                loop=self.path,
                state=state,
            )
        )

    def _add(self, node: Node) -> str:
        return self.graph.add(node)
