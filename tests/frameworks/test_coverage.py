"""Which specs are compared with PyTorch; read off the tests, so that it is known also where torch is not installed."""

from __future__ import annotations

from pathlib import Path

from frameworks.agreement import SPECS


def test_every_spec_is_compared() -> None:
    here = Path(__file__)
    text = "".join(path.read_text("utf-8") for path in here.parent.glob("test_*.py") if path != here)
    assert [path.stem for path in sorted(SPECS.glob("*.yaml")) if f'"{path.stem}"' not in text] == []
