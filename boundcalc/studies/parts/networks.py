"""Networks side by side: a row each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy

from boundcalc.bounds.answer import DIGITS, LARGE, Answer, log10_text, short
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.guarantee import Guarantee
from boundcalc.bounds.guarantees import guarantees
from boundcalc.bounds.missing import gives_numbers, missing_values
from boundcalc.bounds.options import Json
from boundcalc.display.page import Table
from boundcalc.exact.balls import Number, ball
from boundcalc.exact.near import quotient_ball
from boundcalc.exact.printing import thousands, to_str
from boundcalc.graph.counting import parameters_of
from boundcalc.studies.parts.asked import Asked


@dataclass(frozen=True, eq=False)
class Network:
    """One of the networks; what takes long is found when it is first asked for."""

    label: str
    bounds: Bounds

    @cached_property
    def answers(self) -> dict[str, Answer]:
        return {name: Answer(name, bound, self.bounds) for name, bound in self.bounds.totals.items()}

    def number(self, name: str) -> Number | None:
        answer = self.answers.get(name)
        return None if answer is None or not answer.finite else answer.number_alone

    @cached_property
    def parameters(self) -> sympy.Expr:
        return parameters_of(self.bounds.graph)

    @cached_property
    def step(self) -> Guarantee | None:
        """Of gradient descent; None for a network without a loss."""
        return None if self.bounds.objective is None else guarantees(self.bounds).step

    def to_dict(self) -> dict[str, Json]:
        step = self.step
        return {
            "spec": self.label,
            "layers": len(self.bounds.layers),
            "parameters": to_str(self.parameters),
            **{name.replace(" ", "_"): answer.to_dict() for name, answer in self.answers.items()},
            "step": None if step is None else step.to_dict(self.bounds.values),
            "symbols": self.bounds.symbol_values,
        }


def networks_of(asked: Asked) -> list[Network]:
    return [Network(label, bounds) for label, bounds in zip(asked.labels, asked.bounds, strict=True)]


def table_of(networks: Sequence[Network]) -> Table:
    """A row for each network: layers, parameters, every quantity, the step; logarithms beside what is large."""
    names = list(dict.fromkeys(name for network in networks for name in network.answers))
    large = [name for name in names if any(_is_large(network.number(name)) for network in networks)]
    with_step = any(network.step is not None for network in networks)
    columns = ["network", "layers", "parameters"]
    for name in names:
        columns += [name, f"log10 {name}"] if name in large else [name]
    rows: list[list[str]] = []
    for network in networks:
        cells = [network.label, str(len(network.bounds.layers)), thousands(network.parameters)]
        for name in names:
            answer = network.answers.get(name)
            cells.append("" if answer is None else answer.brief(network.number(name), "symbolic"))
            if name in large:
                cells.append(_log10(network.number(name)))
        rows.append([*cells, _step(network)] if with_step else cells)
    columns += ["step"] if with_step else []
    return Table(columns, rows, columns[1:])


def ratio(of: Number | None, to: Number | None) -> Number | None:
    """The quotient of two positive numbers; None where there is none."""
    return None if of is None or to is None or of == 0 or to == 0 else quotient_ball(of, to)


def missing(network: Network) -> list[str]:
    """What a person is told of symbols without values: which, and how to give them some."""
    names = missing_values(network.bounds)
    return [f"{network.label}: {gives_numbers(names)}"] if names else []


def infinite(network: Network) -> list[str]:
    """Why a bound is infinite."""
    answers = network.answers.items()
    return [f"{network.label}: {name} is infinite: {a.infinite_because}" for name, a in answers if not a.finite]


def _is_large(number: Number | None) -> bool:
    return number is not None and ball(number) > LARGE


def _log10(number: Number | None) -> str:
    return "" if number is None else log10_text(number)


def _step(network: Network) -> str:
    if network.step is None:
        return ""
    number, reason = network.step.at(network.bounds.values)
    if number is None:
        return "none" if reason is not None else "symbolic"
    return short(network.step.safe(number, DIGITS))
