"""Writes docs/catalogue.md from the data of boundcalc/catalogue: `python docs/generate_catalogue.py`."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from pathlib import Path
from types import ModuleType

import sympy

from boundcalc.catalogue import convolutions, gains, local_response, normalisations, poolings, published, symbols
from boundcalc.catalogue.fact import Fact
from boundcalc.catalogue.index import ELEMENTWISE, LOG_SOFTMAX, LOSSES, NORMALISATIONS, SOFTMAX
from boundcalc.catalogue.nonlinearity import Nonlinearity, Parameter
from boundcalc.catalogue.softmax import MASKED_SOFTMAX

PAGE = Path(__file__).with_name("catalogue.md")
WITNESSES = {"attained": "reached", "limit": "approached", "upper": "upper bound only"}
INTRODUCTION = """\
# The catalogue

<!-- Written by docs/generate_catalogue.py from boundcalc/catalogue; edit there. -->

What is known of each layer: exact constants in the Euclidean norm over the whole batch, where they hold, where they come from, and a
witness, a point where the constant is reached or that it tends to (else the remark that it is an upper bound only). `l` bounds the operator
norm of the derivative, `L` its Lipschitz constant; *norm* bounds the Euclidean norm of the image, *largest entry* its absolute values.
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
            _short(entry.lipschitz),
            _short(entry.smoothness),
            _code(entry.sup_at_zero),
            "" if entry.sup is None else _short(entry.sup),
        )
        for entry in entries
    )
    return _table(("name", "l", "L", "abs a(0)", "largest abs a"), rows)


def _entry(title: str, entry: Nonlinearity) -> str:
    lines = [f"{title}\n", f"{entry.title}. Domain: {entry.domain}.\n"]
    if entry.function is not None:
        lines.append(f"{_code(entry.function(symbols.x))}\n")
    lines += [_parameter(parameter) for parameter in entry.parameters]
    facts = {
        "l": entry.lipschitz,
        "L": entry.smoothness,
        "T": entry.third,
        "upper curvature": entry.upper,
        "norm": entry.norm,
        "largest entry": entry.sup,
    }
    if entry.elementwise:
        del facts["norm"]  # sqrt(entries) times the largest entry
    rows = [(name, _value(fact), fact.source, _witness(fact)) for name, fact in facts.items() if fact is not None]
    if entry.at_zero.value != 0:
        at_zero = entry.sup_at_zero if entry.elementwise else entry.at_zero.value
        rows.append(("abs a(0)" if entry.elementwise else "norm of a(0)", _code(at_zero), "", ""))
    return "\n".join([*lines, _table(("constant", "value", "source", "witness"), rows)])


def _parameter(parameter: Parameter) -> str:
    default = "required" if parameter.default is None else f"default {_code(parameter.default)}"
    condition = "" if parameter.condition == sympy.true else f", {_code(parameter.condition)}"
    return f"Parameter `{parameter.name}`: {parameter.meaning} ({default}{condition}).\n"


def _short(fact: Fact) -> str:
    if fact.value is None:
        return "infinite"
    return _code(fact.value) + ("" if fact.holds_if == sympy.true else f" if {_code(fact.holds_if)}, else infinite")


def _value(fact: Fact) -> str:
    reason = f": {fact.reason}" if fact.reason else ""
    return _short(fact) + reason


def _witness(fact: Fact) -> str:
    if fact.witness is None:
        return ""
    text = f"{WITNESSES[fact.witness.kind]}: {fact.witness.text}"
    if fact.root is not None:
        text += f" {_code(fact.root.equation)} = 0; the value is rounded up"
    return text


def _functions(*functions: Callable[..., object]) -> Iterator[str]:
    for function in functions:
        parameters = ", ".join(inspect.signature(function).parameters)
        yield f"`{function.__name__}({parameters})`\n\n{_text(function)}"


def _text(documented: object) -> str:
    """A docstring as it is laid out."""
    return f"```text\n{inspect.getdoc(documented)}\n```\n"


def _constant(module: ModuleType, name: str) -> str:
    """A constant of a module with the comment above it, its derivation."""
    lines = inspect.getsource(module).splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}:"))
    return f"`{name}` = {_code(getattr(module, name))}: {lines[at - 1].removeprefix('# ')}\n"


def _published() -> str:
    columns = ("kind", "bilinear map", "bias", "l", "L", "norm", "where")
    rows = (
        (
            entry.kind,
            *(_code(value) for value in (entry.bilinear, entry.bias, entry.lipschitz)),
            "infinite" if entry.reason else _code(entry.smoothness),
            _code(entry.norm),
            "; ".join(text for text in (entry.domain, *entry.warnings) if text),
        )
        for entry in published.PUBLISHED.values()
    )
    return _table(columns, rows)


def _code(value: sympy.Basic | None) -> str:
    if value is None:
        return ""
    named = value.xreplace({symbols.x: sympy.Symbol("x", real=True)})
    decimals = {number: _decimal(number) for number in named.atoms(sympy.Rational) if number.q > 10**4}
    return f"`{named.xreplace(decimals)}`"


def _decimal(number: sympy.Rational) -> sympy.Symbol:
    """Constants that are stored as decimals are shown as such."""
    with localcontext(prec=200):
        return sympy.Symbol(str(Decimal(int(number.p)) / Decimal(int(number.q))))


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
