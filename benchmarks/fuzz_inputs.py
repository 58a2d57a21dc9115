"""Random inputs for `make fuzz`, each from its index alone: specs, networks, YAML, expressions and command lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click
import yaml
from reference.random_specs import random_spec

from boundcalc.bounds.options import OPTIONS
from boundcalc.cli.commands import cli
from boundcalc.exact.functions import FUNCTIONS
from boundcalc.layers.index import VOCABULARY

ROOT = Path(__file__).parents[1]
SPECS = {path.stem: path.read_text() for path in sorted((ROOT / "specs").glob("*.yaml"))}
SYMBOLS = ("R", "n", "x", "eps", "beta", "d")
SHORT = [text for text in SPECS.values() if len(text) < 1000 and "include" not in text]
KINDS = ("spec", "network", "yaml", "expression", "command")
READER = ("spec", "yaml", "expression", "options", "arguments")
# What people mistype and what programs trip over.
NUMBERS = ("0", "1", "2", "-1", "1/2", "-3/7", "0.1", "1e3", "1e-300", "1e400", "2**64", "10**10**10", ".inf", ".nan", "1_000", "0x10", "07")  # fmt: skip
SCALARS = (*NUMBERS, "", "~", "true", "no", "R", "n*R", "relu", "'", '"', "[]", "{}", "é", "\u200b", "a" * 300, "2021-01-01", "!!str 1", "*a", "&a 1")  # fmt: skip
KEYS = ("input", "inputs", "layers", "radius", "norm", "shape", "batch", "symbols", "define", "loss", "regularizer", "repeat", "times", "residual", "units", "name", "kernel", "channels", "stride", "padding", "bias", "spectral", "from", "ball", "shared", "sample", "entry", "include", "args")  # fmt: skip
TOKENS = ("-", ":", "{", "}", "[", "]", ",", "#", "\n", "\t", "  ", "---", "|", ">", "<<", "*", "(", ")", "@")
OPERATORS = ("+", "-", "*", "/", "**", "^", "<=", "==", ",", " ", "//", "%", ".", "!", "=")
LONG = 60  # characters of an expression, roughly


@dataclass(frozen=True)
class Input:
    """kind: one of KINDS or READER. text: a spec, or an expression. arguments: of the command line, which reads the text as spec.yaml.
    page: whether the report is made too, which takes longer than all else."""

    kind: str
    text: str
    options: Mapping[str, Any]
    arguments: tuple[str, ...] = ()
    page: bool = False


def made(index: int) -> Input:
    rng = Random(f"fuzz {index}")
    kind = KINDS[index % len(KINDS)]
    page = index % 8 == 0
    if kind == "expression":
        return Input(kind, expression(rng), {})
    if kind == "command":
        text = mutated(rng) if rng.random() < 0.3 else _small(rng)
        return Input(kind, text, {}, command(rng))
    if kind == "network":
        text = random_spec(index)
        return Input(kind, _word(text, rng) if rng.random() < 0.3 else text, options(rng, 0.99), page=page)
    return Input(kind, mutated(rng) if kind == "spec" else random_yaml(rng), options(rng), page=page)


def made_for_the_reader(index: int) -> Input:
    """What is read or refused in a millisecond."""
    rng = Random(f"reader {index}")
    kind = READER[index % len(READER)]
    if kind == "options":
        return Input(kind, "", options(rng, 0.8))
    if kind == "arguments":
        return Input(kind, "", {}, command(rng))
    if kind == "expression":
        return Input(kind, expression(rng), {})
    return Input(kind, mutated(rng, SHORT) if kind == "spec" else random_yaml(rng), {})


def mutated(rng: Random, texts: Sequence[str] = tuple(SPECS.values())) -> str:
    text = rng.choice(texts)
    fine = rng.random() < 0.5
    for _ in range(rng.choice((0, 1, 1, 2)) if fine else rng.choice((1, 1, 2, 3, 8))):
        text = (_number if fine else rng.choice(MUTATIONS))(text, rng)
    return text


def _place(text: str, rng: Random) -> int:
    return rng.randrange(len(text) + 1)


def _delete(text: str, rng: Random) -> str:
    start = _place(text, rng)
    return text[:start] + text[start + rng.choice((1, 1, 4, 20)) :]


def _insert(text: str, rng: Random) -> str:
    start = _place(text, rng)
    word = rng.choice((rng.choice(SCALARS), rng.choice(TOKENS), rng.choice(KEYS), chr(rng.randrange(0x300))))
    return text[:start] + word + text[start:]


def _lines(text: str, rng: Random) -> str:
    """A line twice, elsewhere, or not at all."""
    lines = text.splitlines()
    if not lines:
        return text
    line = lines[rng.randrange(len(lines))]
    if rng.random() < 0.5:
        lines.remove(line)
    if rng.random() < 0.7:
        lines.insert(rng.randrange(len(lines) + 1), line)
    return "\n".join(lines) + "\n"


def _word(text: str, rng: Random) -> str:
    """A word for another one: numbers, fields and layers keep the text readable, so that what is behind the reader is reached."""
    words = [word for word in set(text.replace("{", " ").replace("[", " ").replace(",", " ").split()) if len(word) < 20]
    old = rng.choice(sorted(words) or [""])
    if not old:
        return text
    bare = old.strip(":]}")
    digits = bare.lstrip("-").replace("/", "").replace(".", "").isdigit()
    new = rng.choice(NUMBERS if digits else KEYS if rng.random() < 0.3 else sorted(VOCABULARY))
    return text.replace(old, old.replace(bare, new), rng.choice((1, -1)))


def _number(text: str, rng: Random) -> str:
    """Another number, small and whole most of the time: such specs are compiled and printed."""
    places = list(re.finditer(r"(?<![\w.])\d+(?![\w.])", text))
    if not places:
        return text
    at = rng.choice(places)
    new = rng.choice(("1", "2", "3", "8", "17", "1000", "1/2", "R", rng.choice(NUMBERS)))
    return text[: at.start()] + new + text[at.end() :]


def _layer(text: str, rng: Random) -> str:
    """Another layer behind a line of a list."""
    lines = text.splitlines()
    places = [i for i, line in enumerate(lines) if line.lstrip().startswith("- ")]
    if not places:
        return text
    at = rng.choice(places)
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    name = rng.choice(sorted(VOCABULARY))
    value = rng.choice(("", f": {rng.choice(SCALARS)}", f": {{{rng.choice(KEYS)}: {rng.choice(SCALARS)}}}"))
    lines.insert(at, f"{indent}- {name}{value}")
    return "\n".join(lines) + "\n"


MUTATIONS: tuple[Callable[[str, Random], str], ...] = (_delete, _insert, _lines, _word, _word, _word, _layer, _layer)


def random_yaml(rng: Random) -> str:
    """A tree of fields, with what a spec needs most of the time."""
    tree = _tree(rng, 4)
    if rng.random() < 0.8:
        whole = {"input": {"shape": [rng.choice((1, 3, "d"))], "norm": 1}, "radius": 1, "layers": _tree(rng, 3)}
        tree = {**whole, **(tree if isinstance(tree, dict) and rng.random() < 0.4 else {})}
    return yaml.safe_dump(tree, allow_unicode=True, default_flow_style=rng.choice((True, False, None)))


def _tree(rng: Random, depth: int) -> Any:
    shape = rng.random()
    if depth == 0 or shape < 0.2:
        return rng.choice((rng.choice(SCALARS), rng.choice(sorted(VOCABULARY)), rng.randrange(-2, 9), None, True, 0.5))
    if shape < 0.6:
        return [_tree(rng, depth - 1) for _ in range(rng.randrange(5))]
    names = (*KEYS, *rng.sample(sorted(VOCABULARY), 8))
    return {rng.choice(names): _tree(rng, depth - 1) for _ in range(rng.randrange(4))}


def expression(rng: Random) -> str:
    text = _term(rng, rng.randrange(6))
    if rng.random() < 0.3:
        at = _place(text, rng)
        text = text[:at] + rng.choice((*OPERATORS, *TOKENS, chr(rng.randrange(1, 0x2FF)))) + text[at:]
    return text


def _term(rng: Random, depth: int) -> str:
    if depth == 0:
        return rng.choice((rng.choice(SYMBOLS), rng.choice(NUMBERS), str(rng.randrange(100)), "pi", "E"))
    if rng.random() < 0.3:
        name = rng.choice((*sorted(FUNCTIONS.called), "sum", "prod"))
        return f"{name}({', '.join(_term(rng, depth - 1) for _ in range(rng.choice((1, 1, 2, 3))))})"
    left, right = _term(rng, depth - 1), _term(rng, rng.randrange(depth))
    text = f"{left}{rng.choice(OPERATORS[:5])}{right}"
    return f"({text})" if rng.random() < 0.6 else text


def options(rng: Random, right: float = 0.95) -> dict[str, Any]:
    """Of the Python face: choices, and now and then what is none."""
    found: dict[str, Any] = {}
    for name, option in OPTIONS.items():
        if rng.random() < 0.25:
            values = (*option.choices, option.default)
            if isinstance(option.default, bool):
                values = (True, False)
            elif name == "wrt":
                values = ("parameters", "parameters", "input", "**", "a.b")
            elif name == "blocks":
                values = ("total", "layer", "*", "stage*,head*")
            elif name == "smooth":
                values = ("softplus", "moreau=1/10")
            found[name] = rng.choice(values) if rng.random() < right else rng.choice((None, 3, "", "x", [], ["*"]))
    return found


def _small(rng: Random) -> str:
    """A network on which every study ends soon."""
    kinds = [rng.choice(("dense: 3", "tanh", "softplus", "layernorm: eps", "relu", "dense: {units: 2, bias: false}")) for _ in range(4)]  # fmt: skip
    head = "symbols: {R: 2, x: 1, eps: 1/10}\nbatch: 2\ninput: {shape: [3], norm: {sample: x}}\nradius: R\n"
    loss = rng.choice(("", "loss: logistic\n", "loss: {squared: {labels: 1}}\nregularizer: 1/10\n"))
    return head + "layers:\n" + "".join(f"  - {kind}\n" for kind in kinds) + loss


WORDS = ("R", "x", "R=3", "R=", "R=1:3", "R=1:3:3", "R=1/0", "x=1e-400", "lipschitz", "smoothness", "lipschitz <= 5", "smoothness <= R", "**.radius", "layer", "total", "*", "1/eps", "parameters", "input", "softplus", "moreau=1", "spec.yaml", "missing.yaml", "", "-1", "0", "1", "3", "nan", "dense")  # fmt: skip
QUICK = {"falsify": ("--trials", "1", "--seconds", "1")}
# Commands that write what is asked for, or read models of other frameworks, have their own tests.
LEFT_OUT = {"--output", "--plot", "--vocabulary", "--help", "--jobs", "--checkpoint", "--save"}


def command(rng: Random) -> tuple[str, ...]:
    """Any command, and options that it has, with values that it may have."""
    name = rng.choice(sorted(set(cli.commands) - {"init", "import"}))
    found = [name]
    for parameter in cli.commands[name].params:
        spelled = max(parameter.opts, key=len)
        if isinstance(parameter, click.Argument):
            found.append("spec.yaml" if rng.random() < 0.95 else rng.choice(WORDS))
        elif spelled not in LEFT_OUT and (parameter.required or rng.random() < 0.15):
            found.append(spelled)
            if not getattr(parameter, "is_flag", False):
                choices = getattr(parameter.type, "choices", None)
                likely = choices is not None and rng.random() < 0.9
                found.append(str(rng.choice(list(choices) if likely and choices else WORDS)))
    return (*found, *QUICK.get(name, ()))
