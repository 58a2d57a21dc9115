"""Networks of PyTorch and files of ONNX as architectures, with the norms of their weights where they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any, get_args

from boundcalc.bounds.measured import measure
from boundcalc.graph.kind import Kind
from boundcalc.importers.importing import Import
from boundcalc.importers.modes import Weights
from boundcalc.importers.onnx import importing as onnx
from boundcalc.importers.pytorch import imported
from boundcalc.importers.settings import Norm, Settings
from boundcalc.language.architecture import Architecture
from boundcalc.language.override import override

if TYPE_CHECKING:
    import torch  # pyright: ignore[reportMissingImports]

WEIGHTS = get_args(Weights)


def from_torch(
    model: torch.nn.Module | torch.export.ExportedProgram,
    args: Any = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    batch: str | int = "n",
    weights: str = "symbols",
    radius: str | float = "R",
    mode: str | None = None,
    smooth: str | None = None,
    input_norm: Norm | Mapping[str, Norm] | None = None,
    check: bool = True,
) -> Architecture[Kind[Any, Any]]:
    """The architecture of a PyTorch module, or of an exported program.

    args, kwargs: example inputs as for the module's forward, of which the first axis (or else the second) is that of the samples; a
    single tensor is allowed. batch: the number of samples in the spec. weights: "symbols" gives every learned map the radius
    `radius` around 0, "norms" around the weights that it has, by norms that are certified. mode: "train" or "eval"; that of
    `model.training` unless said. smooth: as in `compile`. input_norm: as in the language, of every input of floating-point numbers,
    or by the names of inputs; a symbol for each sample unless said. check: compare the spec's network with the module, on its own
    arrays in double precision and without dropout.

    Raises UnsupportedError, a SpecError, with every operator that the language has no words for; SpecError for other mistakes;
    ValueError for another mode or other weights; ExtraMissingError without PyTorch; MismatchError, an AssertionError, where the
    import computes something else.
    """
    settings = Settings(batch, radius, input_norm, weights == WEIGHTS[1])
    made = imported(model, args, kwargs, settings, mode=mode, smooth=smooth, check=check)
    return with_weights(made, weights)[0]


def from_onnx(
    path: str | PathLike[str],
    *,
    batch: str | int = "n",
    weights: str = "symbols",
    radius: str | float = "R",
    mode: str | None = None,
    smooth: str | None = None,
    input_norm: Norm | Mapping[str, Norm] | None = None,
    check: bool = True,
) -> Architecture[Kind[Any, Any]]:
    """The architecture of a file of ONNX, which is read without running code.

    The samples are along the axis that has one name in all inputs, the first or the second, or else the first. Learned are the stored
    arrays of floating-point numbers that have an axis, but for statistics, masks and what an operator has to know. batch, weights,
    radius, smooth, input_norm: as in `from_torch`. mode: that of the file unless said, and no other: "eval", or "train" where an
    operator of it trains. check: compare the spec's network with the file, as the reference of ONNX runs it in double precision, on
    its own arrays and near them.

    Raises UnsupportedError, a SpecError, with every operator that the language has no words for; SpecError for a file that is none,
    that is not what it says, or of another mode, and for other mistakes; ValueError for a word that is no mode or no kind of weights;
    ExtraMissingError without the library onnx; MismatchError, an AssertionError, where the import computes something else.
    """
    settings = Settings(batch, radius, input_norm, weights == WEIGHTS[1])
    return with_weights(onnx.imported(path, settings, mode=mode, smooth=smooth, check=check), weights)[0]


def with_weights(made: Import, weights: str) -> tuple[Architecture[Kind[Any, Any]], Mapping[str, object]]:
    """The architecture of an import, and what is measured of its weights, as a file of values has it."""
    if weights not in WEIGHTS:
        raise ValueError(f"weights is one of {', '.join(WEIGHTS)}, not {weights!r}")
    if weights == "symbols":
        return made.architecture, {}
    stay = {f"{path}.radius": "0" for path in made.written.frozen}  # at their weights, wherever training goes
    found = {**measure(made.architecture, made.arrays), **stay}
    return override(made.architecture, found), found
