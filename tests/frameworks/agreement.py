"""A spec and a module of PyTorch with the same arrays: do they compute the same?

The modules are written as one writes them in PyTorch, with the layers and the order of axes of torch.nn; they share nothing with the
specs but the numbers. `names` turn the path of an array in a spec into the name of a parameter of the module, one substitution after
another; arrays that end up under one name (the maps of queries, keys and values) are its rows, one below the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc

SPECS = Path(__file__).parents[2] / "specs"
Names = Sequence[tuple[str, str | Callable[[re.Match[str]], str]]]
MOST = 1e-11  # of what is computed, relative to the largest entry

# The paths of the blocks of std/transformer.yaml, in the words of torch.nn.TransformerEncoderLayer
TRANSFORMER: Names = (
    (r"\.encoder_block(_post)?_0\.", "."),
    (r"\.residual_[01]\.", "."),
    (r"attention\.(query|key|value)\.", "self_attn.in_proj_"),
    (r"attention\.out\.", "self_attn.out_proj."),
    (r"mlp\.up\.", "linear1."),
    (r"mlp\.down\.", "linear2."),
)


def next_block(text: str) -> Callable[[re.Match[str]], str]:
    """`text` with {} for the second group plus one: the first block of a stage stands before those that are repeated."""
    return lambda match: text.format(match[1], int(match[2]) + 1)


def agree(
    name: str,
    module: Any,
    names: Names = (),
    *,
    smaller: Mapping[str, str] | None = None,
    values: Mapping[str, object] | None = None,
    inputs: Mapping[str, int] | None = None,
    factors: Mapping[str, float] | None = None,
) -> None:
    """`smaller`: texts of the spec and what replaces them; `values`: those of `--set`; `inputs`: by name, how many tokens there
    are (0: real numbers), in the order in which the module reads them; `factors`: of arrays that have to be smaller or larger."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)  # several wait for each other by the minute where other work fills the machine
    text = (SPECS / f"{name}.yaml").read_text("utf-8")
    for large, small in (smaller or {}).items():
        assert large in text, large
        text = text.replace(large, small)
    network = bc.network(bc.override(bc.loads(text), values or {}))
    read = inputs or {"input": 0}
    rng = np.random.default_rng(0)
    arrays = {path: torch.asarray(_drawn(path, shape, read, rng)) for path, shape in network.shapes.items()}
    arrays |= {path: factor * arrays[path] for path, factor in (factors or {}).items()}
    learned = {path: array for path, array in arrays.items() if path not in read}
    module = module.double().train()
    module.load_state_dict(_renamed(torch, learned, names) | dict(module.named_buffers()))
    with torch.no_grad():
        found, expected = network(arrays), module(*(arrays[path] for path in read))
    wanted = expected if isinstance(expected, tuple) else (expected,)
    assert len(found) == len(wanted)
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours.dtype == theirs.dtype == torch.float64
        assert ours.shape == theirs.shape
        largest = float(theirs.abs().max())
        assert np.isfinite(largest)
        assert float(theirs.flatten(1).std(0).max()) > 1e-3 * largest, "the samples do not differ"
        assert float((ours - theirs).abs().max()) <= MOST * largest


def _drawn(
    path: str, shape: tuple[int, ...], read: Mapping[str, int], rng: np.random.Generator
) -> np.ndarray[Any, Any]:
    """Weights that keep the size of what passes, gains about one, shifts that are small."""
    if read.get(path):
        return rng.integers(read[path], size=shape)
    drawn = rng.normal(size=shape)
    if path in read:
        return drawn
    if len(shape) > 1:
        return drawn * (2 / np.prod(shape[1:])) ** 0.5
    return (1 + drawn / 4) if path.endswith("weight") else drawn / 4


def _renamed(torch: Any, arrays: Mapping[str, Any], names: Names) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for path, array in arrays.items():
        name = path
        for pattern, replacement in names:
            name = re.sub(pattern, replacement, name)
        found.setdefault(name, []).append(array)
    return {name: torch.cat(parts) if len(parts) > 1 else parts[0] for name, parts in found.items()}
