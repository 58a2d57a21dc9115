"""attention: o_i = sum_j P_ij v_j in each head, P = softmax(q_i . k_j/sqrt(head width)), then a dense map of all heads together.

It lowers to the primitives one by one; s = 1/sqrt(head width), H heads, G of keys and values, T positions of the queries.
- query, key, value, out: dense maps, each with a ball of its own.
- Scores: bilinear of norm s. Over samples and heads ||Q_h K_g^T|| <= ||Q_h|| ||K_g||, and the squares add up to at most
  ||Q||^2 times the largest ||K_g||^2. Rotary embeddings turn each q_i and k_j, an isometry of each.
- Softmax over the keys, of n H T rows (catalogue/softmax.py). A mask, causal or given, leaves entries out; the constants hold for
  any choice that leaves each row an entry.
- Weighted sum: bilinear of norm 1. A row-stochastic P_h of T rows has ||P_h||^2 <= T (matmul), and H/G heads read the same value, so
  that P has operator norm sqrt(T H/G); times the 1/(1 - p) of dropout on the weights.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy

from boundcalc.calculus.primitives import Bilinear, Linear, Sum
from boundcalc.calculus.views import View, Window, moved, same
from boundcalc.catalogue import gains
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.catalogue.softmax import MASKED_SOFTMAX, SOFTMAX
from boundcalc.exact.values import minimum
from boundcalc.graph.features import LAST
from boundcalc.graph.kind import At, Kind, Lowering, Placed
from boundcalc.graph.shape import Shape, show_shape, size
from boundcalc.language.fields import Flag, Size, Term
from boundcalc.language.structure import StepFields
from boundcalc.layers.dropout import scale_of
from boundcalc.layers.parts import heads as on
from boundcalc.layers.parts.affine import with_bias
from boundcalc.layers.parts.example import example
from boundcalc.layers.parts.maps import lower_map
from boundcalc.layers.parts.operands import are_equal
from boundcalc.layers.softmax import softmax

TABLE = "relative_bias"


class Fields(StepFields):
    """Softmax attention of several heads over [positions, features]: of its input to itself, or `from: [queries, keys and values]`."""

    value_field = "heads"
    heads: Size
    kv_heads: Size | None = None
    causal: Flag = False
    mask: Flag = False
    bias: Flag = True
    width: Size | None = None
    rotary: Flag = False
    dropout: Term | None = None
    relative_bias: Term | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    queries: Shape  # [..., positions, features]
    context: Shape
    heads: sympy.Expr
    groups: sympy.Expr  # heads of keys and values
    head_width: sympy.Expr
    causal: bool
    mask: bool
    rotary: bool
    kept: sympy.Expr  # what dropout multiplies weights by
    weights: Nonlinearity

    @property
    def scale(self) -> sympy.Expr:
        return 1 / sympy.sqrt(self.head_width)

    @property
    def weights_norm(self) -> sympy.Expr:
        return self.kept * sympy.sqrt(self.queries[-2] * self.heads / self.groups)


def place(fields: Fields, at: At) -> Placed[Facts]:
    queries, context = _operands(at)
    heads = at.size(fields.heads, "the number of heads")
    groups = heads if fields.kv_heads is None else at.size(fields.kv_heads, "the number of heads of keys and values")
    width = queries[-1] if fields.width is None else at.size(fields.width, "the width")
    if not at.divides(width, heads):
        finding = f"{at.known(heads)} heads do not divide the width {at.known(width)}"
        raise at.error(finding, "give a `width` that is a multiple of the number of heads")
    if not at.divides(heads, groups):
        finding = f"{at.known(groups)} heads of keys and values do not divide {at.known(heads)} heads"
        raise at.error(finding, "give `kv_heads` that divides `heads`")
    head_width, rotary = width / heads, at.flag(fields.rotary)
    if rotary and not at.divides(head_width, sympy.Integer(2)):
        finding = f"rotary embeddings turn pairs of features, and a head has {at.known(head_width)}"
        raise at.error(finding, "give a `width` that is an even multiple of the number of heads")
    causal, mask = at.flag(fields.causal), at.flag(fields.mask)
    row = MASKED_SOFTMAX if causal or mask else SOFTMAX
    weights = row.instantiate(rows=at.batch * heads * size(queries[:-1]), classes=context[-2])
    kept = sympy.S.One if fields.dropout is None else scale_of(at, fields.dropout)
    facts = Facts(queries, context, heads, groups, head_width, causal, mask, rotary, kept, weights)
    arrays = _arrays(facts, at.flag(fields.bias))
    leaves_open = mask or rotary or fields.dropout is not None
    if fields.relative_bias is None:
        return Placed(queries, facts, arrays, features=LAST, is_one_of_many=leaves_open)
    arrays[f"{TABLE}.weight"] = (heads, queries[-2] + context[-2] - 1)
    radii = {TABLE: at.constant(fields.relative_bias, "a radius")}
    return Placed(queries, facts, arrays, radii=radii, features=LAST, is_one_of_many=leaves_open)


def _operands(at: At) -> tuple[Shape, Shape]:
    """The shapes of what the queries are made of, and the keys and values."""
    if len(at.operands) not in (1, 2):
        finding = f"'attention' reads one array for the queries, one for keys and values, not {len(at.operands)}"
        raise at.error(finding, "combine them with add or concat first")
    queries, context = at.operands[0].shape, at.operands[-1].shape
    if min(len(queries), len(context)) < 2:
        shape = min(queries, context, key=len)
        finding = f"'attention' reads arrays of shape [positions, features], not {show_shape(shape)}"
        raise at.error(finding, "bring them to that shape with reshape")
    if not are_equal(at, queries[:-2], context[:-2]):
        finding = f"{show_shape(queries)} and {show_shape(context)} differ in axes before the positions"
        raise at.error(f"'attention' cannot combine its operands: {finding}", "bring them to one shape with reshape")
    return queries, context


def _arrays(facts: Facts, bias: bool) -> dict[str, Shape]:
    width, narrow = facts.heads * facts.head_width, facts.groups * facts.head_width
    features, read = facts.queries[-1], facts.context[-1]
    maps = {"query": (width, features), "key": (narrow, read), "value": (narrow, read), "out": (features, width)}
    arrays: dict[str, Shape] = {}
    for name, shape in maps.items():
        arrays[f"{name}.weight"] = shape
        if bias:
            arrays[f"{name}.bias"] = shape[:1]
    return arrays


def lower(facts: Facts, inputs: tuple[int, ...], lowering: Lowering) -> int:
    axes = _Axes(facts)
    query = _lower_dense("query", inputs[0], axes.queries, axes.first + 1, lowering)
    key = _lower_dense("key", inputs[-1], axes.context, axes.first + 1, lowering)
    if facts.rotary:
        query = lowering.emit(Linear(query, sympy.S.One, view=same(range(axes.first + 3))), axes.queries)
        key = lowering.emit(Linear(key, sympy.S.One, view=same(range(axes.first + 2))), axes.context)
    scores = Bilinear(query, key, facts.scale, left_view=axes.scores_of_query, right_view=axes.scores_of_key)
    found = lowering.emit(scores, axes.scores)
    table = lowering.arrays.get(f"{TABLE}.weight")
    if table is not None:
        times = gains.repeat_norm(_times_read(facts, lowering))
        added = lowering.emit(Linear(table.parameter, times, view=axes.scores_of_table), axes.scores)
        found = lowering.emit(Sum((found, added)), axes.scores)
    last = axes.first + 3
    weights = lower_map(facts.weights, found, lowering, same(range(last)), simplex=last, shape=axes.scores)
    if facts.kept != 1:
        weights = lowering.emit(Linear(weights, facts.kept, view=same(range(last + 1))), axes.scores)
    value = _lower_dense("value", inputs[-1], axes.context, axes.first + 1, lowering)
    weighted = Bilinear(
        weights,
        value,
        sympy.S.One,
        left_norm=facts.weights_norm,
        stochastic=True,
        left_view=axes.sum_of_weights,
        right_view=axes.sum_of_value,
    )
    lowering.own(scores=facts.scale, weights=facts.weights_norm)
    return _lower_dense("out", lowering.emit(weighted, axes.queries), facts.queries, axes.first + 1, lowering)


def _lower_dense(name: str, of: int, shape: Shape, positions: int, lowering: Lowering) -> int:
    """`shape`: of the image, with axes of its own for heads; `positions`: how many axes, the batch counted, stand before
    what is made."""
    weight, bias = lowering.arrays[f"{name}.weight"], lowering.arrays.get(f"{name}.bias")
    rows = moved((axis, i) for i, axis in enumerate(range(positions, len(shape) + 1)))
    added = frozenset(range(positions))
    product = Bilinear(
        weight.parameter, of, gains.DENSE_NORM, is_matrix=True, left_view=rows, right_view=same(added), added=added
    )
    copies = gains.repeat_norm(lowering.batch * size(shape[: positions - 1]))
    return with_bias(product, weight, bias, copies, lowering, shape)


@dataclass(frozen=True, slots=True)
class _Axes:
    """The axes of the arrays in between, the batch counted: `first` axes come before positions and heads.

    queries: [..., positions, groups, heads of a group, features]; keys and values: [..., positions, groups, features];
    scores and weights: [..., groups, heads of a group, positions, positions of the keys].
    """

    facts: Facts

    @property
    def first(self) -> int:
        return len(self.facts.queries) - 1

    @property
    def queries(self) -> Shape:
        facts = self.facts
        return (*facts.queries[:-1], facts.groups, facts.heads / facts.groups, facts.head_width)

    @property
    def context(self) -> Shape:
        return (*self.facts.context[:-1], self.facts.groups, self.facts.head_width)

    @property
    def scores(self) -> Shape:
        *before, positions, groups, heads, _ = self.queries
        return (*before, groups, heads, positions, self.facts.context[-2])

    def _view(self, *pairs: tuple[int, int]) -> View:
        """Pairs of axes, counted from `first`."""
        first = self.first
        return moved([*((i, i) for i in range(first)), *((first + to, first + of) for to, of in pairs)])

    @property
    def scores_of_query(self) -> View:
        return self._view((0, 1), (1, 2), (2, 0))

    @property
    def scores_of_key(self) -> View:
        return self._view((0, 1), (3, 0))

    @property
    def sum_of_weights(self) -> View:
        return self._view((0, 2), (1, 0), (2, 1))

    @property
    def sum_of_value(self) -> View:
        return self._view((1, 1), (3, 2))

    @property
    def scores_of_table(self) -> View:
        """At one query each key reads another entry, in all samples the same."""
        read = minimum((self.facts.queries[-2], self.facts.context[-2]))
        return View((), (Window(0, self.first + 2, sympy.S.One, read),), frozenset(range(self.first)))


def _times_read(facts: Facts, lowering: Lowering) -> sympy.Expr:
    """The scores of one head that are as far apart as the most are, the shorter diagonal of all samples."""
    return lowering.batch * size(facts.queries[:-2]) * minimum((facts.queries[-2], facts.context[-2]))


def forward(facts: Facts, arrays: Mapping[str, Any], inputs: Sequence[Any], xp: Any) -> Any:
    """With `mask`, that which leaves nothing out: it is one that may be given."""

    def dense(name: str, z: Any) -> Any:
        image = xp.matmul(z, arrays[f"{name}.weight"].T)
        return image + arrays[f"{name}.bias"] if f"{name}.bias" in arrays else image

    groups, width = int(facts.groups), int(facts.head_width)
    query = on.split_heads(dense("query", inputs[0]), groups, width, xp)
    key, value = (on.split_heads(dense(name, inputs[-1]), groups, width, xp) for name in ("key", "value"))
    if facts.rotary:
        query, key = on.rotated(query, xp), on.rotated(key, xp)
    scores = xp.matmul(query, on.transposed(key, xp)) / width**0.5
    if f"{TABLE}.weight" in arrays:
        scores = scores + on.by_offset(arrays[f"{TABLE}.weight"], scores.shape[-4:], xp)
    weights = softmax(on.causal(scores, xp) if facts.causal else scores, -1, xp) * float(facts.kept)
    return dense("out", on.join_heads(xp.matmul(weights, value), xp))


KIND = Kind(
    "attention",
    Fields,
    place,
    lower,
    forward,
    channels=-1,
    operands=None,
    example=example("attention: {heads: 2, causal: true}", "[3, 4]", norm="{sample: 1}"),
)
