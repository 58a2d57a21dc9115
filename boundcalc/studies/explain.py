"""Why a bound is what it is: for each layer the rule, its constants with their sources, what comes in and goes out, its share of the
logarithm of the bound; and what would change the bound most. In LaTeX, a derivation line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sympy

from boundcalc.bounds.answer import Answer, short, without_number
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.options import Json
from boundcalc.bounds.pictured import titled
from boundcalc.calculus.extended import Unbounded
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS, Quantity
from boundcalc.calculus.steps import Entry, Recursion, recursion_of
from boundcalc.display.page import Table
from boundcalc.display.picture import Bars, Picture
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.graph.layer_graph import Node
from boundcalc.studies.parts.derivation import derivation_of
from boundcalc.studies.parts.explained import Explained, explained, shares_in, source_of
from boundcalc.studies.parts.movers import Mover, movers
from boundcalc.studies.parts.report import Report, of_one
from boundcalc.studies.parts.shares import numbers_of

SHOWN = (LIPSCHITZ, SMOOTHNESS)
MOST_MOVERS = 4  # of each quantity that a text tells
DIGITS = 4
SHARE = (
    "a share is what a layer adds to log10 of a bound by the recursion with one block in Euclidean norms: by its constants, its balls, "
    "and its sums, which exceed their largest term. All shares add up to that logarithm"
)


@dataclass(frozen=True, slots=True)
class _Jets:
    """What is known at each node: of layers as it was asked for, of other nodes by the recursion with one block."""

    bounds: Bounds
    recursion: Recursion
    numbers: Mapping[Entry, Number]
    answers: Mapping[str, Mapping[str, Answer]]

    def json(self, node: Node) -> dict[str, Json]:
        if node.path in self.answers:
            return {name: answer.to_dict() for name, answer in self.answers[node.path].items()}
        found: dict[str, Json] = {}
        for quantity, entry in self._entries(node).items():
            value = self.recursion.value(entry)
            payload = None if isinstance(value, Unbounded) else value.node.payload
            leaf = payload if isinstance(payload, sympy.Expr) else None
            reason = value.reason if isinstance(value, Unbounded) else None
            number = self.numbers.get(entry)
            upper = None if number is None else decimals.upper_decimal(number)
            found[quantity.name] = {**without_number(leaf, None, reason is None, reason), "number": upper}
        return found

    def text(self, node: Node, quantity: Quantity) -> str:
        """A number rounded up, or what stands for it."""
        if node.path in self.answers:
            answer = self.answers[node.path][quantity.name]
            number, finite = answer.number, answer.finite
            form = answer.definition or ("" if answer.expression is None else to_str(answer.expression))
            if answer.absent is not None:
                return "no copy"
        else:
            entry = self._entries(node).get(quantity)
            if entry is None:
                return ""
            number, finite, form = self.numbers.get(entry), not isinstance(self.recursion.value(entry), Unbounded), ""
        if not finite:
            return "infinite"
        return form or "symbolic" if number is None else short(decimals.upper_decimal(number, DIGITS))

    def _entries(self, node: Node) -> Mapping[Quantity, Entry]:
        at = self.bounds.primitives.outputs[node.path]
        return {q: Entry(at, q.name) for q in (NORM, *SHOWN)} if at in self.recursion.jets else {}


def explain(bounds: Bounds) -> Report:
    """The study of `explain`. Raises as the numbers of bounds do."""
    recursion = recursion_of(bounds.primitives, bounds.options.refine)
    found = shares_in(bounds, recursion)
    shares = None if isinstance(found, str) else found
    rows = list(explained(bounds, shares))
    answers = {row.path: row.quantities for row in bounds.document.rows}
    jets = _Jets(bounds, recursion, numbers_of(bounds, recursion), answers)
    moved = movers(bounds)
    infinite = (f"{name} is infinite: {bound.reason}" for name, bound in bounds.named.items() if not bound.finite)
    return Report(
        study="explain",
        specs=(bounds.name,),
        options=bounds.options,
        subject="the bounds explained",
        parts=(_layers(rows, jets), *infinite, _rules(rows), _constants(rows), *_changes(moved)),
        rows=lambda: [_row(row, jets) for row in rows],
        notes=(f"no shares: {found}",) if isinstance(found, str) else (SHARE,),
        more=lambda: {
            **of_one(bounds.name, bounds.options),
            "certified": bounds.certified,
            "log10": {quantity.name: value for quantity, value in ({} if shares is None else shares.of).items()},
            "changes": [mover.to_dict() for mover in moved],
        },
        picture=None if shares is None else lambda: _picture(bounds, rows),
        derivation=lambda: derivation_of(bounds),
    )


def _picture(bounds: Bounds, rows: Sequence[Explained]) -> Picture:
    """The share of each layer."""
    shown = [row for row in rows if any(row.shares.values())]
    series = tuple(
        (q.name, [row.shares.get(q, 0.0) for row in shown]) for q in SHOWN if any(q in row.shares for row in shown)
    )
    return Picture(titled(bounds), (Bars("", "share of log10 of the bound", [row.title for row in shown], series),))


def _layers(rows: Sequence[Explained], jets: _Jets) -> Table:
    heads = [f"{quantity.name} {side}" for quantity in SHOWN for side in ("in", "out")]
    shown = [quantity for quantity in SHOWN if any(quantity in row.shares for row in rows)]
    columns = ["layer", "kind", "rules", *heads, *(f"of log10 {quantity.name}" for quantity in shown)]
    cells = [
        [
            row.title,
            row.kind,
            ", ".join(rule.name for rule in row.rules),
            *(text for quantity in SHOWN for text in _through(row, jets, quantity)),
            *(_decades(row.shares.get(quantity, 0.0)) for quantity in shown),
        ]
        for row in rows
    ]
    if shown:
        total = [_decades(sum(row.shares.get(quantity, 0.0) for row in rows)) for quantity in shown]
        cells.append(["all together", "", "", *([""] * len(heads)), *total])
    return Table(columns, cells, right=columns[3:])


def _decades(share: float) -> str:
    return f"{round(share, 3) + 0.0:.3f}"  # no -0.000


def _through(row: Explained, jets: _Jets, quantity: Quantity) -> tuple[str, str]:
    read = ", ".join(dict.fromkeys(jets.text(node, quantity) for node in row.reads))
    return read, "" if row.node is None else jets.text(row.node, quantity)


def _rules(rows: Sequence[Explained]) -> str:
    rules = dict.fromkeys(rule for row in rows for rule in row.rules)
    return "\n".join(["rules", *(f"  {rule.name}: {rule.sentence}" for rule in rules), ""])


def _constants(rows: Sequence[Explained]) -> Table:
    """Equal ones of several layers together; those of largest entries, which few bounds read, are for programs."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        for used in row.constants:
            if used.of_entries:
                continue
            value = f"none: {used.fact.reason}" if used.fact.value is None else to_str(used.fact.value)
            found.setdefault((_name(used.of, used.name), value, source_of(used, row.node)), []).append(row.title)
    columns = ("constant", "value", "source", "of layers")
    cells = [
        (*key, titles[0] + (f" and {len(titles) - 1} more" if titles[1:] else "")) for key, titles in found.items()
    ]
    return Table(columns, cells)


def _name(of: str, name: str) -> str:
    return f"{of}: {name}" if of else name


def _changes(moved: Sequence[Mover]) -> Iterator[str]:
    lines: list[str] = []
    for quantity in dict.fromkeys(mover.quantity for mover in moved):
        lines += [f"  {mover.sentence}" for mover in moved if mover.quantity == quantity][:MOST_MOVERS]
    if lines:
        yield "what would change the bounds most"
        yield "\n".join(lines)


def _row(row: Explained, jets: _Jets) -> Mapping[str, Json]:
    return {
        "path": row.title,
        "kind": row.kind,
        "rule": " ".join(rule.sentence for rule in row.rules),
        "constants": [
            {
                "name": _name(used.of, used.name),
                "value": None if used.fact.value is None else to_str(used.fact.value),
                "reason": used.fact.reason,
                "source": source_of(used, row.node),
                "witness": "" if used.fact.witness is None else used.fact.witness.text,
            }
            for used in row.constants
        ],
        "in": [{"path": node.title, **jets.json(node)} for node in row.reads],
        "out": {} if row.node is None else jets.json(row.node),
        "share": {quantity.name: row.shares.get(quantity, 0.0) for quantity in SHOWN} if row.shares else {},
    }
