"""Tokens, gates, recurrent layers and graphs."""

from __future__ import annotations

from reference.families.family import Family

FAMILY = Family(computes={}, networks={}, instances={})
