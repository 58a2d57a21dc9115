"""Convolutions, poolings, gains: the matrices are built and their norms compared with the formulas."""

import itertools
import math

import numpy as np
import pytest
import sympy

from boundcalc.catalogue.convolutions import convolution_norm, touches
from boundcalc.catalogue.gains import DENSE_NORM, GAIN_NORM, augmented_norm, dropout_norm, repeat_norm
from boundcalc.catalogue.poolings import average_pool_norm, global_average_norm, max_pool

Z = sympy.Integer


def windows(size, kernel, stride=1, dilation=1, padding=0):
    """Along one axis: for every window, the entry that every tap reads, None in the padding."""
    outputs = (size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1
    read = [[o * stride + j * dilation - padding for j in range(kernel)] for o in range(outputs)]
    return [[i if 0 <= i < size else None for i in window] for window in read]


def axis_touches(axis):
    return touches(Z(len(windows(**axis))), Z(axis["kernel"]), Z(axis.get("stride", 1)), Z(axis.get("dilation", 1)))


def reads(axes):
    """Over all axes: (window, tap, flat entry)."""
    per_axis = [windows(**axis) for axis in axes]
    sizes = [axis["size"] for axis in axes]
    for o, window in enumerate(itertools.product(*per_axis)):
        for tap, index in enumerate(itertools.product(*window)):
            if None not in index:
                yield o, tap, int(np.ravel_multi_index(index, sizes))


def matrix(weights, axes, groups=1):
    """The convolution by weights[out channel, in channel of the group, tap], as a matrix."""
    found = list(reads(axes))
    outputs, entries = math.prod(len(windows(**a)) for a in axes), math.prod(a["size"] for a in axes)
    out, per_group, _ = weights.shape
    result = np.zeros((out, outputs, per_group * groups, entries))
    for c_out in range(out):
        group = c_out // (out // groups)
        for c_in in range(per_group):
            for o, tap, i in found:
                result[c_out, o, group * per_group + c_in, i] += weights[c_out, c_in, tap]
    return result.reshape(out * outputs, -1)


AXES = [
    [{"size": 12, "kernel": 3}],
    [{"size": 12, "kernel": 3, "padding": 1}],
    [{"size": 13, "kernel": 3, "stride": 2, "padding": 1}],
    [{"size": 15, "kernel": 5, "stride": 3, "padding": 2}],
    [{"size": 16, "kernel": 3, "stride": 2, "dilation": 2}],
    [{"size": 20, "kernel": 4, "stride": 6, "dilation": 4, "padding": 3}],
    [{"size": 20, "kernel": 3, "stride": 3, "dilation": 2, "padding": 2}],
    [{"size": 9, "kernel": 2, "stride": 3}],
    [{"size": 5, "kernel": 5}],
    [{"size": 6, "kernel": 5}],
    [{"size": 6, "kernel": 3, "padding": 1}, {"size": 5, "kernel": 2, "stride": 2}],
    [{"size": 6, "kernel": 2, "dilation": 2}, {"size": 5, "kernel": 3, "stride": 1, "padding": 2}],
    [{"size": 4, "kernel": 2}, {"size": 4, "kernel": 3, "padding": 1}, {"size": 4, "kernel": 2, "stride": 2}],
]


@pytest.mark.parametrize("axes", AXES)
def test_touches_are_counted(axes):
    for axis in axes:
        counts = np.zeros(axis["size"], dtype=int)
        for window in windows(**axis):
            for i in window:
                if i is not None:
                    counts[i] += 1
        assert counts.max() <= int(axis_touches(axis))


def test_touches_are_reached():
    """In the middle of a long axis, with any kernel, stride and dilation."""
    for kernel, stride, dilation in itertools.product(range(1, 8), range(1, 7), range(1, 7)):
        axis = {"size": 150, "kernel": kernel, "stride": stride, "dilation": dilation}
        counts = np.zeros(150, dtype=int)
        for window in windows(**axis):
            counts[window] += 1
        assert counts.max() == int(axis_touches(axis)), axis


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize(("channels", "groups"), [((1, 1), 1), ((3, 2), 1), ((4, 2), 2)])
def test_convolution_norm_never_exceeded(axes, channels, groups, rng):
    """||v * z|| <= b ||v|| ||z||: random kernels, all-ones kernels, kernels improved by alternating maximisation."""
    b = float(convolution_norm(axis_touches(axis) for axis in axes))
    taps = math.prod(axis["kernel"] for axis in axes)
    out, inner = channels
    shape = (out, inner // groups, taps)
    for weights in (rng.normal(size=shape), np.ones(shape)):
        assert np.linalg.norm(matrix(weights, axes, groups), 2) <= b * np.linalg.norm(weights) * (1 + 1e-12)
    # For a fixed z the map is linear in the kernel: its matrix, by columns.
    entries = inner * math.prod(axis["size"] for axis in axes)
    basis = np.stack([matrix(e.reshape(shape), axes, groups) for e in np.eye(math.prod(shape))])
    z = rng.normal(size=entries)
    for _ in range(4):
        z /= np.linalg.norm(z)
        _, values, rows = np.linalg.svd((basis @ z).T, full_matrices=False)
        _, values, inputs = np.linalg.svd(np.tensordot(rows[0], basis, axes=1))
        z = inputs[0]
        assert values[0] <= b * (1 + 1e-12)


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 1), (4, 2, 1), (5, 3, 2), (4, 6, 4)])
def test_convolution_norm_witness(kernel, stride, dilation):
    """Equal taps in one residue class, on ever longer axes."""
    reached = []
    for size in (60, 600):
        axis = {"size": size, "kernel": kernel, "stride": stride, "dilation": dilation}
        b = float(convolution_norm([axis_touches(axis)]))
        class_size = stride // math.gcd(stride, dilation)
        weights = np.zeros((1, 1, kernel))
        weights[0, 0, ::class_size] = 1
        reached.append(np.linalg.norm(matrix(weights, [axis]), 2) / np.linalg.norm(weights) / b)
    assert reached[0] <= 1 + 1e-12
    assert reached[1] <= 1 + 1e-12
    assert reached[1] > 0.999


def test_one_output_has_norm_one(rng):
    """A kernel as large as its input touches every entry once."""
    axes = [{"size": 5, "kernel": 5}]
    weights = rng.normal(size=(1, 1, 5))
    assert convolution_norm([axis_touches(axes[0])]) == 1
    assert np.linalg.norm(matrix(weights, axes), 2) == pytest.approx(np.linalg.norm(weights), rel=1e-12)


def test_transposed_convolution(rng):
    """The adjoint: `outputs` are the entries that the transposed convolution reads."""
    axes = [{"size": 13, "kernel": 4, "stride": 2}]
    weights = rng.normal(size=(2, 3, 4))
    b = float(convolution_norm(axis_touches(axis) for axis in axes))
    transposed = matrix(weights, axes).T
    assert transposed.shape == (39, 10)  # 5 entries, 2 channels -> 13 entries, 3 channels
    assert np.linalg.norm(transposed, 2) <= b * np.linalg.norm(weights)


def test_symbolic_touches():
    h, k, s, d = sympy.symbols("h k s d", positive=True, integer=True)
    assert touches(h, k, Z(1), Z(1)) == sympy.Min(h, k)
    assert touches(Z(7), k, k, Z(1)) == 1
    assert touches(h, Z(3), s, Z(1)) == sympy.Min(h, sympy.ceiling(3 / s))
    assert touches(h, k, s, s) == sympy.Min(h, k)
    assert touches(h, k, Z(1), d) == sympy.Min(h, k)
    # A symbolic stride may share a divisor with a dilation: the bound has to cover that.
    symbolic = touches(h, Z(5), s, Z(4))
    for stride in range(1, 9):
        exact = touches(Z(100), Z(5), Z(stride), Z(4))
        assert symbolic.subs({h: 100, s: stride}) >= exact
    plain = sympy.Symbol("k", positive=True)  # not declared an integer
    assert touches(h, plain, Z(1), Z(1)) == sympy.Min(h, plain)


@pytest.mark.parametrize("bad", [Z(0), Z(-1), sympy.Rational(1, 2), sympy.sqrt(2), sympy.oo])
def test_touches_takes_positive_integers(bad):
    for position in range(4):
        arguments = [Z(3)] * 4
        arguments[position] = bad
        with pytest.raises(ValueError, match="positive integer"):
            touches(*arguments)


@pytest.mark.parametrize("axes", AXES)
def test_average_pool(axes):
    taps = math.prod(axis["kernel"] for axis in axes)
    norm = float(average_pool_norm([axis_touches(a) for a in axes], [Z(a["kernel"]) for a in axes]))
    average = matrix(np.full((1, 1, taps), 1 / taps), axes)
    assert np.linalg.norm(average, 2) <= norm * (1 + 1e-12)


def test_average_pool_witness():
    """Windows that do not overlap; windows that overlap everywhere, in the limit; the global average."""
    axes = [{"size": 6, "kernel": 2, "stride": 2}] * 2
    norm = average_pool_norm([axis_touches(a) for a in axes], [Z(2), Z(2)])
    assert norm == sympy.Rational(1, 2)
    assert np.linalg.norm(matrix(np.full((1, 1, 4), 1 / 4), axes), 2) == pytest.approx(0.5, rel=1e-12)
    long = {"size": 600, "kernel": 3}
    assert average_pool_norm([axis_touches(long)], [Z(3)]) == 1
    assert np.linalg.norm(matrix(np.full((1, 1, 3), 1 / 3), [long]), 2) > 0.999
    whole = [{"size": 4, "kernel": 4}, {"size": 3, "kernel": 3}]
    norm = average_pool_norm([axis_touches(a) for a in whole], [Z(4), Z(3)])
    assert norm == global_average_norm(Z(12)) == 1 / sympy.sqrt(12)
    mean = matrix(np.full((1, 1, 12), 1 / 12), whole)
    assert np.linalg.norm(mean, 2) == pytest.approx(float(norm), rel=1e-12)


def test_average_over_valid_entries_exceeds_the_norm():
    """Why that variant is not offered."""
    axis = {"size": 4, "kernel": 3, "stride": 2, "padding": 2}
    taps = windows(**axis)
    average = np.zeros((len(taps), 4))
    for o, window in enumerate(taps):
        valid = [i for i in window if i is not None]
        average[o, valid] = 1 / len(valid)
    assert np.linalg.norm(average, 2) > float(average_pool_norm([axis_touches(axis)], [Z(3)]))


def pool(z, axes):
    largest = {}
    for o, _, i in reads(axes):
        largest[o] = max(largest.get(o, -math.inf), z[i])
    return np.array([largest[o] for o in sorted(largest)])


@pytest.mark.parametrize(
    "axes",
    [
        [{"size": 12, "kernel": 3, "stride": 2, "padding": 1}],
        [{"size": 12, "kernel": 3, "stride": 1, "padding": 1}],
        [{"size": 8, "kernel": 2, "stride": 2}] * 2,
        [{"size": 7, "kernel": 3, "stride": 2, "padding": 1}] * 2,
    ],
)
def test_max_pool(axes, rng):
    entry = max_pool([axis_touches(a) for a in axes])
    constant = float(entry.lipschitz.value)
    entries = math.prod(a["size"] for a in axes)
    best = 0.0
    for i in range(entries):
        z = rng.normal(size=entries)
        other = z + rng.normal(size=entries) * rng.choice([1e-3, 1])
        assert np.linalg.norm(pool(z, axes) - pool(other, axes)) <= constant * np.linalg.norm(z - other) * (1 + 1e-12)
        peak = np.zeros(entries)
        peak[i] = 10.0
        moved = peak.copy()
        moved[i] += 1.0
        best = max(best, float(np.linalg.norm(pool(moved, axes) - pool(peak, axes))))
    assert best == pytest.approx(constant, rel=1e-12)
    assert entry.smoothness.value is None
    assert entry.smoothness.reason
    assert entry.at_zero.value == 0
    assert np.linalg.norm(pool(np.zeros(entries), axes)) == 0


def test_max_pool_has_kinks():
    axes = [{"size": 2, "kernel": 2}]
    h = 1e-9
    at, left, right = (pool(np.array(z), axes)[0] for z in ([1, 1], [1 - h, 1], [1 + h, 1]))
    assert ((right - at) - (at - left)) / h == pytest.approx(1, rel=1e-6)


def test_dense_gain_and_bias(rng):
    """sqrt(b^2 m^2 + copies) is the norm of (V, bias) -> V z + bias, reached where all samples are equal."""
    assert DENSE_NORM == GAIN_NORM == 1
    n, features, units = 5, 3, 2
    for z in (rng.normal(size=(features, n)), np.outer(rng.normal(size=features), np.ones(n))):
        augmented = np.vstack([z, np.ones((1, n))])
        operator = np.kron(np.eye(units), augmented.T)
        norm = float(augmented_norm(DENSE_NORM, sympy.Float(np.linalg.norm(z), 17), Z(n)))
        assert np.linalg.norm(operator, 2) <= norm * (1 + 1e-12)
    assert np.linalg.norm(operator, 2) == pytest.approx(norm, rel=1e-9)
    assert np.linalg.norm(np.kron(np.eye(units), np.ones((n, 1))), 2) == pytest.approx(float(repeat_norm(Z(n))))


def test_gain(rng):
    channels, copies = 4, 6
    z = rng.normal(size=(channels, copies))
    bound = float(augmented_norm(GAIN_NORM, sympy.Float(np.linalg.norm(z), 17), Z(copies)))
    columns = np.hstack(
        [
            np.stack([np.outer(e, np.ones(copies)) * z for e in np.eye(channels)]).reshape(channels, -1).T,
            np.stack([np.outer(e, np.ones(copies)) for e in np.eye(channels)]).reshape(channels, -1).T,
        ]
    )
    assert np.linalg.norm(columns, 2) <= bound * (1 + 1e-12)
    gains = rng.normal(size=(channels, 1))
    assert np.linalg.norm(gains * z) <= np.linalg.norm(gains) * np.linalg.norm(z)
    single = np.zeros((channels, copies))
    single[0] = 1.0  # one channel, all samples equal
    columns = np.hstack([single.reshape(-1, 1), single.reshape(-1, 1)])
    bound = float(augmented_norm(GAIN_NORM, sympy.sqrt(copies), Z(copies)))
    assert np.linalg.norm(columns, 2) == pytest.approx(bound, rel=1e-12)


def test_dropout(rng):
    assert dropout_norm(sympy.Rational(1, 4)) == sympy.Rational(4, 3)
    assert dropout_norm(Z(0)) == 1
    p = sympy.Symbol("p", positive=True)
    assert dropout_norm(p) == 1 / (1 - p)
    for bad in (Z(1), Z(2), Z(-1)):
        with pytest.raises(ValueError, match="dropout"):
            dropout_norm(bad)
    masks = np.diag((rng.random(size=20) > 0.25) / 0.75)
    assert np.linalg.norm(masks, 2) == pytest.approx(4 / 3)
