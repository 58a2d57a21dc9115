"""What a person passes to the Python face: a wrong name, type or attribute is said with the remedy, as on the command line."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from boundcalc.mistakes import shown, suggest

Value = TypeVar("Value")
Wanted = TypeVar("Wanted")
MOST_LISTED = 12  # names that a message lists, values that a mapping shows


class UnknownNameError(KeyError):
    """A name that a mapping lacks. Its text is a sentence; that of a KeyError is the quotation of one."""

    def __str__(self) -> str:
        return str(self.args[0])


class Named(Mapping[str, Value]):
    """A mapping by name whose error for an unknown one suggests those that are near; `what` says what it holds."""

    def __init__(self, what: str, values: Mapping[str, Value], aliases: Mapping[str, str] | None = None) -> None:
        self._what, self._values, self._aliases = what, values, aliases or {}

    def __getitem__(self, name: str) -> Value:
        expect(name, str, f"the name of a {self._what}", "write it as text")
        target = self._aliases.get(name, name)
        if target not in self._values:
            raise UnknownNameError(f"unknown {self._what} {shown(name)}; {nearest(name, self._what, self)}")
        return self._values[target]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self._aliases.get(name, name) in self._values

    def get(self, name: object, default: Wanted | None = None) -> Value | Wanted | None:  # type: ignore[override]
        return self[name] if isinstance(name, str) and name in self else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        """The first of them, and how many more there are."""
        first = ", ".join(f"{name!r}: {value!r}" for name, value in islice(self._values.items(), MOST_LISTED))
        more = len(self._values) - MOST_LISTED
        return f"{{{first}{f', ... {more:,} more' if more > 0 else ''}}}"

    def names(self) -> Iterable[str]:
        """Every name that is understood."""
        return [*self._values, *self._aliases]


def nearest(name: str, what: str, known: Iterable[str]) -> str:
    """The remedy for an unknown name: the nearest one, or those that there are."""
    names = list(dict.fromkeys(known.names() if isinstance(known, Named) else known))
    listed = ", ".join(names[:MOST_LISTED]) + (", ..." if len(names) > MOST_LISTED else "")
    return suggest(name, names) or (f"there are {listed}" if names else f"there is no {what}")


def expect(value: object, kind: type[Wanted] | tuple[type[Wanted], ...], what: str, remedy: str) -> Wanted:
    """The value itself. Raises TypeError where it is of another type."""
    if isinstance(value, kind):
        return value
    raise TypeError(f"{what} cannot be {described(value)}; {remedy}")


def one_of(value: object, choices: Sequence[str], what: str) -> None:
    """Raises ValueError for a word that is none of the choices."""
    if value not in choices:
        guess = suggest(value, choices) if isinstance(value, str) else None
        message = f"{what} is {' or '.join(map(repr, choices))}, not {described(value)}"
        raise ValueError(message if guess is None else f"{message}; {guess}")


def described(value: object) -> str:
    """A value as a message names it: None, 'abc', a list, an Architecture."""
    if value is None or isinstance(value, (bool, int, float, complex)):
        return repr(value)
    if isinstance(value, str):
        return shown(value)
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


class Suggesting:
    """An object whose error for a misspelt attribute suggests the right one."""

    __slots__ = ()

    if not TYPE_CHECKING:  # it only ever raises: a checker need not believe that every attribute exists

        def __getattr__(self, name: str) -> object:
            kind = type(self)
            message = f"'{kind.__name__}' has no attribute '{name}'"
            if not name.startswith("_"):
                fields = inspect.get_annotations(kind)
                message += f"; {nearest(name, 'attribute', [n for n in (*fields, *dir(kind)) if n[0] != '_'])}"
            raise AttributeError(message)
