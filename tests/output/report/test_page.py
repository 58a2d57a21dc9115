"""The report as a file: what is in it, that nothing is loaded and no name is markup."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from reading import Reader
from reference.javascript import run

import boundcalc as bc
from boundcalc.bounds.options import OPTIONS, Detail
from boundcalc.output.parts.layout import Layout
from boundcalc.output.report.elements import Html, tag
from boundcalc.output.text import to_text

SPECS = Path(__file__).parents[3] / "specs"
TEXT = """
symbols: {n: 8, R: 1, w: 2*n, k: {value: 3, integer: true, at_least: 0}, free:}
batch: n
input: {shape: [4], norm: {sample: free}}
radius: R
layers:
  - dense: w
  - repeat: {times: k, layers: [{dense: w}, softplus]}
  - dense: {units: 2, name: head}
"""
LOSS = "symbols: {n: 8, R: 2}\nbatch: n\ninput: {shape: [4], norm: {sample: 1}}\nradius: R\nlayers: [dense: 3, softplus, {dense: {units: 2, name: head}}]\nloss: logistic"
HOSTILE = '</script><!--<img src=x onerror="alert(1)">&amp;\''
VOID = {"meta", "input", "path", "rect"}


class Page(Reader):
    """HTML whose void elements close themselves, with the attributes of each element."""

    def __init__(self, html: str) -> None:
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        super().__init__(html.removeprefix("<!DOCTYPE html>"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        super().handle_starttag(tag, attrs)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        super().handle_startendtag(tag, attrs)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


def data_of(html: str) -> Any:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)
    assert found is not None
    return json.loads(found[1])


def test_the_structure() -> None:
    html = bc.report(bc.loads(TEXT), bc.loads(LOSS))
    page = Page(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"/>')
    assert [page.tags.count(name) for name in ("html", "head", "body", "main", "header", "footer", "h1")] == [1] * 7
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for _, attributes in page.elements:
        for key in ("for", "aria-labelledby", "aria-describedby"):
            assert set((attributes.get(key) or "").split()) <= set(identifiers)
    labelled = {attributes["for"] for attributes in page.all("label") if "for" in attributes}
    for attributes in page.all("input"):
        named = attributes.get("id") in labelled or attributes.get("aria-label")
        assert named or attributes["type"] == "checkbox"  # which stands in its label
    assert all(attributes.get("scope") in ("col", "row", "rowgroup") for attributes in page.all("th"))
    assert page.tags.count("caption") == page.tags.count("table")
    assert all(
        attributes.get("role") == "img" or attributes.get("aria-hidden") == "true" for attributes in page.all("svg")
    )
    assert ("aria-live", "polite") in page.attributes
    assert page.all("a")[0]["href"] == "#bounds"


def test_nothing_is_loaded() -> None:
    html = bc.report(bc.load(SPECS / "vgg16-smooth-batchnorm.yaml"))
    page = Page(html)
    assert {"link", "img", "iframe", "object", "embed"}.isdisjoint(page.tags)
    assert not any(
        key in ("src", "srcset", "action", "onclick", "onload") for _, attributes in page.elements for key in attributes
    )
    assert set(re.findall(r"https?://[^\s\"'<)]+", html)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
    }
    policy = next(attributes["content"] for attributes in page.all("meta") if attributes.get("http-equiv"))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def test_no_name_is_markup() -> None:
    spec = bc.loads(f"name: {json.dumps(HOSTILE)}\n{LOSS}", HOSTILE)
    html = bc.report(spec, spec)
    page = Page(html)
    assert page.tags.count("script") == 2
    assert "img" not in page.tags
    assert "<!--" not in html
    assert data_of(html)["networks"][0]["label"] == f"{HOSTILE} ({HOSTILE}) 1"
    assert unescape(html).count(HOSTILE) > 5
    assert tag("p", "<b>", Html("<i></i>"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;<i></i></p>'


def test_the_data_is_that_of_the_bounds() -> None:
    bounds = bc.compile(bc.loads(LOSS))
    (network,) = data_of(bc.report(bc.loads(LOSS)))["networks"]
    assert network["layers"] == list(bounds.layers)
    assert [name for name, _ in network["totals"]] == list(bounds.totals)
    last = network["before"][-1]
    assert last[1] == bounds.lipschitz.log10()


def test_certified_numbers_are_those_of_the_text() -> None:
    spec = bc.load(SPECS / "vgg16-smooth-batchnorm.yaml")
    html = bc.report(spec)
    text = to_text(bc.compile(spec).document, Layout())
    numbers = set(re.findall(r"\d\.\d+e\d+", text))
    assert len(numbers) > 50
    assert all(f">{number}<" in html for number in numbers)


def test_symbols_have_sliders() -> None:
    html = bc.report(bc.loads(TEXT))
    data, page = data_of(html), Page(html)
    sliders = {slider["name"]: slider for slider in data["sliders"]}
    assert list(sliders) == ["n", "R", "w", "k", "free"]
    assert (sliders["n"]["low"], sliders["n"]["high"], sliders["n"]["logarithmic"]) == (1, 160, True)
    assert (sliders["R"]["low"], sliders["R"]["high"], sliders["R"]["place"], sliders["R"]["count"]) == (
        1e-4,
        1e4,
        400,
        800,
    )
    assert (sliders["k"]["low"], sliders["k"]["logarithmic"], sliders["k"]["whole"]) == (0, False, True)
    assert sliders["w"]["start"] is None
    assert sliders["free"]["start"] == "1"
    assert html.count("no value in the spec") == 1
    assert "follows w = 2*n" in html
    disabled = [attributes["id"] for attributes in page.all("input") if "disabled" in attributes]
    assert disabled == ["s2-range", "s2-text"]


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("10**400", 1e286),
        ("1/10**400", 1e-294),
        ("sqrt(2)", 1.4142e-4),
        ("{value: -3, at_least: -9}", -12),
        ("{value: 0, at_least: 0}", 0),
    ],
)
def test_sliders_of_any_value(value: str, place: float) -> None:
    html = bc.report(bc.loads(LOSS.replace("R: 2", f"R: 2, x: {value}")))
    (slider,) = [each for each in data_of(html)["sliders"] if each["name"] == "x"]
    assert slider["low"] == pytest.approx(place, rel=1e-3)
    assert slider["low"] < slider["high"]
    assert 0 <= slider["place"] <= slider["count"]


def test_networks_share_sliders_of_equal_symbols() -> None:
    html = bc.report(bc.loads(LOSS), bc.loads(LOSS.replace("R: 2", "R: 3")), bc.loads(LOSS.replace("R: 2", "R: 3")))
    data = data_of(html)
    assert [slider["label"] for slider in data["sliders"]] == ["n", "R of architecture (<text>) 1", "R of architecture (<text>) 2", "R of architecture (<text>) 3"]  # fmt: skip
    assert [network["sliders"] for network in data["networks"]] == [[0, 1], [0, 2], [0, 3]]


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_stands_in_the_header(name: str) -> None:
    others: dict[str, Any] = {
        "blocks": "layer", "norms": "mixed", "measure": "sample", "wrt": ("head",), "constants": "published", "refine": True,
        "third_order": True, "smooth": "softplus",
    }  # fmt: skip
    spec = bc.loads(LOSS)
    html = bc.report(spec, **{name: others[name]})
    header = unescape(html[html.index("<header>") : html.index("</header>")])
    assert OPTIONS[name].phrase(others[name]) in header
    assert bc.compile(spec, **{name: others[name]}).options.sentence("Upper bounds", Detail.BOUNDS) in header
    assert OPTIONS[name].phrase(others[name]) not in bc.report(spec)[: html.index("</header>")]


def test_networks_of_other_options_are_told_apart() -> None:
    html = bc.report(bc.loads(f"name: a\n{LOSS}"), bc.loads(f"name: b\n{LOSS}\nsmooth: softplus"))
    header = html[html.index("<header>") : html.index("</header>")]
    assert "a: upper bounds with respect to parameters, sharp constants, blocks: total." in header
    assert "b: upper bounds with respect to parameters, sharp constants, blocks: total, softplus for relu" in header


def test_what_is_not_certified_is_told() -> None:
    certified, published = bc.report(bc.loads(LOSS)), bc.report(bc.loads(LOSS), constants="published")
    assert "certified upper bounds" in unescape(certified)
    assert "no number here is certified" in published
    assert "published constants are not upper bounds in general" in published


def test_conditions_and_what_is_infinite_are_told() -> None:
    html = bc.report(bc.load(SPECS / "resnet50.yaml"))
    assert "smoothness is infinite from layer &#x27;stem.relu_0&#x27; on: relu has a kink" in html
    assert "<li>d/heads is whole</li>" in bc.report(bc.load(SPECS / "gpt2-small.yaml"))


def test_the_script_as_it_is_written() -> None:
    """All of it parses, in strict mode, and answers."""
    html = bc.report(bc.load(SPECS / "gpt2-small.yaml"))
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.S)
    networks = script[script.index("const networks") : script.index('"use strict";', 20)]
    starts = [slider["start"] for slider in data_of(html)["sliders"]]
    found = run(
        f"{networks} return networks[0](arithmetic, {json.dumps(starts)}.map((text) => arithmetic.read(text))).logs.length;"
    )
    assert found == len(bc.compile(bc.load(SPECS / "gpt2-small.yaml")).quantities)
    assert run(f"new Function({json.dumps(script)}); return true;")
    assert script.count('"use strict";') == 5


def test_shares_that_stay_say_so() -> None:
    loops = "symbols: {k: {integer: true}, R: 1}\ninput: {shape: [2], norm: 1}\nradius: R\nlayers: [{repeat: {times: k, layers: [dense: 2]}}]"
    stays, moves = bc.report(bc.loads(loops)), bc.report(bc.loads(TEXT))
    assert "At the spec&#x27;s values, which stay as they are when sliders move." in stays
    assert "which stay as they are" not in moves
    assert data_of(stays)["networks"][0]["shares"] is None
    moving = data_of(moves)["networks"][0]["shares"]
    assert [data_of(moves)["networks"][0]["symbols"][place] for place in moving["counts"]] == ["k"]
    assert ["repeat_0.*.dense_0", "dense", 1] in moving["groups"]
    assert "At the spec&#x27;s values." in bc.report(
        bc.loads("input: {shape: [2], norm: 1}\nradius: 1\nlayers: [dense: 2]")
    )


def test_it_is_written_to_a_file(tmp_path: Path) -> None:
    text = bc.report(bc.loads(LOSS), file=tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text
    with pytest.raises(TypeError, match="there is no architecture"):
        bc.report()
