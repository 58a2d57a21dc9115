"""Python's garbage collector, while something large is built: it would walk the whole of it again and again, and find nothing."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def paused() -> Generator[None, None, None]:
    """No collection of cycles inside; afterwards as before. Where several threads pause it, the first that ends goes on with it."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
