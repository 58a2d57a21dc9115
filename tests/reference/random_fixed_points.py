"""Random specs: fixed points, of layers that contract."""

from __future__ import annotations

from math import prod

from reference.random_balls import Learned, Value
from reference.random_constructs import said, small_vectors
from reference.random_layers import adapt
from reference.random_scope import Row, Scope
from reference.random_windows import shape_of

GENTLE = ("tanh", "sigmoid", "softplus", "arctan", "sin", "identity", "softsign")  # of Lipschitz constant at most 1
KINKED = ("relu", "hardtanh", "leaky_relu: 1/5")


def fixed_point(scope: Scope) -> None:
    """What the step reads is injected; all that reads the state is a small dense layer and gentle functions."""
    draft, rng, shape = scope.draft, scope.draft.rng, shape_of(scope)
    *rest, last = shape
    state, bias = draft.fresh("z"), rng.random() < 0.6
    child = scope.child(shape, depth=scope.depth + (1 if rng.random() < 0.2 else 3))
    child.fill(rng.randint(0, 1))
    adapt(child, shape)
    functions = GENTLE if draft.smooth else (*GENTLE, *KINKED)
    inner: dict[str, Value] = {
        "units": child.size(last),
        "from": state,
        "radius": rng.choice(("1/4", "1/2")),
        "center": "0",
    }
    steps: list[Value] = [{"dense": {**inner, **({} if bias else {"bias": False})}}]
    if rng.random() < 0.3:
        steps.append(_step(rng.choice(functions)))
    if (
        not scope.depth and rng.random() < 0.3
    ):  # a gate of entries at most 1; in a repeat its size may change from pass to pass
        steps = [{"multiply": [steps, ["sigmoid"]]}]
    child.count(draft.batch * 3 * prod(shape) + last * last, layers=3)
    child.own += [Learned("", "weight", (last, last)), *([Learned("", "bias", (last,))] if bias else [])]
    draft.free += 1 + bias
    child.linear = True
    child.steps.append({"add": [[], steps]})
    for _ in range(rng.randint(1, 2)):
        child.steps.append(_step(rng.choice(functions)))
    fields: dict[str, Value] = {"state": state, "shape": scope.sizes(shape), "layers": child.steps}
    name = scope.name("fixed", 0.6)
    scope.append("fixed_point", {**fields, **said(scope, [child], child.own)}, name, shape)
    scope.adopt(child, name)
    if not rest and name is not None and rng.random() < 0.3:
        scope.nodes[f"{name}.{state}"] = shape


def _step(text: str) -> Value:
    kind, _, value = text.partition(": ")
    return {kind: value} if value else kind


FIXED_POINTS: tuple[Row, ...] = (Row("fixed_point", 0.6, small_vectors, fixed_point, construct=True),)
