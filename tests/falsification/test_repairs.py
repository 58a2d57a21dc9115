"""The three unsound bounds of the first version, planted again: the attack confirms each, with exit status 1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import sympy
from sympy.logic.boolalg import Boolean

from boundcalc import pipeline
from boundcalc.bounds.compiled import Bounds
from boundcalc.calculus.trace import _Tracer  # pyright: ignore[reportPrivateUsage]
from boundcalc.cli import main
from boundcalc.exact.values import floor
from boundcalc.graph.expand import expand
from boundcalc.language.conditions import Conditions
from boundcalc.layers.parts import windows

Plant = Callable[[pytest.MonkeyPatch], None]

SHARED = """
symbols: {k: {value: 8, integer: true}}
input: {shape: [1], norm: 1}
radius: 1
layers:
  - dense: {units: 1, bias: false, name: a}
  - dense: {units: 1, bias: false, from: input, name: b}
  - repeat: {times: k, layers: [dense: {units: 1, bias: false, share: a}]}
"""
PADDED = """
symbols: {T: 3}
input: {shape: [1, T], norm: 1}
layers: [maxpool1d: {kernel: 2, stride: 2, padding: 1, ceil: true}, globalavgpool]
"""
BENT = """
symbols: {a: 3}
input: {shape: [2], norm: 1}
layers: [elu: a]
"""


def every_pass_makes_its_balls(patch: pytest.MonkeyPatch) -> None:
    """A seed counts as fresh in every loop; and loops stay, as they do where there are many passes."""
    patch.setattr(pipeline, "unrolled_if_few", lambda architecture, most: expand(architecture, max_layers=most))

    def made(tracer: _Tracer[object], blocks: Mapping[str, sympy.Symbol]) -> dict[sympy.Symbol, frozenset[int]]:
        everything = frozenset[int]().union(*tracer.variables.values())
        return dict.fromkeys(blocks.values(), everything)

    patch.setattr(_Tracer, "made", made)


def windows_start_in_the_padding(patch: pytest.MonkeyPatch) -> None:
    def window_count(
        at: object,
        entries: sympy.Expr,
        extent: sympy.Expr,
        stride: sympy.Expr,
        padding: sympy.Expr,
        ceil: bool = False,
    ) -> sympy.Expr:
        return floor((entries + 2 * padding - extent + (stride - 1 if ceil else 0)) / stride) + 1

    patch.setattr(windows, "window_count", window_count)


def conditions_are_ignored(patch: pytest.MonkeyPatch) -> None:
    def pinned(conditions: Conditions, condition: Boolean, place: object) -> bool:
        return True

    patch.setattr(Conditions, "pinned", pinned)


def compiled_under(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds are those of the mistake; the network that is attacked is the right one."""
    whole = pipeline.compile_with

    def compile_with(*given: object, **options: object) -> Bounds:
        with monkeypatch.context() as patch:
            plant(patch)
            return whole(*given, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "compile_with", compile_with)


@pytest.mark.parametrize(
    ("text", "plant", "options", "finding"),
    [
        (SHARED, every_pass_makes_its_balls, ("--blocks", "layer"), "the network's lipschitz is too small"),
        (PADDED, windows_start_in_the_padding, ("--wrt", "input"), "the network's lipschitz is too small"),
        (BENT, conditions_are_ignored, ("--wrt", "input"), "the network's smoothness is too small"),
    ],
    ids=["loops", "windows", "conditions"],
)
def test_the_attack_finds_what_was_unsound(
    text: str,
    plant: Plant,
    options: tuple[str, ...],
    finding: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec = tmp_path / "spec.yaml"
    spec.write_text(text, encoding="utf-8")

    def status(*more: str) -> int:
        with pytest.raises(SystemExit) as stop:
            main(["falsify", str(spec), *options, *more])
        code = stop.value.code or 0
        assert isinstance(code, int)
        return code

    assert status() == 0
    capsys.readouterr()
    compiled_under(plant, monkeypatch)
    witness = str(tmp_path / "witness.npz")
    assert status("--save", witness) == 1
    assert finding in capsys.readouterr().out
    assert status("--witness", witness) == 1
