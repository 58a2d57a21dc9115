"""The check of the built pages (docs/check_site.py) finds what it is for."""

import runpy
from pathlib import Path

import pytest

SCRIPT = str(Path(__file__).parents[2] / "docs" / "check_site.py")
GOOD = '<h1 id="top"></h1><a href="other.html#there">x</a><a href="https://example.org">x</a><a href="#top">x</a><img src="a.svg">'


def main(folder: Path, page: str) -> int:
    (folder / "index.html").write_text(page, encoding="utf-8")
    (folder / "other.html").write_text('<p id="there">', encoding="utf-8")
    (folder / "a.svg").write_text("<svg/>", encoding="utf-8")
    return runpy.run_path(SCRIPT)["main"](str(folder))


def test_good_pages_pass(tmp_path: Path) -> None:
    assert main(tmp_path, GOOD) == 0


@pytest.mark.parametrize(
    ("page", "finding"),
    [
        ('<a href="nowhere.html">', "nowhere.html is not there"),
        ('<a href="other.html#here">', "other.html#here has no such anchor"),
        ('<a href="#here">', "#here has no such anchor"),
        ('<script src="https://example.org/a.js">', "https://example.org/a.js is fetched from elsewhere"),
        ('<link href="//example.org/a.css">', "//example.org/a.css is fetched from elsewhere"),
    ],
)
def test_bad_pages_do_not(page: str, finding: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(tmp_path, page) == 1
    assert finding in capsys.readouterr().out


def test_a_folder_without_pages_does_not_pass(tmp_path: Path) -> None:
    assert runpy.run_path(SCRIPT)["main"](str(tmp_path)) == 1
