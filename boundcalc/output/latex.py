"""LaTeX: the definitions in order, as an aligned display that compiles in any document with amsmath."""

from __future__ import annotations

import re

import sympy
from sympy.logic.boolalg import Boolean

from boundcalc.bounds.compiled import Bounds
from boundcalc.exact.intervals import is_wholeness
from boundcalc.exact.printing import Latex
from boundcalc.output.closed_forms import Style, totals, used

_LETTERS = {
    "norm": "m",
    "lipschitz": r"\ell",
    "smoothness": "L",
    "objective_lipschitz": r"\ell_F",
    "objective_smoothness": "L_F",
}


def to_latex(bounds: Bounds, style: Style = "auto") -> str:
    """`align*` with a line for each definition that is used, and the constants of the network last; with style "expanded",
    constants that have a closed form are written out and need no definitions."""
    wanted = [
        name
        for quantity in totals(bounds).values()
        if (name := bounds.definition(quantity)) is not None and not (style == "expanded" and quantity.expression)
    ]
    definitions = used(bounds.definitions, wanted)
    paths = {bounds.definition(quantity): quantity.name for quantity in reversed(bounds.quantities)}
    letters = {name: letter(paths.get(name, name)) for name, _ in definitions}
    names = {sympy.Symbol(name, positive=True): text for name, text in letters.items()}
    names |= {symbol: _escaped(name) for name, symbol in bounds.symbols.items()}
    latex = Latex({"symbol_names": names})
    signs = {bounds.definition(quantity): r"\le" for quantity in bounds.quantities if quantity.upper}
    lines = [f"{letters[name]} &{signs.get(name, '=')} {latex.doprint(expression)}" for name, expression in definitions]
    quantities = [("m", bounds.norm), (r"\ell", bounds.lipschitz), ("L", bounds.smoothness)]
    if bounds.objective is not None:
        quantities += [(r"\ell_F", bounds.objective.lipschitz), ("L_F", bounds.objective.smoothness)]
    for symbol, quantity in quantities:
        if not quantity.finite:
            lines.append(rf"{symbol} &= \infty \quad \text{{{_text(str(quantity.reason))}}}")
            continue
        if quantity.scalar is None:
            continue
        if quantity.unclosed is not None:
            lines.append(rf"{symbol} &\quad \text{{has no closed form: {_text(quantity.unclosed)}}}")
            continue
        name = bounds.definition(quantity)
        expression = quantity.expression
        if name is not None and letters.get(name) == symbol:
            continue  # defined above
        value = letters[name] if name in letters else latex.doprint(expression)
        sign = r"\le" if quantity.upper else "="
        lines.append(f"{symbol} &{sign} {value}")
    lines += [rf"& \text{{if }} {_condition(condition, latex)}" for condition in bounds.conditions]
    comments = "".join(f"% {' '.join(line.split())}\n" for line in (bounds.name, *bounds.warnings))
    body = " \\\\\n".join(lines)
    return f"{comments}\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _condition(condition: Boolean, latex: Latex) -> str:
    if is_wholeness(condition):
        return rf"{latex.doprint(condition.args[0])} \in \mathbb{{Z}}"
    return latex.doprint(condition)


def letter(name: str) -> str:
    """lipschitz_head -> \\ell_{\\text{head}}; auxiliary t_3 -> t_{3}."""
    for word in sorted(_LETTERS, key=len, reverse=True):
        if name == word:
            return _LETTERS[word]
        if name.startswith(f"{word}_"):
            return rf"{_LETTERS[word]}_{{\text{{{_text(name[len(word) + 1 :])}}}}}"
    stem, _, index = name.partition("_")
    return f"{stem}_{{{index}}}" if index.isdigit() else _escaped(name)


def _text(text: str) -> str:
    return re.sub(r"([_&%$#{}])", r"\\\1", text.replace("\\", r"\textbackslash ")).replace("^", r"\^{}")


def _escaped(name: str) -> str:
    """A symbol: one letter as it is or with an index, Greek names as letters, others upright."""
    if match := re.fullmatch(r"([A-Za-z])_([A-Za-z0-9]+)", name):
        return rf"{match[1]}_{{\mathrm{{{match[2]}}}}}"
    plain = sympy.latex(sympy.Symbol(name))
    if len(name) == 1 or plain.startswith("\\"):
        return plain
    return rf"\mathrm{{{_text(name)}}}"
