"""Fields that hold for every layer inside (radius, spectral, center, frozen, share): the nearest wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy

from boundcalc.graph.environment import Channels, Environment, read_flag_value
from boundcalc.graph.layer_graph import Array, Ball, Shape, show_shape, size
from boundcalc.graph.layers.rule import Inference
from boundcalc.spec.architecture import Step
from boundcalc.spec.expression import Expression
from boundcalc.spec.fields import fail
from boundcalc.spec.kinds import StepFields
from boundcalc.spec.mistakes import Place, suggest

if TYPE_CHECKING:
    from boundcalc.graph.expand import Expander

Balls = Expression | Mapping[str, Expression]


@dataclass(frozen=True, slots=True)
class Share:
    """Layers below `base` take the arrays of the layers at the same place below `target`."""

    target: str
    base: str
    place: Place


@dataclass(frozen=True, slots=True)
class Inherited:
    """Each value stands with the environment in which its names are looked up."""

    radius: tuple[Balls, Environment] | None = None
    center: tuple[Balls, Environment] | None = None
    spectral: tuple[Expression, Environment] | None = None
    frozen: tuple[bool | Expression, Environment] | None = None
    share: Share | None = None

    def overlay(self, fields: StepFields, environment: Environment) -> Inherited:
        """What holds inside a step with these fields."""
        changes: dict[str, object] = {}
        for name in ("radius", "center", "spectral", "frozen"):
            value = getattr(fields, name)
            if value is not None:
                changes[name] = (value, environment)
        return replace(self, **changes) if changes else self  # type: ignore[arg-type]

    def sharing(self, target: str, base: str, place: Place) -> Inherited:
        return replace(self, share=Share(target, base, place))


def balls_of(
    expander: Expander, step: Step, path: str, inference: Inference, inherited: Inherited, channels: Channels
) -> tuple[Array, ...]:
    """The learned arrays of a layer, each in the ball that bounds it: one for all of them, or one each."""
    shapes = inference.arrays
    if not shapes:
        return ()
    _check_names(step, shapes)
    arrays = _shared(expander, step, path, inference, inherited)
    own = [name for name in shapes if name not in arrays]
    together = len(own) == len(shapes) and not (inherited.radius and isinstance(inherited.radius[0], Mapping))
    for names in [own] if together else [[name] for name in own]:
        ball = path if together else f"{path}.{names[0]}"
        radius = _ball_value(inherited.radius, names[0])
        if radius is None:
            remedy = "give a radius to the file, the module or the layer: radius: R"
            raise fail(step.place, f"the learned array '{names[0]}' of '{step.kind}' has no radius", remedy)
        center = _center(expander, inherited, names, channels)
        at_one = inference.gains.intersection(names) if center is None else frozenset[str]()
        ones = sympy.sqrt(sympy.Add(*(size(shapes[name]) for name in at_one)))
        bound = _nonnegative(expander, radius, channels, "a radius")
        expander.graph.balls[ball] = Ball(ball, bound, center, _is_frozen(inherited), ones)
        for name in names:
            arrays[name] = Array(name, shapes[name], ball, f"{path}.{name}", at_one=name in at_one)
    return tuple(arrays[name] for name in shapes)


def _center(expander: Expander, inherited: Inherited, names: Sequence[str], channels: Channels) -> sympy.Expr | None:
    """The norm of the centre of one ball: given for the ball, or for arrays in it, whose squares add up."""
    if inherited.center is None:
        return None
    value, environment = inherited.center
    if isinstance(value, Expression):
        return _nonnegative(expander, (value, environment), channels, "a centre")
    given = [value[name] for name in names if name in value]
    if not given:
        return None
    norms = [_nonnegative(expander, (center, environment), channels, "a centre") for center in given]
    return norms[0] if len(norms) == 1 else sympy.sqrt(sympy.Add(*(norm**2 for norm in norms)))


def spectral_of(expander: Expander, inherited: Inherited, channels: Channels) -> sympy.Expr | None:
    if inherited.spectral is None:
        return None
    return _nonnegative(expander, inherited.spectral, channels, "a spectral norm")


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


def _nonnegative(
    expander: Expander, found: tuple[Expression, Environment], channels: Channels, what: str
) -> sympy.Expr:
    expression, environment = found
    return expander.constant(expression, environment, channels, what)


def _shared(
    expander: Expander, step: Step, path: str, inference: Inference, inherited: Inherited
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
            found[name] = _take(expander, layer, array, name, shapes[name], place)
    elif inherited.share is not None:
        relative = path[len(inherited.share.base) :]
        for name, shape in shapes.items():
            found[name] = _take(expander, inherited.share.target + relative, name, name, shape, inherited.share.place)
    for name, array in found.items():
        if array.at_one and name not in inference.gains:
            remedy = "give its layer a `center`, or share it as the weight of a normalisation"
            raise fail(step.place, f"'{array.origin}' is a gain that starts at one, and '{name}' is none", remedy)
    return found


def _take(expander: Expander, target: str, array: str, name: str, shape: Shape, place: Place) -> Array:
    node = expander.graph.paths.get(target)
    arrays = {} if node is None else {a.name: a for a in expander.graph.layer(node).arrays}
    if node is None or array not in arrays:
        known = [f"{layer.path}.{a.name}" for layer in expander.graph for a in layer.arrays]
        remedy = suggest(f"{target}.{array}", known) or "only arrays of layers before this one can be shared"
        raise fail(place, f"there is no learned array '{target}.{array}' to share", remedy)
    other = arrays[array]
    equal = len(other.shape) == len(shape) and (
        all(expander.conditions.same(a, b, place) for a, b in zip(other.shape, shape, strict=True))
        or all(expander.conditions.same(a, b, place) for a, b in zip(reversed(other.shape), shape, strict=True))
    )
    if not equal:
        found = f"{show_shape(other.shape)} and {show_shape(shape)}"
        raise fail(place, f"'{target}.{array}' cannot be shared: the shapes {found} differ, also transposed")
    return Array(name, shape, other.ball, other.origin, shared=True, at_one=other.at_one)
