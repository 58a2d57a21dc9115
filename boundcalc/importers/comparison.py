"""A PyTorch module that is imported: recorded once or twice, and run beside the network that its spec declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch  # pyright: ignore[reportMissingImports]
from torch.utils import _pytree as pytree  # pyright: ignore[reportMissingImports]

from boundcalc.importers.doubles import arguments_in_doubles, doubles, in_doubles, samples
from boundcalc.importers.graph import Graph
from boundcalc.importers.hollow import NoValuesError, hollow, is_on_meta
from boundcalc.importers.lazily import Lazily
from boundcalc.importers.normed import with_plain_weights
from boundcalc.importers.outputs import Branches, DecidedByNumbersError, with_arrays_alone
from boundcalc.importers.record import Recorder, export
from boundcalc.importers.sparing import made_up, outputs_of
from boundcalc.importers.subject import COUNT, Trial, Trials, shown
from boundcalc.importers.translate import Translated
from boundcalc.mistakes import Mistake, Place, SpecError

LARGEST = 100_000_000  # parameters of a module that is copied and run as it is


@dataclass
class Subject:
    """`source` is a person's module, which is not touched; `args`, `kwargs`: the example; `has_values`: whether the example has its
    own, or was on the meta device; `plain`: the paths of weights that a norm of their own divides, and `original` the module that has
    them so; `recorders`: of the programs that were exported, by the axis of the samples."""

    name: str
    source: torch.nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    training: bool
    has_values: bool = True
    plain: tuple[str, ...] = ()
    original: torch.nn.Module | None = None
    recorders: dict[int, Recorder] = field(default_factory=dict[int, Recorder])
    branches: Branches = field(default_factory=Branches)

    what = "module"

    @cached_property
    def _learned(self) -> Mapping[str, torch.Tensor]:
        return dict(self.source.named_parameters(remove_duplicate=False))

    @property
    def learned(self) -> list[str]:
        return list(self._learned)

    @cached_property
    def _count(self) -> int:
        """Of its parameters."""
        return sum(array.numel() for array in dict.fromkeys(self._learned.values()))

    @cached_property
    def _on_meta(self) -> bool:
        return is_on_meta(self.source)

    @property
    def _is_spared(self) -> bool:
        """Whether no copy of its learned arrays is made."""
        return self._on_meta or self._count > LARGEST

    def copy(self) -> torch.nn.Module:
        """In double precision, and fresh: modules keep what they computed from arrays that change later."""
        if not self._is_spared:
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
            made = export(with_arrays_alone(module), self.args, self.kwargs, axis)
        except DecidedByNumbersError as error:
            finding = f"inputs of numbers or learned arrays decide a branch at {error}, and others may take another one"
            raise _mistake(self.name, finding, "import the branch that is meant") from None
        except Exception as error:  # of the module's own code, or of torch.export
            text = str(error).strip().splitlines() or [type(error).__name__]
            finding = f"torch.export does not take it: {type(error).__name__}: {text[0]}"
            raise _mistake(self.name, finding, "see `python -c` with torch.export.export(model, args)") from error
        self.recorders[axis], self.branches = Recorder(made.program, made.example), made.branches
        return self.recorders[axis].graph(self.name, made.count, self.training, axis)

    @property
    def remarks(self) -> Sequence[str]:
        found: list[str] = []
        if self.plain:
            found.append(f"{shown(self.plain)}: what is learned is the weight after its own norm divided it")
        places = [f"{file.rpartition('/')[2]}:{line}" for file, line in self.branches.answers]
        if places:
            found.append(f"branches are those that the example takes: {shown(places)}")
        return found

    def values(self) -> Mapping[str, Any]:
        if any(array.is_meta for array in self._learned.values()):
            return {}
        return Lazily(self._learned, lambda name: self._learned[name].detach().double().cpu().numpy())

    def too_large(self, most: int) -> str | None:
        return f"it has {self._count:,} parameters, more than {most:,}" if self._count > most else None

    def trials(self, graph: Graph, translated: Translated) -> Trials:
        axis = graph.batch_axis
        own = next(tensor.shape[axis] for tensor in self.tensors if tensor.ndim > axis)
        uses_chosen = translated.draft.graph.inputs != graph.inputs or any(s.chosen for s in translated.draft.steps)
        count = COUNT if graph.batch != own and not uses_chosen and not self._is_spared else graph.batch
        args, kwargs = _varied(self, count, axis, mixes=True)
        if not self._takes(args, kwargs):  # such ids stand in places of other tables
            args, kwargs = _varied(self, count, axis, mixes=False)
        entries = dict(zip((entry.name for entry in graph.inputs), _leaves(args, kwargs), strict=False))
        if not self.has_values:
            counts = translated.draft.tokens.items()
            entries |= {name: _ids(entries[name], ids) for name, ids in counts if name in entries}
        chosen = self.recorders[axis].decided(list(entries.values())) if uses_chosen else {}
        numbers = {entry.name for entry in translated.draft.graph.inputs if not entry.is_integer}
        decided = {name: torch.tensor(array) for name, array in chosen.items()}
        entries = {name: array.double() if name in numbers else array for name, array in decided.items()} | entries
        inputs = {name: array.movedim(axis, 0) if array.ndim > axis else array for name, array in entries.items()}
        runs = self._spared_runs(inputs, entries, axis) if self._is_spared else self._runs(inputs, args, kwargs)
        return Trials(count, runs, chosen=chosen)

    def _takes(self, args: Any, kwargs: Any) -> bool:
        """Whether the module runs on ids in another order."""
        if self._is_spared or not any(_is_ids(leaf) for leaf in _leaves(args, kwargs)):
            return True
        try:
            with torch.no_grad(), doubles(drops=False), torch.random.fork_rng(), self.branches.answered():
                with_arrays_alone(self.copy())(*args, **kwargs)
        except IndexError:
            return False
        return True

    def _runs(self, inputs: Mapping[str, Any], args: Any, kwargs: Any) -> Iterator[Trial]:
        for is_moved in (False, True):
            module = self.copy()
            if is_moved:
                _move(module)
            yield self._run(inputs, args, kwargs, module, module)
        if self.original is not None:
            yield self._run(inputs, args, kwargs, in_doubles(self.original, self.training), self.copy())

    def _run(
        self, inputs: Mapping[str, Any], args: Any, kwargs: Any, module: torch.nn.Module, source: torch.nn.Module
    ) -> Trial:
        """Of a module, whose learned arrays are those of `source`."""
        learned = {name: array.detach() for name, array in source.named_parameters(remove_duplicate=False)}
        with torch.no_grad(), doubles(drops=False), torch.random.fork_rng(), self.branches.answered():
            found = with_arrays_alone(module)(*args, **kwargs)
        return Trial(inputs, learned, _outputs(found))

    def _spared_runs(self, inputs: Mapping[str, Any], entries: Mapping[str, Any], axis: int) -> Iterator[Trial]:
        """Of the exported program; values of a module on the meta device are made up."""
        for is_moved in (True,) if self._on_meta else (False, True):
            learned = Lazily(self._learned, self._values_near if is_moved else self._value)
            with torch.no_grad(), doubles(drops=False), torch.random.fork_rng():
                found = outputs_of(self.recorders[axis].program, learned, entries)
            yield Trial(inputs, learned, _outputs(found))

    def _value(self, name: str) -> torch.Tensor:
        return self._learned[name].detach().double()

    def _values_near(self, name: str) -> torch.Tensor:
        stored = self._learned[name]
        other = made_up(name, tuple(stored.shape))
        if stored.is_meta:
            return other
        array = self._value(name)
        return array + other * (array.square().mean().sqrt() + 0.1)


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
    whole, plain = with_plain_weights(module, training)
    return Subject(title, whole, given, named, training, has_values, plain, module if plain else None)


def _with_values(tensor: torch.Tensor) -> torch.Tensor:
    """An example on the meta device says shapes and types alone."""
    if not tensor.is_meta:
        return tensor
    if tensor.is_floating_point():
        return torch.randn(tensor.shape, generator=torch.Generator().manual_seed(0), dtype=tensor.dtype)
    return torch.ones(tensor.shape, dtype=tensor.dtype)


def _ids(like: torch.Tensor, count: int) -> torch.Tensor:
    return torch.randint(count, like.shape, generator=torch.Generator().manual_seed(0))


def _move(module: torch.nn.Module) -> None:
    """Every learned array by a tenth of its size, and a little where it is zero."""
    source = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for array in module.parameters():
            size = array.square().mean().sqrt() / 10 + 0.01
            array.add_(size * torch.randn(array.shape, generator=source, dtype=array.dtype))


def _leaves(args: Any, kwargs: Any) -> list[torch.Tensor]:
    return [leaf for leaf in pytree.tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor)]


def _outputs(found: Any) -> list[torch.Tensor]:
    return [leaf for leaf in _leaves(found, ()) if leaf.is_floating_point()]


def _is_ids(tensor: torch.Tensor) -> bool:
    """Whether it has whole numbers in an order."""
    return not tensor.is_floating_point() and tensor.dtype != torch.bool and tensor.ndim > 1


def _varied(subject: Subject, count: int, axis: int, *, mixes: bool) -> tuple[Any, Any]:
    """The example with so many samples that differ from each other; `mixes`: ids in another order, but for those of one sample."""
    source = torch.Generator().manual_seed(0)

    def other(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.is_floating_point():
            return tensor + torch.randn(tensor.shape, generator=source, dtype=tensor.dtype) / 4
        if tensor.ndim > axis and tensor.dtype != torch.bool:
            is_mixed = mixes and _is_ids(tensor)
            order = torch.randperm(tensor.shape[-1], generator=source) if is_mixed else slice(None)
            return torch.cat([tensor.narrow(axis, 0, 1), tensor[..., order].narrow(axis, 1, count - 1)], axis)
        return tensor

    chosen = samples(subject.args, subject.kwargs, count, axis)
    return pytree.tree_map_only(torch.Tensor, other, arguments_in_doubles(chosen))
