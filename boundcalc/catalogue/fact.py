"""A constant with everything needed to trust it: its exact value, where it comes from, a point that reaches it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, cast

import sympy
from sympy.logic.boolalg import Boolean

Decision = Callable[[Boolean], bool]


def proved(condition: Boolean) -> bool:
    return condition == sympy.true


def replaced(expression: sympy.Expr, values: Mapping[sympy.Symbol, sympy.Expr]) -> sympy.Expr:
    """The expression with symbols replaced, all at once; SymPy's own simplifications only."""
    return cast(sympy.Expr, expression.xreplace(values))


@dataclass(frozen=True, slots=True)
class Witness:
    """Why a constant cannot be smaller, or the remark that it is an upper bound only.

    kind: "attained" at `point`; "limit" approached there; "upper" not known to be approached.
    point: for elementwise entries, where the derivative concerned is (nearly) largest, or jumps; it may be oo or -oo.
    """

    kind: Literal["attained", "limit", "upper"]
    text: str
    point: sympy.Expr | None = None


@dataclass(frozen=True, slots=True)
class Root:
    """Where a constant without a closed form is reached: the zero of `equation` in `variable` inside `enclosure`."""

    equation: sympy.Expr
    variable: sympy.Symbol
    enclosure: tuple[sympy.Expr, sympy.Expr]


@dataclass(frozen=True, slots=True, repr=False)
class Fact:
    """An upper bound that holds wherever `holds_if` is true, and is infinite elsewhere.

    value: exact; for a constant known through `root`, a rational rounded up. None: infinite or undefined, and `reason`
    says why.
    source: paper, theorem or derivation, in one line.
    enclosure: of a constant that was searched for, between which numbers it is.
    """

    value: sympy.Expr | None
    source: str
    witness: Witness | None = None
    reason: str = ""
    holds_if: Boolean = sympy.true
    root: Root | None = None
    enclosure: tuple[sympy.Expr, sympy.Expr] | None = None

    def __post_init__(self) -> None:
        if not self.reason and (self.value is None or self.holds_if != sympy.true):
            raise ValueError("a constant that is or may be infinite needs a reason")

    def __repr__(self) -> str:
        """The constant, why it cannot be smaller, and where it comes from."""
        value = f"none, {self.reason}" if self.value is None else str(self.value)
        witness = [] if self.witness is None else [f"{self.witness.kind}: {self.witness.text}"]
        return f"<{'; '.join([value, *witness, self.source])}>"

    def at(self, values: Mapping[sympy.Symbol, sympy.Expr], holds: Decision = proved) -> Fact:
        """The fact with symbols replaced; infinite unless `holds` says that `holds_if` has become true."""
        condition = cast(Boolean, self.holds_if.xreplace(values))
        witness = self.witness
        if witness is not None and witness.point is not None:
            witness = replace(witness, point=replaced(witness.point, values))
        if self.value is None or not holds(condition):
            return Fact(None, self.source, witness, self.reason)
        reason = self.reason if self.holds_if == sympy.true else ""
        return Fact(
            replaced(self.value, values), self.source, witness, reason, root=self.root, enclosure=self.enclosure
        )
