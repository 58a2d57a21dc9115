"""The library of modules that ships: how it is included, and what it holds."""

from __future__ import annotations

from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.graph.library import check_library
from boundcalc.language.standard import names

TEXT = """
include: [std/transformer.yaml]
radius: 1
input: {shape: [4, 8], norm: {sample: 1}}
layers: [encoder_block: {width: 8, heads: 2, name: block}]
"""
PRIMITIVES = {"linear", "map", "bilinear", "generic"}


def test_a_text_may_include_the_library() -> None:
    assert "block.residual_1.mlp.down" in bc.compile(bc.loads(TEXT)).layers


def test_files_include_it_too_also_one_through_another(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "include: [std/transformer.yaml]\ndefine: {mine: [{encoder_block: {width: 8, heads: 2}}]}\n"
    )
    (tmp_path / "net.yaml").write_text(
        "include: [mine.yaml, std/transformer.yaml]\nradius: 1\ninput: {shape: [4, 8], norm: 1}\nlayers: [mine]\n"
    )
    assert bc.compile(bc.load(tmp_path / "net.yaml")).lipschitz.finite


def test_a_folder_of_that_name_beside_the_spec_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "std").mkdir()
    (tmp_path / "net.yaml").write_text(TEXT)
    with pytest.raises(
        bc.SpecError,
        match=r"net.yaml:2:11: a folder 'std' beside the spec has the name of the library that ships; give",
    ):
        bc.load(tmp_path / "net.yaml")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("std/tranformer.yaml", "the library has no file 'std/tranformer.yaml'; did you mean 'std/transformer.yaml'?"),
        ("std/nothing", "the library has no file 'std/nothing'; there are std/"),
        ("std/../pipeline.py", "the library has no file"),
    ],
)
def test_unknown_files(name: str, message: str) -> None:
    with pytest.raises(bc.SpecError) as raised:
        bc.loads(TEXT.replace("std/transformer.yaml", name))
    assert message in str(raised.value)


@pytest.mark.parametrize("name", names())
def test_every_file_is_a_library_without_primitives(name: str) -> None:
    library = bc.loads(f"include: [{name}]\ndefine: {{}}\n")
    check_library(library)
    assert library.modules


def test_a_mistake_inside_a_call_is_placed_in_the_library() -> None:
    with pytest.raises(bc.SpecError, match=r"std/transformer.yaml:\d+:\d+: .*3 heads do not divide"):
        bc.compile(bc.loads(TEXT.replace("heads: 2", "heads: 3")))
