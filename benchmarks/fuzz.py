"""`make fuzz`: random specs, YAML, expressions and command lines, to the end: nothing but documented errors, within the limits.

Of each input the text is read, compiled with random options and printed in every format, some as a page too; an expression is parsed and evaluated; a
command line is run. An error of the user is one of `EXPECTED`, or exit status 2. What is counted as a fault: any other exception, exit
status 70, an input that takes more processor time than `SECONDS` (or `OF_A_LAYER` for each layer) in a step, more than `MEGABYTES` in
all, or that does not end. Inputs run in a process of their own, which is ended where it hangs; what was slow or large is tried again
in a fresh one.

One line of JSON an input goes to a file; inputs that are in it are not tried again, so that a run can be stopped and resumed. An input
follows from its index: `--show N` prints it. Exit status 1 if there are faults.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sympy
from fuzz_inputs import SYMBOLS, Input, made
from rich.progress import track

import boundcalc as bc
from boundcalc.cli import main as command_line
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import PLAIN

EXPECTED = (bc.SpecError,)
OF_OPTIONS = (TypeError, ValueError)  # what is wrong in an argument of Python is said by Python's own exceptions
SECONDS, OF_A_LAYER, MEGABYTES = 3.0, 1e-3, 500
PATIENCE = 60.0  # seconds until an input counts as hanging
STATUSES = (0, 1, 2)
WELL = ("answered", "refused")


class FaultError(Exception):
    """What must not be, in a line."""


class Clock:
    """Processor time of the slowest step."""

    def __init__(self) -> None:
        self.slowest, self.step = 0.0, ""
        self.layers = 0

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        start = time.process_time()
        try:
            yield
        finally:
            spent = time.process_time() - start
            if spent >= self.slowest:
                self.slowest, self.step = spent, step

    @property
    def late(self) -> bool:
        return self.slowest > max(SECONDS, OF_A_LAYER * self.layers)


def outcome(given: Input, clock: Clock) -> str:
    try:
        if given.kind == "command":
            return commanded(given, clock)
        if given.kind == "expression":
            with clock.timed("parse"):
                found = bc.parse(given.text, {name: sympy.Symbol(name, positive=True) for name in SYMBOLS})
                str(found)
            return "answered"
        return compiled(given, clock)
    except EXPECTED as error:
        with clock.timed("message"):
            str(error), error.errors()
        return "refused"


def compiled(given: Input, clock: Clock) -> str:
    with clock.timed("read"):
        architecture = bc.loads(given.text)
    with clock.timed("compile"):
        try:
            bounds = bc.compile(architecture, **given.options)
        except OF_OPTIONS:
            if origin(sys.exc_info()[2]) not in {"options.py", "arguments.py"}:
                raise
            return "refused"
    clock.layers = len(bounds.layers)
    for name, form in FORMATS.items():
        with clock.timed(name):
            form.document(bounds.document, PLAIN)
    with clock.timed("repr"):
        repr(bounds)
    if given.page:
        with clock.timed("page"):
            bc.report(architecture, **given.options)
    return "answered"


def origin(trace: Any) -> str:
    """The file that raised."""
    return Path(traceback.extract_tb(trace)[-1].filename).name


def commanded(given: Input, clock: Clock) -> str:
    Path("spec.yaml").write_text(given.text, encoding="utf-8", errors="surrogatepass")
    answer, complaint = io.StringIO(), io.StringIO()
    status: object = 0
    with clock.timed("command"), redirect_stdout(answer), redirect_stderr(complaint):
        try:
            command_line(list(given.arguments))
        except SystemExit as stop:
            status = stop.code
    said = complaint.getvalue()
    if status not in STATUSES or "Traceback" in said:
        raise FaultError(f"exit status {status}: {said[-600:]}")
    if status == 2 and not said and not answer.getvalue():
        raise FaultError("exit status 2 without a word")
    return "refused" if status == 2 else "answered"


def tried(index: int) -> dict[str, Any]:
    given, clock = made(index), Clock()
    try:
        found, why = outcome(given, clock), ""
    except Exception as error:
        found, why = "fault", str(error) if isinstance(error, FaultError) else traceback.format_exc(limit=-4)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if found in WELL and clock.late:
        found, why = "slow", f"{clock.step}: {clock.slowest:.1f} s, {clock.layers} layers"
    elif found in WELL and peak > MEGABYTES:
        found, why = "large", f"{peak:.0f} MB"
    line = {"index": index, "kind": given.kind, "outcome": found, "seconds": round(clock.slowest, 3), "MB": round(peak)}
    return {**line, "why": why} if why else line


def work(pipe: Connection) -> None:
    """The process of the inputs: answers indices until there are no more."""
    warm = bc.compile(bc.loads("input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, tanh]"))
    for form in FORMATS.values():
        form.document(warm.document, PLAIN)
    sys.stdin.close()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        while (index := pipe.recv()) is not None:
            pipe.send(tried(index))
        os.chdir("/")


class Worker:
    """A process, which is another one after an input that hangs, crashes or fills the memory."""

    def __init__(self) -> None:
        self.pipe, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=work, args=(there,), daemon=True)
        self.process.start()
        there.close()

    def ask(self, index: int) -> dict[str, Any]:
        self.pipe.send(index)
        line = {"index": index, "kind": made(index).kind}
        if not self.pipe.poll(PATIENCE):
            return {**line, "outcome": "hangs", "why": f"no answer in {PATIENCE:g} s"}
        try:
            return self.pipe.recv()
        except EOFError:
            self.process.join()
            return {**line, "outcome": "dies", "why": f"the process ends with {self.process.exitcode}"}

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def answers(indices: Sequence[int]) -> Iterator[dict[str, Any]]:
    worker = Worker()
    for index in track(indices, "fuzz"):
        line = worker.ask(index)
        if line["outcome"] not in (*WELL, "fault"):
            worker.end()
            worker = Worker()
            if line["outcome"] in ("slow", "large"):  # perhaps for what came before it, or for the machine
                line = worker.ask(index)
                if line["outcome"] not in WELL:
                    worker.end()
                    worker = Worker()
        yield line
    worker.end()


def told(lines: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    faults = [line for line in lines if line["outcome"] not in WELL]
    counts = Counter((line["kind"], line["outcome"]) for line in lines)
    text = [f"{len(lines)} inputs, {len(faults)} faults"]
    text += [f"{kind}: {count} {outcome}" for (kind, outcome), count in sorted(counts.items())]
    seconds = [line["seconds"] for line in lines if "seconds" in line]
    text += [f"slowest step {max(seconds, default=0):.2f} s of processor time"]
    text += [f"input {line['index']} ({line['kind']}) {line['outcome']}: {line['why']}" for line in faults]
    return "\n".join(text), not faults


def main() -> None:
    parser = argparse.ArgumentParser(description="Read, compile and print random inputs.")
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--file", type=Path, default=Path("fuzz.jsonl"))
    parser.add_argument("--show", type=int, default=None, help="print an input and what becomes of it")
    given = parser.parse_args()
    if given.show is not None:
        shown = made(given.show)
        print(shown.text, *([shown.options] if shown.options else []), *shown.arguments)
        print(next(answers([given.show])))
        return
    lines = [json.loads(line) for line in given.file.read_text().splitlines()] if given.file.exists() else []
    done = {line["index"] for line in lines}
    wanted = range(given.first, given.first + given.count)
    with given.file.open("a") as stream:
        for line in answers([index for index in wanted if index not in done]):
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            lines.append(line)
    text, well = told([line for line in lines if line["index"] in wanted])
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
