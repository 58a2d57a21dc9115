"""The documentation: generated pages are up to date, links lead somewhere, and every block of code is an example that is run."""

import json
import re
import runpy
from pathlib import Path

import pytest

import boundcalc as bc
from boundcalc.language.structure import CONSTRUCTS
from boundcalc.layers.index import VOCABULARY

ROOT = Path(__file__).parents[2]
DOCS = [
    path for path in sorted((ROOT / "docs").rglob("*.md")) if not {"gallery", "_build"} & set(path.parts)
]  # not what is built
PAGES = [*sorted(ROOT.glob("*.md")), *DOCS]
RUN = {"yaml", "console", "python", "{picture}"}  # what conftest.py turns into tests
FENCE = re.compile(r"^ *```(\S*)(?: [^\n]*)?\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
MATHEMATICS = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)


def test_the_catalogue_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "docs" / "generate_catalogue.py"))
    assert (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8") == script["page"]()


def test_the_gains_are_up_to_date() -> None:
    """The rows of small specs; all of them together take a minute."""
    script = runpy.run_path(str(ROOT / "docs" / "generate_gains.py"))
    page = (ROOT / "docs" / "gains.md").read_text(encoding="utf-8")
    for name in ("mlp", "deep-linear", "resnet-like", "vgg16-smooth-batchnorm", "lenet5", "pinn"):
        for cells in script["_rows"](ROOT / "specs" / f"{name}.yaml"):
            assert "| " + " | ".join(cells) + " |" in page, name
    assert all(f"| {path.stem}" in page for path in (ROOT / "specs").glob("*.yaml"))


def test_the_comparison_shows_what_was_measured() -> None:
    script = runpy.run_path(str(ROOT / "benchmarks" / "others" / "tables.py"))
    page = (ROOT / "docs" / "others.md").read_text(encoding="utf-8")
    tables = script["tables"](json.loads(script["RESULTS"].read_text(encoding="utf-8")))
    assert len(tables) == 3
    assert all(table in page for table in tables)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_mathematics_is_typeset(page: Path) -> None:
    """As MathML (docs/mathml.py): a command that is not known would be left as it is. A bar would end the cell of a table."""
    typeset = runpy.run_path(str(ROOT / "docs" / "mathml.py"))["typeset"]
    text = CODE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
    for formula in ("".join(pair) for pair in MATHEMATICS.findall(text)):
        assert "\\" not in typeset(formula), formula
        assert "|" not in formula, formula
    assert "$" not in MATHEMATICS.sub("", text)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_code_is_run(page: Path) -> None:
    """Besides examples there are commands of a shell (make), text that is not code, and the table of contents."""
    text = page.read_text(encoding="utf-8")
    blocks = FENCE.findall(text)
    assert len(blocks) * 2 == len(re.findall(r"^ *```", text, re.MULTILINE))
    for language, block in blocks:
        assert language in RUN | {"sh", "text", "{toctree}", "{include}", "{eval-rst}"}, f"```{language} is not run"
        if language == "sh":
            assert all(line.startswith(("make ", "pip install .")) for line in block.splitlines())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        other = page if not path else page.parent / path
        assert other.is_file(), f"{page.name}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h).lower().replace(" ", "-") for h in headings}, target


def test_the_pages_of_layers_are_up_to_date() -> None:
    pages = runpy.run_path(str(ROOT / "docs" / "generate_layers.py"))["pages"]()
    folder = ROOT / "docs" / "layers"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")} == {
        name: text.rstrip("\n") + "\n" for name, text in pages.items()
    }
    assert set(json.loads((folder / "tightness.json").read_text(encoding="utf-8"))) == set(VOCABULARY)


def test_all_pages_are_in_the_table_of_contents() -> None:
    """Whoever starts at the first page and follows the tables of contents sees every page, each once."""
    seen, to_read = [], [ROOT / "docs" / "index.md"]
    while to_read:
        page = to_read.pop()
        seen.append(page)
        for directive, block in FENCE.findall(page.read_text(encoding="utf-8")):
            if directive == "{toctree}":
                entries = [line for line in block.split() if not line.startswith(":") and "*" not in line]
                to_read += [page.parent / f"{entry}.md" for entry in entries]
    assert sorted(seen) == DOCS


def test_every_public_name_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\.\. (?:auto)?\w+:: boundcalc\.(\w+)", text, re.MULTILINE)) == sorted(bc.__all__)


def test_the_language_page_names_every_kind() -> None:
    text = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
    catalogue = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    named = {*re.findall(r"\w+", text), *re.findall(r"^### (\w+)$", catalogue, re.MULTILINE)}
    named |= {
        f"{pool}{axes}d" for pool in ("maxpool", "avgpool", "adaptivemaxpool", "adaptiveavgpool") for axes in (1, 2, 3)
    }
    assert not {*CONSTRUCTS, *VOCABULARY} - named
