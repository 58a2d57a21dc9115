"""Words: what a kind of the vocabulary has to tell the grammar, and a shelf of them, of which those are fetched that a spec names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from boundcalc.language.structure import CONSTRUCTS, StepFields
from boundcalc.mistakes import folded


class Word(Protocol):
    """A kind of layer, or a loss, as the language sees it: its name, and the fields that a person writes."""

    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> type[StepFields]: ...
    @property
    def loss(self) -> bool: ...
    @property
    def aliases(self) -> tuple[str, ...]:
        """What other libraries call it."""
        ...


Words = Mapping[str, Word]
W = TypeVar("W", bound=Word)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a word before it is fetched, and the file it is fetched from."""

    home: str
    loss: bool = False
    aliases: tuple[str, ...] = ()


class Shelf(Mapping[str, W]):
    """Words by name, each fetched when it is first asked for. `|` adds words that are there already, or puts them in place of others."""

    def __init__(
        self, entries: Mapping[str, Entry], fetch: Callable[[str, Entry], W], own: Mapping[str, W] | None = None
    ) -> None:
        """fetch: the word of a name and its entry. own: the words that are there already."""
        self.entries, self._fetch = entries, fetch
        self.own: Mapping[str, W] = own or {}
        self._found: dict[str, W] = {}

    def __getitem__(self, name: str) -> W:
        if name in self.own:
            return self.own[name]
        if name not in self._found:
            self._found[name] = self._fetch(name, self.entries[name])
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.own or name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter({**self.entries, **self.own})

    def __len__(self) -> int:
        return len(self.entries.keys() | self.own.keys())

    def __or__(self, others: Mapping[str, W]) -> Shelf[W]:
        return Shelf(self.entries, self._fetch, {**self.own, **others})

    def __repr__(self) -> str:
        return f"<{len(self)} words: {', '.join(self)}>"

    def __reduce__(
        self,
    ) -> tuple[type[Shelf[W]], tuple[Mapping[str, Entry], Callable[[str, Entry], W], Mapping[str, W]]]:
        return Shelf, (self.entries, self._fetch, self.own)  # what was fetched is fetched again


def joined(words: Mapping[str, W], others: Mapping[str, W]) -> Mapping[str, W]:
    """The words with others, which win."""
    return words | others if isinstance(words, Shelf) else {**words, **others}


@dataclass(frozen=True, slots=True)
class Fields(Mapping[str, type[StepFields]]):
    """The fields of some words and constructs, by their names."""

    names: Mapping[str, None]
    words: Words

    def __getitem__(self, name: str) -> type[StepFields]:
        if name not in self.names:
            raise KeyError(name)
        return CONSTRUCTS[name] if name in CONSTRUCTS else self.words[name].fields

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The fields of every step: of layers and constructs, and of losses. `aliases`: what other libraries call them, folded."""

    layers: Mapping[str, type[StepFields]]
    losses: Mapping[str, type[StepFields]]
    aliases: Mapping[str, str]

    @staticmethod
    def of(words: Words) -> Lexicon:
        known: dict[str, Entry | Word] = (
            {**words.entries, **words.own} if isinstance(words, Shelf) else dict[str, Entry | Word](words)
        )
        layers = dict.fromkeys([*(name for name, word in known.items() if not word.loss), *CONSTRUCTS])
        losses = dict.fromkeys(name for name, word in known.items() if word.loss)
        aliases = {folded(alias): name for name, word in known.items() for alias in word.aliases}
        return Lexicon(Fields(layers, words), Fields(losses, words), aliases)
