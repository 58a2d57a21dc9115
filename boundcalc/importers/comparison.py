"""A PyTorch module that is imported: recorded once or twice, and run beside the network that its spec declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

from boundcalc.falsification.frameworks import namespace_of
from boundcalc.falsification.network import Network
from boundcalc.graph.expand import expand
from boundcalc.importers.check import MismatchError, compare, learned_values, moved, network_with
from boundcalc.importers.doubles import arguments_in_doubles, doubles, in_doubles, samples
from boundcalc.importers.graph import Graph
from boundcalc.importers.hollow import NoValuesError, hollow, is_on_meta
from boundcalc.importers.record import export, record
from boundcalc.importers.settings import Settings
from boundcalc.importers.sparing import Lazily, made_up, outputs_of
from boundcalc.importers.spec import Written, write
from boundcalc.importers.translate import Translated
from boundcalc.language import load as language
from boundcalc.layers.index import VOCABULARY
from boundcalc.layers.parts.formula import own_activation
from boundcalc.mistakes import Mistake, Place, SpecError

COUNT = 2  # samples that are compared
LARGEST = 100_000_000  # parameters of a module that is copied and run as it is


@dataclass
class Subject:
    """`source` is a person's module, which is not touched; `args`, `kwargs`: the example; `has_values`: whether the example has its
    own, or was on the meta device; `programs`: those that were exported, by the axis of the samples."""

    name: str
    source: torch.nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    training: bool
    has_values: bool = True
    programs: dict[int, Any] = field(default_factory=dict[int, Any])

    @cached_property
    def learned(self) -> Mapping[str, torch.Tensor]:
        return dict(self.source.named_parameters(remove_duplicate=False))

    @cached_property
    def count(self) -> int:
        """Of its parameters."""
        return sum(array.numel() for array in dict.fromkeys(self.learned.values()))

    @cached_property
    def on_meta(self) -> bool:
        return is_on_meta(self.source)

    @property
    def is_spared(self) -> bool:
        """Whether no copy of its learned arrays is made."""
        return self.on_meta or self.count > LARGEST

    def copy(self) -> torch.nn.Module:
        """In double precision, and fresh: modules keep what they computed from arrays that change later."""
        if not self.is_spared:
            return in_doubles(self.source, self.training)
        try:
            return hollow(self.source, self.training)
        except NoValuesError as error:
            raise _mistake(self.name, str(error), "make the module on the CPU, or give the buffer its values") from None

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
        module = self.copy()
        try:
            program, count = export(module, self.args, self.kwargs, axis)
        except Exception as error:  # of the module's own code, or of torch.export
            text = str(error).strip().splitlines() or [type(error).__name__]
            finding = f"torch.export does not take it: {type(error).__name__}: {text[0]}"
            raise _mistake(self.name, finding, "see `python -c` with torch.export.export(model, args)") from error
        self.programs[axis] = program
        return record(program, self.name, count, self.training, axis)


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
    has_values = not any(tensor.is_meta for tensor in _leaves(given, named))
    given, named = pytree.tree_map_only(torch.Tensor, _with_values, (given, named))
    return Subject(title, module, given, named, training, has_values)


def _with_values(tensor: torch.Tensor) -> torch.Tensor:
    """An example on the meta device says shapes and types alone."""
    if not tensor.is_meta:
        return tensor
    source = torch.Generator().manual_seed(0)
    if tensor.is_floating_point():
        return torch.randn(tensor.shape, generator=source, dtype=tensor.dtype)
    return torch.ones(tensor.shape, dtype=tensor.dtype)


def learned_of(subject: Subject, written: Written) -> Mapping[str, Any]:
    """The module's own learned arrays by their names in the spec, as NumPy has them when they are read; none that have no values."""
    if any(array.is_meta for array in subject.learned.values()):
        return {}

    def values(path: str) -> np.ndarray[Any, Any]:
        learned = written.arrays[path]
        return np.asarray(moved(learned, subject.learned[learned.name].detach().double().cpu().numpy()))

    return Lazily(tuple(written.arrays), values)


def too_large(subject: Subject, most: int) -> str | None:
    """Why a module is not run, if it is not."""
    return f"it has {subject.count:,} parameters, more than {most:,}" if subject.count > most else None


def compared(subject: Subject, graph: Graph, translated: Translated) -> float:
    """The largest difference between the spec's network and the module, at the module's own arrays and near them: those that
    training has not touched are often zero. Raises MismatchError."""
    axis = graph.batch_axis
    own = next(tensor.shape[axis] for tensor in subject.tensors if tensor.ndim > axis)
    count = graph.batch if subject.is_spared else COUNT if graph.batch != own else own
    args, kwargs = _varied(subject, count, axis, translated)
    written = write(translated, Settings(batch=count, radius=1, input_norm=1))
    layer_graph = expand(language.loads(written.text, "<import>", VOCABULARY, own_activation), unroll=True)
    network = network_with(layer_graph, translated.draft.steps, written.names)
    entries = dict(zip((entry.name for entry in graph.inputs), _leaves(args, kwargs), strict=False))
    inputs = {title: entries[name].movedim(axis, 0) for name, title in written.inputs.items()}
    if subject.is_spared:
        return _compared_sparingly(subject, graph, translated, written, network, entries, inputs)
    worst = 0.0
    for is_moved in (False, True):
        module = subject.copy()
        if is_moved:
            _move(module)
        learned = {name: array.detach() for name, array in module.named_parameters(remove_duplicate=False)}
        arrays = {**learned_values(written.arrays, learned), **inputs}
        _check_shapes(network.shapes, {name: tuple(array.shape) for name, array in arrays.items()})
        with torch.no_grad(), doubles(drops=False), torch.random.fork_rng():
            wanted = [leaf for leaf in _leaves(module(*args, **kwargs), ()) if leaf.is_floating_point()]
            worst = max(worst, compare(network, written.outputs, translated.outputs, arrays, wanted))
    return worst


def _compared_sparingly(
    subject: Subject,
    graph: Graph,
    translated: Translated,
    written: Written,
    network: Network,
    entries: Mapping[str, torch.Tensor],
    inputs: Mapping[str, torch.Tensor],
) -> float:
    given = {
        entry.name: entries[entry.name]
        if subject.has_values or entry.name not in translated.draft.tokens
        else _ids(entry.shape, translated.draft.tokens[entry.name])
        for entry in graph.inputs
    }
    inputs = {title: given[name].movedim(graph.batch_axis, 0) for name, title in written.inputs.items()}
    shapes = {path: learned.shape for path, learned in written.arrays.items()}
    _check_shapes(network.shapes, shapes | {name: tuple(array.shape) for name, array in inputs.items()})
    namespace = namespace_of(torch.zeros((), dtype=torch.float64))
    worst = 0.0
    for is_moved in (True,) if subject.on_meta else (False, True):

        def values(name: str, is_moved: bool = is_moved) -> torch.Tensor:
            stored = subject.learned[name]
            if stored.is_meta:
                return made_up(name, tuple(stored.shape))
            array = stored.detach().double()
            return (
                array + made_up(name, tuple(stored.shape)) * (array.square().mean().sqrt() + 0.1) if is_moved else array
            )

        def own(path: str, values: Any = values) -> torch.Tensor:
            learned = written.arrays.get(path)
            return inputs[path] if learned is None else moved(learned, values(learned.name))

        arrays = Lazily((*written.arrays, *inputs), own)
        with torch.no_grad(), doubles(drops=False), torch.random.fork_rng():
            found = outputs_of(subject.programs[graph.batch_axis], values, given)
            wanted = [leaf for leaf in _leaves(found, ()) if leaf.is_floating_point()]
            worst = max(worst, compare(network, written.outputs, translated.outputs, arrays, wanted, namespace))
    return worst


def _ids(shape: tuple[int, ...], count: int) -> torch.Tensor:
    return torch.randint(count, shape, generator=torch.Generator().manual_seed(0))


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


def _check_shapes(shapes: Mapping[str, tuple[int, ...]], found: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if name not in found:
            raise MismatchError(f"the spec has a learned array '{name}' that the module has not")
        if found[name] != shape:
            raise MismatchError(f"'{name}' has the shape {list(shape)}, and {list(found[name])} in the module")
    more = [name for name in found if name not in shapes]
    if more:
        raise MismatchError(f"the module has a learned array '{more[0]}' that the spec has not")
