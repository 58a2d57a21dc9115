"""Which layers dominate: what each adds to the logarithms of the bounds, at the spec's values. share_table.js writes the same table at
those of the sliders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from boundcalc.calculus.steps import recursion_of
from boundcalc.output.report.elements import Html, scrolled, tag
from boundcalc.output.report.moving import SHARED, grouped
from boundcalc.output.report.subject import Subject
from boundcalc.studies.explain import SHARE
from boundcalc.studies.parts.explained import explained, shares_in

ROWS = 12  # layers whose shares are shown, those that say most
LEAST = 0.0005  # of a share that is shown
AT_SPEC = "At the spec's values"


def shares_section(subject: Subject) -> Iterator[Html]:
    """The table, in an element that the script fills anew."""
    moves = subject.moving is not None
    yield tag("div", *_table(subject), class_="sharing", data_network=subject.number if moves else None)
    still = "" if moves or not subject.bounds.symbols else ", which stay as they are when sliders move"
    yield tag(
        "p", tag("span", f"{AT_SPEC}{still}.", class_="sharing-at"), f" {SHARE[0].upper()}{SHARE[1:]}.", class_="note"
    )


def _table(subject: Subject) -> Iterator[Html]:
    bounds = subject.bounds
    if len(bounds.layers) > SHARED:
        yield tag("p", f"Of more than {SHARED:,} layers the shares take long: boundcalc explain has them.")
        return
    found = shares_in(bounds, recursion_of(bounds.primitives, bounds.options.refine))
    if isinstance(found, str):
        yield tag("p", f"No shares: {found}.")
        return
    quantities = list(found.of)
    groups = grouped([row for row in explained(bounds, found) if any(row.shares.values())])
    if not groups:
        yield tag("p", "No layer adds anything.")
        return
    shares = {key: [sum(row.shares.get(q, 0.0) for row in own) for q in quantities] for key, own in groups.items()}
    ranked = sorted(groups, key=lambda key: -max(map(abs, shares[key])))
    most = max(map(abs, shares[ranked[0]]))
    kept = [key for key in ranked[:ROWS] if max(map(abs, shares[key])) >= LEAST]
    others = [shares[key] for key in ranked if key not in kept]
    heads = ["layer", "kind", *(f"of log10 {q.name}" for q in quantities)]
    body = [
        _share_row(_called(key[0], len(own)), key[1], shares[key], most) for key, own in groups.items() if key in kept
    ]
    if others:
        body.append(_share_row("all others", "", [sum(column) for column in zip(*others, strict=True)], 0))
    body.append(_share_row("all together", "", [sum(column) for column in zip(*shares.values(), strict=True)], 0))
    caption = f"What layers of {subject.label} add to the logarithms of its bounds"
    head = tag("tr", *(tag("th", text, scope="col") for text in heads))
    hidden = tag("caption", caption, class_="hidden")
    yield scrolled(tag("table", hidden, tag("thead", head), tag("tbody", *body), class_="shares"), caption)


def _called(path: str, count: int) -> str:
    return path if count == 1 else f"{path} ({count} of them)"


def _share_row(title: str, kind: str, shares: Sequence[float], most: float) -> Html:
    cells = (
        tag(
            "td",
            _bar(share / most) if most else Html(""),
            tag("span", f"{round(share, 3) + 0.0:.3f}", class_="number"),
            class_="share",
        )
        for share in shares
    )
    return tag("tr", tag("th", title, scope="row"), tag("td", kind), *cells)


def _bar(part: float) -> Html:
    """A bar to the right, or, hatched by its look, to the left of the middle."""
    size = round(60 * abs(part), 1)
    bar = tag(
        "rect", x=60 if part >= 0 else 60 - size, y=2, width=size, height=10, class_="more" if part >= 0 else "less"
    )
    middle = tag("path", d="M60 0V14", class_="grid")
    return tag("svg", middle, bar, class_="bar", viewBox="0 0 120 14", width=120, height=14, aria_hidden="true")
