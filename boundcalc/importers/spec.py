"""Draft -> the text of a spec, and which array of the network each learned array of the spec is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from boundcalc.importers.draft import Draft, Field, Step
from boundcalc.importers.graph import Entry
from boundcalc.importers.lines import Line
from boundcalc.importers.naming import module_path, step_names
from boundcalc.importers.settings import Settings, symbols_of, text
from boundcalc.importers.sharing import flipped, in_several_shapes
from boundcalc.importers.structure import structured
from boundcalc.importers.translate import Translated
from boundcalc.importers.unsupported import Missing, UnsupportedError
from boundcalc.importers.values import Learned
from boundcalc.importers.yaml import block
from boundcalc.layers.index import VOCABULARY

ONLY_INPUT = "input"


@dataclass(frozen=True, slots=True)
class Written:
    """`text`: of the spec; `names`: of the steps, by their keys; `inputs`: the names of inputs in the spec, by those in the
    network; `arrays`: by the path of a learned array of the spec, the network's; `frozen`: the steps that training leaves as they
    are."""

    text: str
    names: Mapping[str, str]
    inputs: Mapping[str, str]
    arrays: Mapping[str, Learned]
    outputs: tuple[str, ...]
    frozen: tuple[str, ...]


def write(translated: Translated, settings: Settings) -> Written:
    """Raises SpecError."""
    draft = translated.draft
    steps = translated.steps
    entries = draft.graph.inputs
    read = {key for step in steps for key in step.reads}
    used = tuple(entry for entry in entries if entry.name in read)
    inputs = _titles(used, steps)
    names = {**inputs, **step_names(steps, tuple(inputs.values()))}
    arrays, shares = _sharing(draft.graph.name, steps, names)
    norms = settings.norms(used)
    frozen = _frozen(draft.graph.frozen, steps, arrays, names)
    lines = _lines(steps, names, shares, frozen)
    outputs = tuple(names[held.step] for held in translated.outputs)
    words = {
        *VOCABULARY,
        *draft.formulas.values(),
        *symbols_of(text(settings.batch), *norms.values(), text(settings.radius)),
    }
    classes = {module_path(path): name for path, name in draft.graph.modules.items()}
    before = inputs[used[0].name] if len(used) == 1 else None
    found = structured(lines, outputs, before, classes, words)
    document = _document(draft, used, inputs, norms, settings, {line.kind for line in lines})
    if found.modules:
        document["define"] = found.modules
    document["layers"] = found.layers
    last = lines[-1].name if lines else before
    if outputs != (last,):
        document["output"] = outputs[0] if len(outputs) == 1 else list(outputs)
    text_ = "\n".join(block(document, 0)) + "\n"
    return Written(text_, names, inputs, arrays, outputs, tuple(frozen.values()))


def _titles(used: Sequence[Entry], steps: Sequence[Step]) -> Mapping[str, str]:
    """What inputs are called in the spec: otherwise than modules, since no name goes through another one."""
    modules = {module_path(step.origin.module).partition(".")[0] for step in steps}
    found: dict[str, str] = {}
    for entry in used:
        title = ONLY_INPUT if len(used) == 1 else entry.title
        while title in modules or title in found.values():
            title += "_"
        found[entry.name] = title
    return found


def _document(
    draft: Draft,
    used: Sequence[Entry],
    inputs: Mapping[str, str],
    norms: Mapping[str, Field],
    settings: Settings,
    kinds: set[str],
) -> dict[str, Field]:
    batch, radius = text(settings.batch), text(settings.radius)
    described = {inputs[entry.name]: _input(draft, entry, norms) for entry in used}
    declared = symbols_of(batch, *norms.values(), radius)
    document: dict[str, Field] = {"name": draft.graph.name}
    if declared:
        small = symbols_of(radius) if settings.may_be_zero else []
        document["symbols"] = {name: {"at_least": 0} if name in small else "" for name in declared}
    formulas = {name: {"formula": formula} for formula, name in draft.formulas.items() if name in kinds}
    if formulas:
        document["activations"] = formulas
    document["batch"] = batch
    if list(described) == [ONLY_INPUT]:
        document["input"] = described[ONLY_INPUT]
    else:
        document["inputs"] = described
    document["radius"] = radius
    return document


def _input(draft: Draft, entry: Entry, norms: Mapping[str, Field]) -> Field:
    shape = [size for axis, size in enumerate(entry.shape) if axis != draft.graph.batch_axis]
    if entry.is_integer:
        return {"shape": shape, "tokens": draft.tokens[entry.name]}
    return {"shape": shape, "norm": norms[entry.name]}


def _frozen(
    frozen: Set[str], steps: Sequence[Step], arrays: Mapping[str, Learned], names: Mapping[str, str]
) -> Mapping[str, str]:
    """The names, by keys, of steps whose learned arrays are all frozen, those that they share among them. A step that has none of its
    own says nothing: it is as what it shares."""
    first = {(learned.name, learned.moves): path.rpartition(".")[0] for path, learned in arrays.items()}
    found: dict[str, str] = {}
    for step in steps:
        own = [array for array in step.arrays if f"{names[step.key]}.{array}" in arrays]
        owners = {first.get((learned.name, learned.moves), "") for learned in step.arrays.values()} - {names[step.key]}
        said = owners <= set(found.values())
        if own and said and all(learned.name in frozen for learned in step.arrays.values()):
            found[step.key] = names[step.key]
    return found


def _lines(
    steps: Sequence[Step], names: Mapping[str, str], shares: Mapping[str, Field], frozen: Mapping[str, str]
) -> list[Line]:
    lines: list[Line] = []
    for step in steps:
        fields = dict(step.fields)
        if step.key in shares:
            fields["share"] = shares[step.key]
        if step.key in frozen:
            fields["frozen"] = True
        lines.append(Line(step.kind, names[step.key], fields, tuple(names[key] for key in step.reads)))
    return lines


def _sharing(
    network: str, steps: Sequence[Step], names: Mapping[str, str]
) -> tuple[Mapping[str, Learned], Mapping[str, Field]]:
    """Every learned array at its first place, and what later steps share of it."""
    arrays: dict[str, Learned] = {}
    first: dict[Learned, str] = {}
    shares: dict[str, Field] = {}
    for step in steps:
        shared: dict[str, Field] = {}
        for array, learned in step.arrays.items():
            path = f"{names[step.key]}.{array}"
            known = first.get(learned, first.get(flipped(learned)))
            if known is None:
                arrays[path], first[learned] = learned, path
            else:
                shared[array] = known
        if shared:
            owners = {str(path).rpartition(".")[0] for path in shared.values()}
            whole = len(shared) == len(step.arrays) and all(str(p).endswith(f".{a}") for a, p in shared.items())
            shares[step.key] = owners.pop() if whole and len(owners) == 1 else shared
    wrong = sorted(in_several_shapes(steps))
    if wrong:
        reason = "a learned array is read in several shapes, which the language cannot share"
        raise UnsupportedError(network, [Missing("shared array", reason, name, "", "") for name in wrong])
    return arrays, shares
