"""The pipeline: text -> architecture -> layer graph -> primitives -> program -> bounds. The one place where the vocabulary
meets the engines."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy

from boundcalc.arguments import Named, expect
from boundcalc.blocks.per_sample import PerSample
from boundcalc.bounds.assemble import assemble
from boundcalc.bounds.compiled import Bounds
from boundcalc.bounds.grouped import grouped_by, lowered_by
from boundcalc.bounds.options import NOT_SAID, Blocks, Constants, Norms, Options
from boundcalc.bounds.values import exact, reference
from boundcalc.calculus.primitives import PrimitiveGraph
from boundcalc.catalogue.nonlinearity import Nonlinearity
from boundcalc.collector import paused
from boundcalc.exact.formulas.text import Formula, parse_formula
from boundcalc.graph.expand import expand
from boundcalc.graph.grouping import LAYER, TOTAL
from boundcalc.graph.kind import AnyKind, Kind, Vocabulary
from boundcalc.graph.layer_graph import LAYER_LIMIT, LayerGraph
from boundcalc.graph.measures import Measure
from boundcalc.graph.partition import partitioned
from boundcalc.graph.unrolled import unrolled_if_few
from boundcalc.graph.vocabulary import check_vocabulary, retold
from boundcalc.language import load as language
from boundcalc.language.architecture import Architecture
from boundcalc.language.smoothing import read_smoothing
from boundcalc.language.tree import Room
from boundcalc.language.words import Lexicon
from boundcalc.layers.index import VOCABULARY
from boundcalc.mistakes import Mistake, Place, SpecError, folded, shown, suggest

if TYPE_CHECKING:  # a call that needs one of these imports it: most answers do not
    from boundcalc.bounds.described import Described
    from boundcalc.falsification.network import Network

Spec = Architecture[Kind[Any, Any]]


@paused()
def load(
    source: str | os.PathLike[str] | Mapping[str, object],
    *,
    vocabulary: Vocabulary = VOCABULARY,
    max_layers: int = LAYER_LIMIT,
) -> Spec:
    """Read an architecture from a file, an open text file, or a mapping shaped like the YAML.

    vocabulary: the kinds of layers and losses by name, such as `bc.VOCABULARY | {"mine": KIND}`. max_layers: a file has room for so
    many; `compile` takes it too.
    Raises SpecError with every mistake of the file and of the files it includes.
    """
    check_vocabulary(vocabulary)
    return language.load(source, vocabulary, _own, _room(max_layers))


@paused()
def loads(
    text: str | bytes,
    source: str = "<text>",
    *,
    vocabulary: Vocabulary = VOCABULARY,
    max_layers: int = LAYER_LIMIT,
) -> Spec:
    """Read an architecture from YAML text; `source` names it in messages. A text has no folder to include from."""
    check_vocabulary(vocabulary)
    return language.loads(text, source, vocabulary, _own, _room(max_layers))


def _own(name: str, formula: Formula) -> AnyKind:
    """The kind of an activation that a spec declares."""
    from boundcalc.layers.parts.formula import own_activation

    return own_activation(name, formula)


def _room(max_layers: int) -> Room:
    return Room.of(_checked(max_layers))


def _checked(max_layers: int) -> int:
    if expect(max_layers, int, "max_layers", "write a whole number") < 1:
        raise ValueError(f"max_layers is at least 1, not {max_layers!r}")
    return max_layers


def compile(
    architecture: Spec,
    *,
    blocks: Blocks = NOT_SAID,
    norms: Norms = NOT_SAID,
    measure: Measure = NOT_SAID,
    wrt: str | Sequence[str] = NOT_SAID,
    constants: Constants = NOT_SAID,
    refine: bool = NOT_SAID,
    third_order: bool = NOT_SAID,
    smooth: str | None = NOT_SAID,
    sharpest: bool = False,
    vocabulary: Vocabulary | None = None,
    max_layers: int = LAYER_LIMIT,
) -> Bounds:
    """Bounds of the network output on the product of balls: its norm, Lipschitz constant and smoothness constant.

    blocks: "total" (unless said) is the recursion of the talk; "layer" keeps an entry for each ball, never larger; patterns of
    paths such as "stage*" make a block of each place that they match, and one of all that they do not.
    norms: "euclidean" (unless said) measures every array as a whole batch; "mixed" takes the smallest bound over several norms.
    measure: the norm of outputs and rows, "batch" (unless said), or the largest "sample", "position" or "entry".
    wrt: "parameters" (unless said), names of inputs, or paths of layers with wildcards. constants: "sharp" (unless said), or
    those "published" with the paper, some of which are no upper bounds. refine: also use |a'(0)| + L m as a bound of a map's
    slope. third_order: also bound the Lipschitz constant of the second derivative. smooth: "softplus" or "moreau=MU" puts smooth maps in place of ReLU and maximum pooling. sharpest: blocks="layer", norms="mixed", refine=True.
    vocabulary: other kinds in place of those that the architecture was read with; every step is of one of them.
    max_layers: a network that expands to more layers is refused.

    Raises SpecError for mistakes that show when the graph is built, TypeError and ValueError for arguments that are none.
    """
    expect(architecture, Architecture, "the architecture", "make one with bc.load(path) or bc.loads(text)")
    said = {
        "blocks": blocks,
        "norms": norms,
        "measure": measure,
        "wrt": wrt,
        "constants": constants,
        "refine": refine,
        "third_order": third_order,
        "smooth": smooth,
    }
    given = {name: value for name, value in said.items() if value is not NOT_SAID}
    options = (
        Options.sharpest(**given)
        if expect(sharpest, bool, "sharpest", "write True or False")
        else Options.checked(**given)
    )
    if vocabulary is not None:
        check_vocabulary(vocabulary)
        architecture = retold(architecture, vocabulary)
    return compile_with(architecture, options, max_layers=_checked(max_layers))


def network(architecture: Spec, *, smooth: str | None = None, max_layers: int = LAYER_LIMIT) -> Network:
    """The network that a spec declares, as a function of its learned arrays (`head.weight`) and inputs, on arrays of NumPy,
    PyTorch or JAX. The first axis of inputs and outputs is the batch; every copy of a repeat has arrays of its own.

    smooth: as in `compile`.

    Raises SpecError for mistakes of the spec and for symbols without values, which sizes need; ValueError for what is no
    smoothing.
    """
    from boundcalc.bounds.measured import numbers_of
    from boundcalc.falsification.network import network_of

    expect(architecture, Architecture, "the architecture", "make one with bc.load(path) or bc.loads(text)")
    graph = expand(smoothed(architecture, smooth), unroll=True, max_layers=max_layers)
    return network_of(graph, numbers_of(architecture, graph))


def activation(formula: str, *, within: object = None, **values: object) -> Nonlinearity:
    """The constants of a formula in `x`, as those of an activation of a spec are found: `lipschitz`, `smoothness` and `sup` (None
    where it has no bound) are facts with `value`, `enclosure`, `witness`, and a `reason` where the value is None.

    within: the largest absolute value of x; all reals unless said. values: those of the other names in the formula.
    Raises SpecError for what is no formula and for one whose constants take too long, TypeError and ValueError for values that
    are no numbers.
    """
    from boundcalc.catalogue.formula import activation as search
    from boundcalc.exact.formulas.extremes import TooMuchWork

    place = Place("<formula>", 1, 1)
    parsed = parse_formula(expect(formula, str, "a formula", "pass its text, such as 'x*sigmoid(x)'"), place)
    mistakes = list(parsed.unknown(values))
    if mistakes:
        raise SpecError(mistakes)
    given = {name: exact(value, f"the value of {name}") for name, value in values.items()}
    most = None if within is None else exact(within, "within")
    if most is not None and not (isinstance(most, sympy.Rational) and most > 0):
        raise ValueError(f"within is a positive rational number, not {within!r}")
    try:
        found = search(formula, parsed, given, None if most is None else Fraction(int(most.p), int(most.q)))
    except TooMuchWork:
        finding = "the constants of the formula are not found soon enough"
        raise SpecError([Mistake(place, finding, "write a simpler one")]) from None
    except ArithmeticError as error:
        raise SpecError([Mistake(place, f"the formula has no value: {error}")]) from None
    return found.instantiate(entries=sympy.S.One)


def describe(name: str, *, vocabulary: Vocabulary = VOCABULARY) -> Described:
    """What is to be known of one kind of layer, with the constants of its example. Raises SpecError for an unknown name."""
    from boundcalc.bounds.described import described

    check_vocabulary(vocabulary)
    if name not in vocabulary:
        ours = Lexicon.of(vocabulary).aliases.get(folded(name))
        remedy = suggest(name, vocabulary) if ours is None else f"it is called '{ours}' here"
        finding = f"there is no kind of layer {shown(name)}"
        raise SpecError([Mistake(Place("layers"), finding, remedy or f"there are {', '.join(sorted(vocabulary))}")])
    kind = vocabulary[name]
    example = compile(loads(kind.example, f"<{name}>", vocabulary=vocabulary)) if kind.example else None
    return described(kind, example)


@dataclass(frozen=True, slots=True)
class Compiler:
    """What compiles a spec under options that are checked, here and in other processes."""

    options: Options
    max_layers: int = LAYER_LIMIT

    def __call__(self, architecture: Spec) -> Bounds:
        return compile_with(architecture, self.options, max_layers=self.max_layers)


@paused()
def compile_with(architecture: Spec, options: Options, *, max_layers: int = LAYER_LIMIT) -> Bounds:
    """`compile` with options that are checked. Raises SpecError."""
    architecture = smoothed(architecture, options.smooth)
    if architecture.smoothing is not None:
        options = replace(options, smooth=architecture.smoothing.text)  # the file may say it
    is_whole = options.blocks == TOTAL and not architecture.features  # which may be those of copies
    graph = expand(architecture, max_layers=max_layers) if is_whole else unrolled_if_few(architecture, max_layers)
    return _traced(architecture, graph, lowered_by(graph, options), options)


def smoothed(architecture: Spec, smooth: str | None) -> Spec:
    """The spec with smooth maps in place of kinks, as `--smooth` says it; None: as it is. Raises ValueError, SpecError."""
    return architecture if smooth is None else replace(architecture, smoothing=read_smoothing(smooth))


def beside(bounds: Bounds, *, max_layers: int = LAYER_LIMIT) -> list[Bounds]:
    """The same network under the other options that a text shows side by side; mixed norms of networks that are not too deep."""
    options = [options for options in bounds.options.beside if options != bounds.options]
    if not bounds.is_small:
        options = [each for each in options if each.norms == bounds.options.norms]
    return [recompiled(bounds, each, max_layers=max_layers) for each in options]


@paused()
def recompiled(bounds: Bounds, options: Options, *, max_layers: int = LAYER_LIMIT) -> Bounds:
    """The same network under other options of its norms and blocks."""
    is_copied = bounds.graph.has_loops or bounds.graph.conditions.unrolled  # copies under some groupings only
    if is_copied and options.blocks != bounds.options.blocks:
        return compile_with(bounds.architecture, options, max_layers=max_layers)
    return _traced(bounds.architecture, bounds.graph, partitioned(bounds.primitives, options.blocks), options)


def _traced(architecture: Spec, graph: LayerGraph, primitives: PrimitiveGraph, options: Options) -> Bounds:
    at = reference(graph.conditions)
    found = grouped_by(graph, primitives, options)
    # What one sample can move is asked of any other sample as well: nothing is known at given inputs.
    alone = replace(partitioned(primitives, LAYER), given=None)
    assembled = assemble(graph, primitives, found, PerSample(graph, alone, options.refine, at).figures)
    published = () if options.certified else ("published constants are not upper bounds in general",)
    return Bounds(
        architecture=architecture,
        graph=graph,
        primitives=primitives,
        options=options,
        figures=assembled.network,
        objective=assembled.objective,
        layers=Named("layer", assembled.rows, _last_layers(graph)),
        trail=found.trail,
        warnings=(*graph.warnings, *published, *primitives.warnings, *found.warnings),
    )


def _last_layers(graph: LayerGraph) -> dict[str, str]:
    """Every path a person can use, to the layer it means: a repeat means the last layer of its last copy."""
    results = {state.after: state.result for loop in graph.loops.values() for state in loop.states}
    results |= {fixed.state: fixed.result for fixed in graph.fixed_points.values()}
    found: dict[str, str] = {}
    for path, node in graph.paths.items():
        while node in results:
            node = results[node]
        found[path] = node
    return found
