"""What boundcalc costs beside what it is made of, each pair in one run: the machine's speed cancels.

A sweep beside the same recursion written by hand in NumPy, chunk by chunk; a certified number beside its ball operations alone;
derivatives beside the number; a bound beside the same recursion written by hand in SymPy; the start of a command beside
`import sympy`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import sympy
from flint import arb, ctx
from timing import command, fastest, memory

import boundcalc as bc
from boundcalc.exact.enclosures import to_number
from boundcalc.program.certified import play
from boundcalc.program.differentiate import gradient
from boundcalc.program.evaluate import Enclosures, evaluate
from boundcalc.program.ir import Scalar
from boundcalc.program.reverse import value_and_gradient
from boundcalc.program.tape import ADD, MAX, MIN, MUL, POW, ROOT, SQUARE, tape_of

SPECS = Path(__file__).parent.parent / "specs"
POINTS = 10**6
CHUNK = 8192
DEEP = """
symbols: {{n: 128, width: 256, R: 1/2}}
batch: n
input: {{shape: [width], norm: {{sample: 1}}}}
radius: R
layers: [repeat: {{times: {depth}, layers: [dense: width, softplus]}}]
"""


class Ratio(NamedTuple):
    what: str
    beside: str
    ratio: float


def by_hand(eps: np.ndarray, n: int = 128, radius: float = 1.0) -> np.ndarray:
    """The smoothness bound of specs/vgg16-smooth-batchnorm.yaml, as a person writes it down."""
    m, lip, smooth = 1.0, 0.0, 0.0
    root = np.sqrt(eps)
    side = 224
    for channels, depth in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)):
        for layer in range(depth):
            inner = np.sqrt(9 * m * m + n * side * side)
            smooth = 3 * radius * smooth + 6 * lip
            lip = 3 * radius * lip + inner
            m = radius * inner + math.sqrt(n * channels) * side * math.log(2)
            smooth = smooth + lip * lip / 4
            if layer == depth - 1:
                m, lip, smooth, side = m / 2, lip / 2, smooth / 2, side // 2
            smooth = smooth / root + 48 * math.sqrt(5 / n) / (125 * side) * (lip * lip) / eps
            lip = lip / root
            m = np.minimum(math.sqrt(n * channels) * side, m / root)
    for is_last in (False, False, True):
        inner = np.sqrt(m * m + n)
        smooth = radius * smooth + 2 * lip
        lip = radius * lip + inner
        m = radius * inner
        if not is_last:
            m = m + 64 * math.sqrt(n) * math.log(2)
            smooth = smooth + lip * lip / 4
    return smooth / 2 + math.sqrt(6) / 9 * lip * lip


def sweeps() -> list[Ratio]:
    bound = bc.compile(bc.load(SPECS / "vgg16-smooth-batchnorm.yaml")).smoothness
    eps = np.geomspace(1e-2, 1e2, POINTS)

    def loop() -> np.ndarray:
        result = np.empty(POINTS)
        for start in range(0, POINTS, CHUNK):
            result[start : start + CHUNK] = by_hand(eps[start : start + CHUNK])
        return result

    def ours() -> np.ndarray:
        found = bound.evaluate(eps=eps)
        assert isinstance(found, np.ndarray)
        return found

    np.testing.assert_allclose(ours(), loop(), rtol=1e-12)
    return [
        Ratio(
            "a sweep of VGG-16 with batch-norm over 10^6 values",
            "the same by hand, in chunks",
            fastest(ours) / fastest(loop),
        ),
        Ratio("its memory", "that of the loop by hand", memory(ours) / memory(loop)),
    ]


def balls_of(scalar: Scalar, bounds: bc.Bounds) -> Callable[[], None]:
    """The operations of a program on balls that are ready, and nothing else."""
    tape = tape_of([scalar])
    assert tape is not None
    with ctx.workprec(128):
        enclosures = Enclosures({symbol: to_number(value) for symbol, value in bounds.values.items()})
        numbers = [arb(x) for x in play(tape, enclosures.values, enclosures.choose)]
    steps = [
        (code, numbers[a], numbers[b]) for code, a, b in tape.steps if code in (ADD, MUL, SQUARE, ROOT, MIN, MAX, POW)
    ]

    def run() -> None:
        with ctx.workprec(128):
            for code, x, y in steps:
                if code == MUL:
                    x * y
                elif code == ADD:
                    x + y
                elif code == SQUARE:
                    x * x
                elif code == ROOT:
                    x.sqrt()
                elif code == POW:
                    x**2
                else:
                    x < y  # noqa: B015

    return run


def numbers() -> list[Ratio]:
    found: list[Ratio] = []
    specs = {"VGG-16 with batch-norm": bc.load(SPECS / "vgg16-smooth-batchnorm.yaml")}
    specs |= {f"{depth} dense layers": bc.loads(DEEP.format(depth=depth)) for depth in (100, 1000, 10_000)}
    for name, architecture in specs.items():
        bounds = bc.compile(architecture, max_layers=100_000)
        scalar = bounds.smoothness.scalar
        assert scalar is not None
        symbols = list(bounds.symbols.values())
        certified = fastest(lambda s=scalar, b=bounds: evaluate([s], b.values))
        alone = fastest(balls_of(scalar, bounds))
        pulled = fastest(lambda s=scalar, b=bounds, x=symbols: value_and_gradient(s, b.values, x))
        program = [scalar, *gradient(scalar, symbols)]
        derived = fastest(lambda p=program, b=bounds: evaluate(p, b.values))
        found.append(Ratio(f"a certified number, {name}", "its ball operations", certified / alone))
        found.append(Ratio(f"it and its derivatives, {name}", "the number", pulled / certified))
        found.append(Ratio(f"the same as a program, {name}", "the number", derived / certified))
    return found


def nested(depth: int) -> sympy.Expr:
    """The smoothness bound of `DEEP` as one expression, as a person writes it down in SymPy."""
    n, width, radius = sympy.symbols("n width R", positive=True)
    m, lip, smooth = sympy.sqrt(n), sympy.S.Zero, sympy.S.Zero
    for _ in range(depth):
        inner = sympy.sqrt(m**2 + n)
        smooth = radius * smooth + 2 * lip
        lip = radius * lip + inner
        m = radius * inner + sympy.sqrt(n * width) * sympy.log(2)
        smooth = smooth + lip**2 / 4
    return smooth


def by_sympy() -> list[Ratio]:
    """A number from nothing on each side; SymPy's time doubles with every layer."""
    at = {"n": 128, "width": 256, "R": sympy.Rational(1, 2)}
    found: list[Ratio] = []
    for depth in (2, 4, 8, 16):

        def theirs(depth: int = depth) -> float:
            expression = nested(depth)
            return float(expression.subs({symbol: at[symbol.name] for symbol in expression.free_symbols}).evalf(20))

        def ours(depth: int = depth) -> float:
            value = bc.compile(bc.loads(DEEP.format(depth=depth))).smoothness.evaluate()
            assert isinstance(value, float)
            return value

        np.testing.assert_allclose(theirs(), ours(), rtol=1e-12)
        ratio = fastest(ours) / fastest(theirs, 1)
        found.append(
            Ratio(f"from a text to a number, {depth} dense layers", "the same by hand in SymPy, nested", ratio)
        )
    return found


def starts() -> list[Ratio]:
    alone = command("-c", "import sympy")
    commands = {
        "`boundcalc --help`": ["--help"],
        "`boundcalc bounds specs/mlp.yaml`": ["bounds", str(SPECS / "mlp.yaml")],
    }
    return [Ratio(what, "`import sympy`", command("-m", "boundcalc", *said) / alone) for what, said in commands.items()]
