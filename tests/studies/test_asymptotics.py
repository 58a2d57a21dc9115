"""Asymptotics in a symbol that others depend on: against the numbers of the bounds at huge and at tiny values."""

from __future__ import annotations

import pytest
import sympy

import boundcalc as bc
from boundcalc.exact.balls import ball
from boundcalc.exact.enclosures import from_sympy
from boundcalc.studies.asymptotics import growths

CHAIN = """
symbols: {{d: 4, d_ff: 4*d, h: d/64, e: d_ff + h, m: "max(d, 3)", u: "min(d_ff, {cap})"}}
input: {{shape: [3], norm: u}}
radius: 1
layers: [dense: {{units: {wide}, radius: d_ff}}, softplus, dense: {{units: {narrow}, radius: h}}, softplus, dense: {{units: 2, radius: {last}}}]
"""


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize("at", ["oo", 0])
@pytest.mark.parametrize(("cap", "last"), [("1", "sqrt(e)"), ("d**2", "m*h"), ("1/d", "h + m")])
def test_what_depends_on_the_symbol_moves_with_it(blocks: str, at: object, cap: str, last: str) -> None:
    wide, narrow = ("d_ff", "d") if at == "oo" else ("16", "4")  # a size does not tend to 0
    bounds = bc.compile(bc.loads(CHAIN.format(cap=cap, last=last, wide=wide, narrow=narrow)), blocks=blocks)  # type: ignore[arg-type]
    d = bounds.symbols["d"]
    value = sympy.Integer(10) ** 60 if at == "oo" else sympy.Rational(1, 10**60)
    for name, growth in growths(bounds, "d", at).items():  # type: ignore[arg-type]
        [term] = growth.terms
        assert term.term.free_symbols <= {d}
        ratio = ball(getattr(bounds, name).enclosure(d=value)) / ball(from_sympy(term.term, {d: value}))
        if growth.upper:  # the Frobenius norm of Q stands for its largest eigenvalue
            assert 0.5 < float(ratio.mid()) < 1 + 1e-6
        else:
            assert float(ratio.mid()) == pytest.approx(1, abs=1e-6)


def test_in_a_program_without_a_closed_form() -> None:
    """Thirty layers are too long for one expression: the leading power comes from the program, whose leaves are written out."""
    for at, units in (("oo", "d_ff"), (0, "16")):
        layers = ", ".join([f"{{dense: {{units: {units}, radius: h}}}}, softplus"] * 30)
        text = (
            f"symbols: {{d: 4, d_ff: 4*d, h: d/64}}\ninput: {{shape: [3], norm: d_ff}}\nradius: 1\nlayers: [{layers}]"
        )
        bounds = bc.compile(bc.loads(text))
        for name, growth in growths(bounds, "d", at).items():  # type: ignore[arg-type]
            if name == "norm":
                continue  # its closed form is short enough
            assert growth.power is not None
            power, value = growth.power, sympy.Integer(10) ** (400 if at == "oo" else -400)
            exact = ball(getattr(bounds, name).enclosure(d=value))
            lead = ball(power.coefficient) * ball(from_sympy(value ** sympy.Rational(str(power.exponent))))
            assert float((exact / lead).mid()) == pytest.approx(1, abs=1e-3)


def test_a_chain_that_is_too_long_to_write_out_is_said() -> None:
    chain = ", ".join(f"s{i}: s{i - 1}*R + s{i - 1}" for i in range(1, 40))
    text = f"symbols: {{R: 1, s0: R, {chain}}}\ninput: {{shape: [3], norm: 1}}\nradius: s39\nlayers: [dense: 2]"
    found = growths(bc.compile(bc.loads(text)), "R", "oo")
    assert found["lipschitz"].terms  # its closed form has no radius in it
    assert found["norm"].reason is not None
    assert "too long" in found["norm"].reason


def test_copies_are_no_function_of_their_number() -> None:
    text = "symbols: {d: 3, k: {value: d, integer: true}, R: 2}\ninput: {shape: [3], norm: 1}\nradius: R\nlayers: [{repeat: {times: k, layers: [dense: 3]}}]"
    for symbol in ("k", "d"):
        for growth in growths(bc.compile(bc.loads(text), blocks="layer"), symbol, "oo").values():
            assert growth.reason == "a repeat is unrolled into k copies; use --blocks total"
