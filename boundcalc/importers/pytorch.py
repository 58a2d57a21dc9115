"""PyTorch modules and exported programs as architectures."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from boundcalc.importers.importing import Import, check_mode, imported_from
from boundcalc.importers.settings import Settings
from boundcalc.mistakes import ExtraMissingError


def imported(
    model: Any,
    args: Any,
    kwargs: Mapping[str, Any] | None,
    settings: Settings,
    *,
    mode: str | None = None,
    smooth: str | None = None,
    check: bool = True,
    name: str | None = None,
) -> Import:
    """A module or an exported program as an architecture. See `boundcalc.from_torch` for arguments and errors."""
    check_mode(mode)
    needs_torch()
    from boundcalc.importers import comparison

    subject = comparison.subject(model, args, kwargs, mode, name)
    return imported_from(subject, settings, smooth=smooth, check=check)


def needs_torch() -> None:
    try:
        import_module("torch")
    except ImportError:
        raise ExtraMissingError("torch", "an import of a PyTorch module", "torch") from None
