"""Sphinx builds the documentation with `make docs`."""

project = "boundcalc"
author = "the boundcalc developers"
extensions = ["myst_parser"]
html_theme = "furo"
html_title = "boundcalc"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
