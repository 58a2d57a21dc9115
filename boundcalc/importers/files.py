"""Files of arrays: .npz and .safetensors, both read without running code that is in them."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any, cast

import numpy as np

from boundcalc.mistakes import Mistake, Place, SpecError

Arrays = Mapping[str, np.ndarray[Any, Any]]
MOST_HEADER = 100_000_000  # bytes, as the format itself has it
_TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1", "U64": "<u8", "U32": "<u4",
    "U16": "<u2", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip


def read_arrays(path: str | os.PathLike[str]) -> Arrays:
    """The arrays of a file by name. Raises SpecError for what cannot be read."""
    file = Path(path)
    read = _READERS.get(file.suffix)
    if read is None:
        remedy = "save the arrays as .safetensors, or as .npz with numpy.savez"
        raise _mistake(file, "is no file of arrays that can be read without running code", remedy)
    try:
        return read(file)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        if isinstance(error, SpecError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error) or type(error).__name__
        raise _mistake(file, f"cannot be read: {reason.rstrip('.')}", None) from None


def _npz(file: Path) -> Arrays:
    with np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def _safetensors(file: Path) -> Arrays:
    """8 bytes with the length of a header, the header in JSON, and the numbers one after another (little-endian)."""
    size = file.stat().st_size
    if size < 8:
        raise ValueError("too short for a header")
    content = np.memmap(file, dtype=np.uint8, mode="r")
    length = int.from_bytes(content[:8].tobytes(), "little")
    if length > min(MOST_HEADER, size - 8):
        raise ValueError("the header is longer than the file")
    header = json.loads(content[8 : 8 + length].tobytes(), object_pairs_hook=_once)
    if not isinstance(header, dict):
        raise ValueError("the header is no mapping")
    numbers = content[8 + length :]
    entries = cast("dict[str, Any]", header)
    return {name: _tensor(name, entry, numbers) for name, entry in entries.items() if name != "__metadata__"}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is given twice")
    return found


def _tensor(name: str, entry: Mapping[str, Any], numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not _are_counts([*shape, begin, end]) or not begin <= end <= len(numbers):
        raise ValueError(f"the array '{name}' is not inside the file")
    if kind != "BF16" and kind not in _TYPES:
        raise ValueError(f"the array '{name}' has numbers of type {kind}; F16, BF16, F32 and F64 are read")
    stored = np.dtype(_TYPES.get(kind, "<u2"))
    if prod(shape) * stored.itemsize != end - begin:
        raise ValueError(
            f"the array '{name}' of shape {shape} takes {prod(shape) * stored.itemsize} bytes, not {end - begin}"
        )
    found = np.frombuffer(numbers[begin:end].tobytes(), dtype=stored).reshape(shape)
    return (found.astype(np.uint32) << 16).view(np.float32) if kind == "BF16" else found


def _are_counts(values: Sequence[Any]) -> bool:
    return all(type(value) is int and value >= 0 for value in values)


_READERS: Mapping[str, Callable[[Path], Arrays]] = {".npz": _npz, ".safetensors": _safetensors}


def _mistake(file: Path, finding: str, remedy: str | None) -> SpecError:
    return SpecError([Mistake(Place(str(file)), finding, remedy, "unreadable")])
