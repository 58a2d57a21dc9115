"""Checks the built pages: `python docs/check_site.py docs/_build/html`. Links lead to files and anchors that are there, and nothing is fetched from elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {
    ("script", "src"),
    ("img", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("object", "data"),
}


@dataclass
class Page(HTMLParser):
    """links: (what is fetched or followed, whether it is fetched); anchors: what links can end with."""

    links: list[tuple[str, bool]] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            if value and (tag, name) in FETCHED | {("a", "href")}:
                self.links.append((value, (tag, name) in FETCHED))


def pages(folder: Path) -> dict[Path, Page]:
    found: dict[Path, Page] = {}
    for path in folder.rglob("*.html"):
        found[path.resolve()] = page = Page()
        page.feed(path.read_text(encoding="utf-8"))
    return found


def mistakes(found: Mapping[Path, Page]) -> Iterator[str]:
    for path, page in found.items():
        for link, fetched in page.links:
            parts = urlsplit(link)
            if parts.scheme == "data":
                continue
            if parts.scheme or parts.netloc:
                if fetched:
                    yield f"{path.name}: {link} is fetched from elsewhere"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: {link} is not there"
            elif target in found and parts.fragment and unquote(parts.fragment) not in found[target].anchors:
                yield f"{path.name}: {link} has no such anchor"


def main(folder: str) -> int:
    found = pages(Path(folder))
    wrong = sorted(set(mistakes(found)))
    print("\n".join(wrong) or f"{len(found)} pages: all links lead somewhere, and nothing is fetched from elsewhere")
    return bool(wrong) or not found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
