"""Processor time and memory: the fastest of several runs, since others use the machine."""

from __future__ import annotations

import gc
import math
import os
import resource
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

TIMES = 5


def fastest(run: Callable[[], object], times: int = TIMES) -> float:
    """Seconds of processor time, of all threads."""
    found = math.inf
    for _ in range(times):
        gc.collect()
        start = time.process_time()
        run()
        found = min(found, time.process_time() - start)
    return found


def memory(run: Callable[[], object]) -> int:
    """The most bytes that it holds at once."""
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def command(*arguments: str) -> float:
    """Seconds of processor time of `python ARGUMENTS`, with modules that are compiled already, as they are where they are installed."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = math.inf
    for _ in range(TIMES + 1):  # the first one compiles
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found = min(found, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return found
