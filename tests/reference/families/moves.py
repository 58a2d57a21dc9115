"""Kinds that move, copy, resize and scale entries."""

from __future__ import annotations

from reference.families.family import Family

FAMILY = Family(computes={}, networks={}, instances={})
