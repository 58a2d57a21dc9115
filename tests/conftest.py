"""With this file here, `tests/` is on the path of every test, so that they can import `reference`."""

from __future__ import annotations

import os

from hypothesis import settings

# In CI a change is judged by the same examples every time; on a desk hypothesis looks for new ones.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if "CI" in os.environ else "desk")
