"""Mistakes planted in the rules of the calculus in several norms, one at a time: an attack of a small network finds each of them.

A mistake is a fragment of the text of a rule and what it is replaced by; a fragment that is there no more fails the test.
"""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass, field
from typing import Any

import pytest
from reference.subjects import attacked, subject_and_bounds

from boundcalc.calculus import readings, views
from boundcalc.calculus.mixed import Mixed
from boundcalc.falsification.subject import OBJECTIVE, OUTPUT

TRIALS = 6


@dataclass(frozen=True)
class Mistake:
    """`owner`: the module or class of the function `rule`."""

    owner: Any
    rule: str
    right: str
    wrong: str
    text: str
    options: dict[str, Any] = field(default_factory=dict)

    def plant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        function = getattr(self.owner, self.rule)
        source = textwrap.dedent(inspect.getsource(function))
        assert source.count(self.right) == 1
        names = dict(vars(sys.modules[function.__module__]))
        exec(source.replace(self.right, self.wrong), names)
        monkeypatch.setattr(self.owner, self.rule, names[self.rule])


TOKENS = "batch: 2\nradius: 1\ninput: {shape: [3, 1], norm: {entry: 1}}\nlayers: "
CONVOLUTION = (
    "batch: 2\nradius: 1\ninput: {shape: [1, 4], norm: {entry: 1}}\n"
    "layers: [conv1d: {channels: 1, kernel: 3, bias: false}]"
)
GATES = (
    "batch: 2\nradius: 1\ninput: {shape: [3], norm: {entry: 1}}\n"
    "layers: [{dense: {units: 3, bias: false, name: f}}, {dense: {from: input, units: 3, bias: false, name: g}}, multiply: {from: [f, g]}]"
)
HEADS = (  # at each position the values of two heads add up to 1
    "radius: 20\ninput: {shape: [1], norm: 1}\nlayers: [{parameter: [2, 2, 1]}, {softmax: {axis: 0, name: values}}, "
    "{parameter: [2, 2, 2]}, {softmax: {name: weights}}, matmul: {from: [weights, values]}]"
)
SCORES = (  # s = w (x_1, x_2), weights of V
    "radius: 2\ninputs: {x: {shape: [1, 2, 1], norm: {entry: 1}}, v: {shape: [1, 2, 1], norm: {entry: 1}}}\n"
    "layers: [{dense: {from: x, units: 1, bias: false}}, {transpose: [1, 2]}, {softmax: {name: weights}}, matmul: {from: [weights, v]}]"
)

MISTAKES = {
    "the taps of a window count once": Mistake(
        views, "_ways", "factor * sympy.sqrt(taps)", "factor", CONVOLUTION, {"measure": "position"}
    ),
    "an entry that several windows read counts less": Mistake(
        views, "_ways", "1 / sympy.sqrt(window.touches)", "1 / window.touches", CONVOLUTION, {"measure": "position"}
    ),
    "a slice has no part of what is copied": Mistake(
        views, "_ways", "view.copied & largest", "view.copied", TOKENS + "[{parameter: [3, 1]}]"
    ),
    "the bias is added once": Mistake(
        Mixed, "bilinear", "rule.added & readings.fixed(norm)", "rule.added", TOKENS + "[dense: 1]", {"measure": "sample"}
    ),
    "a whole is no larger than its largest part": Mistake(
        readings, "closure", "return sympy.sqrt(places(shape, split))", "return ONE", TOKENS + "[tanh]", {"wrt": "input"}
    ),
    "both factors of the curvature in the largest slice": Mistake(
        Mixed, "map", ".lipschitz * z.lipschitz", ".lipschitz * of_slice.lipschitz", TOKENS + "[dense: {units: 1, bias: false}, tanh]"
    ),
    "the cross term once": Mistake(Mixed, "bilinear", "(cross + cross)", "cross", GATES),
    "both factors of a product in the largest slice": Mistake(
        readings, "pairs", "(slice_, slice_ | shared)]", "(slice_ | shared, slice_ | shared)]", GATES
    ),
    "parts side by side are no larger than the largest": Mistake(
        Mixed, "concat", "rule.axis is not None and rule.axis in norm.largest", "rule.axis is not None",
        "radius: 1\ninput: {shape: [2], norm: 1}\nlayers: [{dense: {units: 1, bias: false, name: f}}, "
        "{dense: {from: input, units: 1, bias: false, name: g}}, concat: {from: [f, g]}]",
    ),
    "a smaller constant of softmax": Mistake(
        Mixed, "_simplex", "self._lift(SUMMED_SMOOTHNESS)", "self._lift(SUMMED_SMOOTHNESS * 9 / 10)", SCORES, {"measure": "entry"}
    ),
    "heads read one place": Mistake(
        readings, "_weighted", "if heads else", "if not left else", HEADS, {"measure": "sample"}
    ),
    "samples that are rows of weights count once": Mistake(
        readings, "_weighted", "rows | samples)", "rows)", HEADS.replace("radius", "batch: 2\nradius")
    ),
    "rows of weights count once": Mistake(
        readings, "_weighted", "rows | samples)", "samples)", HEADS, {"measure": "sample"}
    ),
    "the mean over places counted twice": Mistake(
        Mixed, "average", "1 / sympy.sqrt(rule.count)", "1 / rule.count",
        "batch: 4\nradius: 1\ninput: {shape: [1], norm: {sample: 1}}\nlayers: [dense: {units: 2, bias: false}]\nloss: logistic",
    ),
    "a map at zero has no copies": Mistake(
        Mixed, "map", "readings.share(shape, slices & batch)", "readings.share(shape, batch)",
        TOKENS + "[dense: 2, sigmoid]", {"measure": "sample"},
    ),
}  # fmt: skip


def is_found(mistake: Mistake) -> bool:
    """Whether a bound of the network or its objective is exceeded."""
    subject, bounds = subject_and_bounds(mistake.text, **{"norms": "mixed", "blocks": "layer", **mistake.options})
    whole = {target: bound for target, bound in bounds.items() if target[0] in (OUTPUT, OBJECTIVE)}
    return any(result.violated for result in attacked(subject, whole, TRIALS).values())


@pytest.mark.parametrize("name", MISTAKES)
def test_a_planted_mistake_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is accused where none is planted."""
    assert not is_found(MISTAKES[name])
    MISTAKES[name].plant(monkeypatch)
    assert is_found(MISTAKES[name])
