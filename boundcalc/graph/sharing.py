"""Arrays that belong to another layer: named by the layer that takes them, or at the same place in a module or copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from boundcalc.graph.context import Context
from boundcalc.graph.environment import Environment
from boundcalc.graph.inherited import Inherited, Share, Use, uses
from boundcalc.graph.kind import Placed
from boundcalc.graph.layer_graph import Array, Layer
from boundcalc.graph.shape import Shape, show_shape
from boundcalc.language.architecture import Step
from boundcalc.language.fields import fail
from boundcalc.mistakes import Place, SpecError, suggest


def shared_arrays(
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
    for said, (target, place) in share.items() if isinstance(share, Mapping) else ():
        names = [name for name in shapes if name == said or name.startswith(f"{said}.")]  # an array, or those of a map
        if not names:
            remedy = suggest(said, shapes) or f"its learned arrays are {', '.join(shapes)}"
            raise fail(place, f"'{step.kind}' has no learned array '{said}'", remedy)
        if "." not in target:
            raise fail(place, f"'{target}' does not say which array", f"write {said}: {target}.{said}")
        for name in names:
            other = _named(context, f"{target}{name.removeprefix(said)}", environment, place)
            found[name] = _take(context, other, name, shapes[name], place, loops)
        context.used.add(Use(place, "share", said))
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
        if array.start is not None and (name not in placed.gains or array.start != placed.start):
            remedy = "give its layer a `center`, or share it as the weight of a normalisation"
            word = "one" if array.start == 1 else array.start
            other = f"starts at {placed.start}" if name in placed.gains else "is none"
            raise fail(step.place, f"'{array.origin}' is a gain that starts at {word}, and '{name}' {other}", remedy)
    return found


def _named(context: Context, target: str, environment: Environment, place: Place) -> tuple[Layer, Array]:
    """The array that a dotted path names: of the innermost layer that has it."""
    parts = target.split(".")
    for at in range(len(parts) - 1, 0, -1):
        arrays = _arrays(context, environment.visible(".".join(parts[:at]), context.graph.paths))
        found = arrays.get(".".join(parts[at:]))
        if found is not None:
            return found
    known = (f"{n}.{a}" for p, n in environment.known(context.graph.paths) for a in _arrays(context, p))
    raise _no_array(target, known, place)


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
    return Array(name, shape, other.ball, other.origin, shared=True, start=other.start)


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
