"""`make fuzz`: random specs, YAML, expressions and command lines, to the end: nothing but documented errors, within the limits.

Of each input the text is read, compiled with random options and printed in every format, some as a page too; an expression is parsed and evaluated; a
command line is run. An error of the user is one of `EXPECTED`, or exit status 2. What is counted as a fault: any other exception, exit
status 70, an input that takes more processor time than `SECONDS` (or `OF_A_LAYER` for each layer) in a step, more than `MEGABYTES` in
all, or that does not end. Inputs run in a process of their own, which is ended where it hangs; what was slow or large is tried again
in a fresh one.

`--only reader` has inputs of its own, of which only what comes before the compiler is tried: short specs and YAML are read, expressions
parsed, options and command lines checked, a thousand a second.

One line of JSON an input (with `--only reader`: for each 500) goes to a file; inputs that are in it are not tried again, so that a run can
be stopped and resumed. An input follows from its index: `--show N` prints it. Exit status 1 if there are faults.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from fuzz_inputs import Input, made, made_for_the_reader
from fuzz_outcomes import Clock, FaultError, outcome, understood
from rich.progress import track

import boundcalc as bc
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import PLAIN

MEGABYTES = 500
PATIENCE = 60.0  # seconds until an input counts as hanging
WELL = ("answered", "refused")


@dataclass(frozen=True)
class Mode:
    """What is made of an index and what is done with it; `batch` of them are answered in one message and one line."""

    made: Callable[[int], Input]
    outcome: Callable[[Input, Clock], str]
    batch: int
    count: int
    file: str


MODES = {
    "all": Mode(made, outcome, 1, 10_000, "fuzz.jsonl"),
    "reader": Mode(made_for_the_reader, understood, 500, 100_000, "fuzz-reader.jsonl"),
}


def tried(index: int, mode: str = "all") -> dict[str, Any]:
    given, clock = MODES[mode].made(index), Clock()
    try:
        found, why = MODES[mode].outcome(given, clock), ""
    except Exception as error:
        found, why = "fault", str(error) if isinstance(error, FaultError) else traceback.format_exc(limit=-4)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if found in WELL and clock.late:
        found, why = "slow", f"{clock.step}: {clock.slowest:.1f} s, {clock.layers} layers"
    elif found in WELL and peak > MEGABYTES:
        found, why = "large", f"{peak:.0f} MB"
    line = {"index": index, "kind": given.kind, "outcome": found, "seconds": round(clock.slowest, 3), "MB": round(peak)}
    return {**line, "why": why} if why else line


def together(lines: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A batch as one line: what went well is counted."""
    counts = Counter(f"{line['kind']}: {line['outcome']}" for line in lines if line["outcome"] in WELL)
    seconds, peak = (max(line.get(key, 0) for line in lines) for key in ("seconds", "MB"))
    bad = [line for line in lines if line["outcome"] not in WELL]
    whole = {"index": lines[0]["index"], "count": len(lines), "well": counts, "seconds": seconds, "MB": peak}
    return {**whole, "bad": bad} if bad else whole


def work(pipe: Connection, mode: str) -> None:
    """The process of the inputs: answers lists of indices until there are no more."""
    warm = bc.compile(bc.loads("input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2, tanh]"))
    for form in FORMATS.values():
        form.document(warm.document, PLAIN)
    sys.stdin.close()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        Path("spec.yaml").touch()
        while (indices := pipe.recv()) is not None:
            pipe.send([tried(index, mode) for index in indices])
        os.chdir("/")


class Worker:
    """A process, which is another one after an input that hangs, crashes or fills the memory."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.start()

    def start(self) -> None:
        self.pipe, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=work, args=(there, self.mode), daemon=True)
        self.process = process
        process.start()
        there.close()

    def ask(self, index: int) -> dict[str, Any]:
        return self.ask_all([index])[0]

    def ask_all(self, indices: Sequence[int]) -> list[dict[str, Any]]:
        """Each on its own where one of them ends the process."""
        self.pipe.send(indices)
        if not self.pipe.poll(PATIENCE):
            outcome, why = "hangs", f"no answer in {PATIENCE:g} s"
        else:
            try:
                return self.pipe.recv()
            except EOFError:
                self.process.join()
                outcome, why = "dies", f"the process ends with {self.process.exitcode}"
        self.renew()
        if len(indices) > 1:
            return [self.ask(index) for index in indices]
        [index] = indices
        return [{"index": index, "kind": MODES[self.mode].made(index).kind, "outcome": outcome, "why": why}]

    def renew(self) -> None:
        self.end()
        self.start()

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def answers(indices: Sequence[int], mode: str = "all") -> Iterator[list[dict[str, Any]]]:
    """The lines of each batch."""
    worker = Worker(mode)
    size = MODES[mode].batch
    for start in track(range(0, len(indices), size), "fuzz"):
        lines = worker.ask_all(indices[start : start + size])
        for place, line in enumerate(lines):
            if line["outcome"] in ("slow", "large"):  # perhaps for what came before it, or for the machine
                worker.renew()
                lines[place] = worker.ask(line["index"])
        yield lines
    worker.end()


def told(lines: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    faults = [
        bad for line in lines for bad in line.get("bad", [line] if line.get("outcome", WELL[0]) not in WELL else [])
    ]
    counts = Counter[str](f"{fault['kind']}: {fault['outcome']}" for fault in faults)
    for line in lines:
        counts.update(
            line.get("well", {f"{line['kind']}: {line['outcome']}": 1} if line.get("outcome") in WELL else {})
        )
    text = [f"{counts.total()} inputs, {len(faults)} faults"]
    text += [f"{kind} {count}" for kind, count in sorted(counts.items())]
    seconds = [line["seconds"] for line in lines if "seconds" in line]
    text += [f"slowest step {max(seconds, default=0):.2f} s of processor time"]
    text += [f"input {fault['index']} ({fault['kind']}) {fault['outcome']}: {fault['why']}" for fault in faults]
    return "\n".join(text), not faults


def main() -> None:
    parser = argparse.ArgumentParser(description="Read, compile and print random inputs.")
    parser.add_argument(
        "--only",
        choices=sorted({*MODES} - {"all"}),
        default="all",
        dest="mode",
        help="inputs that are only read, a thousand a second",
    )
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--count", type=int, default=None)
    parser.add_argument("--file", type=Path, default=None)
    parser.add_argument("--show", type=int, default=None, help="print an input and what becomes of it")
    given = parser.parse_args()
    mode = MODES[given.mode]
    if given.show is not None:
        shown = mode.made(given.show)
        print(shown.text, *([shown.options] if shown.options else []), *shown.arguments)
        print(*next(answers([given.show], given.mode)))
        return
    file = given.file or Path(mode.file)
    lines = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
    done = {index for line in lines for index in range(line["index"], line["index"] + line.get("count", 1))}
    wanted = range(given.first, given.first + (given.count or mode.count))
    with file.open("a") as stream:
        for batch in answers([index for index in wanted if index not in done], given.mode):
            line = batch[0] if mode.batch == 1 else together(batch)
            stream.write(json.dumps(line) + "\n")
            stream.flush()
            lines.append(line)
    text, well = told([line for line in lines if line["index"] in wanted])
    print(text)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
