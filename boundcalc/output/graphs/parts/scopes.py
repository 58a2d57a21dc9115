"""Boxes in the modules and repeats that their paths name: a path such as `h.3.mlp.up` stands in `h`, `h.3` and `h.3.mlp`."""

from __future__ import annotations

from dataclasses import dataclass, field

from boundcalc.output.graphs.parts.drawn import Box, Drawn

PASS = "*"  # in paths: any pass of a repeat


@dataclass(slots=True)
class Scope:
    """A module or a repeat. `first` and `last` are the places of its boxes, which have no others between them; `parts` are places and
    scopes in order. `words`: its path; `title`: of a repeat with a symbolic number of times."""

    words: tuple[str, ...]
    first: int
    last: int
    title: str = ""
    parts: list[int | Scope] = field(default_factory=list["int | Scope"])


def scopes(found: Drawn) -> Scope:
    """The whole, with an empty path. A module that is entered again is another scope."""
    titles = {words_of(path): title for path, title in found.titles.items()}
    paths = [words_of(box.title) for box in found.boxes]
    modules = {words[:n] for words in paths for n in range(1, len(words))}
    whole = Scope((), 0, len(found.boxes) - 1)
    stack = [whole]
    for place, (box, words) in enumerate(zip(found.boxes, paths, strict=True)):
        around = _around(box, words, modules, titles)
        while stack[-1].words != around[: len(stack[-1].words)]:
            stack.pop()
        while stack[-1].words != around:
            path = around[: len(stack[-1].words) + 1]
            scope = Scope(path, place, place, titles.get(path, ""))
            stack[-1].parts.append(scope)
            stack.append(scope)
        stack[-1].parts.append(place)
        for scope in stack:
            scope.last = place
    return whole


def name(words: tuple[str, ...], inside: Scope) -> str:
    """What is called so, inside a scope."""
    return ".".join(words[len(inside.words) :]) or words[-1]


def words_of(path: str) -> tuple[str, ...]:
    """The names in a path."""
    return tuple(word for word in path.split(".") if word != PASS) or (path,)


def _around(
    box: Box, words: tuple[str, ...], modules: set[tuple[str, ...]], titles: dict[tuple[str, ...], str]
) -> tuple[str, ...]:
    """The path of the scope of a box. What a module gives has its name, and stands in it; what is not in the passes of a repeat
    stands outside."""
    repeats = {words_of(path) for path in box.groups}
    inner = max(repeats, key=len, default=())
    most = len(words) if words in modules else len(words) - 1
    for n in range(len(inner) + 1, most + 1):
        if words[:n] in titles and words[:n] not in repeats:
            return words[: n - 1]
    return words[:most] if words[: len(inner)] == inner and most >= len(inner) else inner
