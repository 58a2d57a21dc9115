"""Reports in a browser without a network: their numbers beside `evaluate`, their keys, their looks. `make test-browser`.

With BOUNDCALC_PICTURES=FOLDER the pages are photographed, wide and narrow, light, dark and printed, for people to look at.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import CHROMIUM, FLAGS, PICTURES, SPECS

import boundcalc as bc
from boundcalc.bounds.values import resolve
from boundcalc.exact.decimals import log10_upper

playwright = pytest.importorskip("playwright.sync_api")

SETTINGS = 50
LARGEST = 2_000_000  # characters of a page

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="there is no Chromium")

HOSTILE = """
name: '</script><img src=x onerror="window.hostile = 1">'
symbols: {n: 3, R: 1, w: 2*n}
batch: n
input: {shape: [4], norm: {sample: 1}}
radius: R
layers:
  - dense: w
  - softplus
  - dense: {units: 2, name: constructor}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as browsers:
        opened = browsers.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield opened
        opened.close()


def opened(browser: Any, folder: Path, *specs: Any, options: dict[str, Any] | None = None, **context: Any) -> Any:
    """The report, opened from the file system; `said` are errors and requests."""
    file = folder / "report.html"
    bc.report(*specs, file=file, **(options or {}))
    context.setdefault("viewport", {"width": 1280, "height": 900})
    page = browser.new_context(**context).new_page()
    page.said = []
    page.on("pageerror", lambda error: page.said.append(str(error)))
    page.on("console", lambda message: page.said.append(message.text))
    page.on("request", lambda request: page.said.append(request.url) if request.url != file.as_uri() else None)
    page.goto(file.as_uri())
    return page


def wait_until(page: Any, condition: str) -> None:
    """The page's policy lets nobody, Playwright's own waiting included, evaluate text inside it."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(20)
    raise AssertionError(condition)


def spec(name: str) -> Any:
    return bc.load(SPECS / f"{name}.yaml")


CASES: list[tuple[str, dict[str, Any]]] = [
    ("vgg16-smooth-batchnorm", {}),
    ("gpt2-small", {}),
    ("deep-linear", {}),
    ("deq", {}),
    ("lenet5", {"blocks": "layer"}),
]


@pytest.mark.parametrize(("name", "options"), CASES, ids=[name for name, _ in CASES])
def test_random_settings_agree_with_evaluate(browser: Any, tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    bounds = bc.compile(spec(name), **options)
    page = opened(browser, tmp_path, spec(name), options=options)
    chance = random.Random(11)
    counts = page.evaluate("boundcalc.data.sliders.map((slider) => slider.count)")
    names = page.evaluate("boundcalc.data.networks[0].symbols")
    holding = 0
    for _ in range(SETTINGS):
        places = [chance.randint(0, count) for count in counts]
        texts, answer, said = page.evaluate(
            """(places) => {
              document.querySelectorAll('.control').forEach((control, n) => {
                const range = control.querySelector('input[type=range]');
                range.value = places[n];
                range.dispatchEvent(new Event('input'));
              });
              const texts = [...document.querySelectorAll('.control input[type=text]')].map((field) => field.value);
              const { logs, reason } = boundcalc.state()[0];
              const totals = boundcalc.data.networks[0].totals;
              const found = totals.map(([name, place]) => [name, place < 0 || reason ? null : String(logs[place])]);
              return [texts, { found, reason }, [...document.querySelectorAll('.now')].map((cell) => cell.textContent)];
            }""",
            places,
        )
        at: dict[str, object] = dict(zip(names, texts, strict=True))
        if answer["reason"]:
            assert set(said) <= {"does not hold", "infinite"}
            with pytest.raises(ValueError, match="compiled for"):
                bounds.lipschitz.evaluate(at)
            continue
        holding += 1
        numbers = bounds.numbers_at(bounds.totals.values(), resolve(bounds.graph.conditions, at))
        for quantity, log in answer["found"]:
            bound = bounds.totals[quantity]
            wanted = log10_upper(numbers[bound]) if bound.finite else math.inf
            if log is None:
                assert wanted == math.inf
            elif wanted is None:
                assert log == "-Infinity"
            else:
                assert float(log) / math.log(10) == pytest.approx(wanted, abs=1e-10, rel=0), (quantity, at)
    assert holding >= 5
    assert page.said == []


def test_both_inequalities_of_the_talk(browser: Any, tmp_path: Path) -> None:
    """Batch-norm makes both bounds larger at eps = 1/100, and smaller at eps = 100."""
    page = opened(browser, tmp_path, spec("vgg16-smooth"), spec("vgg16-smooth-batchnorm"))

    def rows() -> dict[str, list[tuple[str, str]]]:
        found = page.locator("#results tr[data-network]").evaluate_all(
            "rows => rows.map(row => [boundcalc.data.networks[row.dataset.network].totals[row.dataset.total][0],"
            " row.classList.contains('smallest'), row.querySelector('.now').textContent])"
        )
        return {
            name: [(text, smallest) for of, smallest, text in found if of == name]
            for name in ("lipschitz", "smoothness")
        }

    for name in ("lipschitz", "smoothness"):
        assert [smallest for _, smallest in rows()[name]] == [True, False]
    assert [text for text, _ in rows()["lipschitz"]] == ["2.993e9", "3.849e20"]
    page.get_by_label("value of eps").fill("100")
    for name in ("lipschitz", "smoothness"):
        assert [smallest for _, smallest in rows()[name]] == [False, True]
    assert [text for text, _ in rows()["smoothness"]] == ["2.492e19", "1.363e6"]
    page.get_by_role("button", name="Back to the spec's values").click()
    assert [text for text, _ in rows()["lipschitz"]] == ["2.993e9", "3.849e20"]
    assert page.said == []


def test_a_large_network_is_a_small_page(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, spec("gpt2-small"))
    assert (tmp_path / "report.html").stat().st_size < LARGEST
    page.get_by_label("value of heads").fill("7")
    assert page.locator("#broken").inner_text() == "gpt2-small: the bounds hold only where d/heads is whole"
    assert page.locator(".now").all_inner_texts() == ["does not hold"] * 3
    page.get_by_label("value of heads").fill("six")
    assert "heads: write a number" in page.locator("#mistake").inner_text()
    assert page.get_by_label("value of heads").get_attribute("aria-invalid") == "true"


def test_keys_are_enough(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, spec("vgg16-smooth-batchnorm"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the bounds"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "bounds"
    page.get_by_label("eps", exact=True).focus()
    before = page.locator(".now").all_inner_texts()
    page.keyboard.press("ArrowRight")
    assert page.get_by_label("value of eps").input_value() == "0.0102"
    assert page.locator(".now").all_inner_texts() != before
    page.keyboard.press("End")
    assert page.get_by_label("value of eps").input_value() == "100"
    wait_until(page, "document.getElementById('status').textContent.includes('lipschitz 1060')")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id").endswith("-text")
    focused = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert focused != "none"
    page.get_by_label("Read at layer").focus()
    page.keyboard.press("Home")
    assert page.locator("#at-layer").inner_text().startswith("stage_0.convs.0.conv_0.conv2d_0 (conv2d): norm ")
    page.locator("summary", has_text="sliders' values").focus()
    page.keyboard.press("Enter")
    wait_until(page, "document.querySelectorAll('.live tbody tr').length === 51")


def test_curves_follow_the_sliders(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, spec("vgg16-smooth-batchnorm"))
    curves = "[...document.querySelectorAll('#through svg[data-name=lipschitz] .curve')].map((curve) => curve.getAttribute('d'))"
    (before,) = page.evaluate(curves)
    page.get_by_label("value of eps").fill("100")
    wait_until(page, f"{curves}.length === 2")
    spec_values, now = page.evaluate(curves)
    assert spec_values.count("L") == now.count("L") == before.count("L")
    assert now != spec_values
    assert page.locator("#along .curve").count() == 3


def test_shares_follow_the_sliders(browser: Any, tmp_path: Path) -> None:
    """They are those of the report of the spec with the other value, until the sliders are back."""
    table, said = (
        "document.querySelector('table.shares').innerText",
        "document.querySelector('.sharing-at').textContent",
    )
    own, other = spec("vgg16-smooth-batchnorm"), bc.override(spec("vgg16-smooth-batchnorm"), {"eps": "100"})
    wanted = opened(browser, tmp_path, other).evaluate(table)
    page = opened(browser, tmp_path, own)
    before = page.evaluate(table)
    assert page.evaluate(said) == "At the spec's values."
    page.get_by_label("value of eps").fill("100")
    wait_until(page, f'{said} === "At the sliders\' values, approximate."')
    assert page.evaluate(table) == wanted != before
    page.get_by_role("button", name="Back to the spec's values").click()
    wait_until(page, f'{said} === "At the spec\'s values."')
    assert page.evaluate(table) == before
    assert page.said == []


def test_shares_are_of_so_many_copies(browser: Any, tmp_path: Path) -> None:
    text = "symbols: {k: {value: 3, integer: true}, R: 2}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{repeat: {times: k, layers: [{dense: 4}, softplus]}}]"
    said = "document.querySelector('.sharing-at').textContent"
    page = opened(browser, tmp_path, bc.loads(text))
    page.get_by_label("value of k").fill("4")
    wait_until(page, f'{said} === "At the spec\'s values: another k is another number of layers."')
    page.get_by_label("value of k").fill("3.0")
    wait_until(page, f'{said} === "At the sliders\' values, approximate."')
    assert page.said == []


def test_values_that_the_spec_computes(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, bc.loads(HOSTILE))
    assert page.get_by_label("value of w").input_value() == "6"
    page.get_by_label("value of n").fill("5")
    assert page.get_by_label("value of w").input_value() == "10"
    page.get_by_label("follows w = 2*n").uncheck()
    page.get_by_label("value of w").fill("7")
    page.get_by_label("value of n").fill("4")
    assert page.get_by_label("value of w").input_value() == "7"


def test_a_network_without_symbols(browser: Any, tmp_path: Path) -> None:
    text = "input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, relu]"
    page = opened(browser, tmp_path, bc.loads(text), options={"third_order": True})
    assert page.locator(".now").all_inner_texts() == [
        page.locator("#results td").nth(2).inner_text(),
        "1.415",
        "infinite",
        "infinite",
    ]
    assert page.locator(".control, #symbol").count() == 0
    page.get_by_label("Read at layer").focus()
    page.keyboard.press("Home")
    assert page.locator("#at-layer").inner_text().startswith("dense_0 (dense): norm ")
    assert page.said == []


def test_no_name_is_markup(browser: Any, tmp_path: Path) -> None:
    files = (f"<img src=x onerror=hostile({n})>" for n in range(2))
    page = opened(browser, tmp_path, *(bc.loads(HOSTILE, file) for file in files))
    page.wait_for_timeout(100)
    assert page.evaluate("window.hostile === undefined")
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert page.said == []
    assert "</script><img" in page.locator("h1").inner_text()
    blocked = page.evaluate(
        "(async () => { try { await fetch('https://example.org/'); return 'loaded'; } catch { return 'refused'; } })()"
    )
    assert blocked == "refused"


@pytest.mark.parametrize("width", [1280, 400])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_looks(browser: Any, tmp_path: Path, width: int, scheme: str) -> None:
    """Nothing is wider than the page, and texts stand out from their ground."""
    page = opened(
        browser, tmp_path, spec("vgg16-smooth"), spec("vgg16-smooth-batchnorm"), viewport={"width": width, "height": 900}, color_scheme=scheme
    )  # fmt: skip
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CONTRASTS) >= 4.5
    for formula in page.locator("math").all():
        if formula.is_visible():
            assert "\\" not in formula.text_content()
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/report-{width}-{scheme}.png", full_page=True)
        page.pdf(path=f"{PICTURES}/report-{width}-{scheme}.pdf")


# The least contrast (WCAG) of a text with the ground behind it, over all texts of the page.
CONTRASTS = """(() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const found = channels(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  let least = 21;
  for (const element of document.querySelectorAll('p, th, td, label, small, legend, h1, h2, h3, figcaption, summary, button, li')) {
    if (!element.textContent.trim() || !element.getClientRects().length) continue;
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(ground(element))];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
})()"""


def test_it_prints(browser: Any, tmp_path: Path) -> None:
    page = opened(browser, tmp_path, spec("vgg16-smooth-batchnorm"), color_scheme="dark")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.get_by_label("eps", exact=True).is_visible()
    assert page.get_by_label("value of eps").is_visible()
    assert page.locator("#results .now").first.is_visible()
    assert not page.locator("#reset").is_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.get_by_text("stage_4.batchnorm_0").last.is_visible()


def test_without_a_script_everything_but_the_sliders_is_there(browser: Any, tmp_path: Path) -> None:
    bc.report(spec("vgg16-smooth-batchnorm"), file=tmp_path / "report.html")
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto((tmp_path / "report.html").as_uri())
    assert page.locator("#through .curve").count() == 3
    assert page.locator("noscript p").is_visible()
    assert not page.locator(".now").first.is_visible()
    assert "3.849e20" in page.locator("#results").inner_text()
    assert page.locator("svg.graph").is_visible()
