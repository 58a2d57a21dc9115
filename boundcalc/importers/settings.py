"""What a person says of an import beside the network: samples, radius, norms of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from boundcalc.exact.expression import parse
from boundcalc.importers.draft import Field
from boundcalc.importers.graph import Entry
from boundcalc.mistakes import Mistake, Place, SpecError, shown, suggest

Norm = str | int | float | Mapping[str, str | int | float]
NORM_KEYS = ("sample", "entry")


@dataclass(frozen=True, slots=True)
class Settings:
    """`batch` and `radius`: an expression or a number; `input_norm`: of every input that has one, or by the names of inputs; a
    symbol for each sample unless said. `may_be_zero`: whether the symbols of the radius are declared so, for a ball around given
    weights."""

    batch: str | int = "n"
    radius: str | int | float = "R"
    input_norm: Norm | Mapping[str, Norm] | None = None
    may_be_zero: bool = False

    def norms(self, entries: tuple[Entry, ...]) -> Mapping[str, Field]:
        """Of each input of floating-point numbers; a norm for all of them is none of what is computed from inputs. Raises SpecError
        for a name that no input has."""
        own = tuple(entry for entry in entries if not entry.is_chosen)
        named = self.input_norm if isinstance(self.input_norm, Mapping) else {}
        decided = [entry for entry in entries if entry.is_chosen and not entry.is_integer]
        found = {entry.name: named.get(entry.title, {"sample": f"X_{entry.name}"}) for entry in decided}
        if found:
            titles = {entry.title for entry in decided}
            rest = {name: norm for name, norm in named.items() if name not in titles} if named else self.input_norm
            norms = {name: _norm(norm) for name, norm in found.items()}  # type: ignore[arg-type]
            return {**norms, **(replace(self, input_norm=rest).norms(own) if _real(own) else {})}
        real = _real(entries)
        given = self.input_norm
        if given is None:
            symbols = ["X"] if len(real) == 1 else [f"X_{name}" for name in real]
            return {name: {"sample": symbol} for name, symbol in zip(real, symbols, strict=True)}
        if not isinstance(given, Mapping) or set(given) <= set(NORM_KEYS):
            return {name: _norm(given) for name in real}  # type: ignore[arg-type]
        unknown = [name for name in given if name not in real]
        if unknown:
            remedy = suggest(unknown[0], real) or f"inputs of numbers are {', '.join(real) or 'none'}"
            raise SpecError([Mistake(Place("input_norm"), f"there is no input {shown(unknown[0])}", remedy)])
        missing = [name for name in real if name not in given]
        if missing:
            raise SpecError([Mistake(Place("input_norm"), f"the input {shown(missing[0])} has no norm", "give it one")])
        return {name: _norm(norm) for name, norm in given.items()}  # type: ignore[arg-type]


def _real(entries: tuple[Entry, ...]) -> list[str]:
    return [entry.name for entry in entries if not entry.is_integer]


def _norm(given: Norm) -> Field:
    return {key: text(value) for key, value in given.items()} if isinstance(given, Mapping) else text(given)


def text(value: str | int | float) -> Field:
    """A number or an expression as it is written; a float is the decimal that it prints."""
    return repr(value) if isinstance(value, float) else value


def symbols_of(*fields: Field) -> list[str]:
    """The names in expressions, in order. Raises SpecError for what is none."""
    found: dict[str, None] = {}
    for value in fields:
        if isinstance(value, Mapping):
            found.update(dict.fromkeys(symbols_of(*value.values())))
        elif isinstance(value, str):
            found.update(dict.fromkeys(sorted(parse(value, Place("<import>", 1, 1)).names)))
    return list(found)
