"""No bound of any kind, with any of its options, is exceeded."""

from __future__ import annotations

import pytest
from reference.families.index import FAMILIES
from reference.kinds import INSTANCES
from reference.specs import NETWORKS
from reference.subjects import unbroken

HEAVY = ("rnn", "lstm", "gru", "attention")  # seconds each
OPTIONS = {name for family in FAMILIES for name in family.instances if "," in name}
SLOW = {name for name in INSTANCES if name in OPTIONS or name.startswith(HEAVY)} - {"attention", "rnn"}


ALONE = [name for name, text in INSTANCES.items() if NETWORKS.get(name) != text]  # the others are in test_attack.py


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow) if n in SLOW else n for n in ALONE])
def test_no_kind_exceeds_its_bounds(name: str) -> None:
    unbroken(INSTANCES[name], trials=1)
