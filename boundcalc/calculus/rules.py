r"""The rules of the Euclidean calculus as people read them: a sentence and the formulas of each kind of primitive, with the proof.

They say what `euclidean.py` computes; a test reads the formulas and compares. LaTeX: m, s, \ell, L are norm, largest entry,
Lipschitz and smoothness constant, with the index of an operand where there are several. Longer proofs: docs/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.calculus import primitives as p
from boundcalc.calculus.works import BANACH_CONTRACTIONS, BANACH_POLYNOMIALS, ROULET_HARCHAOUI, Work


@dataclass(frozen=True, slots=True)
class Formulas:
    """LaTeX of each number of a jet. sup: empty where it is the norm."""

    norm: str
    lipschitz: str
    smoothness: str
    sup: str = ""


LETTERS = Formulas(norm="m", lipschitz=r"\ell", smoothness="L", sup="s")


@dataclass(frozen=True, slots=True)
class Rule:
    """sentence: for a terminal. given: what the image is and what is known of it; proof: why the formulas hold (both LaTeX).
    formulas: None where they are not those of one step."""

    name: str
    sentence: str
    given: str
    formulas: Formulas | None
    proof: str
    works: tuple[Work, ...] = ()


LINEAR = Rule(
    "linear map",
    "A linear map of norm a multiplies m, l and L by a.",
    r"Let $h = A z$ with $\lVert A\rVert \le a$.",
    Formulas(norm=r"a m", lipschitz=r"a \ell", smoothness=r"a L", sup=r"a m"),
    r"$D(Az) = A\,Dz$, and the same for the Lipschitz constant of the derivative. Where no entry of the image exceeds the largest entry of the "
    r"argument, $s_h = \min(s, a m)$.",
    (ROULET_HARCHAOUI,),
)
BILINEAR = Rule(
    "bilinear map",
    "B(f, g) + A f: with a_f, a_g the norms of B(f, .) and A + B(., g), l = a_f l_g + a_g l_f, L = a_f L_g + 2 b l_f l_g + a_g L_f.",
    r"Let $h = B(f, g) + A f$ with $\lVert B(u, v)\rVert \le b\,\lVert u\rVert\,\lVert v\rVert$ and $\lVert A u\rVert \le c\,\lVert u\rVert$, where $A$ "
    r"and $B$ read different entries of $f$ (a bias and weights) or $c = 0$. Let $a_f$ bound the norm of $B(f, \cdot)$, and $a_g$ that of "
    r"$A + B(\cdot, g)$: $a_f = b\,m_f$ and $a_g = \sqrt{b^2 m_g^2 + c^2}$ always do. For the entrywise product $s_f$ and $s_g$ take the places of "
    r"$m_f$ and $m_g$ in these; where a smaller bound of either norm is known, it counts.",
    Formulas(
        norm=r"\min(a_g m_f, a_f m_g + c m_f)",
        lipschitz=r"a_f \ell_g + a_g \ell_f",
        smoothness=r"a_f L_g + 2 b \ell_f \ell_g + a_g L_f",
        sup=r"m_h",
    ),
    r"Product rule: $Dh = B(f, Dg) + (A + B(\cdot, g))\,Df$, and $D^2h[u, u] = B(f, D^2g[u, u]) + 2 B(Df\,u, Dg\,u) + (A + B(\cdot, g))\,D^2f[u, u]$; a "
    r"symmetric bilinear map with values in a Hilbert space has its norm on the diagonal. For $f = (V, \beta)$, $\lVert B(V, g)\rVert + \lVert A\beta\rVert "
    r"\le b\,m_g \lVert V\rVert + c \lVert\beta\rVert \le \sqrt{b^2 m_g^2 + c^2}\,\lVert f\rVert$ (Cauchy-Schwarz). For an entrywise product "
    r"without $A$, $s_h = b\,s_f s_g$.",
    (ROULET_HARCHAOUI, BANACH_POLYNOMIALS),
)
MAP = Rule(
    "non-linear map",
    "a(z): m = min(largest norm of a, ||a(0)|| + l_a m), l = l_a l, L = l_a L + L_a l^2.",
    r"Let $h = a(z)$, where $a$ is $\ell_a$-Lipschitz and $Da$ is $L_a$-Lipschitz, $\lVert a(0)\rVert \le a_0$ and $\lVert a\rVert \le M$ ($M = \infty$ "
    r"where $a$ is not bounded).",
    Formulas(
        norm=r"\min(M, a_0 + \ell_a m)",
        lipschitz=r"\ell_a \ell",
        smoothness=r"\ell_a L + L_a \ell^2",
        sup=r"m_h",
    ),
    r"$\lVert a(z)\rVert \le \lVert a(0)\rVert + \lVert a(z) - a(0)\rVert$; chain rule: $Dh = Da(z)\,Dz$, and $D^2h[u, u] = D^2a(z)[Dz\,u, Dz\,u] + "
    r"Da(z)\,D^2z[u, u]$. If $a$ acts entry by entry, $s_h = \min(\sup\lvert a\rvert, \lvert a(0)\rvert + \ell_a s)$ in the same way. Where $\ell_a$ is "
    r"infinite, or slopes are refined, $\lVert Da(0)\rVert + L_a m$ (entry by entry: $s$ for $m$) is a bound of $\lVert Da(z)\rVert$ as well, and the smaller "
    r"of the two counts.",
    (ROULET_HARCHAOUI, BANACH_POLYNOMIALS),
)
AVERAGE = Rule(
    "mean of maps",
    "The mean of N maps of slices: l = l_a l/sqrt(N), L = l_a L/sqrt(N) + L_a l^2/N.",
    r"Let $h = \frac1N \sum_i a_i(z_i)$, where each $a_i$ is $\ell_a$-Lipschitz with an $L_a$-Lipschitz derivative, $z = (z_1; \dots; z_N)$, and "
    r"$\bigl\lvert \frac1N \sum_i a_i(0)\bigr\rvert \le a_0$.",
    Formulas(
        norm=r"a_0 + \frac{\ell_a m}{\sqrt{N}}",
        lipschitz=r"\frac{\ell_a \ell}{\sqrt{N}}",
        smoothness=r"\frac{\ell_a L}{\sqrt{N}} + \frac{L_a \ell^2}{N}",
        sup=r"m_h",
    ),
    r"The gradient by $z$ has slices of norm at most $\ell_a/N$, hence norm at most $\ell_a/\sqrt N$, and its derivative is block diagonal, of norm at most "
    r"$L_a/N$. Then as for one map; where $\ell_a$ is infinite, $\lVert D(0)\rVert + (L_a/N)\,m$ is a bound of the slope, with $D(0)$ the derivative at 0.",
    (ROULET_HARCHAOUI,),
)
SUM = Rule(
    "sum",
    "f + g: m, l and L add up.",
    r"Let $h = f + g$, and likewise for more terms.",
    Formulas(norm=r"m_f + m_g", lipschitz=r"\ell_f + \ell_g", smoothness=r"L_f + L_g", sup=r"s_f + s_g"),
    r"Triangle inequality, for the value and for both derivatives.",
)
CONCAT = Rule(
    "concatenation",
    "(f; g): m, l and L are roots of sums of squares.",
    r"Let $h = (f; g)$, arrays side by side, and likewise for more parts.",
    Formulas(
        norm=r"\sqrt{m_f^2 + m_g^2}",
        lipschitz=r"\sqrt{\ell_f^2 + \ell_g^2}",
        smoothness=r"\sqrt{L_f^2 + L_g^2}",
        sup=r"\max(s_f, s_g)",
    ),
    r"$\lVert (f; g)\rVert^2 = \lVert f\rVert^2 + \lVert g\rVert^2$, and the same for $Df\,u$ and for differences of the derivatives along each unit $u$.",
)
PARAMETER = Rule(
    "parameter",
    "Learned arrays in a ball of radius R: m = R, l = 1 if they are differentiated by, L = 0.",
    r"Let $h = v_t$, a block of $w$ with $\lVert v_t\rVert \le R$.",
    Formulas(norm="R", lipschitz="1", smoothness="0", sup="R"),
    r"$w \mapsto v_t$ is linear, of norm 1; what is not differentiated by does not depend on $w$, and has $\ell = 0$.",
)
INPUT = Rule(
    "input",
    "An input of norm at most x: m = x, l = 1 if it is differentiated by, else 0, L = 0.",
    r"Let $h$ be an input of norm at most $x$.",
    Formulas(norm="x", lipschitz="0", smoothness="0", sup="x"),
    r"It does not depend on $w$; if it is what is differentiated by, $\ell_h = 1$.",
)
CONSTANT = Rule(
    "constant",
    "An array of norm c that depends on nothing: m = c, l = L = 0.",
    r"Let $h$ be an array of norm at most $c$ that depends on nothing.",
    Formulas(norm="c", lipschitz="0", smoothness="0", sup="c"),
    r"Its derivatives are zero.",
)
REPEAT = Rule(
    "state of a repeat",
    "What a repeat carries: the rules of its body, once for each pass.",
    r"Let $h$ be a state that a repeat carries. In the first pass it is the start; after a pass it is the result of its body.",
    None,
    r"Induction over the passes: the rules of the body hold for any jet of the state. Numbers of what stands in the body are those of the last pass.",
)
FIXED_POINT = Rule(
    "fixed point",
    "z = phi(z, u) with phi contracting by q < 1: what phi alone gives, over 1 - q.",
    r"Let $z(u) = \phi(z(u), u)$, where $\phi(\cdot, u)$ is $q$-Lipschitz with $q < 1$ on the states that $\phi$ reaches, $\lVert\phi(0, u)\rVert \le m_0$, $\phi(z, \cdot)$ is "
    r"$\ell_u$-Lipschitz at states of norm $m$, and $L_\Psi$ is the smoothness constant of $\phi$ at a state with $m$, $\ell$ and smoothness constant 0.",
    Formulas(
        norm=r"\frac{m_0}{1 - q}", lipschitz=r"\frac{\ell_u}{1 - q}", smoothness=r"\frac{L_\Psi}{1 - q}", sup=r"m_h"
    ),
    r"There is one fixed point (Banach). $\lVert z\rVert \le q \lVert z\rVert + m_0$, and no more than what $\phi$ never exceeds; "
    r"$\lVert z(u) - z(u')\rVert \le q \lVert z(u) - z(u')\rVert + \ell_u \lVert u - u'\rVert$; the implicit function theorem gives $Dz = D_z\phi\,Dz + D_u\phi$, and the difference of "
    r"this equation at two points bounds that of $Dz$ by $L_\Psi/(1 - q)$ times their distance.",
    (BANACH_CONTRACTIONS,),
)


def rule_of(primitive: p.Primitive) -> Rule:
    """The rule by which the jet of a primitive is found."""
    match primitive:
        case p.Linear():
            return LINEAR
        case p.Bilinear():
            return BILINEAR
        case p.Map():
            return MAP
        case p.Average():
            return AVERAGE
        case p.Sum():
            return SUM
        case p.Concat():
            return CONCAT
        case p.Parameter():
            return PARAMETER
        case p.Source():
            return INPUT
        case p.Constant():
            return CONSTANT
        case p.Repeat() | p.Carried() | p.After():
            return REPEAT
        case p.FixedPoint():
            return FIXED_POINT
