"""Fixed points: a node for the state that the layers inside read, and what they make of it."""

from __future__ import annotations

from boundcalc.graph.at import StepAt
from boundcalc.graph.context import Context, Steps
from boundcalc.graph.environment import BoundNode, Environment
from boundcalc.graph.features import of_new
from boundcalc.graph.layer_graph import FixedPoint, Solution
from boundcalc.graph.placement import Placement
from boundcalc.graph.shape import show_shape
from boundcalc.language import structure
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail


def fixed_point_steps(
    context: Context,
    steps: Steps,
    step: Step,
    fields: structure.FixedPoint,
    name: str,
    current: str | None,
    environment: Environment,
    placement: Placement,
) -> str:
    """The node of the state; `placement` has what the step says of the layers inside."""
    graph, path = context.graph, f"{placement.prefix}{name}"
    request = StepAt(context, step.kind, step.place, environment)
    shape = tuple(request.size(axis, "an axis") for axis in fields.shape)
    inside = placement.inside(name, taken=(fields.state,))
    state = graph.add(
        Solution(
            path=f"{inside.prefix}{fields.state}@solution",
            place=step.place,
            shape=shape,
            features=of_new(len(shape)),
            loops=placement.loops,
            shown=path,
        )
    )
    scope = environment.inside(inside.prefix, {fields.state: BoundNode(state)})
    result = steps(step.body, current, scope, inside)
    if result is None:
        raise fail(
            step.place,
            f"'{name}' has no layers that make '{fields.state}'",
            f"layers: [{{dense: {{from: {fields.state}}}}}]",
        )
    found = graph.node(result).shape
    if len(found) != len(shape) or not all(map(request.same, found, shape)):
        finding = (
            f"'{fields.state}' has shape {show_shape(shape)}, and the layers inside make {show_shape(found)} of it"
        )
        raise fail(step.place, finding, "the last layer inside has the shape of the state")
    graph.fixed_points[state] = FixedPoint(path, state, result, list(graph.nodes)[-1], step.place)
    graph.call(f"{inside.prefix}{fields.state}", state)
    return state
