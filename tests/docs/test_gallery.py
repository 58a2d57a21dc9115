"""The pages of the gallery (docs/generate_gallery.py), which are made when the documentation is built."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = runpy.run_path(str(ROOT / "docs" / "generate_gallery.py"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(SCRIPT["page"].__globals__, "FOLDER", tmp_path)
    return tmp_path


def test_a_page_has_formulas_numbers_and_pictures(folder: Path) -> None:
    text, entry = SCRIPT["page"](ROOT / "specs" / "deep-linear.yaml")
    assert [line for line in text.splitlines() if line.startswith("#") and line.startswith(("# deep", "## "))] == [
        "# deep-linear", "## Bounds", "## Closed forms", "## Graph", "## Spec",
    ]  # fmt: skip
    assert "with k = 8, R = 1, x = 1" in text
    assert "smoothness              56               7              7" in text  # k (k - 1), and k - 1
    assert "<math" in text
    assert "\\" not in text.split("```{raw} html")[1].split("```")[0]
    assert entry.endswith(
        "A chain of *k* scalar weights: *ψ*(*w*) = *w*<sub>*k*</sub> ... *w*<sub>1</sub> *x*, the simplest deep network with answers known on paper.\n"
    )
    for picture in ("deep-linear-bounds.svg", "deep-linear-graph.svg"):
        assert f"]({picture})" in text
        assert "<svg" in (folder / picture).read_text(encoding="utf-8")


def test_what_is_infinite_has_its_reason(folder: Path) -> None:
    text, _ = SCRIPT["page"](ROOT / "specs" / "lenet5.yaml")
    assert "infinite" not in text
    text, _ = SCRIPT["page"](ROOT / "specs" / "alexnet.yaml")
    assert "Smoothness is infinite from layer" in text
    assert "<details><summary>" in text


def test_formulas_of_latex_are_read_line_by_line() -> None:
    latex = "\\begin{align*}\n&a = b \\\\*\n&\\quad {} + c \\\\\n&d = e\n\\end{align*}\n\\raggedright If \\texttt{x\\_y} is $z$.\\par"
    html = SCRIPT["_closed_forms"](latex, "net.yaml")
    assert html.count("<math") == 3
    assert "<code>x_y</code>" in html
    with pytest.raises(ValueError, match="no closed forms"):
        SCRIPT["_closed_forms"]("nothing", "net.yaml")
