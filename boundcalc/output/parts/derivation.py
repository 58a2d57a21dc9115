"""A derivation as a LaTeX document: the statement, the rules it uses, the constants with their sources, the steps, references."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.described import theorem_of
from boundcalc.calculus import primitives as p
from boundcalc.calculus.constants import Used
from boundcalc.calculus.rules import LETTERS, Rule
from boundcalc.calculus.steps import Entry
from boundcalc.calculus.works import Work
from boundcalc.catalogue.fact import Witness
from boundcalc.graph.kind import Kind
from boundcalc.graph.layer_graph import Layer
from boundcalc.output.parts.latex_lines import Formula, Lines
from boundcalc.output.parts.latex_text import path, prose, symbol, upper
from boundcalc.output.parts.latex_width import width
from boundcalc.output.parts.statement import Statement
from boundcalc.studies.parts.derivation import Derivation, Line, Step

ROOM = 44.0  # em: the width of a line with these margins
INLINE = 12.0  # of a constant that stands in the text
LONGEST_NAME = 14  # characters; where one is longer, steps have numbers
_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage{amsmath,amssymb,amsthm}
\usepackage[margin=2.6cm]{geometry}
\newtheorem{theorem}{Theorem}
\newtheorem{rul}{Rule}
\newtheorem*{corollary}{Corollary}
\allowdisplaybreaks
\sloppy
\setlength{\emergencystretch}{3em}"""
_JETS = r"""For every node $z$ of the network let $m_z$, $s_z$, $\ell_z$ and $L_z$ be numbers such that, for all $w$ in $W$ and all inputs allowed,
$\lVert z(w)\rVert \le m_z$, no entry of $z(w)$ is larger than $s_z$ in absolute value, $z$ is $\ell_z$-Lipschitz on $W$, and its derivative, where it
is needed, is $L_z$-Lipschitz on $W$. Norms are Euclidean, over the whole batch; of derivatives, operator norms. As $W$ is convex, bounds of derivatives are
Lipschitz constants. $s_z = m_z$ is always a choice. Each rule makes the numbers of a node $h$ from those of what it is made of. Proofs are written
with second derivatives; a map whose derivative is only Lipschitz is averaged with a narrow Gaussian first, which keeps its constants, and the
limit is taken."""
_KINDS = {"attained": "Reached", "limit": "Approached", "upper": "An upper bound only"}
_Key = tuple[str, str, str, str, str]
_PACKAGE = Work(
    "boundcalc", "boundcalc. The rules (docs/rules.md) and the catalogue of constants (docs/catalogue.md), with proofs."
)


def derivation_to_latex(derivation: Derivation, head: str) -> str:
    return "\n".join(_Paper(derivation).lines(head))


class _Paper:
    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.bounds: Bounds = derivation.bounds
        self.nodes = _names(derivation)
        letters = {s.name: self.entry(entry) for s, entry in derivation.symbols.items()}
        self.write = Lines(letters | {name: symbol(name) for name in self.bounds.symbols}, ROOM)
        self.rules = {rule: i for i, rule in enumerate(derivation.rules, 1)}
        self.theorems = _theorems(derivation)
        self.facts = _facts(derivation)

    def entry(self, entry: Entry) -> str:
        near = r"\hat " if entry.near else ""
        return f"{near}{getattr(LETTERS, entry.name)}_{{{self.nodes[entry.at]}}}"

    def lines(self, head: str) -> Iterator[str]:
        yield from (f"% {line}" for line in head.splitlines())
        yield _HEAD
        yield rf"\title{{Lipschitz and smoothness constants of {prose(self.bounds.name)}}}"
        yield "\\author{}\n\\date{}\n\\begin{document}\n\\maketitle"
        yield "\\section{Statement}"
        yield from Statement(self.derivation, self.write, self.entry).lines()
        yield "\\section{Rules}"
        yield _JETS
        for rule in self.rules:
            yield from self.rule(rule)
        if self.theorems or self.facts:
            yield "\\section{Constants}"
            yield from self.constants()
        yield "\\section{Steps}"
        yield from self.opening()
        before = ""
        for step in self.derivation.steps:
            yield from self.step(step, is_next=step.owner == before)
            before = step.owner
        yield from self.references()
        yield "\\end{document}"

    def rule(self, rule: Rule) -> Iterator[str]:
        cited = rf" \cite{{{','.join(work.key for work in (*rule.works, _PACKAGE))}}}"
        yield rf"\begin{{rul}}[{rule.name}]"
        yield rule.given
        if rule.formulas is not None:
            of = rule.formulas
            yield "Then\n\\begin{gather*}"
            shown = [rf"{LETTERS.norm}_h = {of.norm}, \qquad {LETTERS.lipschitz}_h = {of.lipschitz}"]
            last = rf"{LETTERS.smoothness}_h = {of.smoothness}"
            joined = f"{shown[0]}, \\qquad {last}."
            yield joined if width(joined) < ROOM else f"{shown[0]}, \\\\\n{last}."
            yield "\\end{gather*}"
        yield r"\end{rul}"
        yield f"\\noindent\\emph{{Why.}} {rule.proof}{cited}"

    def constants(self) -> Iterator[str]:
        for number, kind in enumerate(self.theorems.values(), 1):
            yield rf"\paragraph{{(T{number}) {prose(kind.name)}.}}"
            yield from (f"{prose(' '.join(part.split()))}\\par" for part in _paragraphs(theorem_of(kind)))
        before = ("", "")
        for (of, domain, name, source, witness), number in self.facts.items():
            if (of, domain) != before:
                yield rf"\paragraph{{{prose(of)}.}} Domain: {prose(domain)}."
                before = of, domain
            reached = f" {prose(witness)}." if witness else ""
            yield rf"\par\noindent (C{number}) {prose(name)}: {prose(source)}.{reached}"

    def opening(self) -> Iterator[str]:
        yield "Balls, inputs and arrays that depend on nothing are written out where they are read, by the rules for them."
        if any(name.isdigit() for name in self.nodes.values()):
            yield "Nodes are called by the numbers of their steps."
        yield "Numbers, where there are any, are rounded up.\n"

    def step(self, step: Step, is_next: bool) -> Iterator[str]:
        """is_next: of the layer of the step before."""
        node = self.bounds.graph.node(step.owner) if step.owner else None
        title = "outputs" if node is None else node.title
        kind = f" ({prose(node.kind.name)})" if isinstance(node, Layer) else ""
        index = self.nodes[step.at]
        yield r"\noindent" if is_next else rf"\paragraph{{{path(title)}{kind}.}}"
        shown = [used for used in step.constants if used.fact.value is not None]
        long = [used for used in shown if width(self.constant(used)) > INLINE]
        inline = [f"${self.constant(used)}${self.origin(used, node)}" for used in shown if used not in long]
        beside = [f"{self.letter(used)}{self.origin(used, node)} below" for used in long]
        given = f" with {', '.join([*inline, *beside])}" if shown else ""
        formulas = [*(Formula(used.letter, used.fact.value or "") for used in long), *self.formulas(step.lines)]
        end = ":" if formulas else "."
        if any(line.entry.near for line in step.lines):
            end = rf". $\hat m_{{{index}}}$ is the norm at the given weights plus the length of the way from there, by first-order bounds whose entry of each ball is its radius{end}"
        yield f"$z_{{{index}}}$ is a {step.rule.name}{self.reads(step)}. Rule~{self.rules[step.rule]}{given}{self.state(step)}{end}"
        yield from self.display(formulas)
        for line in step.lines:
            if line.unclosed:
                yield rf"\noindent ${self.entry(line.entry)}$ has no closed form: {prose(line.unclosed)}.\par"
            if line.reason:
                yield rf"\noindent ${self.entry(line.entry)} = \infty$: {prose(line.reason)}.\par"

    def letter(self, used: Used) -> str:
        return f"${used.letter}$"

    def constant(self, used: Used) -> str:
        return f"{used.letter} = {self.write.print(used.fact.value)}" if used.fact.value is not None else used.letter

    def origin(self, used: Used, node: object) -> str:
        if not used.fact.source:
            return f"~(T{list(self.theorems).index(node.kind.name) + 1})" if isinstance(node, Layer) else ""
        return f"~(C{self.facts[_key(used)]})"

    def reads(self, step: Step) -> str:
        graph = self.derivation.recursion.graph
        named = [self.operand(graph, at) for at in step.reads]
        return f" of {' and '.join(named)}" if named else ""

    def operand(self, graph: p.PrimitiveGraph, at: int) -> str:
        match graph.primitives[at]:
            case p.Parameter(ball=ball):
                return f"the ball of {path(ball)}"
            case p.Source(name=name):
                return f"the input {path(name)}"
            case p.Constant():
                return "an array of norm $" + self.write.print(graph.primitives[at].norm) + "$"  # type: ignore[union-attr]
            case _:
                return f"$z_{{{self.nodes[at]}}}$"

    def state(self, step: Step) -> str:
        """Of what a repeat carries, where it comes from."""
        primitives = self.derivation.recursion.graph.primitives
        match step.primitive:
            case p.Carried(loop, state) | p.After(loop, state):
                repeat = primitives[loop]
                assert isinstance(repeat, p.Repeat)
                start = repeat.starts[state]
                begins = "0" if start < 0 else self.operand(self.derivation.recursion.graph, start)
                times = f"${self.write.print(repeat.times)}$"
                where = "after the last" if isinstance(step.primitive, p.After) else "before the last"
                result = self.operand(self.derivation.recursion.graph, repeat.results[state])
                return f"; it begins as {begins}, and a pass makes it {result}. This is its value {where} of {times} passes"
            case p.FixedPoint(result=result):
                return rf"; $\phi$ are the steps up to $z_{{{self.nodes[result]}}}$, which is the state again"
            case _:
                return ""

    def formulas(self, lines: Sequence[Line]) -> Iterator[Formula]:
        for line in lines:
            left = self.entry(line.entry)
            number = None if line.number is None or line.number == 0 else upper(line.number)
            if line.reason:
                continue
            if number is not None and (line.formula is None or line.upper):  # an upper form may exceed the number
                yield Formula(left, number, r"\le")
            if line.formula is None:
                continue
            if line.upper:
                yield Formula(left, line.formula, r"\le")
            else:
                plain = number is None or (line.formula.is_Rational and line.formula.is_Integer)
                yield Formula(left, line.formula, after=() if plain else (rf"\le {number}",))

    def display(self, formulas: Sequence[Formula]) -> Iterator[str]:
        if formulas:
            yield self.write.align(formulas)

    def references(self) -> Iterator[str]:
        works = dict.fromkeys(work for rule in self.rules for work in rule.works)
        yield "\\begin{thebibliography}{9}"
        yield from (rf"\bibitem{{{work.key}}} {prose(work.text)}" for work in (*works, _PACKAGE))
        yield "\\end{thebibliography}"


def _names(derivation: Derivation) -> dict[int, str]:
    """What each node is called: its layer, or where these are long the number of its step."""
    graph = derivation.recursion.graph
    named = {at: path for path, at in graph.outputs.items()}
    if any(len(named.get(step.at, step.owner)) > LONGEST_NAME for step in derivation.steps):
        return {step.at: str(i) for i, step in enumerate(derivation.steps, 1)}
    seen: dict[str, int] = {}
    found: dict[int, str] = {}
    for step in derivation.steps:
        name = named.get(step.at)
        if name is None:
            seen[step.owner] = seen.get(step.owner, 0) + 1
            name = f"{step.owner or 'outputs'}:{seen[step.owner]}"
        found[step.at] = rf"\text{{{prose(name)}}}"
    return found


def _theorems(derivation: Derivation) -> dict[str, Kind[Any, Any]]:
    """The kinds of layers whose constants have no source of their own."""
    nodes = (
        derivation.bounds.graph.node(s.owner)
        for s in derivation.steps
        if s.owner and any(not u.fact.source for u in s.constants)
    )
    return {node.kind.name: node.kind for node in nodes if isinstance(node, Layer)}


def _facts(derivation: Derivation) -> dict[_Key, int]:
    used = (
        used for step in derivation.steps for used in step.constants if used.fact.source and used.fact.value is not None
    )
    return {key: i for i, key in enumerate(dict.fromkeys(map(_key, used)), 1)}


def _key(used: Used) -> _Key:
    return used.of, used.domain, used.name, used.fact.source, _reached(used.fact.witness)


def _reached(witness: Witness | None) -> str:
    return "" if witness is None else f"{_KINDS[witness.kind]}: {witness.text}"


def _paragraphs(text: str) -> list[str]:
    """Items of lists are paragraphs."""
    return [part for block in text.split("\n\n") for part in block.replace("\n- ", "\n\n- ").split("\n\n")]
