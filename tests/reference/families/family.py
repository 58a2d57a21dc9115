"""What the tests know of the kinds of one family, written without the files of the layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reference.layers import Array
from reference.random_scope import Row

if TYPE_CHECKING:
    from boundcalc.graph.layer_graph import Layer
    from reference.network import Network

Computes = Callable[["Network", "Layer", list[Array], Array], Array]
Networks = tuple[tuple[str, str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Family:
    """`computes`: a kind's map, complex-valued, on arrays of shape (copies, batch, *shape), and the vector of all blocks.

    networks: small ones that together use every kind with each of its fields.
    instances: a small spec for each kind and option, to be attacked.
    makers: for the random specs.
    cases: (kind, constant) -> (variant, spec, options), small networks whose bound the constant decides.
    silent: constants that no bound uses, and a network that has them. `without`: kinds that have no constants.
    missed: attained constants that the attack is known to miss, with the reason.
    """

    computes: Mapping[str, Computes]
    networks: Mapping[str, str]
    instances: Mapping[str, str]
    makers: tuple[Row, ...] = ()
    cases: Mapping[tuple[str, str], Networks] = field(default_factory=dict)
    silent: Mapping[tuple[str, str], str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    missed: Mapping[tuple[str, str], str] = field(default_factory=dict)
