"""What a LaTeX engine says of a document, where there is one on the machine."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ENGINE = "pdflatex"
needs_engine = pytest.mark.skipif(
    shutil.which(ENGINE) is None, reason=f"there is no {ENGINE} here; tests of the text have to do"
)


def compiled(document: str, folder: Path) -> str:
    """The log of the second run, when references are known."""
    (folder / "document.tex").write_text(document, encoding="utf-8")
    command = [ENGINE, "-halt-on-error", "-interaction=nonstopmode", "document.tex"]
    for _ in range(2):
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace", check=False)
        assert result.returncode == 0, result.stdout[-2000:]
    assert (folder / "document.pdf").exists()
    return (folder / "document.log").read_text(encoding="utf-8", errors="replace")
