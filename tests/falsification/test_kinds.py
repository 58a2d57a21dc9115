"""No bound of any kind, with any of its options, is exceeded."""

from __future__ import annotations

import pytest
from reference.kinds import INSTANCES
from reference.subjects import unbroken


@pytest.mark.parametrize("name", INSTANCES)
def test_no_kind_exceeds_its_bounds(name: str) -> None:
    unbroken(INSTANCES[name], trials=1)
