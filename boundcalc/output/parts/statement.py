"""What a derivation proves: the set, the theorem, and what follows for the objective and under other options."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import sympy

from boundcalc.blocks.objective import regularized
from boundcalc.bounds.options import Detail, Options
from boundcalc.calculus import primitives as p
from boundcalc.calculus.quantities import LIPSCHITZ, NORM, SMOOTHNESS, Quantity
from boundcalc.calculus.steps import Entry
from boundcalc.exact.intervals import is_wholeness
from boundcalc.exact.printing import to_str
from boundcalc.output.parts.latex_lines import Formula, Lines
from boundcalc.output.parts.latex_text import path, prose, symbol, upper
from boundcalc.program.dependence import free_symbols
from boundcalc.program.evaluate import evaluate
from boundcalc.program.ir import Scalar
from boundcalc.studies.parts.derivation import Derivation

SHORT = 300  # characters of a closed form in the theorem
_MEANS = {
    NORM: r"\lVert\psi(w)\rVert \le m",
    LIPSCHITZ: r"\lVert\psi(w) - \psi(w')\rVert \le \ell\,\lVert w - w'\rVert",
    SMOOTHNESS: r"\lVert D\psi(w) - D\psi(w')\rVert \le L\,\lVert w - w'\rVert",
}

_OF_OBJECTIVE = {LIPSCHITZ: r"is $\ell_F$-Lipschitz", SMOOTHNESS: r"has an $L_F$-Lipschitz gradient"}


class Statement:
    """entry: what a number of a jet is called."""

    def __init__(self, derivation: Derivation, write: Lines, entry: Callable[[Entry], str]) -> None:
        self.derivation, self.write, self.entry = derivation, write, entry
        self.bounds, self.graph = derivation.bounds, derivation.recursion.graph
        self.letter_of = {quantity.name: quantity.letter for quantity in _MEANS}

    def lines(self) -> Iterator[str]:
        yield from self.setting()
        yield from self.theorem()
        yield from self.objective()
        yield from self.others()

    def print(self, expression: sympy.Basic) -> str:
        return self.write.print(expression)

    def setting(self) -> Iterator[str]:
        yield f"$\\psi$ is the output of the network {prose(self.bounds.name)}, given by the steps below."
        inputs = [each for each in self.graph.primitives if isinstance(each, p.Source)]
        fixed = [each for each in inputs if not each.differentiated]
        for each in fixed:
            largest = (
                ""
                if each.sup is None
                else f", and no entry of it is larger than ${self.print(each.sup)}$ in absolute value"
            )
            yield f"Its input {path(each.name)} has norm at most ${self.print(each.norm)}$ over the whole batch{largest}."
        balls = [each for each in self.graph.primitives if isinstance(each, p.Parameter)]
        moving = [each for each in balls if each.differentiated]
        moved = [*self.balls(moving), *(self.input(each) for each in inputs if each.differentiated)]
        if moved:
            yield "Let $w$ be what $\\psi$ is differentiated by, side by side, and $W$ the product of these balls:"
            yield "\n".join(["\\begin{itemize}\\raggedright", *moved, "\\end{itemize}"])
        else:
            yield "There is nothing that $\\psi$ could be differentiated by: $W$ is a point.\n"
        if still := [each for each in balls if not each.differentiated]:
            yield "What is not differentiated by is anywhere in its ball:\n\\begin{itemize}\\raggedright"
            yield from self.balls(still)
            yield "\\end{itemize}"
        yield from self.restrictions()
        yield from (f"\\par\\noindent\\emph{{Restriction.}} {prose(warning)}.\\par" for warning in self.bounds.warnings)
        if self.bounds.symbol_values:
            yield self.symbols()

    def restrictions(self) -> Iterator[str]:
        """What else the set and the inputs have to be; operator norms and norms are convex."""
        for layer in self.bounds.graph.layers:
            if layer.spectral is not None:
                yield f"Of $W$ only what makes the operator norm of the weights of {path(layer.title)} at most ${self.print(layer.spectral)}$ counts."
            for array in layer.arrays:
                if array.center_spectral is not None and not array.shared:
                    yield f"At $v_0$, the operator norm of {path(array.origin)} is at most ${self.print(array.center_spectral)}$."
        for name, norm in ({} if self.graph.given is None else self.graph.given.norms).items():
            yield f"Only inputs count for which the output of {path(name)}, at $v_0$, has norm at most ${self.print(norm)}$."
        for each in self.bounds.graph.inputs:
            if each.norm is None:
                yield f"The input {path(each.path)} holds ids of tokens, whatever they are."

    def input(self, of: p.Source) -> str:
        entries = "" if of.sup is None else f", no entry larger than ${self.print(of.sup)}$ in absolute value"
        return f"\\item the input {path(of.name)}, $\\lVert z\\rVert \\le {self.print(of.norm)}${entries}."

    def balls(self, balls: Sequence[p.Parameter]) -> Iterator[str]:
        """Those of one radius together."""
        alike: defaultdict[tuple[sympy.Expr, sympy.Expr | None, bool, bool], list[p.Parameter]] = defaultdict(list)
        for ball in balls:
            known = self.bounds.graph.balls[ball.ball]
            alike[known.radius, known.center, ball.ones != 0, bool(ball.made_in)].append(ball)
        for (radius, center, gains, repeated), own in alike.items():
            names = ", ".join(path(ball.ball) for ball in own)
            each = "$v$" if len(own) == 1 else "each $v$"
            passes = ", one in each pass of a repeat" if repeated else ""
            if center is None:
                size = rf"$\lVert v\rVert \le {self.print(radius)}$"
            else:
                size = rf"$\lVert v - v_0\rVert \le {self.print(radius)}$, $\lVert v_0\rVert \le {self.print(center)}$"
            start = ", gains counted from one" if gains else ""
            yield f"\\item {names}: {each} with {size}{start}{passes}."

    def symbols(self) -> str:
        values = self.bounds.symbol_values
        known = [
            f"${symbol(name)} = {self.print(self.bounds.values[s])}$"
            for name, s in self.bounds.symbols.items()
            if s in self.bounds.values
        ]
        free = [f"${symbol(name)}$" for name, value in values.items() if value is None]
        with_values = f"Numbers are those of {', '.join(known)}. " if known else ""
        return with_values + (f"Free symbols are {', '.join(free)}." if free else "")

    def theorem(self) -> Iterator[str]:
        conditions = ", ".join(f"${self.condition(each)}$" for each in self.bounds.conditions)
        yield "\\begin{theorem}"
        where = f" Let {conditions}." if conditions else ""
        where += " Within the restrictions above:" if self.bounds.warnings or any(self.restrictions()) else ""
        yield f"{where} For all $w, w'$ in $W$ and all inputs allowed, with the numbers of the last step,"
        finite = {q: self.derivation.ends[q.name] for q in _MEANS if not self.derivation.ends[q.name].reason}
        yield "\\begin{gather*}\n" + ", \\\\\n".join(_MEANS[q] for q in finite) + ",\n\\end{gather*}"
        formulas = [formula for quantity, line in finite.items() for formula in self.values(quantity, line.entry)]
        yield f"where\n{self.write.align(formulas)}"
        yield "\\end{theorem}"
        for quantity in _MEANS:
            if reason := self.derivation.ends[quantity.name].reason:
                yield f"There is no finite ${quantity.letter}$: {prose(reason)}.\n"
        if not self.bounds.certified:
            yield "Some of the constants are published ones that are not upper bounds: where such a constant is too small, the theorem is not proved.\n"

    def values(self, quantity: Quantity, entry: Entry) -> Iterator[Formula]:
        """The number of the last step, written out where that is short."""
        line = self.derivation.ends[quantity.name]
        number = () if line.number is None else (rf"\le {upper(line.number)}",)
        form = self.derivation.closed_form(entry)
        value = self.derivation.recursion.value(entry)
        if form is not None and len(to_str(form)) <= SHORT:
            if isinstance(value, Scalar) and self.derivation.forms.upper(value):
                yield Formula(quantity.letter, self.entry(entry), after=number)
                yield Formula(quantity.letter, form, r"\le")
            else:
                yield Formula(quantity.letter, form, after=() if form.is_Rational and form.is_Integer else number)
        else:
            yield Formula(quantity.letter, self.entry(self.derivation.recursion.standing(entry)), after=number)

    def condition(self, condition: sympy.Basic) -> str:
        if is_wholeness(condition):  # type: ignore[arg-type]
            return rf"{self.print(condition.args[0])} \in \mathbb{{Z}}"
        return self.print(condition)

    def objective(self) -> Iterator[str]:
        """The loss is a step; the regularizer adds to it."""
        loss, of = self.graph.loss, self.bounds.graph.regularizer
        if loss is None or self.bounds.objective is None:
            return
        found = regularized(self.bounds.graph, self.graph, self.derivation.recursion.traced, loss)
        shown = [q for q in (LIPSCHITZ, SMOOTHNESS) if isinstance(found[q], Scalar)]
        if not shown:
            return
        plus = r" + \frac{\mu}{2}\lVert w\rVert^2" if of is not None else ""
        yield "\\begin{corollary}"
        which = " summed over the balls that the regularizer sees," if of is not None and of.balls is not None else ""
        yield f"The objective $F(w) = f(\\psi(w)){plus}$, with the loss $f$,{which} {' and '.join(_OF_OBJECTIVE[quantity] for quantity in shown)} on $W$, where"
        formulas = [self.of_objective(quantity, Entry(loss, quantity.name), found[quantity]) for quantity in shown]
        yield self.write.align(formulas)
        if of is not None:
            yield rf"with $\mu = {self.print(of.weight)}$, and $\rho$ the largest $\lVert w\rVert$ that it sees: the root of the sum of the squares of the radii."
        yield "\\end{corollary}"

    def of_objective(self, quantity: Quantity, entry: Entry, value: object) -> Formula:
        assert isinstance(value, Scalar)
        known = free_symbols([value])[0] <= self.bounds.values.keys()
        after = (rf"\le {upper(evaluate([value], self.bounds.values)[0])}",) if known else ()
        added = (
            {LIPSCHITZ: r" + \mu \rho", SMOOTHNESS: r" + \mu"}[quantity]
            if self.bounds.graph.regularizer is not None
            else ""
        )
        own = self.entry(entry) if not self.derivation.recursion.value(entry).is_zero else "0"
        return Formula(f"{quantity.letter}_F", f"{own}{added}", after=after)

    def others(self) -> Iterator[str]:
        """What other options give is said, not derived."""
        plain, asked = Options(), self.bounds.options
        if (asked.blocks, asked.norms, asked.measure, asked.third_order) == (
            plain.blocks,
            plain.norms,
            plain.measure,
            plain.third_order,
        ):
            return
        found = [
            f"{q.letter} = {upper(n)}"
            for q, b in self.bounds.figures.items()
            if (n := self.bounds.number(b)) is not None
        ]
        numbers = f" There, the bounds are ${'$, $'.join(found)}$." if found else ""
        yield (
            f"The theorem is the recursion with one block for all parameters, in Euclidean norms of the whole batch. Asked for were "
            f"{prose(asked.sentence('bounds', Detail.BOUNDS))}, which refine it (docs/rules.md and docs/norms.md have the proofs).{numbers}\n"
        )
