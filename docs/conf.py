"""Sphinx builds the documentation with `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # mathml.py

project = "boundcalc"
author = "the boundcalc developers"
extensions = ["myst_parser", "mathml"]
html_theme = "furo"
html_title = "boundcalc"
html_math_renderer = "mathml"
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
