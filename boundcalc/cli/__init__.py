"""The command line. Results on stdout, everything else on stderr; heavy imports wait until a command needs them.

Exit status: 0 answered, 1 the answer is no, 2 the user's mistake, 70 a bug of ours, 130 interrupted.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # nothing is imported before an interrupt is handled
    from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point: mistakes of the user become messages, an interrupt a status, neither a traceback."""
    try:
        if arguments is None:
            gc.set_threshold(
                5_000_000, 20, 100
            )  # a program is large and has no cycles: a third of the time to find none
            # To look for plugins, pydantic reads the records of every package that is installed.
            os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))  # in imports and at exit it would show
        from boundcalc.cli.run import run

        status = run(arguments)
    except KeyboardInterrupt:
        status = INTERRUPTED
    if arguments is None:
        _leave(status)
    sys.exit(status)


def _leave(status: int) -> None:
    """End the process at once: to free a program node by node takes a tenth of the time that it took to make it. What cannot be written
    is told by Python itself, on its way out."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:  # closed
                stream.flush()
    except (OSError, ValueError):
        return
    os._exit(status)
