"""Debian's Chromium without a network, and where pictures go, for all tests of pages."""

from __future__ import annotations

import os
from pathlib import Path

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PICTURES = os.environ.get("BOUNDCALC_PICTURES")
SPECS = Path(__file__).parents[2] / "specs"
