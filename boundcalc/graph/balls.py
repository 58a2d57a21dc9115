"""Learned arrays and the balls that bound them: one for all arrays of a layer, or one each; shared ones have their owner's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.graph.context import Context
from boundcalc.graph.environment import Channels, Environment, read_flag_value
from boundcalc.graph.inherited import Balls, Given, Inherited, Share, Use, uses
from boundcalc.graph.kind import Kind, Placed
from boundcalc.graph.layer_graph import Array, Ball, Layer
from boundcalc.graph.shape import Shape, show_shape, size
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail
from boundcalc.mistakes import Place, SpecError, suggest


def balls_of(
    context: Context,
    step: Step,
    path: str,
    placed: Placed[Any],
    inherited: Inherited,
    channels: Channels,
    environment: Environment,
    loops: tuple[str, ...],
) -> tuple[Array, ...]:
    """The learned arrays of a layer inside `loops`, each in the ball that bounds it: one for all of them, or one each."""
    shapes = placed.arrays
    if not shapes:
        return ()
    _check_names(step, shapes)
    arrays = _shared(context, step, path, placed, inherited, environment, loops)
    own = [name for name in shapes if name not in arrays]
    together = len(own) == len(shapes) and not (inherited.radius and isinstance(inherited.radius.value, Mapping))
    for names in [own] if together else [[name] for name in own]:
        ball = path if together else f"{path}.{names[0]}"
        for name in names:
            context.used.update(uses(inherited.radius, "radius", name))
            context.used.update(uses(inherited.center, "center", name))
        radius = _radius(context, inherited, names, channels)
        if radius is None:
            remedy = "give a radius to the file, the module or the layer: radius: R"
            raise fail(step.place, f"the learned array '{names[0]}' of '{step.kind}' has no radius", remedy)
        center = _center(context, inherited, names, channels)
        at_one = placed.gains.intersection(names) - _centred(inherited, names)
        ones = sympy.sqrt(sympy.Add(*(size(shapes[name]) for name in at_one)))
        made_in = context.graph.made_in(loops)
        if ball in context.graph.balls or ball in context.graph.paths:  # of a step that the layer reads
            finding = f"the name '{names[0]}' of a step that '{step.kind}' reads is that of its own learned array"
            raise fail(step.place, finding, "give the step another name")
        context.graph.balls[ball] = Ball(ball, radius, center, _is_frozen(context, inherited), ones, made_in)
        for name in names:
            own_center = _center_of(context, inherited, name, channels)
            arrays[name] = Array(name, shapes[name], ball, f"{path}.{name}", at_one=name in at_one, center=own_center)
    return tuple(arrays[name] for name in shapes)


def _centred(inherited: Inherited, names: Sequence[str]) -> frozenset[str]:
    """The arrays whose centre is given: by name, or with the whole ball."""
    if inherited.center is None:
        return frozenset()
    value = inherited.center.value
    return frozenset(names) if isinstance(value, Expression) else frozenset(value)


def _radius(context: Context, inherited: Inherited, names: Sequence[str], channels: Channels) -> sympy.Expr | None:
    given = inherited.radius
    found = None if given is None else _entry(given, names[0])
    return None if given is None or found is None else _nonnegative(context, given, found, channels, "a radius")


def _center(context: Context, inherited: Inherited, names: Sequence[str], channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one ball: given for the ball, or for arrays in it, whose squares add up."""
    given = inherited.center
    if given is None:
        return None
    wanted = names[:1] if isinstance(given.value, Expression) else names
    found = [entry for name in wanted if (entry := _entry(given, name)) is not None]
    norms = [_nonnegative(context, given, entry, channels, "a centre") for entry in found]
    if len(norms) < 2:
        return norms[0] if norms else None
    return sympy.sqrt(sympy.Add(*(norm**2 for norm in norms)))


def _center_of(context: Context, inherited: Inherited, name: str, channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one array, where it is given by name."""
    given = inherited.center
    if given is None or isinstance(given.value, Expression) or name not in given.value:
        return None
    return _nonnegative(context, given, given.value[name], channels, "a centre")


def _entry(given: Given[Balls], name: str) -> Expression | None:
    """What a field says of one array."""
    return given.value if isinstance(given.value, Expression) else given.value.get(name)


def spectral_of(context: Context, kind: Kind[Any, Any], inherited: Inherited, channels: Channels) -> sympy.Expr | None:
    """The bound of the operator norm of the layer's linear map, where its kind can use one."""
    given = inherited.spectral
    if given is None or not kind.spectral:
        return None
    context.used.update(uses(given, "spectral"))
    return _nonnegative(context, given, given.value, channels, "a spectral norm")


def _is_frozen(context: Context, inherited: Inherited) -> bool:
    given = inherited.frozen
    if given is None:
        return False
    context.used.update(uses(given, "frozen"))
    return read_flag_value(given.value, given.environment)


def _check_names(step: Step, shapes: Mapping[str, Shape]) -> None:
    """A ball for an array that the layer does not have is a mistake where the layer itself says so."""
    for value in (step.fields.radius, step.fields.center):
        for name in value if isinstance(value, Mapping) else ():
            if name not in shapes:
                remedy = suggest(name, shapes) or f"its learned arrays are {', '.join(shapes)}"
                raise fail(step.place, f"'{step.kind}' has no learned array '{name}'", remedy)


def _nonnegative(
    context: Context, given: Given[Any], expression: Expression, channels: Channels, what: str
) -> sympy.Expr:
    return context.constant(expression, given.environment, channels, what)


def _shared(
    context: Context,
    step: Step,
    path: str,
    placed: Placed[Any],
    inherited: Inherited,
    environment: Environment,
    loops: tuple[str, ...],
) -> dict[str, Array]:
    """Arrays that belong to another layer: those that the layer itself shares, and of the others those that something around
    it does."""
    found: dict[str, Array] = {}
    shapes, share = placed.arrays, step.fields.share
    for name, (target, place) in share.items() if isinstance(share, Mapping) else ():
        if name not in shapes:
            remedy = suggest(name, shapes) or f"its learned arrays are {', '.join(shapes)}"
            raise fail(place, f"'{step.kind}' has no learned array '{name}'", remedy)
        layer, _, array = target.rpartition(".")
        if not layer:
            raise fail(place, f"'{target}' does not say which array", f"write {name}: {target}.{name}")
        owner = environment.visible(layer, context.graph.paths)
        arrays = _arrays(context, owner)
        if array not in arrays:
            known = (f"{n}.{a}" for p, n in environment.known(context.graph.paths) for a in _arrays(context, p))
            raise _no_array(target, known, place)
        found[name] = _take(context, arrays[array], name, shapes[name], place, loops)
        context.used.add(Use(place, "share", name))
    around = inherited.share
    context.used.update(uses(around, "share"))
    if around is not None:
        owner = f"{around.target}{path.removeprefix(around.base)}"
        arrays = _arrays(context, owner)
        for name in (name for name in shapes if name not in found):
            if name not in arrays:
                known = (f"{p}.{a}" for p in context.graph.paths for a in _arrays(context, p))
                raise _no_array(f"{owner}.{name}", known, around.place)
            _check_step(context, around, step, arrays[name][0])
            found[name] = _take(context, arrays[name], name, shapes[name], around.place, loops)
    for name, array in found.items():
        if array.at_one and name not in placed.gains:
            remedy = "give its layer a `center`, or share it as the weight of a normalisation"
            raise fail(step.place, f"'{array.origin}' is a gain that starts at one, and '{name}' is none", remedy)
    return found


def _arrays(context: Context, path: str | None) -> Mapping[str, tuple[Layer, Array]]:
    """The learned arrays of the layer that a path stands for."""
    node = context.graph.node(context.graph.paths[path]) if path in context.graph.paths else None
    return {array.name: (node, array) for array in node.arrays} if isinstance(node, Layer) else {}


def _check_step(context: Context, share: Share, step: Step, layer: Layer) -> None:
    """What stands at the same place is the same step, where that is there: layers as arguments may shift the names of others."""
    if layer.place != step.place and any(
        path.startswith(f"{share.target}.") for path in context.written.get(step.place, ())
    ):
        finding = f"'{share.target}' cannot be shared: there '{layer.path}' is another step than here"
        remedy = "give the steps of the module names, or both calls the same layers as arguments"
        raise fail(share.place, finding, remedy)


def _no_array(target: str, known: Iterable[str], place: Place) -> SpecError:
    remedy = suggest(target, known) or "only arrays of layers before this one can be shared"
    return fail(place, f"there is no learned array '{target}' to share", remedy)


def _take(
    context: Context, found: tuple[Layer, Array], name: str, shape: Shape, place: Place, loops: tuple[str, ...]
) -> Array:
    """An array of another layer under the name that it has here."""
    layer, other = found
    _check_passes(context, layer, loops, place)
    equal = len(other.shape) == len(shape) and (
        all(context.conditions.same(a, b, place) for a, b in zip(other.shape, shape, strict=True))
        or all(context.conditions.same(a, b, place) for a, b in zip(reversed(other.shape), shape, strict=True))
    )
    if not equal:
        shapes = f"{show_shape(other.shape)} and {show_shape(shape)}"
        target = f"{layer.path}.{other.name}"
        raise fail(place, f"'{target}' cannot be shared: the shapes {shapes} differ, also transposed")
    return Array(name, shape, other.ball, other.origin, shared=True, at_one=other.at_one)


def _check_passes(context: Context, layer: Layer, ours: tuple[str, ...], place: Place) -> None:
    """Pass t of a symbolic repeat shares with pass t of another one (that of the module it shares with)."""
    for their, our in zip(reversed(layer.loops), reversed(ours), strict=False):
        if their in ours:
            return  # around both
        passes = context.graph.loops[their].times, context.graph.loops[our].times
        if not context.conditions.same(*passes, place):
            finding = f"it is repeated {passes[0]} times, and here are {passes[1]} passes"
            remedy = "give both repeats the same number of times"
            raise fail(place, f"'{layer.path}' cannot be shared: {finding}", remedy)
