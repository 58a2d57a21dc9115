"""Local response normalisation: z_i (k + a times the sum of z_j^2 over the window of i)^(-beta), a = alpha/size, windows along the channels.

With s_i = k + x_i, x_i = a ||z_{W(i)}||^2, v a unit vector, and C the largest value of sqrt(x) times a function of x:
- Each j is in the windows of at most `size` channels. They fall into two runs, before and after j, whose channels see each other.
  In a run H, X = a times the sum of z_i^2 over H, X <= x_i, so sum a z_i^2 q(x_i) <= sum (a z_i^2/X) x_i q(x_i) <= max x q(x), whatever q >= 0.
  So sum_i a z_i^2 q(x_i) ||v_{W(i)}||^2 <= h max x q(x), h = min(2, windows). (*)
- D f v = s_i^-beta v_i - 2 beta a z_i s_i^(-beta-1) <z_W, v_W>. The first is at most k^-beta; the square of the second at most
  4 beta^2 sum a z_i^2 x_i s_i^(-2 beta - 2) ||v_W||^2: by (*) 2 beta sqrt(h) max x s^(-beta-1), which is at x = k/beta.
  For beta <= 1 each row is at most k^-beta: its square is s^(-2 beta) (1 - 4 beta (a z_i^2/s) (1 - beta x/s)), so sqrt(windows) too.
- D^2 f[v, v] = -4 beta a s^(-beta-1) v_i <z_W, v_W> + 2 beta a z_i s^(-beta-1) (2 (beta + 1) a <z_W, v_W>^2/s - ||v_W||^2). The first is
  at most 4 beta sqrt(a) C_1, C_1 = max sqrt(x) s^(-beta-1) at x = k/(2 beta + 1). The bracket is at most max(1, 2 (beta + 1) x/s - 1)
  times ||v_W||^2, and ||v_W||^4 <= ||v_W||^2: by (*) 2 beta sqrt(a h) max(C_1, C_2), C_2 = max sqrt(x) s^(-beta-1) (2 (beta + 1) x/s - 1), at
  x = k (4 beta + 3 + 2 sqrt((beta + 1)(3 beta + 2)))/(2 beta + 1)^2.
"""

from __future__ import annotations

import sympy
from sympy import Integer, Max, Min, sqrt

from boundcalc.catalogue.fact import Fact, Witness
from boundcalc.catalogue.nonlinearity import Nonlinearity

_UPPER = Witness("upper", "one channel alone has l = k^(-beta) at 0; several in each other's windows come near it")


def local_response(
    size: sympy.Expr, windows: sympy.Expr, alpha: sympy.Expr, beta: sympy.Expr, k: sympy.Expr, *, gentle: bool
) -> Nonlinearity:
    """`windows`: how many an entry is in at most; `gentle`: beta <= 1 is known."""
    two = sqrt(Min(2, windows))
    slope = 1 + 2 * two * beta ** (beta + 1) / (beta + 1) ** (beta + 1)
    least = Min(sqrt(windows), slope) if gentle else slope

    def at(x: sympy.Expr) -> sympy.Expr:
        """sqrt(x) s^(-beta-1) with k = 1."""
        return sqrt(x) / (1 + x) ** (beta + 1)

    far = (4 * beta + 3 + 2 * sqrt((beta + 1) * (3 * beta + 2))) / (2 * beta + 1) ** 2
    first = at(1 / (2 * beta + 1))
    second = at(far) * (2 * (beta + 1) * far / (1 + far) - 1)
    curve = beta * (4 * first + 2 * two * Max(first, second))
    return Nonlinearity(
        name="localresponsenorm",
        title="z_i (k + alpha/size sum of z_j^2 over the window of i)^(-beta)",
        domain="all real entries, alpha, beta, k > 0",
        lipschitz=Fact(least * k**-beta, "the own entry, and the others by Cauchy-Schwarz", _UPPER),
        smoothness=Fact(
            curve * sqrt(alpha / size) * k ** (-beta - sympy.Rational(1, 2)),
            "term by term, by Cauchy-Schwarz",
            Witness("upper", "each term is largest at another point"),
        ),
        at_zero=Fact(Integer(0), "0 stays 0"),
        sup_at_zero=Integer(0),
    )
