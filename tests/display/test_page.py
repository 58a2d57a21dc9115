"""The parts of a page in text and in Markdown."""

from __future__ import annotations

from boundcalc.display.markdown import page_to_markdown
from boundcalc.display.page import Folded, Formula, Page, Table, Verbatim
from boundcalc.display.text import page_to_text

PAGE = Page(
    "head",
    (
        Formula(r"\ell = \sqrt{2}", "lipschitz = sqrt(2)"),
        Verbatim("a: 1\n```\nb: 2"),
        Folded("<more>", (Table(("n",), [("1",)], right=("n",)), "said")),
    ),
)


def test_text() -> None:
    lines = page_to_text(PAGE).splitlines()
    assert lines[:6] == ["head", "  lipschitz = sqrt(2)", "  a: 1", "  ```", "  b: 2", "<more>"]
    assert lines[-1] == "said"


def test_markdown() -> None:
    assert page_to_markdown(PAGE) == "\n\n".join(
        [
            "**head**",
            "$$\n\\ell = \\sqrt{2}\n$$",
            "````text\na: 1\n```\nb: 2\n````",
            "<details>\n<summary>&lt;more&gt;</summary>\n\n| n |\n| ---: |\n| 1 |\n\nsaid\n\n</details>",
        ]
    )
