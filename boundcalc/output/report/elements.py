"""HTML by its elements: text is escaped unless it is markup already, which its type says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from boundcalc.mistakes import escaped as printable

EMPTY = frozenset({"input", "meta", "rect", "path"})  # what has nothing inside


class Html(str):
    """Markup."""

    __slots__ = ()


Attribute = str | int | float | bool | None


def tag(name: str, /, *inside: str, **attributes: Attribute) -> Html:
    """An element. Names of attributes are written with `_` for `-`, and at the end for words of Python: `class_`, `aria_label`.
    None and False leave an attribute out, True writes its name alone."""
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    return Html(f"<{name}{written}/>" if name in EMPTY else f"<{name}{written}>{together(inside)}</{name}>")


def together(parts: Iterable[str]) -> Html:
    """One after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(printable(part)) for part in parts))


def _attribute(name: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f' {name}="{escape(printable(text))}"'


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[str] = (),
    *,
    class_: str | None = None,
    row_class: str | None = None,
) -> Html:
    """With a caption, which nobody needs to see who sees the heading above, and heads of columns and rows. It scrolls where it is
    wider than the page, also by keys."""
    sides = ["number" if column in right else None for column in columns]
    head = tag("tr", *(tag("th", c, scope="col", class_=side) for c, side in zip(columns, sides, strict=True)))
    body = (
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=side) for cell, side in zip(row[1:], sides[1:], strict=True)),
            class_=row_class,
        )
        for row in rows
    )
    inside = tag(
        "table", tag("caption", caption, class_="hidden"), tag("thead", head), tag("tbody", *body), class_=class_
    )
    return scrolled(inside, caption)


def scrolled(inside: Html, label: str, class_: str = "scrolled") -> Html:
    """What may be wider than the page."""
    return tag("div", inside, class_=class_, tabindex=0, role="region", aria_label=label)
