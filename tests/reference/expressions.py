"""Random closed forms in SymPy, as programs have them and as they do not."""

from __future__ import annotations

import sympy
from hypothesis import strategies as st

SYMBOLS = sympy.symbols("R l_a l_b S_2 a1 B", positive=True)
EXPONENTS = [
    1,
    2,
    3,
    -1,
    -2,
    sympy.Rational(1, 2),
    sympy.Rational(-1, 2),
    sympy.Rational(3, 2),
    sympy.Rational(-2, 3),
    SYMBOLS[3],
    SYMBOLS[3] - 1,
    SYMBOLS[3] - 2,
]
symbols = st.sampled_from(SYMBOLS)
numbers = st.sampled_from([sympy.Rational(p, q) for p in (1, 2, 3, 12) for q in (1, 2, 7)])


def power(base: sympy.Expr, exponent: sympy.Expr | int) -> sympy.Expr:
    return base**exponent if base != 0 else base


expressions = st.recursive(
    st.one_of(
        symbols,
        symbols,
        symbols,
        numbers,
        st.sampled_from([sympy.pi, sympy.sqrt(2), sympy.log(2), sympy.erf(1), sympy.S(-3), sympy.S.Zero]),
    ),
    lambda parts: st.one_of(
        st.lists(parts, min_size=2, max_size=4).map(lambda terms: sympy.Add(*terms)),
        st.lists(parts, min_size=2, max_size=4).map(lambda factors: sympy.Mul(*factors)),
        st.tuples(parts, parts).map(lambda pair: sympy.Mul(*pair, evaluate=False)),
        st.builds(power, parts, st.sampled_from(EXPONENTS)),
        st.lists(parts, min_size=2, max_size=3).map(lambda args: sympy.Max(*args, evaluate=False)),
        parts.map(sympy.exp),
    ),
    max_leaves=12,
)
