"""Steps, iteration counts and kernels for whoever trains by the objective of a spec."""

from __future__ import annotations

from collections.abc import Iterator

import sympy

from boundcalc.bounds.answer import SHORT, Answer, short
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.guarantee import Guarantee
from boundcalc.bounds.guarantees import Guarantees, guarantees
from boundcalc.bounds.spectral import OPERATOR
from boundcalc.bounds.targets import NAMES
from boundcalc.display.page import Table
from boundcalc.exact import decimals
from boundcalc.exact.balls import Number
from boundcalc.exact.printing import to_str
from boundcalc.studies.parts.report import Report, of_one

DIGITS = 4
LONGEST = 48  # characters of a formula in a table
L, C = (sympy.Symbol(name, positive=True) for name in ("L", "c"))
FORMS = {
    "prox-linear step": "1/(l_f*L_psi)",
    "spectral lipschitz": "the sum of all p_i",
    "spectral curvature": "the sum of all q_ij",
}
HEADS = ("", "number", "formula")


def objective(
    bounds: Bounds,
    delta: str | None = None,
    gap: str | None = None,
    variance: str | None = None,
    batch: str | None = None,
) -> Report:
    """The study of `objective`: what follows from the bounds of the objective. Raises SpecError for a spec without a loss, and for
    what is asked where it is no positive number."""
    found = guarantees(bounds, delta=delta, gap=gap, variance=variance, batch=batch)
    return Report(
        study="objective",
        specs=(bounds.name,),
        options=bounds.options,
        subject="steps and iterations for the objective",
        parts=(_summary(found), *_notes(found), *_layers(found), *_kernel(found)),
        rows=lambda: [{"name": name, **guarantee.to_dict(bounds.values)} for name, guarantee in _rows(found)],
        more=lambda: {**of_one(bounds.name, bounds.options), **found.data()},
        answered=found.lipschitz.finite or found.bend.finite,
    )


def _rows(found: Guarantees) -> Iterator[tuple[str, Guarantee]]:
    yield ("step 1/L" if found.bend is found.smoothness else "step 1/c"), found.step
    for name, count in found.iterations.items():
        yield f"iterations, {name}", count
    yield "stochastic step", found.stochastic_step
    yield "prox-linear step", found.prox_linear_step
    yield "spectral lipschitz", found.spectral.lipschitz
    yield "spectral curvature", found.spectral.curvature


def _summary(found: Guarantees) -> Table:
    rows: list[list[str]] = []
    upper, letter = found.upper_curvature, L if found.bend is found.smoothness else C
    asked = [("Lipschitz constant l", found.lipschitz), ("smoothness L", found.smoothness)]
    for name, bound in [*asked, *([] if upper is None else [("upper curvature c", upper)])]:
        answer = Answer(name, bound, found.bounds)
        number = "infinite" if not bound.finite else _upper(answer.number)
        rows.append([name, number, _formula(answer.expression if bound.finite else None, answer.definition)])
    for name, guarantee in _rows(found):
        form = to_str(guarantee.in_terms_of(letter)) if guarantee.bound is found.bend else FORMS.get(name, "")
        rows.append([name, _number(found, guarantee), "" if guarantee.refused is not None else form])
    return Table(HEADS, rows, right=("number",))


def _upper(number: Number | None) -> str:
    return "symbolic" if number is None else short(decimals.upper_decimal(number, DIGITS))


def _number(found: Guarantees, guarantee: Guarantee) -> str:
    number, reason = guarantee.at(found.bounds.values)
    if number is None:
        return "none" if reason is not None else "symbolic"
    return short(guarantee.safe(number, DIGITS))


def _formula(expression: sympy.Expr | None, otherwise: str | None) -> str:
    text = "" if expression is None else to_str(expression)
    return text if 0 < len(text) <= LONGEST else otherwise or ""


def _notes(found: Guarantees) -> list[str]:
    """What each guarantees, and why there is none."""
    upper = found.upper_curvature
    lines = ["what they guarantee"]
    if upper is not None and upper.finite:
        lines.append(f"  upper curvature c: {upper.guarantees}")
    for name, guarantee in _rows(found):
        _, reason = guarantee.at(found.bounds.values)
        lines.append(f"  {name}: {guarantee.note if reason is None else f'none, {reason}'}")
    asked = ", ".join(f"{name} = {getattr(found.targets, name)}" for name in NAMES)
    return ["\n".join(lines), f"asked for: {asked}"]


def _layers(found: Guarantees) -> list[Table | str]:
    """Steps of layers, where there are some."""
    columns = ["steps of", "together", "alone", "spectral together", "spectral alone", "norm"]
    steps, spectral = found.steps, found.spectral
    first = next(iter(steps.together.values()), None)
    if first is None or first.bound.reason is not None:
        return [] if first is None else [f"there are no steps of layers: {first.bound.reason}"]
    rows = [
        [
            path,
            *(_number(found, of[path]) for of in (steps.together, steps.alone)),
            *(_number(found, of[path]) for of in (spectral.steps.together, spectral.steps.alone)),
            spectral.norm_of(path),
        ]
        for path in steps.together
    ]
    operator = "; with spectral steps the layers marked 'operator' move by their polar factor"
    any_operator = OPERATOR in spectral.norms.values()
    return [
        Table(columns, rows, right=columns[1:5]),
        f"steps together belong together{operator if any_operator else ''}",
    ]


def _kernel(found: Guarantees) -> list[str]:
    kernel = found.kernel
    if kernel.reason is not None:
        return [f"there is no kernel of relative smoothness: {kernel.reason}"]
    expression = kernel.expression
    text = "" if expression is None else to_str(expression)
    form = text if 0 < len(text) <= SHORT else f"a sum of {len(kernel.terms)} powers of norm_w, see --format json"
    return [f"1-smooth relative to h(w) = {form}, in no ball"]
