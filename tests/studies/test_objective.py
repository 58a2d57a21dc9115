"""Steps, iteration counts and kernels: textbook values, and training runs that must do at least what is guaranteed."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import pytest
import sympy
from autograd import grad, hessian, make_jvp
from numpy.typing import NDArray

import boundcalc as bc
from boundcalc.exact.balls import ball
from boundcalc.output.json import report_to_json
from boundcalc.output.text import report_to_text
from boundcalc.studies.objective import objective

SPECS = sorted((Path(__file__).parents[2] / "specs").glob("*.yaml"))
WITH_LOSS = [path for path in SPECS if "\nloss:" in path.read_text(encoding="utf-8")]
REGRESSION = "symbols: {n: 4, x: 3}\nbatch: n\ninput: {shape: [2], norm: {sample: x}}\nradius: 5\nlayers: [{dense: {units: 2, bias: false}}]\nloss: %s"
FACTORS = "symbols: {R1: 2, R2: 1/2, y: 3}\nbatch: 1\ninput: {shape: [2], norm: 1}\nlayers: [{dense: {units: 2, bias: false, radius: R1}}, {dense: {units: 2, bias: false, radius: R2}}]\nloss: {squared: {labels: y}}"
MLP = """
symbols: {n: 5, R: 3/2, weight: 1/20}
batch: n
input: {shape: [3], norm: {sample: 1}}
radius: R
layers: [dense: 4, softplus, {dense: {units: 3, name: head}}]
loss: logistic
regularizer: weight
"""
ARRAYS = {"dense_0.weight": (4, 3), "dense_0.bias": (4,), "head.weight": (3, 4), "head.bias": (3,)}
BALLS = {"dense_0": ("dense_0.weight", "dense_0.bias"), "head": ("head.weight", "head.bias")}
Array = NDArray[np.float64]
Point = dict[str, Array]


def found(text: str, **asked: Any) -> Any:
    return bc.objective(bc.loads(text), **asked)


def report(text: str, **answers: str) -> Any:
    return objective(bc.compile(bc.loads(text)), **answers)


# Textbook values


@pytest.mark.parametrize(("loss", "smoothness"), [("{squared: {labels: 1}}", 9), ("logistic", Fraction(9, 2))])
def test_regression_has_the_textbook_step(loss: str, smoothness: Fraction) -> None:
    """L = ||X||^2/n for least squares, ||X||^2/(2 n) for the logistic loss of two classes."""
    result = found(REGRESSION % loss)
    assert result.step.evaluate() == pytest.approx(float(1 / Fraction(smoothness)), rel=1e-15)
    assert Fraction(result.step.evaluate()) <= 1 / Fraction(smoothness)
    assert not result.prox_linear_step.finite  # a linear model is its own prox-linear model
    assert "every step is safe" in result.prox_linear_step.reason


def test_matrix_factorisation_has_the_textbook_step() -> None:
    r1, r2, y = 2.0, 0.5, 3.0
    smoothness = (r1**2 + r2**2) / 2 + math.hypot((r1**2 - r2**2) / 2, 2 * r1 * r2 + y)
    result = found(FACTORS, blocks="layer")
    assert result.step.evaluate() == pytest.approx(1 / smoothness, rel=1e-12)
    assert [step.evaluate() for step in result.steps.alone.values()] == pytest.approx([1 / r2**2, 1 / r1**2], rel=1e-12)
    assert result.prox_linear_step.evaluate() == pytest.approx(1 / (r1 * r2 + y), rel=1e-12)


def test_steps_together_are_the_longest_of_their_shape() -> None:
    """diag(1/step) - Q_F is nonnegative and singular, and the steps are proportional to 1/q_ii."""
    r1, r2, y = 2.0, 0.5, 3.0
    matrix = np.array([[r2**2, 2 * r1 * r2 + y], [2 * r1 * r2 + y, r1**2]])
    steps = [step.evaluate() for step in found(FACTORS).steps.together.values()]
    assert np.linalg.eigvalsh(np.diag([1 / step for step in steps]) - matrix)[0] == pytest.approx(0, abs=1e-9)
    assert steps[0] * matrix[0, 0] == pytest.approx(steps[1] * matrix[1, 1], rel=1e-9)


def test_the_kernel_of_matrix_factorisation() -> None:
    """By one block l = 2 rho and L = 2 of the product, so L_F <= 4 rho^2 + 2 (rho^2 + y)."""
    kernel = found(FACTORS).kernel
    norm, y = sympy.Symbol("norm_w", nonnegative=True), sympy.Symbol("y", positive=True)
    assert sympy.expand(kernel.expression - (norm**2 * y + 3 * norm**4 / 2)) == 0
    assert [k for k, _ in kernel.terms] == [0, 2]


def test_a_kernel_of_too_many_products_is_refused() -> None:
    """They grow with the cube of the steps of a recurrence: 56 steps took 15 s."""
    text = "batch: 1\ninput: {{shape: [{steps}, 2], norm: {{sample: 1}}}}\nradius: 1\nlayers: [{{lstm: {{units: 2, layers: 2, last: true}}}}, {{dense: 2}}]\nloss: logistic"
    few, many = (found(text.format(steps=n)).kernel for n in (3, 60))
    assert few.reason is None
    assert many.reason == "its powers take more than 500000 products"


# Numbers and formulas


@pytest.mark.parametrize("blocks", ["total", "layer"])
@pytest.mark.parametrize("norms", ["euclidean", "mixed"])
def test_a_step_is_rounded_down_and_a_count_up(blocks: str, norms: str) -> None:
    result = found(MLP, delta="1/10", gap="R/3", variance="1", batch="4", blocks=blocks, norms=norms)
    smoothness = ball(result.smoothness.enclosure())
    data = result.to_dict()
    step = data["step"]
    assert 1 / smoothness >= ball(bc_number(step["number"]))
    low, high = (Fraction(end) for end in step["enclosure"])
    assert low <= Fraction(result.step.evaluate()) <= high
    assert Fraction(step["number"]) == low
    assert step["log10"] <= math.log10(float(step["number"])) + 1e-12
    exact = 2 * float(smoothness.mid()) * 0.5 / 0.01
    assert int(data["iterations"]["projected"]["number"]) == math.ceil(exact)
    assert data["iterations"]["gradient"]["number"] == data["iterations"]["projected"]["number"]
    assert "stay in the balls" in data["iterations"]["gradient"]["note"]
    # 24 gap L/delta^2 max(1, 4 variance/(batch delta^2)), by the step min(1/3, batch delta^2/(12 variance))/L
    assert int(data["iterations"]["stochastic"]["number"]) == math.ceil(12 * exact * 100)
    assert float(data["stochastic_step"]["number"]) == pytest.approx(float(step["number"]) / 300, rel=1e-9)


def bc_number(text: str) -> Any:
    from flint import fmpq

    exact = Fraction(text)
    return fmpq(exact.numerator, exact.denominator)


def test_what_is_not_given_stays_a_symbol() -> None:
    result = found(MLP)
    names = {str(symbol) for symbol in result.iterations["stochastic"].free_symbols}
    assert {"delta", "gap", "variance"} <= names
    assert result.to_dict()["iterations"]["projected"]["number"] is None
    known = found(MLP, delta="1/10", gap="2", variance="3")
    for method, count in known.iterations.items():
        assert result.iterations[method].evaluate(delta="1/10", gap=2, variance=3) == count.evaluate()
    with pytest.raises(KeyError, match="delta"):
        result.iterations["projected"].evaluate(gap=1)


def test_a_symbol_of_the_spec_is_its_own() -> None:
    result = found(MLP.replace("R: 3/2", "R: 3/2, delta: 1/10"), gap=2)
    assert result.iterations["projected"].number() == found(MLP, delta="1/10", gap=2).iterations["projected"].number()


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"delta": "0"}, "--delta 0: delta is a positive number, not 0; --delta 1"),
        ({"gap": "R-2"}, "--gap R-2: gap is a positive number, not -1/2; --gap 1"),
        ({"batch": "1/2"}, "--batch 1/2: batch is a whole number, at least 1, not 1/2; --batch 1"),
        ({"variance": "r"}, "--variance r: unknown name 'r'"),
        ({"delta": "1+"}, "--delta 1+: "),
    ],
)
def test_what_is_asked_is_checked(answers: dict[str, str], message: str) -> None:
    with pytest.raises(bc.SpecError) as caught:
        report(MLP, **answers)
    assert str(caught.value).startswith(message)


def test_a_spec_without_a_loss_is_refused() -> None:
    with pytest.raises(bc.SpecError, match="there is no loss, hence no objective; add one, such as loss: logistic"):
        report(MLP.replace("loss: logistic\nregularizer: weight\n", ""))
    with pytest.raises(ValueError, match="no loss, hence no steps"):
        bc.compile(bc.loads("input: {shape: [1], norm: 1}\nradius: 1\nlayers: [dense: 1]")).steps()


def test_a_kink_leaves_no_step_and_names_the_layer() -> None:
    result = found(MLP.replace("softplus", "relu"))
    data = result.to_dict()
    assert data["step"]["finite"] is False
    assert data["step"]["number"] is None
    assert "kink" in data["step"]["reason"]
    assert "kink" in data["kernel"]["reason"]
    assert report(MLP.replace("softplus", "relu")).answered  # l is finite


def test_restricted_arrays_have_no_projection() -> None:
    text = MLP.replace("dense: 4", "dense: {units: 4, weight_norm: {gain: 1, least: 1/10}}")
    result = found(text)
    assert result.step.finite
    assert result.iterations["gradient"].finite
    assert "not convex" in result.iterations["projected"].reason
    assert "restricted" in result.kernel.reason
    assert result.spectral.norms == {"dense_0": "euclidean", "head": "operator"}


@pytest.mark.parametrize("path", WITH_LOSS, ids=lambda path: path.stem)
def test_every_spec_with_a_loss_has_an_answer(path: Path) -> None:
    if path.stem == "lstm":
        pytest.skip("ten seconds: among the slow ones")
    bounds = bc.compile(bc.load(path))
    answer = objective(bounds, delta="1/10", gap="1", variance="1", batch="2")
    data = json.loads(report_to_json(answer))
    assert list(data)[:2] == ["schema", "study"]
    assert set(data) >= {
        "lipschitz",
        "smoothness",
        "step",
        "iterations",
        "prox_linear_step",
        "steps",
        "spectral",
        "kernel",
    }
    assert data["lipschitz"]["finite"]
    assert report_to_text(answer).startswith(f"{bounds.name}: steps and iterations for the objective")
    if data["step"]["number"] is not None:
        bend = data["smoothness"] if data["smoothness"]["finite"] else data["upper_curvature"]
        assert Fraction(data["step"]["number"]) * Fraction(bend["enclosure"][0]) <= 1
        assert data["kernel"]["terms"] or data["kernel"]["reason"]


@pytest.mark.slow
def test_a_recurrent_spec_has_an_answer() -> None:
    assert bc.objective(bc.load(next(path for path in SPECS if path.stem == "lstm"))).step.finite


# Training: the network once more, in autograd


def loss(w: Any, inputs: Array, labels: Any) -> Any:
    return outer(scores(w, inputs), labels) + 0.025 * sum(anp.sum(w[name] ** 2) for name in ARRAYS)


def scores(w: Any, inputs: Array) -> Any:
    hidden = anp.logaddexp(0.0, anp.dot(inputs, w["dense_0.weight"].T) + w["dense_0.bias"])
    return anp.dot(hidden, w["head.weight"].T) + w["head.bias"]


def outer(z: Any, labels: Any) -> Any:
    top = anp.max(z, axis=1, keepdims=True)
    return anp.mean(anp.log(anp.sum(anp.exp(z - top), axis=1)) + top[:, 0] - anp.sum(z * labels, axis=1))


def data_of(seed: int) -> tuple[Array, Array, Point]:
    """Inputs of norm 1, labels, and arrays inside their balls of radius 3/2."""
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((5, 3))
    inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)
    w = {name: rng.standard_normal(shape) for name, shape in ARRAYS.items()}
    return inputs, np.eye(3)[rng.integers(0, 3, 5)], {k: v for b in BALLS for k, v in scaled(w, b, 1.2).items()}


def scaled(w: Point, ball_of: str, radius: float) -> Point:
    length = math.sqrt(sum(float(np.sum(w[name] ** 2)) for name in BALLS[ball_of]))
    return {name: w[name] * radius / length for name in BALLS[ball_of]}


def project(w: Point) -> Point:
    result = dict(w)
    for path, names in BALLS.items():
        if math.sqrt(sum(float(np.sum(w[name] ** 2)) for name in names)) > 1.5:
            result |= scaled(w, path, 1.5)
    return result


def square(w: Point, names: Any = ARRAYS) -> float:
    return sum(float(np.sum(w[name] ** 2)) for name in names)


def inside(w: Point) -> bool:
    return all(square(w, names) <= 1.5**2 * (1 + 1e-12) for names in BALLS.values())


@pytest.mark.parametrize("options", [{}, {"blocks": "layer"}, {"sharpest": True}])
@pytest.mark.parametrize("way", ["one step", "together", "alone"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_training_falls_by_at_least_what_is_guaranteed(seed: int, way: str, options: dict[str, Any]) -> None:
    """Projected: F falls by sum ||move of a ball||^2/(2 step)."""
    inputs, labels, w = data_of(seed)
    result = found(MLP, **options)
    of = result.steps.alone if way == "alone" else result.steps.together
    steps = {path: result.step.evaluate() if way == "one step" else of[path].evaluate() for path in BALLS}
    slope = grad(loss)
    for turn in range(60):
        moving = [list(BALLS)[turn % 2]] if way == "alone" else list(BALLS)
        names = {name: path for path in moving for name in BALLS[path]}
        gradient = slope(w, inputs, labels)
        after = project({k: v - steps[names[k]] * gradient[k] if k in names else v for k, v in w.items()})
        moved = {k: after[k] - w[k] for k in w}
        guaranteed = sum(square(moved, BALLS[path]) / (2 * steps[path]) for path in moving)
        assert loss(w, inputs, labels) - loss(after, inputs, labels) >= guaranteed - 1e-13
        assert inside(after)
        w = after


def test_steps_of_layers_are_longer_than_one_for_all() -> None:
    """At least 1/L for the smallest of them is not guaranteed; the sum of what they gain is. Here each is longer."""
    result = found(MLP)
    for path in BALLS:
        assert result.step.evaluate() < result.steps.together[path].evaluate() < result.steps.alone[path].evaluate()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_curvature_is_below_the_steps(seed: int) -> None:
    """The Hessian of autograd, all in one vector, is at most the diagonal of reciprocal steps."""
    inputs, labels, w = data_of(seed)
    sizes = {name: int(np.prod(shape)) for name, shape in ARRAYS.items()}

    def of_vector(vector: Any) -> Any:
        at, parts = 0, {}
        for name, shape in ARRAYS.items():
            parts[name] = anp.reshape(vector[at : at + sizes[name]], shape)
            at += sizes[name]
        return loss(parts, inputs, labels)

    matrix = hessian(of_vector)(np.concatenate([w[name].ravel() for name in ARRAYS]))
    for options in ({}, {"sharpest": True}):
        steps = found(MLP, **options).steps.together
        diagonal = np.concatenate([np.full(sizes[name], 1 / steps[name.split(".")[0]].evaluate()) for name in ARRAYS])
        assert np.linalg.eigvalsh(np.diag(diagonal) - matrix).min() > 0


@pytest.mark.parametrize("seed", range(6))
def test_spectral_steps_fall_by_at_least_what_is_guaranteed(seed: int) -> None:
    """u = -step ||g||_* polar(g) for the weight and -step g for the bias: F falls by step/2 (||g||_*^2 + ||g_bias||^2)."""
    inputs, labels, w = data_of(seed)
    result = found(MLP)
    assert set(result.spectral.norms.values()) == {"operator"}
    w, turns, slope = {name: array / 3 for name, array in w.items()}, 0, grad(loss)
    for _ in range(20):
        gradient, after, guaranteed = slope(w, inputs, labels), {}, 0.0
        for path, (weight, bias) in BALLS.items():
            step = result.spectral.steps.together[path].evaluate()
            u, s, v = np.linalg.svd(gradient[weight], full_matrices=False)
            after[weight] = w[weight] - step * s.sum() * u @ v
            after[bias] = w[bias] - step * gradient[bias]
            guaranteed += step / 2 * (s.sum() ** 2 + float(np.sum(gradient[bias] ** 2)))
        if not all(math.hypot(np.linalg.norm(after[a], 2), np.linalg.norm(after[b])) <= 1.5 for a, b in BALLS.values()):
            break  # outside, nothing is guaranteed
        assert loss(w, inputs, labels) - loss(after, inputs, labels) >= guaranteed - 1e-13
        w, turns = after, turns + 1
    assert turns > 3


@pytest.mark.parametrize("seed", range(5))
def test_upper_curvature_holds_in_the_operator_norm(seed: int) -> None:
    """At weights of operator norm 3/2, which are outside the Euclidean balls, along orthogonal directions."""
    rng = np.random.default_rng(seed)
    inputs, labels, _ = data_of(seed)
    curvature = found(MLP).spectral.curvature.evaluate()

    def orthogonal(shape: tuple[int, ...]) -> Array:
        u, _, v = np.linalg.svd(rng.standard_normal(shape), full_matrices=False)
        return u @ v

    for _ in range(20):
        w = {name: 1.5 * orthogonal(shape) if len(shape) == 2 else np.zeros(shape) for name, shape in ARRAYS.items()}
        u = {name: orthogonal(shape) if len(shape) == 2 else np.zeros(shape) for name, shape in ARRAYS.items()}
        values = [loss({k: w[k] + t * u[k] for k in w}, inputs, labels) for t in (-1e-3, 0.0, 1e-3)]
        assert abs(values[0] - 2 * values[1] + values[2]) / 1e-6 <= curvature


CONVOLUTION = """
symbols: {n: 2, R: 2}
batch: n
input: {shape: [2, 6], norm: {sample: 1}}
radius: R
layers: [{conv1d: {channels: 4, kernel: 3, padding: 1, groups: 2, name: conv}}, tanh, {convtranspose1d: {channels: 2, kernel: 3, name: back}}, flatten, {dense: {units: 2, name: head}}]
loss: logistic
"""


# A frozen base, and the maps of an attention: heads cost nothing where the whole batch is measured.
ATTENTION = """
symbols: {n: 2, R: 2}
batch: n
input: {shape: [3, 4], norm: {sample: 1}}
radius: R
layers: [{residual: [{attention: {heads: 2, name: mixer}}]}, {lora: {units: 4, rank: 2, name: low}}, tanh, {mean: 0}, {dense: {units: 2, name: head}}]
loss: logistic
"""


@pytest.mark.parametrize("text", [CONVOLUTION, ATTENTION], ids=["convolution", "attention"])
@pytest.mark.parametrize("seed", range(4))
def test_weights_are_matrices(text: str, seed: int) -> None:
    """Filters of operator norm 2 as a matrix, first axis against all others, are outside the Euclidean balls: the curvature along
    orthogonal ones is below the bound, and so is any sum of q_ij N(u_i) N(u_j) for the diagonal one of the steps."""
    architecture, rng = bc.loads(text), np.random.default_rng(seed)
    spectral, network = bc.objective(architecture).spectral, bc.network(architecture)
    assert set(spectral.norms.values()) == {"operator"}
    curvature, slope = spectral.curvature.evaluate(), spectral.lipschitz.evaluate()
    diagonal = {path: 1 / step.evaluate() for path, step in spectral.steps.together.items()}
    x = rng.standard_normal(network.shapes["input"])
    x /= np.linalg.norm(x, axis=(1, 2), keepdims=True)
    balls = {
        name: max((path for path in diagonal if f"{name}.".startswith(f"{path}.")), key=len, default="")
        for name in network.shapes
    }

    def value(w: Point) -> float:
        (z,) = network({**w, "input": x})
        return float(np.mean(np.logaddexp(z[:, 0], z[:, 1]) - z[:, 0]))

    def drawn() -> Point:
        """Orthogonal matrices, or zero, for each array."""
        found: Point = {}
        for name, shape in network.shapes.items():
            if name != "input":
                u, _, v = np.linalg.svd(rng.standard_normal((shape[0], math.prod(shape[1:]))), full_matrices=False)
                found[name] = (u @ v).reshape(shape) if len(shape) > 1 else np.zeros(shape)
        return found

    for _ in range(20):
        w, u = drawn(), drawn()
        sizes = {path: rng.choice([0.0, 1.0]) for path in diagonal}
        u = {name: array * sizes.get(balls[name], 0.0) for name, array in u.items()}  # none of what is frozen
        values = [value({k: 2 * w[k] + t * u[k] for k in w}) for t in (-1e-3, 0.0, 1e-3)]
        second = abs(values[0] - 2 * values[1] + values[2]) / 1e-6
        assert second <= curvature
        assert abs(values[2] - values[0]) / 2e-3 <= slope
        assert second <= sum(diagonal[path] * sizes[path] ** 2 for path in diagonal) + 1e-7


@pytest.mark.parametrize("seed", range(5))
def test_a_kernel_holds_in_no_ball(seed: int) -> None:
    """F(v) <= F(w) + <grad F(w), v - w> + D_h(v, w), at parameters of any norm."""
    rng = np.random.default_rng(seed)
    inputs, labels, _ = data_of(seed)
    terms = [(float(k), c.evaluate()) for k, c in found(MLP).kernel.terms]
    slope = grad(loss)

    def kernel(r: float) -> float:
        return sum(c * r ** (k + 2) / (k + 2) for k, c in terms)

    for size in (0.01, 0.3, 1.0, 4.0, 30.0):
        for near in (0.01, 0.1, 1.0):
            w = {name: size * rng.standard_normal(shape) for name, shape in ARRAYS.items()}
            v = {name: w[name] + near * size * rng.standard_normal(shape) for name, shape in ARRAYS.items()}
            gradient = slope(w, inputs, labels)
            r, s = math.sqrt(square(w)), math.sqrt(square(v))
            along = sum(float(np.sum(w[k] * (v[k] - w[k]))) for k in w)
            bregman = kernel(s) - kernel(r) - sum(c * r**k for k, c in terms) * along
            model = loss(w, inputs, labels) + sum(float(np.sum(gradient[k] * (v[k] - w[k]))) for k in w)
            assert loss(v, inputs, labels) <= (model + bregman) * (1 + 1e-12) + 1e-12


@pytest.mark.parametrize("options", [{}, {"blocks": "layer"}, {"norms": "mixed"}])
@pytest.mark.parametrize("seed", range(4))
def test_the_prox_linear_model_is_above_the_objective(seed: int, options: dict[str, Any]) -> None:
    """f(psi(v)) <= f(psi(w) + Dpsi(w) (v - w)) + ||v - w||^2/(2 step) for v and w in the balls."""
    inputs, labels, w = data_of(seed)
    rng = np.random.default_rng(seed)
    step = found(MLP, **options).prox_linear_step.evaluate()
    largest = 0.0
    for _ in range(40):
        v = project(
            {name: array + rng.standard_normal() * rng.standard_normal(array.shape) for name, array in w.items()}
        )
        u = {name: v[name] - w[name] for name in w}

        def of_line(t: Any, u: Point = u) -> Any:
            return scores({name: w[name] + t * u[name] for name in ARRAYS}, inputs)

        value, along = make_jvp(of_line)(0.0)(1.0)
        above = outer(scores(v, inputs), labels) - outer(value + along, labels)
        assert above <= square(u) / (2 * step)
        largest = max(largest, above / (square(u) / (2 * step)))
    assert largest > 0


# Iteration counts


@pytest.mark.parametrize("share", [1.0, 0.3, 0.1, 0.03, 0.01])
def test_so_many_iterations_suffice_on_quadratics(share: float) -> None:
    """1/2 lambda w^2 for lambda from L down: the slope of the slowest is what a count has to wait for."""
    smoothness, start = 9.0, 2.0
    curvature = share * smoothness
    gap = curvature * start**2 / 2
    for delta in ("1", "1/10", "1/3"):
        count = found(REGRESSION % "{squared: {labels: 1}}", delta=delta, gap=repr(gap)).iterations
        w, least = start, math.inf
        for _ in range(int(count["gradient"].evaluate())):
            least = min(least, abs(curvature * w))
            w -= curvature * w / smoothness
        assert least <= float(Fraction(delta))


def test_a_count_is_not_much_larger_than_needed() -> None:
    """On the quadratic that is worst for it, gradient descent needs a fair part of the count: it is no idle number."""
    smoothness, start, delta = 9.0, 2.0, 0.1
    shares = []
    for share in np.geomspace(1e-3, 1, 30):
        curvature = share * smoothness
        count = 2 * smoothness * (curvature * start**2 / 2) / delta**2
        w, needed = start, 1
        while abs(curvature * w) > delta:
            w, needed = w - curvature * w / smoothness, needed + 1
        shares.append(needed / max(1, math.ceil(count)))
    assert 0.05 < max(shares) <= 1


def test_so_many_stochastic_iterations_suffice() -> None:
    """A noisy quadratic in a ball, whose minimum is on the boundary: the mean of ||gradient mapping||^2 is at most delta^2."""
    smoothness, delta, variance, batch = 9.0, 1.0, 2.0, 2
    target, start, radius = 7.0, -1.0, 5.0
    gap = smoothness / 2 * ((start - target) ** 2 - (radius - target) ** 2)
    result = found(REGRESSION % "{squared: {labels: 1}}", delta=1, gap=repr(gap), variance=2, batch=batch)
    count, step = int(result.iterations["stochastic"].evaluate()), result.stochastic_step.evaluate()
    rng = np.random.default_rng(0)
    w, total = np.full(20, start), 0.0
    for _ in range(count):
        gradient = smoothness * (w - target)
        mapping = smoothness * (w - np.clip(w - gradient / smoothness, -radius, radius))
        total += float(np.mean(mapping**2)) / count
        w = np.clip(w - step * (gradient + math.sqrt(variance / batch) * rng.standard_normal(20)), -radius, radius)
    assert total <= delta**2


# Losses that are not smooth, or not convex


KMEANS = MLP.replace("loss: logistic", "loss: {kmeans: 2}")
CONVEX = {
    *("logistic", "kl", "squared", "convex_clustering", "binary_logistic", "hinge", "squared_hinge", "smoothed_hinge"),
    *("huber", "pseudo_huber", "log_cosh"),
}


def test_the_upper_curvature_stands_for_an_infinite_smoothness() -> None:
    """Steps and the counts whose proof needs no more; the others say why there is none."""
    result = found(KMEANS, delta="1/10", gap="1", variance="1")
    data = result.to_dict()
    assert not result.smoothness.finite
    c = float(data["upper_curvature"]["number"])
    assert data["upper_curvature"]["guarantees"].startswith("F(v) <= F(w)")
    assert float(data["step"]["number"]) == pytest.approx(1 / c, rel=1e-9)
    for method in ("gradient", "projected"):
        assert int(data["iterations"][method]["number"]) == math.ceil(200 * c)
        assert "at a kink" in data["iterations"][method]["note"]
    for nothing in (data["iterations"]["stochastic"], data["stochastic_step"]):
        assert nothing["number"] is None
        assert "finite L" in nothing["reason"]
    assert "kink" in data["kernel"]["reason"]
    assert 0 < float(data["steps"]["together"]["head"]["number"]) < math.inf
    text = report_to_text(report(KMEANS))
    assert "upper curvature c" in text
    assert "step 1/c" in text
    names = [name for name, _ in result.definitions]
    assert {"step", "iterations_projected", "objective_upper_curvature"} <= set(names)


def test_the_steps_of_layers_go_by_it_too() -> None:
    """A smooth loss with the constants of k-means on this set has the same steps: its L is what the upper curvature is."""
    layers, x = KMEANS.replace("batch: n", "batch: 1").replace("n: 5, ", ""), "{squared: {labels: 0}}"
    both = [bc.compile(bc.loads(text)).steps() for text in (layers, layers.replace("{kmeans: 2}", x))]
    assert both[0] == pytest.approx(both[1], rel=1e-9)


def test_losses_are_convex_or_have_no_prox_linear_step() -> None:
    assert {name for name, kind in bc.VOCABULARY.items() if kind.convex} == CONVEX
    assert all(kind.loss for kind in bc.VOCABULARY.values() if kind.convex)
    step = found(MLP.replace("logistic", "brier")).prox_linear_step
    assert not step.finite
    assert step.reason == "the loss 'brier' is not convex: its prox-linear model may be below F"
    assert found(MLP).prox_linear_step.finite


def hidden(kind: str, **fields: Any) -> Any:
    """A loss as a function of what it reads."""
    operands = {"contrastive": 2, "triplet": 3, "cosine": 2, "infonce": 2, "matrix_factorisation": 2}.get(kind, 1)
    shape = "[2, 2]" if kind == "matrix_factorisation" else "[2]"
    inputs = ", ".join(f"{name}: {{shape: {shape}, norm: 1}}" for name in "abc"[:operands])
    names = [f"{name}_" for name in "abc"[:operands]]
    layer = "rmsnorm: {eps: 1, " if kind == "infonce" else "identity: {"
    steps = ", ".join(f"{{{layer}name: {name}_, from: {name}}}}}" for name in "abc"[:operands])
    given = ", ".join(
        [*([f"from: [{', '.join(names)}]"] if operands > 1 else []), *(f"{k}: {v}" for k, v in fields.items())]
    )
    network = bc.network(bc.loads(f"batch: 2\ninputs: {{{inputs}}}\nlayers: [{steps}]\nloss: {{{kind}: {{{given}}}}}"))
    from boundcalc.falsification.frameworks import namespace_of

    def f(flat: Array) -> float:
        parts = np.split(flat, operands)
        size = (2, 2, 2) if kind == "matrix_factorisation" else (2, 2)
        arrays = {name: part.reshape(size) for name, part in zip("abc", parts, strict=False)}
        return float(network.run(arrays, namespace_of(*arrays.values()))[network.loss or ""])

    f.size = operands * (8 if kind == "matrix_factorisation" else 4)  # type: ignore[attr-defined]
    return f


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("convex_clustering", {"weight": "1/2"}),
        ("kmeans", {"k": 1}),
        ("brier", {}),
        ("contrastive", {}),
        ("triplet", {}),
        ("cosine", {"least": "1/10"}),
        ("infonce", {}),
        ("matrix_factorisation", {"target": 3}),
        ("spectral_clustering", {"k": 1}),
    ],
)
def test_what_is_said_to_be_convex_is_and_others_are_seen_not_to_be(kind: str, fields: dict[str, Any]) -> None:
    """The middle of two points. With one mean k-means is convex; with more it is not, and nothing is said of one alone."""
    f, rng = hidden(kind, **fields), np.random.default_rng(3)
    size, worst = f.size, -math.inf
    for _ in range(400):
        x, y = (rng.normal(size=size) * rng.choice((0.3, 1, 3)) for _ in range(2))
        worst = max(worst, f((x + y) / 2) - (f(x) + f(y)) / 2)
    assert (worst <= 1e-9) is (bc.VOCABULARY[kind].convex or kind == "kmeans")


def test_k_means_with_two_means_is_not_convex() -> None:
    text = "batch: 3\ninput: {shape: [1], norm: 9}\nlayers: [identity]\nloss: {kmeans: 2}"
    network = bc.network(bc.loads(text))
    from boundcalc.falsification.frameworks import namespace_of

    def f(*points: float) -> float:
        array = np.array(points).reshape(3, 1)
        return float(network.run({"input": array}, namespace_of(array))["loss"])

    assert f(0, 0, 1) == f(0, 1, 1) == 0 < f(0, 0.5, 1)


def test_a_loss_that_is_smooth_on_a_part_of_the_balls_says_so() -> None:
    """Below `least` the cosine has a kink: a step is known where no vector is shorter, a projection leaves that set."""
    loss = "loss: {cosine: {from: [dense_0, softplus_0], least: 1/2}}"
    result = found(MLP.replace("loss: logistic", loss), delta=1, gap=1, variance=1)
    assert result.step.finite
    assert "known on convex sets of parameters where no vector that is compared is shorter" in result.step.note
    assert result.iterations["gradient"].finite
    for nothing in (result.iterations["projected"], result.iterations["stochastic"], result.stochastic_step):
        assert "no theorem of projections does" in str(nothing.reason)
    assert "the smoothness of 'cosine' holds" in str(result.kernel.reason)
    assert any("cosine" in warning for warning in result.bounds.warnings)
