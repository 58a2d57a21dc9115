"""With this file here, `tests/` is on the path of every test, so that they can import `reference`."""

from __future__ import annotations

from hypothesis import settings

# A change is judged by the same examples every time; `--hypothesis-profile search` looks for new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile("same")
