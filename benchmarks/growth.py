"""Time and memory against depth: dense layers with activations, layer by layer in a file and as a repeat.

Every depth runs in a process of its own, so that memory is its own: `python benchmarks/growth.py FORM DEPTH` prints one line of JSON.
"""

from __future__ import annotations

import json
import math
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from timing import fastest

HEAD = """
symbols: {n: 128, width: 256, R: 1/2}
batch: n
input: {shape: [width], norm: {sample: 1}}
radius: R
layers:
"""
FORMS = ("layer by layer in a file", "by repeat")
DEPTHS = (1_000, 10_000, 100_000)  # layers, activations included
NUMBER = "to number"
MOST = 3 * max(DEPTHS)
DEEPEST_PAGE = 10_000  # layers of what is printed as a whole; up to which the fastest of several runs is taken


class Measured(NamedTuple):
    """Seconds of processor time beyond imports, by what is done; `megabytes` at the peak of read to number, beyond imports."""

    seconds: Mapping[str, float]
    megabytes: float


def text_of(form: str, depth: int) -> str:
    pairs = depth // 2
    if form == "by repeat":
        return f"{HEAD}  - repeat: {{times: {pairs}, layers: [dense: width, softplus]}}\n"
    return HEAD + "  - dense: width\n  - softplus\n" * pairs


def measure(form: str, depth: int) -> Measured:
    """One network, in this process."""
    import boundcalc as bc
    from boundcalc.output.text import to_text

    def compiled(text: str, norms: Literal["euclidean", "mixed"] = "euclidean") -> bc.Bounds:
        return bc.compile(bc.loads(text, max_layers=MOST), max_layers=MOST, norms=norms)

    work: Mapping[str, Callable[[str], object]] = {
        NUMBER: lambda text: compiled(text).smoothness.number(),
        "to text": lambda text: to_text(compiled(text).document),
        "to JSON": lambda text: json.dumps(compiled(text).to_dict()),
        "to number in mixed norms": lambda text: compiled(text, "mixed").smoothness.number(),
    }
    for run in work.values():
        run(text_of(form, 4))  # what is imported where it is used
    text = text_of(form, depth)
    before = _megabytes()
    first = fastest(lambda: work[NUMBER](text), 1)
    peak = _megabytes() - before
    if depth > DEEPEST_PAGE:
        return Measured({NUMBER: first}, peak)
    return Measured({name: fastest(lambda r=run: r(text)) for name, run in work.items()}, peak)


def _megabytes() -> float:
    """The peak of this process: that of `getrusage` begins with its parent's."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peaks[0]) / 1024 if peaks else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(form: str, depth: int) -> Measured:
    """The same in a process of its own."""
    done = subprocess.run([sys.executable, __file__, form, str(depth)], check=True, capture_output=True, text=True)
    return Measured(**json.loads(done.stdout))


def exponent(small: float, large: float, factor: float) -> float:
    """e of `large = small * factor^e`: 1 is linear."""
    return math.log(large / small) / math.log(factor)


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))._asdict()))
