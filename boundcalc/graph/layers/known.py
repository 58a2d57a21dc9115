"""Layers given by their constants alone, and learned arrays: the primitives of the language."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Map, Sum
from boundcalc.catalogue import gains
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.exact.expression import Expression
from boundcalc.graph.layer_graph import Layer, Shape
from boundcalc.graph.layers.rule import Inference, LayerRule, Lowering, Request
from boundcalc.language.structure import BilinearMap, Generic, LinearMap, NonlinearMap, ParameterArray

_SOURCE = "given in the spec"


def _shape(request: Request, given: tuple[Expression, ...] | None) -> Shape:
    """The shape that the step says, or that of its input."""
    if given is None:
        return request.shapes[0]
    return tuple(request.size(axis, "an axis") for axis in given)


def given_map(
    name: str,
    lipschitz: sympy.Expr | None,
    smoothness: sympy.Expr | None,
    at_zero: sympy.Expr | None,
    sup: sympy.Expr | None,
) -> Nonlinearity:
    """A map known by constants that somebody vouches for; `at_zero` and `sup` bound Euclidean norms.

    Where only `sup` is known it also bounds the image of zero.
    """
    bound_at_zero = at_zero if at_zero is not None else sup
    return Nonlinearity(
        name=name,
        title=f"{name} of given constants",
        domain="where the spec's constants hold",
        lipschitz=Fact(lipschitz, _SOURCE, reason=f"no Lipschitz constant of '{name}' is given"),
        smoothness=Fact(smoothness, _SOURCE, reason=f"no smoothness constant of '{name}' is given"),
        at_zero=sympy.S.Zero if bound_at_zero is None else bound_at_zero,
        norm=None if sup is None else Fact(sup, _SOURCE),
    )


def unknown_map(name: str, reason: str) -> Nonlinearity:
    """A map without finite constants."""
    return replace(
        given_map(name, None, None, None, None),
        lipschitz=Fact(None, _SOURCE, reason=reason),
        smoothness=Fact(None, _SOURCE, reason=reason),
    )


def infer_linear(request: Request) -> Inference:
    fields = request.fields(LinearMap)
    return Inference(_shape(request, fields.shape), settings={"norm": request.constant(fields.norm, "a norm")})


def lower_linear(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = cast(sympy.Expr, layer.settings["norm"])
    lowering.own(layer, operator_norm=norm)
    return lowering.emit(Linear(inputs[0], norm))


def infer_map(request: Request) -> Inference:
    fields = request.fields(NonlinearMap)
    names = ("lipschitz", "smoothness", "at_zero", "sup")
    given = {name: cast(Expression | None, getattr(fields, name)) for name in names}
    values = {name: None if e is None else request.constant(e, f"'{name}'") for name, e in given.items()}
    return Inference(_shape(request, fields.shape), settings=values)


def lower_nonlinear(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """Without `at_zero` nothing is known of the image of zero, so only `sup` can bound the norm."""
    values = cast(dict[str, sympy.Expr | None], layer.settings)
    entry = given_map("map", values["lipschitz"], values["smoothness"], values["at_zero"], values["sup"])
    lowering.own(layer, lipschitz=values["lipschitz"], smoothness=values["smoothness"])
    unbounded = (
        ""
        if values["at_zero"] is not None or values["sup"] is not None
        else "a map without at_zero or sup has an unbounded norm"
    )
    return lowering.emit(Map(inputs[0], entry, unbounded))


def infer_bilinear(request: Request) -> Inference:
    fields = request.fields(BilinearMap)
    if len(request.shapes) != 2:
        raise request.error(f"'bilinear' takes two operands, not {len(request.shapes)}")
    return Inference(_shape(request, fields.shape), settings={"norm": request.constant(fields.norm, "a norm")})


def lower_bilinear(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    norm = cast(sympy.Expr, layer.settings["norm"])
    lowering.own(layer, bilinear_norm=norm)
    return lowering.emit(Bilinear(inputs[0], inputs[1], norm))


def infer_generic(request: Request) -> Inference:
    fields = request.fields(Generic)
    settings = {
        "lipschitz": request.constant(fields.lipschitz, "'lipschitz'"),
        "smoothness": None if fields.smoothness is None else request.constant(fields.smoothness, "'smoothness'"),
    }
    # One learned array, of unknown size: only its ball matters.
    return Inference(_shape(request, fields.shape), {"weight": ()}, settings)


def lower_generic(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """A map of a sum: the first derivative of (v, z) is bounded by l_v + l_z, as in the talk's generic chain."""
    values = cast(dict[str, sympy.Expr | None], layer.settings)
    entry = given_map("generic", values["lipschitz"], values["smoothness"], None, None)
    lowering.own(layer, lipschitz=values["lipschitz"], smoothness=values["smoothness"])
    joint = lowering.emit(Sum((lowering.array(layer.arrays[0]), inputs[0])))
    return lowering.emit(Map(joint, entry, "a generic layer is known by its constants alone: its norm is unbounded"))


def infer_parameter(request: Request) -> Inference:
    shape = tuple(request.size(axis, "an axis") for axis in request.fields(ParameterArray).shape)
    return Inference(shape, {"weight": shape})


def lower_parameter(layer: Layer, inputs: tuple[int, ...], lowering: Lowering) -> int:
    """The same array for every sample of the batch: n copies."""
    copies = gains.repeat_norm(lowering.batch)
    lowering.own(layer, operator_norm=copies)
    return lowering.emit(Linear(lowering.array(layer.arrays[0]), copies))


LINEAR = LayerRule(infer_linear, lower_linear)
NONLINEAR = LayerRule(infer_map, lower_nonlinear)
BILINEAR = LayerRule(infer_bilinear, lower_bilinear, operands=None)
GENERIC = LayerRule(infer_generic, lower_generic)
PARAMETER = LayerRule(infer_parameter, lower_parameter, operands=0)
