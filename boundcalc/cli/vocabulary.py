"""`--vocabulary MODULE:NAME`: kinds of layers of a person's own."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from boundcalc.graph.kind import Vocabulary


def vocabulary_option() -> click.Parameter:
    return click.Option(
        ["--vocabulary"],
        metavar="MODULE:NAME",
        help="a mapping of kinds of layers in a Python module, which is imported; they join those of boundcalc",
    )


def load_vocabulary(reference: str | None) -> Vocabulary:
    """The kinds of boundcalc with those of a module, which win. Raises SpecError where there are none."""
    from boundcalc.graph.vocabulary import flaw
    from boundcalc.layers.index import VOCABULARY

    if reference is None:
        return VOCABULARY
    module, colon, name = reference.partition(":")
    if not (module and colon and name):
        _refuse(reference, "a module and a name in it are wanted", "write MODULE:NAME, such as kinds:VOCABULARY")
    source = _imported(reference, module)
    if not hasattr(source, name):
        from boundcalc.arguments import nearest

        known = [known for known in vars(source) if not known.startswith("_")]
        _refuse(reference, f"the module '{module}' has no '{name}'", nearest(name, "name", known))
    found = getattr(source, name)
    wrong = flaw(found)
    if wrong is not None:
        _refuse(reference, *wrong)
    return VOCABULARY | found


def _imported(reference: str, module: str) -> ModuleType:
    folder = os.getcwd()
    if folder not in sys.path:
        sys.path.insert(0, folder)  # as `python -m` does; it stays, for what the module imports later
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is not None and (module == error.name or module.startswith(f"{error.name}.")):
            _refuse(
                reference,
                f"there is no module '{error.name}'",
                "it is sought in this folder and where Python imports from",
            )
        _refuse(reference, f"the module '{module}' cannot be imported: {error}", "mend it")
    except (Exception, SystemExit) as error:  # whatever a person's own code does when it is imported
        _refuse(reference, f"the module '{module}' cannot be imported: {type(error).__name__}: {error}", "mend it")


def _refuse(reference: str, finding: str, remedy: str) -> NoReturn:
    from boundcalc.mistakes import Mistake, Place, SpecError

    raise SpecError([Mistake(Place(f"--vocabulary {reference}"), finding, remedy, "vocabulary")]) from None
