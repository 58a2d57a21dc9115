"""Writes docs/catalogue.md from the data of boundcalc/catalogue: `python docs/generate_catalogue.py`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType

import sympy
from prose import blocks, inline
from tables import FEW, LONGEST, formula, table

from boundcalc.catalogue import convolutions, gains, local_response, normalisations, poolings, published, symbols
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.index import ELEMENTWISE, LOG_SOFTMAX, LOSSES, NORMALISATIONS, SOFTMAX
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.softmax import MASKED_SOFTMAX

PAGE = Path(__file__).with_name("catalogue.md")
X = sympy.Symbol("x", real=True)
WITNESSES = {"attained": "reached", "limit": "approached", "upper": "upper bound only"}
INTRODUCTION = """\
# The catalogue

<!-- Written by docs/generate_catalogue.py from boundcalc/catalogue; edit there. -->

What is known of each layer: exact constants in the Euclidean norm over the whole batch, where they hold, where they come from, and a
witness, a point where the constant is reached or that it tends to (else the remark that it is an upper bound only). *l* bounds the operator
norm of the derivative, *L* its Lipschitz constant; *norm* bounds the Euclidean norm of the image, *largest entry* its absolute values.
The tests check every one of them against sampled points and at its witness.
"""
LINEAR = """\
A layer with weights is bilinear in (weights, input), with a bias that is added at each of its positions. How these norms make the
coefficients of a layer is in [the rules](rules.md).
"""
PUBLISHED = f"""\
What `--constants published` uses: the constants of {published.SOURCE}, to reproduce its numbers. Some are not upper bounds in
general, and the output says so. A layer that is missing here is refused under that profile, unless it has no constant of its own.
"""


def page() -> str:
    """The text of docs/catalogue.md."""
    parts = [INTRODUCTION, "## Activations\n", _summary(ELEMENTWISE.values())]
    parts += [_entry(f"### {entry.name}", entry) for entry in ELEMENTWISE.values()]
    parts += [_entry("## Softmax", SOFTMAX), _entry("### Masked softmax", MASKED_SOFTMAX)]
    parts += [_entry("### Log-softmax", LOG_SOFTMAX)]
    parts += ["## Normalisations\n", _text(normalisations)]
    batchnorm = {form: entry for (kind, form), entry in NORMALISATIONS.items() if kind == "batchnorm"}
    parts += [_entry(f"### batchnorm, form `{form}`", entry) for form, entry in batchnorm.items()]
    parts += [
        _entry(f"### {kind}", NORMALISATIONS[kind, "sqrt"])
        for kind in ("layernorm", "rmsnorm", "groupnorm", "instancenorm")
    ]
    parts += [
        _entry("### l2norm", normalisations.UNIT),
        _entry("### weight_norm", normalisations.WEIGHTS),
        "### localresponsenorm\n",
        _text(local_response),
    ]
    parts += ["## Poolings\n", _entry("### Max pooling", poolings.max_pool(sympy.symbols("q_1 q_2", positive=True)))]
    parts += ["### Average pooling\n", *_functions(poolings.average_pool_norm, poolings.global_average_norm)]
    parts += ["## Linear and bilinear maps\n", LINEAR]
    parts += ["### Dense layers and learned gains\n", _constant(gains, "DENSE_NORM"), _constant(gains, "GAIN_NORM")]
    parts += _functions(gains.repeat_norm, gains.augmented_norm, gains.normalised_norm)
    parts += ["### Convolutions\n", *_functions(convolutions.touches, convolutions.convolution_norm)]
    parts += ["### Dropout\n", *_functions(gains.dropout_norm)]
    parts += ["## Losses\n", *(_entry(f"### {entry.name}", entry) for entry in LOSSES.values())]
    parts += ["## Published constants\n", PUBLISHED, _published()]
    return "\n".join(parts)


def _summary(entries: Iterable[Nonlinearity]) -> str:
    rows = (
        (
            f"[{entry.name}](#{entry.name})",
            _short(entry.lipschitz, FEW),
            _short(entry.smoothness, FEW),
            formula(entry.sup_at_zero),
            "" if entry.sup is None else _short(entry.sup),
        )
        for entry in entries
    )
    return table(("name", "*l*", "*L*", "|*a*(0)|", "largest |*a*|"), rows)


def _entry(title: str, entry: Nonlinearity) -> str:
    lines = [f"{title}\n", f"{inline(entry.title)}. Domain: {inline(entry.domain)}.\n"]
    if entry.function is not None:
        lines.append(f"$${'h' if entry.name in LOSSES else 'a'}(x) = {formula(entry.function(X))[1:-1]}$$\n")
    lines += [_parameter(parameter) for parameter in entry.parameters]
    facts = {
        "*l*": entry.lipschitz,
        "*L*": entry.smoothness,
        "*T*": entry.third,
        "upper curvature": entry.upper,
        "norm": entry.norm,
        "largest entry": entry.sup,
    }
    if entry.elementwise:
        del facts["norm"]  # sqrt(entries) times the largest entry
    rows = [
        (name, _value(fact), inline(fact.source), _witness(fact)) for name, fact in facts.items() if fact is not None
    ]
    if entry.at_zero.value is not None and entry.at_zero.value != 0:
        at_zero = entry.sup_at_zero if entry.elementwise else entry.at_zero.value
        rows.append(("|*a*(0)|" if entry.elementwise else "‖*a*(0)‖", formula(at_zero), "", ""))
    return "\n".join([*lines, table(("constant", "value", "source", "witness"), rows)])


def _parameter(parameter: Parameter) -> str:
    default = "required" if parameter.default is None else f"default {formula(parameter.default)}"
    condition = "" if parameter.condition == sympy.true else f", {formula(parameter.condition)}"
    return f"Parameter `{parameter.name}`: {inline(parameter.meaning)} ({default}{condition}).\n"


def _short(fact: Fact, digits: int = LONGEST) -> str:
    if fact.value is None:
        return "infinite"
    return formula(fact.value, digits) + (
        "" if fact.holds_if == sympy.true else f" if {formula(fact.holds_if)}, else infinite"
    )


def _value(fact: Fact) -> str:
    reason = f": {inline(fact.reason)}" if fact.reason else ""
    return _short(fact) + reason


def _witness(fact: Fact) -> str:
    if fact.witness is None:
        return ""
    words, point = fact.witness.text, fact.witness.point
    said = words.removesuffix(str(point))
    is_formula = point is not None and said != words and point.has(sympy.Symbol, sympy.Function, sympy.Pow)
    where = f"{inline(said)} {formula(point)}" if is_formula else inline(words)
    text = f"{WITNESSES[fact.witness.kind]}: {where}"
    if fact.root is not None:
        text += f" {formula(fact.root.equation.xreplace({symbols.x: X}))} $= 0$; the value is rounded up"
    return text


def _functions(*functions: Callable[..., object]) -> Iterator[str]:
    for function in functions:
        parameters = ", ".join(inspect.signature(function).parameters)
        yield f"`{function.__name__}({parameters})`\n\n{_text(function)}"


def _text(documented: object) -> str:
    return blocks(inspect.getdoc(documented) or "") + "\n"


def _constant(module: ModuleType, name: str) -> str:
    """A constant of a module with the comment above it, its derivation."""
    lines = inspect.getsource(module).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}:"))
    return f"`{name}` = {formula(getattr(module, name))}: {inline(lines[at - 1].removeprefix('# '))}\n"


def _published() -> str:
    columns = ("kind", "bilinear map", "bias", "*l*", "*L*", "norm", "where")
    rows = (
        (
            entry.kind,
            *(formula(value) for value in (entry.bilinear, entry.bias, entry.lipschitz)),
            "infinite" if entry.reason else formula(entry.smoothness),
            formula(entry.norm),
            "; ".join(inline(text) for text in (entry.domain, *entry.warnings) if text),
        )
        for entry in published.PUBLISHED.values()
    )
    return table(columns, rows)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
