"""Pairs of entries as complex numbers that fixed ones turn: rotary embeddings as they were first written.

view_as_real(view_as_complex(x) c) is x [re c, re c] + flipped(x) [-im c, im c].
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from boundcalc.importers.graph import Argument, Graph, Node, Ref
from boundcalc.importers.patterns.nodes import View, rewritten


def rotations(graph: Graph) -> Graph:
    """With `rotate` in place of the products of complex numbers."""
    view, found = View(graph), dict[str, Node]()
    constants = dict(graph.constants)
    for node in graph.nodes:
        product = view.made(node.arguments.get("self"), "mul") if node.operator == "view_as_real" else None
        parts = None if product is None else view.either(product, lambda v: view.made(v, "view_as_complex") is not None)
        pairs = None if parts is None else view.made(parts[0], "view_as_complex")
        if parts is None or pairs is None:
            continue
        turn = view.plain(parts[1])
        by = constants.get(turn.name) if isinstance(turn, Ref) else None
        if by is None or by.dtype.kind != "c":
            continue
        names = (f"{node.name}_kept", f"{node.name}_turned")
        real, imaginary = np.real(by), np.imag(by)
        constants[names[0]] = np.stack([real, real], axis=-1)
        constants[names[1]] = np.stack([-imaginary, imaginary], axis=-1)
        arguments: dict[str, Argument] = {
            "self": pairs.arguments.get("self"),
            "kept": Ref(names[0]),
            "turned": Ref(names[1]),
        }
        found[node.name] = replace(node, operator="rotate", arguments=arguments)
    return rewritten(replace(graph, constants=constants), found) if found else graph
