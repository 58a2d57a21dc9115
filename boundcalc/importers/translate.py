"""Graph -> Draft: every operator by its row of the table, in order. What is not known is collected, without what is made of it."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace

from boundcalc.importers.call import Call
from boundcalc.importers.draft import Draft, Step
from boundcalc.importers.graph import UNKNOWN, Argument, Graph, Node, Origin, Ref
from boundcalc.importers.operators.index import IGNORED, OPERATORS
from boundcalc.importers.patterns.index import recognised
from boundcalc.importers.sharing import in_several_shapes
from boundcalc.importers.unsupported import Missing, UnsupportedError
from boundcalc.importers.values import Batch, Chosen, Fixed, Held, Learned, RefusalError, Unknown, Value

MOVES = frozenset(
    [
        "view",
        "reshape",
        "unsqueeze",
        "squeeze",
        "expand",
        "slice",
        "select",
        "permute",
        "transpose",
        "t",
        "clone",
        "alias",
        "contiguous",
        "detach",
        "_to_copy",
        "to",
        "type_as",
    ]
)  # operators whose entries are some of those that they read


@dataclass(frozen=True, slots=True)
class Translated:
    """The steps of a network, and which of them are its outputs."""

    draft: Draft
    outputs: tuple[Held, ...]

    @property
    def steps(self) -> list[Step]:
        """Those that an output is made of."""
        read = {held.step for held in self.outputs}
        kept: list[Step] = []
        for step in reversed(self.draft.steps):
            if step.key in read:
                kept.append(step)
                read.update(step.reads)
        return kept[::-1]


def translate(graph: Graph) -> Translated:
    """Raises UnsupportedError. A learned array that steps read in several shapes becomes a step of its own, which they read, where they
    can."""
    graph = recognised(graph)
    found = _translated_graph(graph, frozenset())
    whole = in_several_shapes(found.steps)
    if not whole:
        return found
    try:
        return _translated_graph(graph, whole)
    except UnsupportedError:
        return found


def _translated_graph(graph: Graph, whole: Set[str]) -> Translated:
    """`whole`: learned arrays that are steps of their own."""
    draft, values = Draft(graph), dict[str, Value]()
    for entry in graph.inputs:
        axis = graph.batch_axis if len(entry.shape) > graph.batch_axis else 0
        values[entry.name] = Held(entry.name, entry.shape, Batch(axis), tokens=entry.is_integer)
    for name, shape in graph.learned.items():
        draft.origin = Origin(name.rpartition(".")[0])
        values[name] = draft.parameter(Learned(name, shape)) if name in whole else Learned(name, shape)
    values |= {name: Fixed(array) for name, array in graph.constants.items()}
    missing: dict[Missing, int] = {}
    for node in graph.nodes:
        arguments = {name: _value(value, values) for name, value in node.arguments.items()}
        if any(_is_unknown(value) for value in arguments.values()):
            values[node.name] = Unknown()
            continue
        draft.origin = node.origin
        try:
            values[node.name] = _translated(draft, node, arguments)
        except RefusalError as refusal:
            if node.name in graph.chosen:
                values[node.name] = _chosen(draft, node, arguments)
                continue
            origin = node.origin
            found = Missing(node.called or node.operator, str(refusal), origin.module, origin.kind, origin.source)
            missing[found] = missing.get(found, 0) + 1
            values[node.name] = Unknown()
    outputs = [_value(ref, values) for ref in graph.outputs]
    if missing:
        raise UnsupportedError(graph.name, tuple(_counted(missing)))
    try:
        held = tuple(_output(draft, each) for each in outputs)
    except RefusalError as refusal:
        raise UnsupportedError(graph.name, (Missing("output", str(refusal), "", "", ""),)) from None
    if not held:
        raise UnsupportedError(graph.name, (Missing("output", "it gives no array", "", "", ""),))
    return Translated(draft, held)


def _chosen(draft: Draft, node: Node, arguments: dict[str, Value]) -> Chosen:
    """What ids decide, by a node of the language or another; one that moves entries keeps what bounds them."""
    found, of = draft.chosen(node.name), arguments.get("self")
    keeps = node.operator in MOVES and found.most is None and isinstance(of, Chosen)
    return replace(found, most=of.most) if keeps and isinstance(of, Chosen) else found


def _output(draft: Draft, value: Value) -> Held:
    if not isinstance(value, Held | Learned | Fixed):
        raise RefusalError("it gives what is no array")
    held = draft.held(value)
    if any(entry.name == held.step for entry in draft.graph.inputs):
        return draft.step("identity", {}, (held,), held.shape, held.batch)
    return held


def _translated(draft: Draft, node: Node, arguments: dict[str, Value]) -> Value:
    if node.refusal:
        raise RefusalError(node.refusal)
    if node.operator in IGNORED:
        return None
    if any(UNKNOWN in shape for shape in node.shapes):
        raise RefusalError("the size of what it gives depends on entries")
    row = OPERATORS.get(node.operator)
    if row is None:
        raise RefusalError("the language has no layer that does it")
    found = row.rule(draft, Call(node, arguments, draft))
    found = tuple(_once(draft, each, node) for each in found) if isinstance(found, tuple) else _once(draft, found, node)
    first = found[0] if isinstance(found, tuple) and found else found
    if isinstance(first, Held | Learned | Fixed) and first.shape != node.shape:
        raise AssertionError(f"{node.operator} gives {first.shape}, and {node.shape} in the framework")
    if isinstance(found, tuple) and any(part >= len(found) for part in draft.parts_read(node.name)):
        raise RefusalError(row.rest)
    return found


def _once(draft: Draft, value: Value, node: Node) -> Value:
    """What is the same for all samples, and was computed for one."""
    if not isinstance(value, Held) or value.batch != Batch(0) or draft.batch == 1:
        return value
    once = (1, *value.shape[1:])
    return draft.reshaped(value, once) if once in node.shapes and value.shape not in node.shapes else value


def _counted(missing: dict[Missing, int]) -> list[Missing]:
    return [
        Missing(each.operator, each.reason, each.module, each.kind, each.source, times)
        for each, times in missing.items()
    ]


def _value(argument: Argument, values: dict[str, Value]) -> Value:
    if isinstance(argument, tuple):
        return tuple(_value(each, values) for each in argument)
    if not isinstance(argument, Ref):
        return argument
    if argument.name not in values:
        return Unknown()
    found = values[argument.name]
    if isinstance(found, tuple):
        return found[argument.part] if argument.part < len(found) else Unknown()
    return found


def _is_unknown(value: Value) -> bool:
    return isinstance(value, Unknown) or (isinstance(value, tuple) and any(map(_is_unknown, value)))
