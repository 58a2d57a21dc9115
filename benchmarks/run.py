"""`make bench`: time and memory against depth, and what a gradient costs beside an evaluation, mixed norms beside euclidean.

Every depth runs in a process of its own, so that memory is its own. Times are medians of several runs; the machine's speed cancels in
the ratios: seconds per layer against the shallowest network that is not dominated by fixed costs, gradient against evaluation.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

DEPTHS = (16, 100, 1000, 10000)
MOST = 3 * max(DEPTHS)  # layers: each dense one has an activation
HYPERPARAMETERS = ("n", "d", "width", "x", "R", "S", "eps", "beta")
SPEC = """
symbols: {{n: 128, d: 784, width: 256, x: 1, R: 1/2, S: 3/4, eps: 1/100, beta: 1}}
batch: n
input: {{shape: [d], norm: {{sample: x}}}}
radius: R
layers:
  - repeat: {{times: {depth}, layers: [dense: {{units: width, spectral: S}}, softplus: beta]}}
  - batchnorm: eps
"""


def median(run: Callable[[], object], times: int) -> float:
    samples: list[float] = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        samples.append(time.perf_counter() - start)
    return statistics.median(samples)


def measure(depth: int) -> dict[str, float]:
    """One network of `depth` dense layers, in this process."""
    import boundcalc as bc
    from boundcalc.program.differentiate import gradient
    from boundcalc.program.evaluate import evaluate
    from boundcalc.program.reverse import value_and_gradient

    text = SPEC.format(depth=depth)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    runs = 5 if depth <= 1000 else 1
    architecture = bc.loads(text)
    compiled = median(lambda: bc.compile(architecture, max_layers=MOST), runs)
    bounds = bc.compile(architecture, max_layers=MOST)
    smoothness = bounds.smoothness.scalar
    assert smoothness is not None
    symbols = [bounds.symbols[name] for name in HYPERPARAMETERS]
    value = median(lambda: evaluate([smoothness], bounds.values), runs)
    slopes = median(lambda: value_and_gradient(smoothness, bounds.values, symbols), runs)
    derived = median(lambda: gradient(smoothness, symbols), runs)
    mixed = median(lambda: bc.compile(architecture, norms="mixed", max_layers=MOST), runs)
    program = bc.compile(architecture, norms="mixed", max_layers=MOST).smoothness.program
    assert program is not None
    mixed_value = median(lambda: evaluate([program], bounds.values), runs)
    document = median(lambda: json.dumps(bc.compile(architecture, max_layers=MOST).to_dict()), runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "compile": compiled,
        "evaluate": value,
        "L and 8 derivatives": slopes,
        "their program": derived,
        "mixed": mixed,
        "evaluate mixed": mixed_value,
        "json": document,
        "memory MB": (peak - base) / 1024,
    }


def main() -> None:
    if len(sys.argv) > 1:
        print(json.dumps(measure(int(sys.argv[1]))))
        return
    found = {
        depth: json.loads(
            subprocess.run([sys.executable, __file__, str(depth)], check=True, capture_output=True).stdout
        )
        for depth in DEPTHS
    }
    columns = list(next(iter(found.values())))
    print("dense layers".ljust(14) + "".join(column.rjust(max(len(column), 10) + 2) for column in columns))
    for depth, row in found.items():
        print(str(depth).ljust(14) + "".join(f"{row[c]:{max(len(c), 10) + 2}.4f}" for c in columns))
    reference = found[DEPTHS[1]]
    print(f"\nper layer, relative to {DEPTHS[1]} layers (1 is linear)")
    for depth, row in found.items():
        cells = (row[c] / reference[c] * DEPTHS[1] / depth for c in columns)
        print(
            str(depth).ljust(14) + "".join(f"{x:{max(len(c), 10) + 2}.2f}" for x, c in zip(cells, columns, strict=True))
        )
    print("\nL and its derivatives by 8 hyperparameters, relative to evaluating L")
    for depth, row in found.items():
        print(f"{depth:<14}{row['L and 8 derivatives'] / row['evaluate']:10.2f}")
    print("\nin mixed norms, relative to euclidean: compile, evaluate L")
    for depth, row in found.items():
        print(f"{depth:<14}{row['mixed'] / row['compile']:10.2f}{row['evaluate mixed'] / row['evaluate']:10.2f}")


if __name__ == "__main__":
    main()
