"""How the manual is built; ``make docs`` does it, and takes a warning for an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import generate

generate.write()

project = "emrcore"
author = "the emrcore authors"
copyright = "the emrcore authors"

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]

html_theme = "furo"
html_title = "emrcore"
nitpicky = True
