"""A step for each layer, as optimizers of PyTorch take it. PyTorch is not imported: what is read of a module is its named
parameters, and of a parameter its shape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from boundcalc.arguments import MOST_LISTED, expect
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.exact.values import substitute
from boundcalc.graph.layer_graph import LayerGraph

Values = Mapping[Any, Any]


class Module(Protocol):
    def named_parameters(self) -> Iterable[tuple[str, Any]]: ...


def groups(
    graph: LayerGraph,
    primitives: PrimitiveGraph,
    module: Module,
    steps: Mapping[str, float],
    values: Values,
    names: Mapping[str, str] | None,
) -> list[dict[str, Any]]:
    """One group for each block with a step: its parameters, `lr`, and the name of the block (the path of a ball) as `name`.

    names: of parameters of the module that are called otherwise than the arrays of the spec, {"fc1.weight": "dense_0.weight"}.
    Raises TypeError for what has no named parameters, ValueError for parameters that are missing on one side, or of another shape.
    """
    if not callable(getattr(module, "named_parameters", None)):
        raise TypeError("the module has no named_parameters(); pass a torch.nn.Module")
    remedy = "write a mapping such as {'fc1.weight': 'dense_0.weight'}"
    renamed = expect({} if names is None else names, Mapping, "names", remedy)
    parameters = dict(module.named_parameters())
    found = {renamed.get(name, name): parameter for name, parameter in parameters.items()}
    if len(found) < len(parameters):
        counts = Counter(renamed.get(name, name) for name in parameters)
        twice = counts.most_common(1)[0][0]
        raise ValueError(f"several parameters of the module are called '{twice}' in the spec; write one name for each")
    arrays = {array.origin: array for layer in graph.layers for array in layer.arrays if not array.shared}
    _same_names(arrays, found, [name for name in renamed if name not in parameters])
    wrong = [
        f"'{path}' is {list(own)}, and {list(shape)} in the spec"
        for path, array in arrays.items()
        if (own := tuple(found[path].shape)) != (shape := tuple(int(substitute(axis, values)) for axis in array.shape))
    ]
    if wrong:
        raise ValueError(f"parameters of another shape than the spec's: {'; '.join(wrong[:MOST_LISTED])}")
    block_of, by_block = primitives.block_of, dict[str, dict[str, Any]]()
    for path, step in steps.items():
        block = block_of[arrays[path].ball]
        by_block.setdefault(block, {"params": [], "lr": step, "name": block})["params"].append(found[path])
    return list(by_block.values())


def _same_names(arrays: Iterable[str], found: Mapping[str, Any], unknown: Sequence[str]) -> None:
    wanted = set(arrays)
    missing, more = sorted(wanted - found.keys()), sorted(found.keys() - wanted)
    parts = [
        f"{what}: {', '.join(names[:MOST_LISTED])}{', ...' if len(names) > MOST_LISTED else ''}"
        for what, names in (
            ("missing in the module", missing),
            ("missing in the spec", more),
            ("in `names`, and no parameter of the module", list(unknown)),
        )
        if names
    ]
    if parts:
        remedy = "names={'name in the module': 'path in the spec'} says which are the same"
        raise ValueError(f"the parameters of the module are not the arrays of the spec; {'; '.join(parts)}; {remedy}")
