"""Which specs are compared with PyTorch; read off the tests, so that it is known also where torch is not installed."""

from __future__ import annotations

from pathlib import Path

from frameworks.agreement import SPECS

LEFT_OUT = {
    "swin-t": "its table of offsets is another one, as the spec says",
    "t5-small": "its table of offsets is another one, as the spec says",
}


def test_every_spec_is_compared_or_left_out_for_a_reason() -> None:
    here = Path(__file__)
    text = "".join(path.read_text("utf-8") for path in here.parent.glob("test_*.py") if path != here)
    compared = {path.stem for path in SPECS.glob("*.yaml") if f'"{path.stem}"' in text}
    assert compared.isdisjoint(LEFT_OUT)
    assert compared | set(LEFT_OUT) == {path.stem for path in SPECS.glob("*.yaml")}
