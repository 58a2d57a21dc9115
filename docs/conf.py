"""Sphinx builds the documentation with `make docs`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the extensions of this folder

project = "boundcalc"
author = "the boundcalc developers"
copyright = author
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "docstrings",
    "generate_gallery",
    "mathml",
    "pictures",
]
autodoc_typehints = "description"
autodoc_preserve_defaults = True  # as they are written: a vocabulary by its name
autodoc_member_order = "bysource"
default_role = "code"
html_theme = "furo"
html_title = "boundcalc"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"
exclude_patterns = ["_build"]
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
copybutton_prompt_text = r"\$ |>>> |\.\.\. "  # what is copied runs: without prompts, and without what is printed
copybutton_prompt_is_regexp = True
