"""Arrays by name that are made whenever they are read: of a large network no two at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any


class Lazily(Mapping[str, Any]):
    """`make`: an array of its name."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Any]) -> None:
        self.names, self.make = dict.fromkeys(names), make

    def __getitem__(self, name: str) -> Any:
        if name not in self.names:
            raise KeyError(name)
        return self.make(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


def together(first: Mapping[str, Any], second: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arrays of both; where both have one of a name, that of the first."""
    return Lazily((*second, *first), lambda name: first[name] if name in first else second[name])
