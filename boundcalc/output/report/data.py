"""What the script of a report knows of its networks, as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from boundcalc.bounds.options import Json
from boundcalc.bounds.pictured import height
from boundcalc.output.report.controls import Slider
from boundcalc.output.report.elements import Html
from boundcalc.output.report.shares import LEAST, ROWS
from boundcalc.output.report.subject import Subject

_ESCAPES = str.maketrans({sign: f"\\u{ord(sign):04x}" for sign in "<>&"})


def data_of(subjects: Sequence[Subject], sliders: Sequence[Slider], of: Sequence[Sequence[int]]) -> Html:
    """`of`: for each network the slider of each symbol. In an element that nothing executes; `<` is written so that no name ends it."""
    data: dict[str, Json] = {
        "sliders": [slider.to_dict() for slider in sliders],
        "shares": {"rows": ROWS, "least": LEAST},
        "networks": [_network(subject, own) for subject, own in zip(subjects, of, strict=True)],
    }
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).translate(_ESCAPES)
    return Html(f'<script type="application/json" id="data">{text}</script>')


def _network(subject: Subject, sliders: Sequence[int]) -> dict[str, Json]:
    """`rows`: of each layer, where its quantities are in what the script gives, -1 for what is infinite; `before`: log10 of the
    certified numbers at the spec's values. `larger`: those of which the page has an upper bound that is not as sharp."""
    bounds, script = subject.bounds, subject.script
    places = {bound: place for place, bound in enumerate(script.bounds)}
    rows = list(bounds.layers.values())
    return {
        "label": subject.label,
        "sliders": list(sliders),
        "symbols": list(subject.start),
        "conditions": list(script.conditions),
        "layers": [row.path for row in rows],
        "kinds": [row.layer.label for row in rows],
        "quantities": list(bounds.named),
        "rows": [[places.get(bound, -1) for bound in row.quantities] for row in rows],
        "before": [[height(bounds.numbers.get(bound)) for bound in row.quantities] for row in rows],
        "shares": None if subject.moving is None else subject.moving.to_dict(),
        "totals": [[name, places.get(bound, -1)] for name, bound in bounds.totals.items()],
    }
