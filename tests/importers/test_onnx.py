"""Imports of files of ONNX: the network of the spec is the file, whoever wrote it."""

from __future__ import annotations

import subprocess
import sys
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.importers.importing import Import
from boundcalc.importers.onnx.importing import imported
from boundcalc.importers.settings import Settings

onnx: Any = pytest.importorskip("onnx")
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

from importers import onnx_models  # noqa: E402

from boundcalc.importers.onnx.folding import FOLDED  # noqa: E402
from boundcalc.importers.onnx.rules.index import OPERATORS  # noqa: E402

EVALUATED = {"Acos", "Asin"}  # not finite everywhere: refused unless what they read is known


def made(name: str, folder: Path, **options: Any) -> Import:
    file = folder / "network.onnx"
    onnx.save(onnx_models.MODELS[name](), file)
    return imported(file, Settings(batch=2, radius="1/10", input_norm={"entry": 1}), **options)


@pytest.mark.parametrize("name", onnx_models.MODELS)
def test_the_spec_computes_what_the_file_does(name: str, tmp_path: Path) -> None:
    found = made(name, tmp_path)
    assert found.difference is not None, found.notes
    assert found.difference <= 1e-10
    assert bc.compile(found.architecture).lipschitz.finite
