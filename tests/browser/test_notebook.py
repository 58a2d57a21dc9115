"""A notebook that shows every kind of object, executed, and looked at in a browser without a network: `make test-browser`.

With BOUNDCALC_PICTURES=FOLDER the page is photographed, light and dark, for people to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from browser.chromium import CHROMIUM, FLAGS, PICTURES, SPECS

playwright = pytest.importorskip("playwright.sync_api")
nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
nbconvert = pytest.importorskip("nbconvert")


pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium"),
    pytest.mark.filterwarnings("ignore"),  # of Jupyter's libraries
]

CELLS = (
    f"""import boundcalc as bc
spec = bc.loads('''
name: <script>document.title = "hostile"</script>
symbols: {{n: 100, width: 32, eps: , R: 1}}
batch: n
input: {{shape: [784], norm: {{sample: 1}}}}
radius: R
layers:
  - dense: {{units: width, name: hidden}}
  - layernorm: eps
  - softplus
  - dense: {{units: 10, name: head}}
loss: logistic
''')
bounds = bc.compile(spec)
deep = bc.compile(bc.load({str(SPECS / "resnet50.yaml")!r}))""",
    "bounds",
    "bounds.lipschitz",
    "bounds.layers['head']",
    "bounds.objective",
    "bounds.smoothness.diff('eps')",
    "bc.objective(spec, delta='1/10', gap=1)",
    "spec",
    "bc.compare(bc.override(spec, {'eps': '1'}), bc.override(spec, {'eps': '2'}))",
    "deep",
    "bc.describe('dense')",
)


@pytest.fixture(scope="module")
def notebook() -> Any:
    cells = [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    return nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), timeout=300, kernel_name="python3").execute()


@pytest.fixture(scope="module", params=["light", "dark"])
def page(request: pytest.FixtureRequest, notebook: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The notebook in Chromium, in one theme."""
    exporter = nbconvert.HTMLExporter(
        theme=request.param, mathjax_url="", require_js_url="", jquery_url="", mermaid_js_url=""
    )
    html, _ = exporter.from_notebook_node(notebook)
    file = tmp_path_factory.mktemp("notebook") / "notebook.html"
    file.write_text(html, encoding="utf-8")
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        opened = browser.new_page(viewport={"width": 1100, "height": 900})
        said: list[str] = []
        opened.on("pageerror", lambda error: said.append(str(error)))
        opened.on("dialog", lambda dialog: said.append(dialog.message))
        opened.goto(file.as_uri())
        opened.said = said
        yield opened
        if PICTURES:
            opened.screenshot(path=f"{PICTURES}/notebook-{request.param}.png", full_page=True)
        browser.close()


def test_every_object_is_html(page: Any) -> None:
    assert page.locator("div.boundcalc").count() == len(CELLS) - 1


def test_nothing_goes_wrong_and_no_name_is_a_script(page: Any) -> None:
    assert [error for error in page.said if "boundcalc" in error or "hostile" in error] == []
    assert page.title() != "hostile"
    assert page.locator("div.boundcalc script").count() == 0
    assert 'document.title = "hostile"' in page.locator("div.boundcalc").first.inner_text()


def test_mathematics_is_typeset(page: Any) -> None:
    shown = [formula for formula in page.locator("div.boundcalc math").all() if formula.is_visible()]
    assert len(shown) >= 5
    for formula in shown:
        box = formula.bounding_box()
        assert box["height"] > 8
        assert box["width"] > 8
        assert "\\" not in formula.text_content()


def test_definitions_open(page: Any) -> None:
    for details in page.locator("div.boundcalc details").all():
        inside = details.locator("> *:not(summary)").first
        assert not inside.is_visible()
        details.locator("summary").first.click()
        assert inside.is_visible()


def test_numbers_stand_right_and_nothing_leaves_the_page(page: Any) -> None:
    side = page.locator("div.boundcalc td").last.evaluate("cell => getComputedStyle(cell).textAlign")
    assert side in ("left", "right")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_text_has_the_colour_of_the_page(page: Any) -> None:
    """So that it can be read on any ground."""
    colours = page.evaluate(
        "[...document.querySelectorAll('div.boundcalc, div.boundcalc *')].filter(e => e.style.color || e.style.background).length"
    )
    assert colours == 0
    text, ground = (
        page.locator("div.boundcalc p").first.evaluate(f"element => getComputedStyle({where}).{what}")
        for where, what in (("element", "color"), ("document.body", "backgroundColor"))
    )
    assert abs(_brightness(text) - _brightness(ground)) > 100


def _brightness(colour: str) -> float:
    return sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3
