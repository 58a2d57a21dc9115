"""What a spec says, read and typed but not yet expanded: steps, modules, symbols and inputs as frozen data with places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

from boundcalc.arguments import Suggesting
from boundcalc.display.page import Folded, Page, Table, Verbatim
from boundcalc.display.shown import Shown
from boundcalc.exact.expression import Expression
from boundcalc.language.regularizer import Regularizer
from boundcalc.language.smoothing import Smoothing
from boundcalc.language.structure import End, InputNorm, StepFields
from boundcalc.language.tree import Mapping as NodeMapping
from boundcalc.language.tree import Node, Scalar
from boundcalc.language.words import Word
from boundcalc.language.written import NOTHING, mapping, text, whole_file
from boundcalc.language.yaml_text import to_text
from boundcalc.mistakes import Place, escaped

FEATURES = "features"  # among what is set: a mapping of its own
SHOWN = 8  # inputs and symbols in a line
IN_PLACE = ("radius",)  # overrides that are keys of the file
W = TypeVar("W", bound=Word, covariant=True)


@dataclass(frozen=True, slots=True)
class Reference:
    """An operand that names a step, an input, a carried state or an argument."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class Branch:
    """An operand made of steps that start from the step's own input; no steps: the input itself."""

    steps: tuple[Step, ...]
    place: Place


Operand = Reference | Branch
Argument = Expression | Branch


@dataclass(frozen=True, slots=True)
class Carry:
    """A state of a scan: where it starts (zero of a shape, or an operand) and the name that replaces it after each pass."""

    name: str
    shape: tuple[Expression, ...] | None
    start: Reference | None
    next: Reference
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of a list of layers. `kind` is a built-in kind, a module, or an argument of the enclosing module."""

    kind: str
    place: Place
    fields: StepFields
    sources: tuple[Operand, ...] | None = None
    body: tuple[Step, ...] = ()
    carry: tuple[Carry, ...] = ()
    each: tuple[tuple[str, Reference], ...] = ()
    arguments: Mapping[str, Argument] | None = None  # only for the call of a module


@dataclass(frozen=True, slots=True)
class Module:
    """A reusable list of steps. An argument without a default is required (None)."""

    name: str
    arguments: Mapping[str, Argument | None]
    inputs: tuple[str, ...]
    layers: tuple[Step, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class SymbolDeclaration:
    """A free name of the spec: a positive real unless it says otherwise; `value` None stays symbolic."""

    name: str
    place: Place
    value: Expression | None = None
    integer: bool = False
    above: Expression | None = None
    below: Expression | None = None
    at_least: Expression | None = None

    @property
    def written(self) -> Node:
        """What stands after its name: its value alone, if there is nothing else to say."""
        said = {name: getattr(self, name) for name in ("value", "above", "below", "at_least")}
        found = {name: text(value.text) for name, value in said.items() if isinstance(value, Expression)}
        if found.keys() <= {"value"} and not self.integer:
            return found.get("value", NOTHING)
        return mapping({**found, **({"integer": text("true")} if self.integer else {})})


@dataclass(frozen=True, slots=True)
class Input:
    """An input: its shape without the batch, a bound of its norm (None for token inputs), where its feature axis is."""

    name: str
    place: Place
    shape: tuple[Expression, ...]
    norm: InputNorm | None
    tokens: Expression | None
    features: End | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Architecture(Shown, Suggesting, Generic[W]):
    """A whole spec. Make one with `boundcalc.load` or `boundcalc.loads`; it is never changed, only copied."""

    name: str
    source: str
    symbols: Mapping[str, SymbolDeclaration]
    modules: Mapping[str, Module]
    batch: Expression | None
    inputs: Mapping[str, Input]
    fields: StepFields  # what the file says for every layer inside: the radius
    layers: tuple[Step, ...]
    outputs: tuple[Reference, ...]
    loss: Step | None
    regularizer: Regularizer | None
    vocabulary: Mapping[str, W]  # the kinds that its steps are of
    overrides: Mapping[str, Node]  # field values by dotted path, from `set` and --set
    tree: NodeMapping  # the file as it was read
    included: Mapping[str, Node]  # the files that it includes, by name
    smoothing: Smoothing | None = None  # what stands for kinks, from `smooth` and --smooth
    features: Mapping[str, Scalar] = field(default_factory=dict[str, Scalar])  # norms at the given weights, by path
    activations: Mapping[str, W] = field(default_factory=dict[str, W])  # the kinds that the spec itself declares

    @property
    def only_modules(self) -> bool:
        """Whether it is a file for others to include: modules and symbols, no network."""
        return not self.inputs and not self.layers

    def to_yaml(self) -> str:
        """A spec of its own that says the same: `bc.loads` reads the same architecture from it. What was set since is in, what files
        beside the spec define is in, the library that ships stays included; comments are lost."""
        fields = {path: value for path, value in self.overrides.items() if path not in IN_PLACE}
        fields |= {FEATURES: mapping(self.features)} if self.features else {}
        said: dict[str, Node] = {
            "name": text(self.name),
            "symbols": mapping({name: declaration.written for name, declaration in self.symbols.items()}),
            "set": mapping(fields),
            "smooth": NOTHING if self.smoothing is None else text(self.smoothing.text),
            **{path: self.overrides[path] for path in IN_PLACE if path in self.overrides},
        }
        return to_text(whole_file(self.tree, self.included, said), spread=("define", "layers"))

    def _brief_(self) -> Page:
        return Page(f"<Architecture {escaped(self.name)}: {', '.join(self._said)}>")

    def _page_(self) -> Page:
        """What it is, what of it is a number, and the file itself, folded."""
        rows = [(name, "" if said.value is None else said.value.text) for name, said in self.symbols.items()]
        symbols = (Table(("symbol", "value"), rows),) if rows else ()
        return Page(escaped(self.name), (", ".join(self._said), *symbols, Folded("YAML", (Verbatim(self.to_yaml()),))))

    @property
    def _said(self) -> list[str]:
        """Its inputs and how much there is of it, as written."""
        inputs = [
            f"{name} [{', '.join(size.text for size in of.shape)}]" for name, of in islice(self.inputs.items(), SHOWN)
        ]
        free = [name for name, said in self.symbols.items() if said.value is None]
        return [
            *(inputs or ["no input"]),
            *([f"{len(self.inputs) - SHOWN} more inputs"] if len(self.inputs) > SHOWN else ()),
            _count(len(self.layers), "step"),
            *([_count(len(self.modules), "module")] if self.modules else ()),
            *([] if self.loss is None else [f"loss {self.loss.kind}"]),
            *([f"free: {', '.join(free[:SHOWN])}{', ...' if len(free) > SHOWN else ''}"] if free else ()),
        ]


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
