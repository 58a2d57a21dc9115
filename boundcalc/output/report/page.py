"""The report: one file that opens from the file system, loads nothing, and that a person can read without a script."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files

from boundcalc.bounds.options import Detail
from boundcalc.output.report.controls import control, sliders_of
from boundcalc.output.report.data import data_of
from boundcalc.output.report.elements import Html, tag
from boundcalc.output.report.network import sections
from boundcalc.output.report.plots import through_layers
from boundcalc.output.report.results import results
from boundcalc.output.report.subject import Subject

MOVED = "Thin lines: at the spec's values, once a slider moves."
SCRIPTS = (
    "javascript/runtime.js",
    "javascript/shares.js",
    "report/plot.js",
    "report/share_table.js",
    "report/report.js",
)


def report_to_html(subjects: Sequence[Subject]) -> str:
    """The whole page."""
    labels = ", ".join(subject.label for subject in subjects)
    sliders, of = sliders_of(subjects)
    script = _script(subjects)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content="boundcalc"),
        tag("title", f"{labels}: bounds"),
        Html(f"<style>{_file('report/report.css')}</style>"),
    )
    body = tag(
        "body",
        tag("a", "Skip to the bounds", href="#bounds", class_="skip"),
        tag("header", tag("h1", labels), *_asked(subjects)),
        tag("main", *_main(subjects, [control(slider, n) for n, slider in enumerate(sliders)])),
        tag("footer", tag("p", "Written by boundcalc. This page loads nothing and sends nothing.")),
        data_of(subjects, sliders, of),
        Html(f"<script>{script}</script>"),
    )
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en") + "\n"


def _main(subjects: Sequence[Subject], controls: Sequence[Html]) -> Iterator[Html]:
    bounds = tag(
        "section", tag("h2", "The bounds", id="bounds", tabindex=-1), results(subjects), aria_labelledby="bounds"
    )
    layers = tag(
        "section",
        tag("h2", "Through the layers", id="layers"),
        tag("p", "The bound of the network up to each layer. ", tag("span", MOVED, class_="with-script")),
        through_layers(subjects),
        _reader(),
        aria_labelledby="layers",
    )
    against = tag(
        "section",
        tag("h2", "Against one symbol", id="against"),
        tag(
            "p",
            tag("label", "Symbol ", for_="symbol"),
            tag("select", id="symbol"),
            " with the others where the sliders are.",
        ),
        tag("div", id="along", class_="panels"),
        class_="with-script",
        aria_labelledby="against",
    )
    yield tag("div", bounds, _values(controls), layers, *([against] if controls else []), class_="together")
    for subject in subjects:
        level = "h2" if len(subjects) == 1 else "h3"
        title = [] if len(subjects) == 1 else [tag("h2", subject.label)]
        yield tag("section", *title, *sections(subject, level), class_="network", aria_label=subject.label)


def _asked(subjects: Sequence[Subject]) -> Iterator[Html]:
    """What was asked: once, unless a file has smooth maps of its own."""
    said = {subject.label: subject.bounds.options.sentence("upper bounds", Detail.BOUNDS) for subject in subjects}
    for label, sentence in said.items() if len(set(said.values())) > 1 else [(None, next(iter(said.values())))]:
        yield tag(
            "p", f"{sentence[0].upper()}{sentence[1:]}." if label is None else f"{label}: {sentence}.", class_="asked"
        )
    yield tag(
        "p",
        "norm: the largest norm of the output. lipschitz: its Lipschitz constant, as a function of what it is differentiated by. "
        "smoothness: the Lipschitz constant of its derivative.",
    )


def _values(controls: Sequence[Html]) -> Html:
    if not controls:
        return tag("p", "There are no symbols to move.", class_="note")
    return tag(
        "form",
        tag("fieldset", tag("legend", "Values of the symbols"), *controls),
        tag("p", tag("button", "Back to the spec's values", type="button", id="reset"), class_="with-script screen"),
        tag("p", "", id="mistake", class_="broken", role="alert"),
        class_="values",
        autocomplete="off",
    )


def _reader() -> Html:
    """The numbers of one layer, for those who do not point at a plot."""
    return tag(
        "div",
        tag("label", "Read at layer", for_="layer"),
        tag("input", type="range", id="layer", min=1, max=1, value=1, step=1),
        tag("output", "", id="at-layer", for_="layer"),
        class_="reader with-script screen",
    )


def _script(subjects: Sequence[Subject]) -> str:
    runtime, *others = (_file(name) for name in SCRIPTS)
    codes = ",\n".join(subject.script.code for subject in subjects)
    leaves = ",\n".join("null" if s.moving is None else s.moving.tape.code for s in subjects)
    return "\n".join([runtime, f"const networks = [\n{codes}\n];", f"const leaves = [\n{leaves}\n];", *others])


def _policy(script: str) -> str:
    """Nothing may be loaded, and no script run but that of the page, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def _file(name: str) -> str:
    return files("boundcalc.output").joinpath(name).read_text(encoding="utf-8")
