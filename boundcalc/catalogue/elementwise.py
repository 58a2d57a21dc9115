"""Elementwise functions, each a layer of that name whose fields are its parameters. A file is imported when one of its entries is asked
for: to build all of them takes as long as half of SymPy's own start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from boundcalc.catalogue.nonlinearity import Nonlinearity

_ROWS: Mapping[str, str] = {
    "activations": "softplus logsigmoid sigmoid tanh tanhshrink arctan softsign celu sin gaussian affine",
    "gates": "silu mish",
    "kinked": "relu relu6 hardtanh leaky_relu selu elu hardsigmoid hardswish softshrink hardshrink",
}  # file: entries


class Entries(Mapping[str, Nonlinearity]):
    """Entries by name: each is the constant of that name in its file."""

    def __init__(self, rows: Mapping[str, str]) -> None:
        self._files = {name: file for file, names in rows.items() for name in names.split()}

    def __getitem__(self, name: str) -> Nonlinearity:
        return getattr(import_module(f"boundcalc.catalogue.{self._files[name]}"), name.upper())

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


ACTIVATIONS = Entries(_ROWS)
