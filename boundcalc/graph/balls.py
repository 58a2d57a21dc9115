"""Learned arrays and the balls that bound them: one for all arrays of a layer, or one each; shared ones have their owner's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy

from boundcalc.graph.context import Context
from boundcalc.graph.environment import Channels, Environment, read_flag_value
from boundcalc.graph.inherited import Balls, Inherited
from boundcalc.graph.layer_graph import Array, Ball, Shape, show_shape, size
from boundcalc.graph.layers.rule import Inference
from boundcalc.spec.architecture import Step
from boundcalc.spec.expression import Expression
from boundcalc.spec.fields import fail
from boundcalc.spec.mistakes import Place, suggest


def balls_of(
    context: Context,
    step: Step,
    path: str,
    inference: Inference,
    inherited: Inherited,
    channels: Channels,
    loops: tuple[str, ...],
) -> tuple[Array, ...]:
    """The learned arrays of a layer inside `loops`, each in the ball that bounds it: one for all of them, or one each."""
    shapes = inference.arrays
    if not shapes:
        return ()
    _check_names(step, shapes)
    arrays = _shared(context, step, path, inference, inherited, loops)
    own = [name for name in shapes if name not in arrays]
    together = len(own) == len(shapes) and not (inherited.radius and isinstance(inherited.radius[0], Mapping))
    for names in [own] if together else [[name] for name in own]:
        ball = path if together else f"{path}.{names[0]}"
        radius = _ball_value(inherited.radius, names[0])
        if radius is None:
            remedy = "give a radius to the file, the module or the layer: radius: R"
            raise fail(step.place, f"the learned array '{names[0]}' of '{step.kind}' has no radius", remedy)
        center = _center(context, inherited, names, channels)
        at_one = inference.gains.intersection(names) - _centred(inherited, names)
        ones = sympy.sqrt(sympy.Add(*(size(shapes[name]) for name in at_one)))
        bound = _nonnegative(context, radius, channels, "a radius")
        context.graph.balls[ball] = Ball(ball, bound, center, _is_frozen(inherited), ones, context.graph.made_in(loops))
        for name in names:
            arrays[name] = Array(name, shapes[name], ball, f"{path}.{name}", at_one=name in at_one)
    return tuple(arrays[name] for name in shapes)


def _centred(inherited: Inherited, names: Sequence[str]) -> frozenset[str]:
    """The arrays whose centre is given: by name, or with the whole ball."""
    if inherited.center is None:
        return frozenset()
    value = inherited.center[0]
    return frozenset(names) if isinstance(value, Expression) else frozenset(value)


def _center(context: Context, inherited: Inherited, names: Sequence[str], channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one ball: given for the ball, or for arrays in it, whose squares add up."""
    if inherited.center is None:
        return None
    value, environment = inherited.center
    if isinstance(value, Expression):
        return _nonnegative(context, (value, environment), channels, "a centre")
    given = [value[name] for name in names if name in value]
    if not given:
        return None
    norms = [_nonnegative(context, (center, environment), channels, "a centre") for center in given]
    return norms[0] if len(norms) == 1 else sympy.sqrt(sympy.Add(*(norm**2 for norm in norms)))


def spectral_of(context: Context, inherited: Inherited, channels: Channels) -> sympy.Expr | None:
    if inherited.spectral is None:
        return None
    return _nonnegative(context, inherited.spectral, channels, "a spectral norm")


def _is_frozen(inherited: Inherited) -> bool:
    return inherited.frozen is not None and read_flag_value(*inherited.frozen)


def _check_names(step: Step, shapes: Mapping[str, Shape]) -> None:
    """A ball for an array that the layer does not have is a mistake where the layer itself says so."""
    for value in (step.fields.radius, step.fields.center):
        for name in value if isinstance(value, Mapping) else ():
            if name not in shapes:
                remedy = suggest(name, shapes) or f"its learned arrays are {', '.join(shapes)}"
                raise fail(step.place, f"'{step.kind}' has no learned array '{name}'", remedy)


def _ball_value(found: tuple[Balls, Environment] | None, name: str) -> tuple[Expression, Environment] | None:
    if found is None:
        return None
    value, environment = found
    if isinstance(value, Expression):
        return value, environment
    return (value[name], environment) if name in value else None


def _nonnegative(context: Context, found: tuple[Expression, Environment], channels: Channels, what: str) -> sympy.Expr:
    expression, environment = found
    return context.constant(expression, environment, channels, what)


def _shared(
    context: Context, step: Step, path: str, inference: Inference, inherited: Inherited, loops: tuple[str, ...]
) -> dict[str, Array]:
    """Arrays that belong to another layer; their shapes must agree, as they are or transposed."""
    found: dict[str, Array] = {}
    shapes = inference.arrays
    share = step.fields.share
    if isinstance(share, Mapping):
        for name, (target, place) in share.items():
            if name not in shapes:
                remedy = suggest(name, shapes) or f"its learned arrays are {', '.join(shapes)}"
                raise fail(place, f"'{step.kind}' has no learned array '{name}'", remedy)
            layer, _, array = target.rpartition(".")
            if not layer:
                raise fail(place, f"'{target}' does not say which array", f"write {name}: {target}.{name}")
            found[name] = _take(context, layer, array, name, shapes[name], place, loops)
    elif inherited.share is not None:
        relative = path[len(inherited.share.base) :]
        for name, shape in shapes.items():
            found[name] = _take(
                context, inherited.share.target + relative, name, name, shape, inherited.share.place, loops
            )
    for name, array in found.items():
        if array.at_one and name not in inference.gains:
            remedy = "give its layer a `center`, or share it as the weight of a normalisation"
            raise fail(step.place, f"'{array.origin}' is a gain that starts at one, and '{name}' is none", remedy)
    return found


def _take(
    context: Context, target: str, array: str, name: str, shape: Shape, place: Place, loops: tuple[str, ...]
) -> Array:
    node = context.graph.paths.get(target)
    arrays = {} if node is None else {a.name: a for a in context.graph.layer(node).arrays}
    if node is None or array not in arrays:
        known = [f"{layer.path}.{a.name}" for layer in context.graph for a in layer.arrays]
        remedy = suggest(f"{target}.{array}", known) or "only arrays of layers before this one can be shared"
        raise fail(place, f"there is no learned array '{target}.{array}' to share", remedy)
    _check_passes(context, target, context.graph.layer(node).loops, loops, place)
    other = arrays[array]
    equal = len(other.shape) == len(shape) and (
        all(context.conditions.same(a, b, place) for a, b in zip(other.shape, shape, strict=True))
        or all(context.conditions.same(a, b, place) for a, b in zip(reversed(other.shape), shape, strict=True))
    )
    if not equal:
        found = f"{show_shape(other.shape)} and {show_shape(shape)}"
        raise fail(place, f"'{target}.{array}' cannot be shared: the shapes {found} differ, also transposed")
    return Array(name, shape, other.ball, other.origin, shared=True, at_one=other.at_one)


def _check_passes(context: Context, target: str, theirs: tuple[str, ...], ours: tuple[str, ...], place: Place) -> None:
    """Pass t of a symbolic repeat shares with pass t of another one (that of the module it shares with)."""
    for their, our in zip(theirs, ours, strict=False):
        passes = context.graph.loops[their].times, context.graph.loops[our].times
        if their != our and not context.conditions.same(*passes, place):
            message = f"'{target}' cannot be shared: it is repeated {passes[0]} times, and here are {passes[1]} passes"
            raise fail(place, message, "give both repeats the same number of times")
