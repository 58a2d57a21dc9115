"""No bound in mixed norms of random networks is exceeded, whatever the output is measured in."""

from __future__ import annotations

import pytest
from reference.random_specs import random_spec
from reference.subjects import unbroken

from boundcalc.graph.measures import MEASURES


@pytest.mark.parametrize("seed", range(240, 264))
def test_no_random_network_exceeds_its_bounds_in_mixed_norms(seed: int) -> None:
    """Four seeds after each other, which differ in what they make more often, in one measure."""
    unbroken(random_spec(seed), trials=1, seed=seed, norms="mixed", measure=MEASURES[seed // 4 % 4])
