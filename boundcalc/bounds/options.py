"""The options that change a number, each declared once.

From the fields of `Options` follow the check of what `bc.compile` is given, the options of the command line, what the outputs
say of them (text, LaTeX, Python, JSON, studies) and the second column that stands beside the first. Nothing heavy is
imported here: `boundcalc --help` reads this table.
"""

# ruff: noqa: RUF009 (`_declare` is dataclasses.field with the option as its metadata)
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from boundcalc.arguments import expect, one_of
from boundcalc.blocks.grouping import Blocks

T = TypeVar("T")
SCHEMA = 1  # of the JSON: it changes when a key changes its meaning or goes
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Constants = Literal["sharp", "published"]


class Detail(IntEnum):
    """How much an output says of the options that have their default."""

    COMMENT = 0
    STUDY = 1
    BOUNDS = 2
    NEVER = 3  # of an option: no output says its default


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One option. `check(value, name)` gives the value, or raises TypeError or ValueError with the remedy.

    phrase: a value as outputs say it; `of`: without a comma after what it is about; `order`: among the phrases of a text.
    default_said: the least detail at which its default is said. Values other than the default are always said.
    compared: whether the text shows the other choice beside the first.
    """

    default: T
    help: str
    check: Callable[[object, str], T]
    phrase: Callable[[T], str]
    order: int
    choices: tuple[T, ...] = ()
    default_said: Detail = Detail.STUDY
    of: bool = False
    compared: bool = False


def _one_of(*choices: T) -> Callable[[object, str], T]:
    texts = [str(choice) for choice in choices]

    def check(value: object, name: str) -> T:
        one_of(value, texts, name)
        return choices[texts.index(str(value))]

    return check


def _truth(value: object, name: str) -> bool:
    return expect(value, bool, name, "write True or False")


def _names(value: object, name: str) -> tuple[str, ...]:
    remedy = "write 'parameters', the name of an input or a path such as 'stage4.**', or a list of them"
    words = value.split(",") if isinstance(value, str) else expect(value, (list, tuple), name, remedy)
    return tuple(expect(word, str, f"an entry of {name}", remedy).strip() for word in words)


def _declare(option: Option[T]) -> T:
    return field(default=option.default, metadata={"option": option})


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How bounds are compiled. `Options.checked` makes one from what a person writes."""

    blocks: Blocks = _declare(
        Option(
            default="total",
            choices=("total", "layer"),
            help="one block for all parameters, or one for each ball",
            check=_one_of("total", "layer"),
            phrase=lambda value: f"blocks: {value}",
            order=2,
            compared=True,
        )
    )
    wrt: tuple[str, ...] = _declare(
        Option(
            default=("parameters",),
            help="parameters, inputs, or paths such as 'stage4.**'",
            check=_names,
            phrase=lambda value: f"with respect to {', '.join(value)}",
            order=0,
            default_said=Detail.BOUNDS,
            of=True,
        )
    )
    constants: Constants = _declare(
        Option(
            default="sharp",
            choices=("sharp", "published"),
            help="ours, or those of the paper, some of which are no upper bounds",
            check=_one_of("sharp", "published"),
            phrase=lambda value: f"{value} constants",
            order=1,
        )
    )
    refine: bool = _declare(
        Option(
            default=False,
            help="also bound slopes by |a'(0)| + L m",
            check=_truth,
            phrase=lambda value: "refined slopes" if value else "slopes not refined",
            order=3,
            default_said=Detail.NEVER,
        )
    )

    @staticmethod
    def checked(**given: object) -> Options:
        """Raises TypeError for an unknown name and for a value of another type, ValueError for one that is no choice."""
        return Options(**{name: OPTIONS[name].check(value, name) for name, value in given.items()})

    @property
    def certified(self) -> bool:
        """Whether the numbers are upper bounds: not under the published constants."""
        return self.constants == "sharp"

    def regrouped(self) -> Options:
        """The options of what stands beside: the other choice of the option that is compared, the same of all others."""
        others: dict[str, Any] = {}
        for name, option in OPTIONS.items():
            if option.compared:
                others[name] = next(choice for choice in option.choices if choice != getattr(self, name))
        return replace(self, **others)

    def to_dict(self) -> dict[str, Json]:
        """As JSON has them."""
        values = {name: getattr(self, name) for name in OPTIONS}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    def _said(self, detail: Detail) -> list[tuple[Option[Any], str]]:
        found: list[tuple[Option[Any], str]] = []
        for name, option in OPTIONS.items():
            value = getattr(self, name)
            if value != option.default or option.default_said <= detail:
                found.append((option, option.phrase(value)))
        return found

    def phrases(self, detail: Detail) -> tuple[list[str], list[str]]:
        """What bounds are `of` (with respect to what), and the others in the order of the table."""
        said = self._said(detail)
        return [text for option, text in said if option.of], [text for option, text in said if not option.of]

    def sentence(self, subject: str, detail: Detail) -> str:
        """bounds with respect to parameters, sharp constants, blocks: total"""
        said = sorted(self._said(detail), key=lambda pair: pair[0].order)
        return subject + "".join(f" {text}" if option.of else f", {text}" for option, text in said)

    @property
    def comparison(self) -> str:
        """The head of a column of numbers."""
        return ", ".join(o.phrase(getattr(self, name)) for name, o in OPTIONS.items() if o.compared)


# The one place where the types of values are erased: the table holds options of all types.
OPTIONS: Mapping[str, Option[Any]] = MappingProxyType({f.name: f.metadata["option"] for f in fields(Options)})
