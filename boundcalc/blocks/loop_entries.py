"""A loop whose passes have parameters of their own, under `blocks: layer`: the squared norm of the entries p.

l is linear in the entries: one pass scales every old entry of p by the same factor A and appends one entry for each
block of its own, so ||p||^2 goes to A^2 ||p||^2 + the sum of the new entries squared. That is a loop again, over the
norms and ||p||^2; it evaluates, differentiates and closes as any other does. With shared parameters the old and the new
entry of a block add up, and ||p||^2 obeys no recursion.
"""

from __future__ import annotations

from collections.abc import Sequence

from boundcalc.program.depth.lift import loop_at
from boundcalc.program.ir import Arena, Op, Scalar


class NotLinearError(ValueError):
    """l is not a linear form of itself and the seeds: the message says where."""


def squared_entries(arena: Arena, index: int, lipschitz: int, seeds: Sequence[Scalar], start: Scalar) -> Scalar:
    """||p||^2 after the loop at node `index`, from ||p||^2 = `start`, as the result of a new loop.

    `lipschitz` is the position of the state l. Each block has a seed: a leaf that stands for its first-order entry; in
    the loop's body, for that of a block which this pass makes. What multiplies l or a seed may depend on the norms that
    the loop carries, and on nothing of first order. Without a concatenation or with one, this is exact: a hypot of
    first-order terms acts entry by entry; so does a maximum, as an upper bound.

    Raises NotLinearError.
    """
    loop = loop_at(arena, index)
    old = loop.states[lipschitz]
    entries = linear_form(arena, loop.results[lipschitz], {old, *(seed.index for seed in seeds)})
    factor = entries.pop(old, arena.zero)
    total = arena.variable("p^2")
    image = arena.combine(Op.ADD, [factor**2 * total, *(entry**2 for entry in entries.values())])
    norms = _states_of(arena, loop.states, loop.results, image)
    carried = arena.needed([*(loop.starts[i] for i in norms), *(loop.results[i] for i in norms)])
    if {old, *(seed.index for seed in seeds)}.intersection(carried):
        raise NotLinearError("what multiplies first-order terms depends on first-order terms")
    states = [*(arena.scalar(loop.states[i]) for i in norms), total]
    starts = [*(arena.scalar(loop.starts[i]) for i in norms), start]
    results = [*(arena.scalar(loop.results[i]) for i in norms), image]
    return arena.loop(states, starts, results, arena.scalar(loop.times))[-1]


def _states_of(arena: Arena, states: Sequence[int], results: Sequence[int], image: Scalar) -> list[int]:
    """The positions of the states that `image` depends on, in this pass or in earlier ones."""
    needed: set[int] = set()
    wanted = image.node.free
    while fresh := {i for i, state in enumerate(states) if state in wanted} - needed:
        needed |= fresh
        wanted = wanted.union(*(arena.nodes[results[i]].free for i in fresh))
    return sorted(needed)


def linear_form(arena: Arena, result: int, keys: set[int]) -> dict[int, Scalar]:
    """The coefficient of each key (a node) in `result`, which is linear in them. Raises NotLinearError, also for what is
    neither zero nor made of keys."""
    forms: dict[int, dict[int, Scalar]] = {key: {key: arena.one} for key in keys}
    for i in arena.needed([result], stop=keys):
        node = arena.nodes[i]
        parts = [forms[arg] for arg in node.args if arg in forms]
        if not parts:
            continue
        others = [arena.scalar(arg) for arg in node.args if arg not in forms]
        if node.op is Op.MUL and len(parts) == 1:
            scale = arena.combine(Op.MUL, others)
            forms[i] = {key: scale * c for key, c in parts[0].items()}
        elif node.op in (Op.ADD, Op.HYPOT, Op.MAX) and not others:
            columns: dict[int, list[Scalar]] = {}
            for part in parts:
                for key, c in part.items():
                    columns.setdefault(key, []).append(c)
            forms[i] = {key: arena.combine(node.op, column) for key, column in columns.items()}
        else:
            raise NotLinearError(f"a {node.op.value} over first-order terms is not linear in them")
    if result not in forms and result != arena.zero.index:  # another first-order state, whose blocks are not known here
        raise NotLinearError("a state takes the place of another one")
    return dict(forms.get(result, {}))
