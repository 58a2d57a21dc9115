"""The examples of README.md and docs/ are tests: YAML is compiled, commands are run, Python is evaluated.

A document is a session in a folder of its own, where `specs` is that of the repository:
- a `yaml` block is a spec that compiles; its first line `# NAME.yaml` saves it for the commands that follow. One called
  `wrong*.yaml` must be refused, and one without `layers` is a file that another one includes or a command reads; a line
  `# with MODULE:NAME` says that it is written in another vocabulary;
- a `console` block holds commands after `$ ` and what they print, on both streams. A line `...` stands for any lines;
- a `{picture} WHAT IS SEEN` block is a command that writes the picture that the page shows (docs/pictures.py);
- a `python` block is a doctest; one whose first line is `# NAME.py` is saved under that name, for commands and imports that follow.
A document whose first line is `<!-- needs MODULE ... -->` is run where these modules are.
`pytest --update-examples README.md docs` writes what is printed now into the documents.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from itertools import takewhile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from flint import ctx
from sybil import Document, Example, Region, Sybil
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown import CodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

import boundcalc as bc

ROOT = Path(__file__).parent
UPDATES: dict[str, dict[tuple[int, int], str]] = {}  # document -> (start, end) -> new text
Namespace = dict[str, Any]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-examples", action="store_true", help="write the present output into the documents")


def pytest_configure(config: pytest.Config) -> None:
    CONSOLE.update = PYTHON.update = bool(config.getoption("--update-examples"))


def pytest_sessionfinish() -> None:
    for path, changes in UPDATES.items():
        text = Path(path).read_text(encoding="utf-8")
        for (start, end), new in sorted(changes.items(), reverse=True):
            text = text[:start] + new + text[end:]
        Path(path).write_text(text, encoding="utf-8")


def enter(namespace: Namespace) -> None:
    folder = tempfile.TemporaryDirectory()
    namespace["session"] = {"folder": folder, "before": os.getcwd(), "status": 0}
    Path(folder.name, "specs").symlink_to(ROOT / "specs", target_is_directory=True)
    os.chdir(folder.name)
    sys.path.insert(0, folder.name)
    ctx.prec = 53  # flint's own: a session begins as a new process does


def leave(namespace: Namespace) -> None:
    sys.path.remove(namespace["session"]["folder"].name)
    os.chdir(namespace["session"]["before"])
    namespace["session"]["folder"].cleanup()


def evaluate_spec(example: Example) -> str | None:
    text = str(example.parsed)
    named = re.match(r"# ([\w-]+\.yaml)\n", text)
    if named:
        Path(named[1]).write_text(text, encoding="utf-8")
    if not re.search(r"^layers:", text, re.MULTILINE):
        return None if named else "a spec without layers, and without a name to include it by"
    others = re.search(r"^# with ([\w.]+):(\w+)$", text, re.MULTILINE)
    vocabulary = getattr(import_module(others[1]), others[2]) if others else bc.VOCABULARY
    try:
        bc.compile(bc.load(named[1], vocabulary=vocabulary) if named else bc.loads(text, vocabulary=vocabulary))
    except bc.SpecError as error:
        return None if named and named[1].startswith("wrong") else str(error)
    return f"{named[1]} was not refused" if named and named[1].startswith("wrong") else None


def save_module(example: Example) -> None:
    """The module stands in the session's folder, which is where Python looks first."""
    name, text = example.parsed
    Path(name).write_text(text, encoding="utf-8")


class Console:
    """Runs the commands of a block in this process and compares what they print."""

    update = False

    def __call__(self, example: Example) -> str | None:
        block = str(example.parsed)
        found = "".join(self._answer(*pair, example.namespace["session"]) for pair in commands(block))
        if found == block:
            return None
        if self.update:
            start = example.region.start + example.region.lexemes["source"].offset
            UPDATES.setdefault(example.path, {})[start, start + len(block)] = found
            return None
        return f"expected\n\n{block}\nfound\n\n{found}"

    def _answer(self, command: str, expected: str, session: Namespace) -> str:
        """The command and its output; the expected output itself where that matches, so that `...` stays."""
        if command == "echo $?":
            output = f"{session['status']}\n"
        else:
            session["status"], output = run(command)
        if not matches(expected, output):
            shorter = elided_as(expected, output)
            expected = shorter if self.update and "...\n" in shorter and matches(shorter, output) else output
        return f"$ {command}\n{expected}"


def draw(example: Example) -> str | None:
    """The command of a picture: it prints nothing, and writes the file that it names last."""
    ((command, _),) = commands(str(example.parsed))
    status, output = run(command)
    if status or output:
        return f"exit status {status}: {output}"
    name = next((word for word in reversed(shlex.split(command)) if word.endswith(".svg")), "")
    return None if name and "<svg" in Path(name).read_text(encoding="utf-8") else f"no picture is written: {command}"


def pictures(document: Document) -> Iterator[Region]:
    """The blocks of docs/pictures.py."""
    for region in FencedCodeBlockLexer(r"\{picture\} .+", {"source": "source"})(document):
        region.parsed, region.evaluator = region.lexemes["source"], draw
        yield region


def commands(block: str) -> Iterator[tuple[str, str]]:
    """The commands of a block with the output that is expected of each."""
    parts = re.split(r"^\$ (.*)\n", block, flags=re.MULTILINE)
    if parts[0] or len(parts) < 3:
        raise ValueError("a console block starts with `$ `")
    yield from zip(parts[1::2], parts[2::2], strict=True)


def run(command: str) -> tuple[int, str]:
    """Exit status and output of `boundcalc ...`, both streams in one, as a terminal shows them."""
    from boundcalc.cli import main

    program, *arguments = shlex.split(command)
    if program != "boundcalc":
        raise ValueError(f"only boundcalc is run, not {program}")
    output = StringIO()
    status: object = 0
    with redirect_stdout(output), redirect_stderr(output):
        try:
            main(arguments)
        except SystemExit as stop:
            status = stop.code or 0
    assert isinstance(status, int)
    return status, output.getvalue()


def matches(expected: str, output: str) -> bool:
    """Whether the output is the expected one, where a line `...` stands for any number of lines."""
    parts = re.split(r"^\.\.\.\n", expected, flags=re.MULTILINE)
    return re.fullmatch("(?:.*\n)*".join(re.escape(part) for part in parts), output) is not None


def elided_as(expected: str, output: str) -> str:
    """The output with the same lines left out: what is kept is found again by what it starts with."""
    rest = output.splitlines()
    kept: list[str] = []
    for line in expected.splitlines():
        if line == "...":
            kept.append(line)
            continue
        at = next((i for i, other in enumerate(rest) if _start(other) == _start(line)), None)
        if at is not None:
            kept.append(rest[at])
            rest = rest[at + 1 :]
    return "\n".join([*kept, ""])


def _start(line: str) -> str:
    return re.split(r"(?<=\S)\s{2,}| <?= |(?<=\"): ", line)[0]


class Python:
    """A doctest; its `Got:` is what would be written into the document."""

    update = False

    def __init__(self) -> None:
        self.evaluate = DocTestEvaluator()
        self.blocks = CodeBlockParser("python", self._evaluated)
        self.examples = DocTestStringParser()

    def __call__(self, document: Document) -> Iterator[Region]:
        for block in self.blocks(document):
            named = re.match(r"# ([\w-]+\.py)\n", block.parsed)
            if named:
                yield Region(block.start, block.end, (named[1], str(block.parsed)), save_module)
                continue
            if not block.parsed.startswith(">>> "):
                raise ValueError(f"{document.path}: a python block is a doctest, with >>> and what it prints")
            first = block.start + block.parsed.offset
            for found in self.examples(block.parsed, document.path):
                yield Region(first + found.start, first + found.end, found.parsed, self._evaluated)

    def _evaluated(self, example: Example) -> str | None:
        difference = self.evaluate(example)
        if not difference or not self.update or "\nGot:\n" not in difference:
            return difference
        start, end = example.region.start, example.region.end
        source = takewhile(
            lambda line: line.startswith((">>>", "...")), example.document.text[start:end].splitlines(True)
        )
        found = "".join(source) + dedent(difference.partition("\nGot:\n")[2]).rstrip("\n") + "\n"
        UPDATES.setdefault(example.path, {})[start, end] = found
        return None


def lacking() -> list[str]:
    """The documents that need modules that are not here."""
    found: list[str] = []
    for document in (ROOT / "docs").glob("*.md"):
        needs = re.match(r"<!-- needs ([\w ]+) -->\n", document.read_text(encoding="utf-8"))
        if needs and not all(find_spec(name) for name in needs[1].split()):
            found.append(f"docs/{document.name}")
    return found


CONSOLE, PYTHON = Console(), Python()
SETTINGS: Mapping[str, Any] = {
    "patterns": ["README.md", "docs/*.md", "docs/layers/*.md"],
    "excludes": lacking(),
    "setup": enter,
    "teardown": leave,
}
pytest_collect_file = Sybil(
    [CodeBlockParser("yaml", evaluate_spec), CodeBlockParser("console", CONSOLE), pictures, PYTHON], **SETTINGS
).pytest()
