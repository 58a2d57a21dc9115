"""Hostile specs get a clear error and exit status 2: nothing is executed, nothing hangs, nothing crashes.

Each file is read by `boundcalc bounds` in a process that is killed after a minute: a hang fails the test.
"""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
import sympy
from click.testing import CliRunner

import boundcalc as bc
from boundcalc.cli import spec as spec_commands
from boundcalc.cli.commands import cli
from boundcalc.graph.expand import expand
from boundcalc.graph.layer_graph import LAYER_LIMIT

HEAD = "input: {shape: [4], norm: 1}\nradius: 1\n"
CHAIN = [f"m{i}" for i in range(41)]

TEXTS: dict[str, bytes | str] = {
    "50,000 brackets": "[" * 50_000,
    "50,000 closed brackets": HEAD + "layers: " + "[" * 50_000 + "]" * 50_000,
    "50,000 braces": "{a: " * 50_000,
    "alias bomb": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)),
    "merge-key bomb": "a0: &a0 {x: 1}\n"
    + "".join(f"a{i}: &a{i} {{<<: [{','.join([f'*a{i - 1}'] * 9)}]}}\n" for i in range(1, 30)),
    "tag that executes": 'layers: !!python/object/apply:os.system ["touch pwned"]\n',
    "harmless tag": HEAD + "layers: [!!str relu]\n",
    "duplicate keys": HEAD + "layers: [relu]\nlayers: [tanh]\n",
    "10**10**10 in a symbol": "symbols: {a: 10**10**10}\n" + HEAD + "layers: [dense: 3]\n",
    "10**10**10 in a radius": HEAD.replace("radius: 1", "radius: 10**10**10") + "layers: [dense: 3]\n",
    "import in a size": HEAD + "layers: [dense: \"__import__('os').system('touch pwned')\"]\n",
    "import in a radius": HEAD.replace("radius: 1", "radius: __import__('os')") + "layers: [dense: 3]\n",
    "1 MB scalar": HEAD + "layers: [dense: " + "9" * 1_000_000 + "]\n",
    "more than 1 MB": HEAD + "layers: [dense: " + "9" * (1 << 20) + "]\n",
    "NUL": b"input: \0\n",
    "not UTF-8": "name: café\n".encode("latin-1"),
    "UTF-16": "name: x\n".encode("utf-16"),
    "binary": bytes(range(256)) * 40,
    "empty": "",
    "only a comment": "# nothing\n",
    "null": "null\n",
    "a word": "hello\n",
    "a list": "- a\n",
    "two documents": HEAD + "layers: [relu]\n---\na: 1\n",
    "module that calls itself": HEAD + "define:\n  a: [dense: 3, a]\nlayers: [a]\n",
    "modules that call each other": HEAD + "define:\n  a: [b]\n  b: [a]\nlayers: [a]\n",
    "10**9 copies": HEAD + "layers: [repeat: {times: 10**9, layers: [relu]}]\n",
    "half a copy": HEAD + "layers: [repeat: {times: 1/2, layers: [relu]}]\n",
    "symbols in a circle": "symbols: {a: b, b: c, c: a}\n" + HEAD + "layers: [dense: a]\n",
    "towers of symbols": "symbols:\n  s0: 3\n" + "".join(f"  s{i}: s{i - 1}**s{i - 1}\n" for i in range(1, 9)) + HEAD
    + "layers: [dense: s8]\n",
    "towers of exponentials": HEAD.replace("radius: 1", f"radius: {'exp(' * 10}3{')' * 10}") + "layers: [dense: 3]\n",
    "power of sums": "symbols: {a:, b:, c:}\n" + HEAD.replace("radius: 1", f"radius: {'*'.join(['(a+b+c)'] * 200)}")
    + "layers: [dense: 4]\n",
    "20,000 mistakes": HEAD + "layers:\n" + "  - foo\n" * 20_000,
    "includes itself": "include: [spec.yaml]\n" + HEAD + "layers: [relu]\n",
    "includes the system's files": "include: [/etc/passwd]\n" + HEAD + "layers: [relu]\n",
    "includes from above": "include: [../../etc/passwd]\n" + HEAD + "layers: [relu]\n",
    "includes a folder": "include: [.]\n" + HEAD + "layers: [relu]\n",
    "includes an endless name": "include: [" + "a" * 5000 + "]\n" + HEAD + "layers: [relu]\n",
}  # fmt: skip


def modules(body: str, last: str, first: str, args: str = "") -> str:
    """m0 ... m40, each calling the next as `body` says."""
    lines = [f"  {name}: {{{args}layers: [{body.format(after)}]}}" for name, after in pairwise(CHAIN)]
    return HEAD + "define:\n" + "\n".join(lines) + f"\n  m40: {{{args}layers: [{last}]}}\nlayers: [{first}]\n"


EXPONENTIAL = {
    "layers": modules("{0}, {0}", "relu", "m0"),
    "nothing": modules("{0}, {0}", "", "m0"),
    "mistakes": modules("{0}, {0}", "dense: -1", "m0"),
    "arguments": modules("{0}: {{q: q*q}}", "dense: q", "m0: {q: 2}", "args: {q:}, "),
    "lists of layers": modules("{0}: {{q: [q, q]}}", "q", "m0: {q: [relu]}", "args: {q:}, "),
    "repeats": HEAD + "layers: [" + "repeat: {times: 1000, layers: [" * 4 + "relu" + "]}" * 4 + "]\n",
    "repeats of nothing": HEAD + "layers: [" + "repeat: {times: 1000, layers: [" * 4 + "]}" * 4 + "]\n",
    "chain of modules": HEAD + "define:\n" + "".join(f"  c{i}: [c{i + 1}]\n" for i in range(2000))
    + "  c2000: [relu]\nlayers: [c0]\n",
}  # fmt: skip


def test_hostile_files_are_refused_by_one_command(tmp_path: Path) -> None:
    folders = {}
    for name, text in TEXTS.items():
        folder = tmp_path / str(len(folders))
        folder.mkdir()
        (folder / "spec.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        folders[str(folder / "spec.yaml")] = name
    command = [sys.executable, "-m", "boundcalc", "check", *folders, str(tmp_path), "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == ""
    refused = {str(Path(m["file"]).parent / "spec.yaml") for m in json.loads(done.stdout)["mistakes"] if m["msg"]}
    assert [name for path, name in folders.items() if path not in refused] == []
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("name", TEXTS)
def test_hostile_texts_raise_short_errors(name: str) -> None:
    text = TEXTS[name]
    with pytest.raises(bc.SpecError) as error:
        expand(bc.loads(text))
    assert error.value.mistakes
    assert all(len(str(mistake)) < 6000 for mistake in error.value.mistakes)
    assert len(error.value.errors()) <= 50


@pytest.mark.parametrize("name", EXPONENTIAL)
def test_structures_that_grow_exponentially_are_cut(name: str) -> None:
    with pytest.raises(bc.SpecError) as error:
        expand(bc.loads(EXPONENTIAL[name]), max_layers=1000)  # a count stops the walk: a smaller one is as good
    assert error.value.mistakes


REPEATED = HEAD + "layers: [repeat: {times: %d, layers: [relu]}]\n"


def test_more_layers_than_allowed_are_refused_unless_somebody_allows_them(tmp_path: Path) -> None:
    remedy = "repeat with a symbolic number of times, or allow more with --max-layers N (max_layers=N in Python)"
    with pytest.raises(bc.SpecError) as error:
        bc.compile(bc.loads(HEAD + "layers: [repeat: {times: 20, layers: [repeat: {times: 1001, layers: [relu]}]}]\n"))
    assert str(error.value).endswith(f"; {remedy}")
    assert "the network has more than 20000 layers" in str(error.value)
    with pytest.raises(bc.SpecError, match="more than 20000 copies"):
        expand(bc.loads(REPEATED % (20_001)))
    assert len(list(expand(bc.loads(REPEATED % (20_000))))) == 20_001
    assert len(list(expand(bc.loads(REPEATED % (20_001)), max_layers=20_001))) == 20_002
    assert bc.compile(bc.loads(REPEATED % (30)), max_layers=30).lipschitz.evaluate() == 0
    for blocks in ("total", "layer"):
        with pytest.raises(bc.SpecError, match=f"^<text>:3:26: more than 29 copies; {re.escape(remedy)}$"):
            bc.compile(bc.loads(REPEATED % (30)), blocks=blocks, max_layers=29)
    with pytest.raises(ValueError, match="at least 1"):
        bc.compile(bc.loads(REPEATED % (30)), max_layers=0)
    assert spec_commands.LAYER_LIMIT == LAYER_LIMIT == 20_000


@pytest.mark.parametrize("command", ["bounds", "check", "show", "diff", "asymptotics --in R"])
def test_every_command_that_expands_has_a_limit(command: str, tmp_path: Path) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text("symbols: {R: 2}\n" + (REPEATED % 30).replace("radius: 1", "radius: R").replace("relu", "dense: 4"))
    runner = CliRunner()
    arguments = [*command.split(), str(spec)]
    assert runner.invoke(cli, [*arguments, "--max-layers", "30"]).exit_code == 0
    refused = runner.invoke(cli, [*arguments, "--max-layers", "29"])
    assert (
        refused.exit_code == 2
        if refused.exception is None
        else "more than 29" in str(refused.exception) + refused.stderr
    )
    assert runner.invoke(cli, [*arguments, "--max-layers", "0"]).exit_code == 2


def test_long_chains_of_symbols_and_arguments_are_ordinary() -> None:
    symbols = "symbols:\n  s0: 1\n" + "".join(f"  s{i}: s{i - 1} + 1\n" for i in range(1, 1000))
    bounds = bc.compile(bc.loads(symbols + HEAD + "layers: [dense: s999]\n"))
    assert bounds.lipschitz.evaluate() == pytest.approx(2**0.5)
    arguments = modules("{0}: {{q: q+q}}", "dense: {units: q, bias: false}", "m0: {q: 1}", "args: {q:}, ")
    graph = expand(bc.loads(arguments))
    assert graph.layer(graph.outputs[0]).shape == (2**40,)


CHAINS = {
    "sums": "{0}*R + 1", "extremes": "max({0} + R, {0}*R)", "logarithms": "log(1 + {0})", "roots": "sqrt({0} + R)",
    "other roots": "{0}**(1/3) + R", "ceilings": "ceil({0}*R)", "floors": "floor({0}*2/3) + {0}", "minima": "min({0}*R, {0} + R, 3)",
    "quotients": "({0} + 1)/({0}*R + 1)", "squares": "{0}*{0}", "squares and sums": "{0}*{0} + 1", "norms": "sqrt({0}*{0} + R*R)",
    "exponentials": "exp(-{0})", "powers": "{0}**R", "logarithms used twice": "log(1 + {0})*{0} + 1",
}  # fmt: skip
TOO_MUCH = (  # what a number in such a chain may end in
    "too complicated: more than 500 parts, 100 operations or 8 powers inside one another",
    "too large or too small: numbers stay between",
    "a root of order",
    "roots of numbers of more than 512 bits",
)


def chain(step: str, length: int, value: str) -> str:
    lines = [f'  s{i}: "{step.format(f"s{i - 1}")}"' for i in range(1, length)]
    symbols = "\n".join(["symbols:", f"  R: {value}", "  s0: R", *lines])
    return f"{symbols}\ninput: {{shape: [4], norm: 1}}\nradius: s{length - 1}\nlayers: [dense: 3, tanh, dense: 2]\n"


def compiled(text: str) -> tuple[bc.Bounds | None, str]:
    """The bounds, or why there are none."""
    try:
        return bc.compile(bc.loads(text)), ""
    except bc.SpecError as error:
        return None, error.mistakes[0].message


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("length", [30, 200])
def test_chains_of_free_symbols_stay_definitions(name: str, length: int) -> None:
    bounds = bc.compile(bc.loads(chain(CHAINS[name], length, "")))
    assert bounds.lipschitz.free_symbols == {bounds.symbols[f"s{length - 1}"]}
    assert len(str(bounds.lipschitz.expression)) < 200
    values = bounds.graph.conditions.values.values()
    assert all(len(list(sympy.preorder_traversal(value))) <= 50 for value in values)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("value", ["2", "3/7"])
def test_chains_of_numbers_have_a_number_or_are_refused(name: str, value: str) -> None:
    bounds, message = compiled(chain(CHAINS[name], 30, value))
    if bounds is None:
        assert message.startswith(TOO_MUCH)
        return
    functions = {"log": math.log, "sqrt": math.sqrt, "exp": math.exp, "ceil": math.ceil, "floor": math.floor}
    known = radius = 2 if value == "2" else 3 / 7
    for _ in range(29):
        known = eval(CHAINS[name].format("known"), {**functions, "R": radius, "known": known})
    printed = bc.parse(str(bounds.symbol_values["s29"]), {})
    assert float(sympy.N(printed)) == pytest.approx(known)
    assert bounds.lipschitz.evaluate() > 0


@pytest.mark.parametrize("name", ["sums", "extremes", "logarithms", "squares and sums", "norms"])
def test_chains_through_arguments_are_refused_with_a_remedy(name: str) -> None:
    step = CHAINS[name].format("q")
    text = modules(f"{{0}}: {{{{q: '{step}'}}}}", "dense: {units: 4, radius: q}", "m0: {q: R}", args="args: {q:}, ")
    bounds, message = compiled("symbols: {R: 2}\n" + text)
    if bounds is None:
        assert message.startswith(("too complicated", "a power above 64"))
    else:
        assert bounds.lipschitz.evaluate() > 0


def test_sizes_beyond_doubles_are_ordinary() -> None:
    text = "input: {shape: [3, 10**300, 10**300], norm: 10**400}\nradius: 10**400\nlayers: [conv2d: {channels: 3, kernel: 3}]\n"
    bounds = bc.compile(bc.loads(text))
    assert bounds.norm.log10() == pytest.approx(800.4771212547)
    assert bounds.norm.evaluate() == float("inf")
    assert bounds.norm.number().partition("e")[2] == "+800"


@pytest.mark.parametrize(
    "name", ["print", "__class__", "__builtins__", "exec", "S", "N", "Q", "t_1", "norm", "norm_head", "_"]
)
def test_symbols_may_have_the_names_of_anything(name: str) -> None:
    text = f"symbols: {{{name}:}}\ninput: {{shape: [4], norm: 1}}\nradius: {name}\nlayers: [{{dense: {{units: 3, name: head}}}}]\n"
    bounds = bc.compile(bc.loads(text))
    assert bounds.norm.evaluate({name: 2}) == 2 * 2**0.5
    assert bounds.symbols[name].name == name
    names = [definition for definition, _ in bounds.definitions]
    assert name not in names


@pytest.mark.parametrize(
    "name", ["lambda", "None", "True", "in", "I", "E", "pi", "oo", "sqrt", "max", "é", "x.y", "1x", "a b"]
)
def test_symbols_may_not_be_called_like_this(name: str) -> None:
    with pytest.raises(bc.SpecError):
        bc.loads(f'symbols: {{"{name}": 2}}\n{HEAD}layers: [relu]\n')


DISTINCT = "symbols: {R: 1}\nradius: R\ninput: {shape: [4], norm: 1}\nlayers: [repeat: {times: %d, index: i, layers: [dense: {units: 4, radius: '%s'}]}]\n"
FIFTEEN = "exp(sqrt(i)*R)/(1 + log(2 + i)) + max(i, R) + sqrt(1 + sqrt(i + R))"


def test_many_operations_in_each_of_many_layers_are_refused() -> None:
    with pytest.raises(bc.SpecError) as error:
        expand(bc.loads(DISTINCT % (6000, FIFTEEN)))
    [mistake] = error.value.mistakes
    assert "layers take more than" in mistake.message
    assert "3 for each layer are fine" in str(mistake.remedy)
    assert mistake.place.line == 4
    modules = "define: {m: {args: {r: 1}, layers: [dense: {units: 4, radius: r}]}}\n"
    call = f"[m: {{r: '{FIFTEEN}'}}]"
    through = (DISTINCT % (6000, "r")).replace("[dense: {units: 4, radius: 'r'}]", call) + modules
    with pytest.raises(bc.SpecError, match="layers take more than"):
        expand(bc.loads(through))


def test_a_few_operations_in_each_layer_are_not_and_equal_ones_count_once() -> None:
    for times, text in ((200, FIFTEEN), (2000, "R/(1 + i)"), (2000, FIFTEEN.replace("i", "3").replace("m3n", "min"))):
        graph = expand(bc.loads(DISTINCT % (times, text)))
        assert sum(1 for _ in graph.layers) == times
