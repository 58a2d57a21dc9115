"""Paths, texts and mappings; and the files that a spec includes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import boundcalc as bc

BLOCKS = "symbols: {w: 3, R: 2}\ndefine: {block: {args: {c:}, layers: [dense: c, relu]}}\n"
NET = "include: [{}]\ninput: {{shape: [4], norm: 1}}\nradius: R\nlayers: [block: w]\n"


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder / "net.yaml"


def error(path: Path) -> str:
    with pytest.raises(bc.SpecError) as found:
        bc.load(path)
    return str(found.value).replace(f"{path.parent}/", "")


def test_an_included_file_gives_modules_and_symbols(tmp_path: Path) -> None:
    spec = bc.load(write(tmp_path, net=NET.format("blocks.yaml"), blocks=BLOCKS))
    assert (
        bc.compile(spec).lipschitz.number()
        == bc.compile(
            bc.loads(BLOCKS + NET[NET.index("\n") :].replace("{{", "{").replace("}}", "}"))
        ).lipschitz.number()
    )
    assert spec.name == "net"


def test_the_file_wins_over_what_it_includes(tmp_path: Path) -> None:
    path = write(tmp_path, net="symbols: {w: 7}\n" + NET.format("blocks.yaml"), blocks=BLOCKS)
    value = bc.load(path).symbols["w"].value
    assert value is not None
    assert value.text == "7"


def test_included_files_include_others_relative_to_themselves(tmp_path: Path) -> None:
    files = {
        "net": NET.format("lib/a.yaml"),
        "lib__a": "include: [deep/b.yaml]\n",
        "lib__deep__b": "include: [../../c.yaml]\n",
        "c": BLOCKS,
    }
    assert set(bc.load(write(tmp_path, **files)).modules) == {"block"}


def test_a_file_included_twice_is_read_once(tmp_path: Path) -> None:
    files = {"net": NET.format("a.yaml, b.yaml"), "a": "include: [c.yaml]\n", "b": "include: [c.yaml]\n", "c": BLOCKS}
    assert set(bc.load(write(tmp_path, **files)).modules) == {"block"}


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"net": NET.format("none.yaml")}, "net.yaml:1:11: the included file 'none.yaml': there is no such file"),
        ({"net": NET.format("net.yaml")}, "net.yaml:1:11: 'net.yaml' includes itself"),
        ({"net": NET.format("a.yaml"), "a": "include: [b.yaml]\n", "b": "include: [a.yaml]\n"}, "b.yaml:1:11: 'a.yaml' includes itself"),
        ({"net": NET.format("/etc/passwd")}, "net.yaml:1:11: '/etc/passwd' is outside the spec's folder"),
        ({"net": NET.format("../x.yaml")}, "net.yaml:1:11: '../x.yaml' is outside the spec's folder"),
        ({"net": NET.format("[a]")}, "net.yaml:1:11: expected a file name, found a list"),
        ({"net": NET.format("a.yaml"), "a": "layers: [relu]\n"}, "a.yaml:1:1: an included file has no key 'layers'; its keys are name, include, symbols, activations, define"),
        ({"net": NET.format("a.yaml"), "a": "define: {block: [cnov2d: 3]}\n"}, "a.yaml:1:18: unknown layer 'cnov2d'; did you mean 'conv2d'?"),
        ({"net": NET.format("a.yaml"), "a": "define: {"}, "a.yaml:1:"),
        ({"net": NET.format("a.yaml"), "a": ""}, "a.yaml: is empty"),
        ({"net": NET.format("a.yaml, b.yaml"), "a": BLOCKS, "b": BLOCKS}, "b.yaml:2:10: the module 'block' is defined twice, also at a.yaml:2:10"),
    ],
)  # fmt: skip
def test_mistakes_of_includes(tmp_path: Path, files: dict[str, str], message: str) -> None:
    assert message in error(write(tmp_path, **files))


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    path = write(tmp_path, inside__net=NET.format("link.yaml"), secret=BLOCKS).parent / "inside" / "net.yaml"
    (inside / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "is outside the spec's folder" in error(path)


def test_a_link_to_itself_is_said_where_it_is_included(tmp_path: Path) -> None:
    path = write(tmp_path, net=NET.format("loop.yaml"))
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    assert error(path).startswith("net.yaml:1:11: the included file 'loop.yaml': cannot be read: ")
    (tmp_path / "loop.yaml").unlink()
    (tmp_path / "loop.yaml").symlink_to(path)
    assert error(path).startswith("net.yaml:1:11: 'loop.yaml' includes itself")


def test_a_chain_of_many_includes_is_refused(tmp_path: Path) -> None:
    files = {f"f{i}": f"include: [f{i + 1}.yaml]\n" for i in range(300)}
    assert "more than 64 files are included" in error(write(tmp_path, net=NET.format("f0.yaml"), f300=BLOCKS, **files))


def test_a_pipe_that_is_included_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, net=NET.format("pipe.yaml"))
    os.mkfifo(tmp_path / "pipe.yaml")
    assert error(path).startswith("net.yaml:1:11: the included file 'pipe.yaml': is a pipe, not a file")


def test_texts_and_mappings_have_no_folder() -> None:
    for text in (NET.format("blocks.yaml"),):
        with pytest.raises(bc.SpecError, match="cannot include others"):
            bc.loads(text)
    with pytest.raises(bc.SpecError, match="cannot include others"):
        bc.load({"include": ["a.yaml"], "input": {"shape": [4], "norm": 1}, "layers": ["relu"]})


def test_places_in_mappings_are_paths() -> None:
    with pytest.raises(bc.SpecError) as found:
        bc.load({"input": {"shape": [4], "norm": 1}, "layers": ["relu", {"dense": {"unitz": 3}}]})
    assert str(found.value).startswith(
        "<dict>: layers[1].dense.unitz: 'dense' has no field 'unitz'; did you mean 'units'?"
    )


def test_other_things_are_refused() -> None:
    for wrong in (3, None, [1]):
        with pytest.raises(TypeError):
            bc.load(wrong)  # type: ignore[arg-type]
