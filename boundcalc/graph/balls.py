"""Learned arrays and the balls that bound them: one for all arrays of a layer, or one each; shared ones have their owner's.

A layer of several learned maps calls their arrays MAP.ARRAY (query.weight): each map has a ball of its own. A mapping of a field
may name a map, an array, or the arrays of that name of all maps.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import sympy

from boundcalc.exact.expression import Expression
from boundcalc.graph.context import Context
from boundcalc.graph.environment import Channels, Environment, read_flag_value
from boundcalc.graph.inherited import Balls, Given, Inherited, uses
from boundcalc.graph.kind import Kind, Placed
from boundcalc.graph.layer_graph import Array, Ball
from boundcalc.graph.limits import check_limits
from boundcalc.graph.shape import size
from boundcalc.graph.sharing import shared_arrays
from boundcalc.language.architecture import Step
from boundcalc.language.fields import CenterNorms, fail
from boundcalc.mistakes import SpecError, suggest

Entry = TypeVar("Entry", Expression, Expression | CenterNorms)
CENTER = "center"  # what the radius calls the norm of the centre


def balls_of(
    context: Context,
    step: Step,
    path: str,
    kind: Kind[Any, Any],
    placed: Placed[Any],
    inherited: Inherited,
    channels: Channels,
    environment: Environment,
    loops: tuple[str, ...],
) -> tuple[Array, ...]:
    """The learned arrays of a layer inside `loops`, each in the ball that bounds it: one for all of a map, or one each."""
    shapes = placed.arrays
    if not shapes:
        return ()
    _check_names(step, placed)
    arrays = shared_arrays(context, step, path, placed, inherited, environment, loops)
    _check_radii(context, step, placed, arrays)
    _check_owners(context, step, placed, inherited, arrays, channels)
    for ball, names in _groups(path, placed, arrays, inherited.radius):
        given = placed.radii.get(_map_of(names[0]))
        for address in (address for name in names for address in _addresses(name)):
            if given is None:
                context.used.update(uses(inherited.radius, "radius", address))
            context.used.update(uses(inherited.center, "center", address))
        center = _center(context, inherited, names, channels)
        radius = _radius(context, inherited, names, channels, center) if given is None else given
        if radius is None:
            remedy = "give a radius to the file, the module or the layer: radius: R"
            raise fail(step.place, f"the learned array '{names[0]}' of '{step.kind}' has no radius", remedy)
        _check_center(step, placed, kind, inherited, names)
        gains = placed.gains.intersection(names) - _centred(inherited, names)
        ones = placed.start * sympy.sqrt(sympy.Add(*(size(shapes[name]) for name in gains)))
        made_in = context.graph.made_in(loops)
        if ball in context.graph.balls or ball in context.graph.paths:  # of a step that the layer reads
            finding = f"the name '{ball[len(path) + 1 :]}' of a step that '{step.kind}' reads is that of its own learned array"
            raise fail(step.place, finding, "give the step another name")
        frozen = _is_frozen(context, inherited) or _map_of(names[0]) in placed.frozen
        context.graph.balls[ball] = Ball(ball, radius, center, frozen, ones, made_in)
        for name in names:
            own_center = _center_of(context, inherited, name, channels)
            start = placed.start if name in gains else None
            arrays[name] = Array(
                name,
                shapes[name],
                ball,
                f"{path}.{name}",
                start=start,
                center=own_center,
                center_spectral=_center_spectral(context, inherited, name, channels),
            )
    check_limits(context, step, placed, arrays)
    return tuple(arrays[name] for name in shapes)


def _groups(
    path: str, placed: Placed[Any], shared: Mapping[str, Array], radius: Given[Balls] | None
) -> Iterator[tuple[str, list[str]]]:
    """The balls of the arrays that are not shared, each with its arrays."""
    for of in dict.fromkeys(map(_map_of, placed.arrays)):
        whole = [name for name in placed.arrays if _map_of(name) == of]
        own = [name for name in whole if name not in shared]
        said = None if of in placed.radii else _said(radius, whole[0])
        if own == whole and not (said and isinstance(said.value, Mapping)):
            yield f"{path}.{of}" if of else path, own
        else:
            yield from ((f"{path}.{name}", [name]) for name in own)


def _map_of(name: str) -> str:
    """The learned map that an array is of, where a layer has several."""
    return name.rpartition(".")[0]


def _addresses(name: str) -> tuple[str, ...]:
    """What a mapping may call an array, the nearest first."""
    of, _, last = name.rpartition(".")
    return (name, of, last) if of else (name,)


def _said(given: Given[Entry | Mapping[str, Entry]] | None, name: str) -> Given[Entry | Mapping[str, Entry]] | None:
    """What a field says of the map of an array: something of its whole ball where it names the map and no array of it."""
    of = _map_of(name)
    if given is None or not isinstance(given.value, Mapping) or of not in given.value:
        return given
    return given if of in map(_map_of, given.value) else replace(given, value=given.value[of])


def _check_radii(context: Context, step: Step, placed: Placed[Any], shared: Mapping[str, Array]) -> None:
    """The radius that a field of the kind gives is that of the owner, where the array is shared."""
    for name, array in shared.items():
        radius, ball = placed.radii.get(_map_of(name)), context.graph.balls[array.ball]
        if radius is not None and not context.conditions.same(radius, ball.radius, step.place):
            raise _differs(step, _map_of(name), radius, ball.path, ball.radius)


def _check_owners(
    context: Context,
    step: Step,
    placed: Placed[Any],
    inherited: Inherited,
    arrays: Mapping[str, Array],
    channels: Channels,
) -> None:
    """What is said of the balls inside a module or copy that shares as a whole is what its owner says: it would be ignored."""
    if inherited.share is None:
        return
    outside, named = inherited.share.outside, step.fields.share if isinstance(step.fields.share, Mapping) else {}
    groups: dict[str, list[str]] = {}
    for name, array in arrays.items():
        if named.keys().isdisjoint((name, _map_of(name))):
            groups.setdefault(array.ball, []).append(name)
    for path, names in groups.items():
        ball = context.graph.balls[path]
        said = inherited.radius is not outside.radius and _map_of(names[0]) not in placed.radii
        radius = _radius(context, inherited, names, channels, ball.center) if said else None
        if radius is not None and not context.conditions.same(radius, ball.radius, step.place):
            raise _differs(step, "radius", radius, path, ball.radius)
        center, known = None, ball.center or sympy.S.Zero
        if inherited.center is not outside.center:
            center = _center(context, inherited, names, channels)
        if center is not None and not context.conditions.same(center, known, step.place):
            raise _differs(step, "center", center, path, known)
        given = inherited.frozen
        if given is None or given is outside.frozen or _map_of(names[0]) in placed.frozen:  # what is frozen anyway
            continue
        if read_flag_value(given.value, given.environment) != ball.frozen:
            raise _differs(step, "frozen", str(not ball.frozen).lower(), path, str(ball.frozen).lower())


def _differs(step: Step, field: str, ours: sympy.Expr | str, ball: str, theirs: sympy.Expr | str) -> SpecError:
    finding = f"`{field}` is {ours} here, and {theirs} in '{ball}', whose learned arrays these are"
    return fail(step.place, finding, "say the same of both, or share only the arrays that are the same")


def _centred(inherited: Inherited, names: Sequence[str]) -> frozenset[str]:
    """The arrays whose centre is given: by name, or with the whole ball."""
    if inherited.center is None:
        return frozenset()
    return frozenset(name for name in names if _entry(inherited.center, name) is not None)


def _radius(
    context: Context, inherited: Inherited, names: Sequence[str], channels: Channels, center: sympy.Expr | None
) -> sympy.Expr | None:
    """It may be relative to the centre, which is 0 for arrays of which none is known."""
    given = _said(inherited.radius, names[0])
    found = None if given is None else _entry(given, names[0])
    if given is None or found is None:
        return None
    known = channels if center is None else {**channels, CENTER: center}
    return _nonnegative(context, given, found, known, "a radius")


def _center(context: Context, inherited: Inherited, names: Sequence[str], channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one ball: given for the ball, or for arrays in it, whose squares add up."""
    given = _said(inherited.center, names[0])
    if given is None:
        return None
    wanted = names if isinstance(given.value, Mapping) else names[:1]
    found = [entry for name in wanted if (entry := _entry(given, name)) is not None]
    norms = [_nonnegative(context, given, _norm(entry), channels, "a centre") for entry in found]
    if len(norms) < 2:
        return norms[0] if norms else None
    return sympy.sqrt(sympy.Add(*(norm**2 for norm in norms)))


def _center_of(context: Context, inherited: Inherited, name: str, channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one array, where it is given by name."""
    given = _said(inherited.center, name)
    if given is None or isinstance(given.value, Expression) or (found := _entry(given, name)) is None:
        return None
    return _nonnegative(context, given, _norm(found), channels, "a centre")


def _center_spectral(context: Context, inherited: Inherited, name: str, channels: Channels) -> sympy.Expr | None:
    """The operator norm of the layer's map at the centre of an array, where it is given."""
    given = _said(inherited.center, name)
    found = None if given is None else _entry(given, name)
    if given is None or not isinstance(found, CenterNorms):
        return None
    return _nonnegative(context, given, found.spectral, channels, "a spectral norm")


def _check_center(
    step: Step, placed: Placed[Any], kind: Kind[Any, Any], inherited: Inherited, names: Sequence[str]
) -> None:
    """A spectral norm of the centre is that of the one array of which the layer's map is made, or of its gain."""
    if inherited.center is None:
        return
    for name in names:
        found = _entry(inherited.center, name)
        if not isinstance(found, CenterNorms):
            continue
        if found is inherited.center.value and len(placed.arrays) > 1:
            remedy = f"say of which: center: {{{kind.spectral or kind.diagonal or name}: {{norm: E, spectral: E}}}}"
            raise fail(found.place, f"'{step.kind}' has several learned arrays, and this centre is of one", remedy)
        if name not in (kind.spectral, kind.diagonal):
            finding = f"no bound uses the spectral norm of the centre of '{name}' of '{step.kind}'"
            raise fail(found.spectral.place, finding, "say its norm alone: center: E")


def _norm(entry: Expression | CenterNorms) -> Expression:
    return entry.norm if isinstance(entry, CenterNorms) else entry


def _entry(given: Given[Entry | Mapping[str, Entry]], name: str) -> Entry | None:
    """What a field says of one array."""
    value = given.value
    if not isinstance(value, Mapping):
        return value
    return next((value[address] for address in _addresses(name) if address in value), None)


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


def _check_names(step: Step, placed: Placed[Any]) -> None:
    """A ball for an array that the layer does not have is a mistake where the layer itself says so."""
    known = [address for name in placed.arrays for address in _addresses(name)]
    for value in (step.fields.radius, step.fields.center):
        for name in value if isinstance(value, Mapping) else ():
            if name not in known:
                remedy = suggest(name, known) or f"its learned arrays are {', '.join(placed.arrays)}"
                raise fail(step.place, f"'{step.kind}' has no learned array '{name}'", remedy)
            if value is step.fields.radius and (name in placed.radii or _map_of(name) in placed.radii):
                of = name if name in placed.radii else _map_of(name)
                raise fail(step.place, f"the radius of '{name}' is the field `{of}`", "leave it out of `radius`")


def _nonnegative(
    context: Context, given: Given[Any], expression: Expression, channels: Channels, what: str
) -> sympy.Expr:
    return context.constant(expression, given.environment, channels, what)
