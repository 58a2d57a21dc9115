"""No bound of random networks of all constructs is exceeded."""

from __future__ import annotations

import pytest
from reference.random_specs import random_spec
from reference.subjects import unbroken


@pytest.mark.parametrize("seed", [*range(40), *(pytest.param(s, marks=pytest.mark.slow) for s in range(40, 200))])
def test_no_random_network_exceeds_its_bounds(seed: int) -> None:
    unbroken(random_spec(seed), trials=1)
