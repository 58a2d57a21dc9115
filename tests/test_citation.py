"""CITATION.cff is what reference managers read: the Citation File Format 1.2.0."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CITATION: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
WORKS = [CITATION, *CITATION["references"]]
PERSON = {"given-names", "family-names", "name-particle", "name-suffix", "affiliation", "orcid", "email", "website"}


def test_the_keys_that_the_format_requires_are_there() -> None:
    assert CITATION["cff-version"] == "1.2.0"
    assert CITATION["type"] in {"software", "dataset"}
    assert all(CITATION[key].strip() for key in ("message", "title"))
    for reference in CITATION["references"]:
        assert {"type", "title", "authors"} <= set(reference)


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work["title"][:20])
def test_authors_are_persons_or_a_group(work: dict[str, Any]) -> None:
    assert work["authors"]
    for author in work["authors"]:
        assert set(author) == {"name"} or {"family-names"} <= set(author) <= PERSON


def test_it_says_what_the_package_says() -> None:
    assert str(CITATION["version"]) == PROJECT["version"]
    assert CITATION["license"] == PROJECT["license"]
    assert CITATION["keywords"] == PROJECT["keywords"]


def test_the_paper_is_the_one_that_the_documentation_names() -> None:
    (paper,) = [work for work in CITATION["references"] if work["url"].startswith("https://arxiv.org/abs/")]
    number = paper["url"].rpartition("/")[2]
    assert re.fullmatch(r"\d{4}\.\d{5}", number)
    assert [each["value"] for each in paper["identifiers"]] == [f"arXiv:{number}"]
    entry = re.search(
        rf"\*\*\[RH20\]\*\*.*{re.escape(paper['title'])}.*arXiv:{number}",
        (ROOT / "docs" / "bibliography.md").read_text("utf-8"),
    )
    assert entry
