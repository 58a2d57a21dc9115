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
from boundcalc.graph.grouping import LAYER, TOTAL, Blocks, is_pattern
from boundcalc.graph.measures import MEASURES, Measure

T = TypeVar("T")
SCHEMA = 1  # of the JSON: it changes when a key changes its meaning or goes
Json = str | int | float | bool | None | Sequence["Json"] | Mapping[str, "Json"]
Constants = Literal["sharp", "published"]
Norms = Literal["euclidean", "mixed"]
SHARPEST: Mapping[str, Any] = MappingProxyType({"blocks": LAYER, "norms": "mixed", "refine": True})


class _NotSaid:
    """An argument that is not given: an option has its default, or what `sharpest` says."""

    def __repr__(self) -> str:
        return "its default"


NOT_SAID: Any = _NotSaid()


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
    `metavar`: of a value that is no choice, on the command line.
    default_said: the least detail at which its default is said. Values other than the default are always said.
    """

    default: T
    help: str
    check: Callable[[object, str], T]
    phrase: Callable[[T], str]
    order: int
    choices: tuple[T, ...] = ()
    default_said: Detail = Detail.STUDY
    of: bool = False
    metavar: str | None = None


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


def _grouping(value: object, name: str) -> Blocks:
    remedy = "write 'total', 'layer', or patterns of paths such as 'stage*'"
    words = value.split(",") if isinstance(value, str) else expect(value, (list, tuple), name, remedy)
    found = [expect(word, str, f"an entry of {name}", remedy).strip() for word in words]
    if any(not word or "," in word for word in found) or not found:
        raise ValueError(f"{name} has an empty pattern; {remedy}")
    if len(found) > 1 and (whole := next((word for word in found if not is_pattern(word)), None)) is not None:
        raise ValueError(f"{name} is {whole}, or patterns of paths, not both; {remedy}")
    return ",".join(found)


def _smoothing(value: object, name: str) -> str:
    from boundcalc.language.smoothing import CHOICES, read_smoothing  # needs the parser

    text = expect(value, str, name, CHOICES).replace(" ", "")
    read_smoothing(text)
    return text


def _smoothed(value: str | None) -> str:
    if value is None:
        return "kinks as they are"
    mu = value.partition("=")[2]
    if not mu:
        return (
            "softplus for relu (at most log(2) above), averages for maximum pooling (below by the spread of a window)"
        )
    return (
        f"moreau envelopes for relu (at most {mu} below), {mu}*logsumexp for maximum pooling of w entries "
        f"(at most {mu}*log(w) above)"
    )


def _declare(option: Option[T]) -> T:
    return field(default=option.default, metadata={"option": option})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Options:
    """How bounds are compiled. `Options.checked` makes one from what a person writes."""

    blocks: Blocks = _declare(
        Option(
            default=TOTAL,
            help="total (one block for all parameters), layer (one for each ball), or patterns such as 'stage*'",
            check=_grouping,
            metavar="total|layer|PATTERN",
            phrase=lambda value: f"blocks: {value}",
            order=2,
        )
    )
    norms: Norms = _declare(
        Option(
            default="euclidean",
            choices=("euclidean", "mixed"),
            help="the whole batch in one norm, or the smallest bound over several norms",
            check=_one_of("euclidean", "mixed"),
            phrase=lambda value: f"{value} norms",
            order=3,
            default_said=Detail.NEVER,
        )
    )
    measure: Measure = _declare(
        Option(
            default="batch",
            choices=MEASURES,
            help="what outputs are measured by: all together, or the largest sample, position or entry",
            check=_one_of(*MEASURES),
            phrase=lambda value: f"of the {'whole' if value == 'batch' else 'largest'} {value}",
            order=5,
            default_said=Detail.NEVER,
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
            order=4,
            default_said=Detail.NEVER,
        )
    )
    third_order: bool = _declare(
        Option(
            default=False,
            help="also bound the Lipschitz constant of the second derivative",
            check=_truth,
            phrase=lambda value: "with the third order" if value else "up to the second order",
            order=7,
            default_said=Detail.NEVER,
        )
    )

    smooth: str | None = _declare(
        Option(
            default=None,
            help="'softplus' or 'moreau=MU': smooth maps in place of ReLU and maximum pooling",
            check=_smoothing,
            phrase=_smoothed,
            order=6,
            default_said=Detail.NEVER,
            metavar="softplus|moreau=MU",
        )
    )

    def __repr__(self) -> str:
        return f"<{self.sentence('bounds', Detail.BOUNDS)}>"

    @staticmethod
    def checked(**given: object) -> Options:
        """Raises TypeError for an unknown name and for a value of another type, ValueError for one that is no choice, and for
        options that contradict each other."""
        options = Options(**{name: OPTIONS[name].check(value, name) for name, value in given.items()})
        if options.norms == "mixed" and options.constants == "published":
            raise ValueError(
                "the published constants hold for the whole batch only; use euclidean norms or sharp constants"
            )
        if options.third_order and options.constants == "published":
            raise ValueError("no third-order constants are published; leave one of the two out")
        return options

    @staticmethod
    def sharpest(**given: object) -> Options:
        """The options that give the smallest bounds. Raises as `checked`, and ValueError for a contrary one."""
        for name, value in SHARPEST.items():
            if name in given and OPTIONS[name].check(given[name], name) != value:
                raise ValueError(f"sharpest means {name} = {value}, not {given[name]}; leave one of them out")
        return Options.checked(**{**given, **SHARPEST})

    @property
    def certified(self) -> bool:
        """Whether the numbers are upper bounds: not under the published constants."""
        return self.constants == "sharp"

    @property
    def beside(self) -> tuple[Options, ...]:
        """What a text shows side by side: both groupings, the sharper one in mixed norms too, and these options among them."""
        pairs: list[tuple[Blocks, Norms]] = [(TOTAL, "euclidean"), (LAYER, "euclidean"), (LAYER, "mixed")]
        if (self.blocks, self.norms) not in pairs:
            pairs.insert(1, (self.blocks, self.norms))
        found = (replace(self, blocks=blocks, norms=norms) for blocks, norms in pairs)
        return tuple(options for options in found if options.certified or options.norms == "euclidean")

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
        return f"blocks: {self.blocks}" if self.norms == "euclidean" else f"{self.blocks}, {self.norms}"


# The one place where the types of values are erased: the table holds options of all types.
OPTIONS: Mapping[str, Option[Any]] = MappingProxyType({f.name: f.metadata["option"] for f in fields(Options)})
