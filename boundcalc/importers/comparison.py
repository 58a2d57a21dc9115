"""A PyTorch module that is imported: recorded once or twice, and run beside the network that its spec declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

from boundcalc.graph.expand import expand
from boundcalc.importers.check import MismatchError, compare, learned_values, network_with
from boundcalc.importers.doubles import arguments_in_doubles, doubles, in_doubles, samples
from boundcalc.importers.graph import Graph
from boundcalc.importers.normed import with_plain_weights
from boundcalc.importers.outputs import Branches, with_arrays_alone
from boundcalc.importers.record import Recorder, export
from boundcalc.importers.settings import Settings
from boundcalc.importers.spec import Written, write
from boundcalc.importers.translate import Translated
from boundcalc.language import load as language
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation
from boundcalc.mistakes import Mistake, Place, SpecError

COUNT = 2  # samples that are compared


@dataclass
class Subject:
    """`source` is a person's module, which is not touched; `args`, `kwargs`: the example; `plain`: the paths of weights that a norm
    of their own divides."""

    name: str
    source: torch.nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    training: bool
    plain: tuple[str, ...] = ()
    original: torch.nn.Module | None = None  # with the norms of its weights, where it has some
    recorders: dict[int, Recorder] = field(default_factory=dict[int, Recorder])
    branches: Branches = field(default_factory=Branches)

    @cached_property
    def learned(self) -> Mapping[str, torch.Tensor]:
        return dict(self.source.named_parameters(remove_duplicate=False))

    def copy(self) -> torch.nn.Module:
        """In double precision, and fresh: modules keep what they computed from arrays that change later."""
        return in_doubles(self.source, self.training)

    @property
    def tensors(self) -> list[torch.Tensor]:
        leaves = pytree.tree_leaves((self.args, self.kwargs))
        return [leaf for leaf in leaves if isinstance(leaf, torch.Tensor)]

    @property
    def axes(self) -> list[int]:
        """Along which the inputs may have the samples."""
        found = [
            axis
            for axis in (0, 1)
            if len({t.shape[axis] for t in self.tensors if t.ndim > axis}) == 1
            and any(t.ndim > axis for t in self.tensors)
        ]
        if not found:
            raise _mistake(self.name, "the example has no axis of samples that all inputs share", "give it batches")
        return found

    def recorded(self, axis: int) -> Graph:
        try:
            made = export(with_arrays_alone(self.copy()), self.args, self.kwargs, axis)
        except Exception as error:  # of the module's own code, or of torch.export
            text = str(error).strip().splitlines() or [type(error).__name__]
            finding = f"torch.export does not take it: {type(error).__name__}: {text[0]}"
            raise _mistake(self.name, finding, "see `python -c` with torch.export.export(model, args)") from error
        self.recorders[axis], self.branches = Recorder(made.program, made.example), made.branches
        return self.recorders[axis].graph(self.name, made.count, self.training, axis)


def _mistake(name: str, finding: str, remedy: str | None = None) -> SpecError:
    return SpecError([Mistake(Place(name), finding, remedy, "import")])


def subject(model: Any, args: Any, kwargs: Mapping[str, Any] | None, mode: str | None, name: str | None) -> Subject:
    """Raises SpecError where the example has no tensor."""
    given = (args,) if isinstance(args, torch.Tensor) else tuple(args)
    named = dict(kwargs or {})
    if isinstance(model, torch.export.ExportedProgram):
        if not given and not named and model.example_inputs is not None:
            given, named = model.example_inputs
        module: torch.nn.Module = model.module()
        training, title = mode == "train", name or "program"
    else:
        module, training = model, model.training if mode is None else mode == "train"
        title = name or type(model).__name__
    if not any(isinstance(leaf, torch.Tensor) for leaf in pytree.tree_leaves((given, named))):
        raise _mistake(title, "the example has no tensor", "pass example inputs, as the module's forward takes them")
    whole, plain = with_plain_weights(module, training)
    return Subject(title, whole, given, named, training, plain, module if plain else None)


def learned_of(subject: Subject, written: Written) -> Mapping[str, Any]:
    """The module's own learned arrays by their names in the spec, as NumPy has them; none that have no values."""
    if any(array.is_meta for array in subject.learned.values()):
        return {}
    values = {name: array.detach().double().cpu().numpy() for name, array in subject.learned.items()}
    return learned_values(written.arrays, values)


def too_large(subject: Subject, most: int) -> str | None:
    """Why a module is not run, if it is not."""
    if any(tensor.is_meta for tensor in (*subject.learned.values(), *subject.tensors)):
        return "its arrays are on the meta device"
    count = sum(tensor.numel() for tensor in dict.fromkeys(subject.learned.values()))
    return f"it has {count:,} parameters, more than {most:,}" if count > most else None


def compared(subject: Subject, graph: Graph, translated: Translated) -> float:
    """The largest difference between the spec's network and the module, at the module's own arrays and near them: those that
    training has not touched are often zero. Raises MismatchError."""
    axis = graph.batch_axis
    own = next(tensor.shape[axis] for tensor in subject.tensors if tensor.ndim > axis)
    uses_chosen = translated.draft.graph.inputs != graph.inputs or any(step.chosen for step in translated.draft.steps)
    count = COUNT if graph.batch != own and not uses_chosen else graph.batch
    args, kwargs = _varied(subject, count, axis, translated)
    written = write(translated, Settings(batch=count, radius=1, input_norm=1))
    layer_graph = expand(language.loads(written.text, "<import>", VOCABULARY, own_activation), unroll=True)
    leaves = _leaves(args, kwargs)
    chosen = subject.recorders[axis].decided(leaves, floats=True) if uses_chosen else {}
    network = network_with(layer_graph, translated.draft.steps, written.names, chosen)
    entries = {name: torch.tensor(array) for name, array in chosen.items()}
    entries |= dict(zip((entry.name for entry in graph.inputs), leaves, strict=False))
    inputs = {title: entries[name].movedim(axis, 0) for name, title in written.inputs.items()}
    worst = 0.0
    originals = [] if subject.original is None else [in_doubles(subject.original, subject.training)]
    for is_moved, given in ((False, subject.copy()), (True, subject.copy()), *((False, each) for each in originals)):
        module = with_arrays_alone(given)
        if is_moved:
            _move(module)
        source = subject.copy() if given in originals else module
        learned = {name: array.detach() for name, array in source.named_parameters(remove_duplicate=False)}
        arrays = {**learned_values(written.arrays, learned), **inputs}
        _check_shapes(network.shapes, arrays)
        with torch.no_grad(), doubles(drops=False), torch.random.fork_rng(), subject.branches.answered():
            wanted = [leaf for leaf in _leaves(module(*args, **kwargs), ()) if leaf.is_floating_point()]
            worst = max(worst, compare(network, written.outputs, translated.outputs, arrays, wanted))
    return worst


def _move(module: torch.nn.Module) -> None:
    """Every learned array by a tenth of its size, and a little where it is zero."""
    source = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for array in module.parameters():
            size = array.square().mean().sqrt() / 10 + 0.01
            array.add_(size * torch.randn(array.shape, generator=source, dtype=array.dtype))


def _leaves(args: Any, kwargs: Any) -> list[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]


def _varied(subject: Subject, count: int, axis: int, translated: Translated) -> tuple[Any, Any]:
    """The example with so many samples that differ from each other."""
    source = torch.Generator().manual_seed(0)

    def other(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_floating_point():
            return tensor + torch.randn(tensor.shape, generator=source, dtype=tensor.dtype) / 4
        if tensor.ndim > axis and tensor.dtype != torch.bool:
            order = torch.randperm(tensor.shape[-1], generator=source) if tensor.ndim > 1 else slice(None)
            return torch.cat([tensor.narrow(axis, 0, 1), tensor[..., order].narrow(axis, 1, count - 1)], axis)
        return tensor

    chosen = samples(subject.args, subject.kwargs, count, axis)
    return pytree.tree_map_only(torch.Tensor, other, arguments_in_doubles(chosen))


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], arrays: Mapping[str, Any]) -> None:
    for name, shape in shapes.items():
        if name not in arrays:
            raise MismatchError(f"the spec has a learned array '{name}' that the module has not")
        if tuple(arrays[name].shape) != shape:
            raise MismatchError(f"'{name}' has the shape {list(shape)}, and {list(arrays[name].shape)} in the module")
    more = [name for name in arrays if name not in shapes]
    if more:
        raise MismatchError(f"the module has a learned array '{more[0]}' that the spec has not")
