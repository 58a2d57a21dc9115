"""A Sphinx extension: a page for each architecture of specs/, written into docs/gallery/ before the pages are read.

The folder is not kept in the repository. A page is written again where its spec or boundcalc changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from html import escape
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from prose import inline

import boundcalc as bc
from boundcalc.cli import main as boundcalc
from boundcalc.display.mathml import typeset

DOCS = Path(__file__).parent
ROOT = DOCS.parent
FOLDER = DOCS / "gallery"
VALUES = {"k": 8, "width": 64}  # of symbols that a spec leaves open, in its numbers; of others, 1
SHORT, LONG = (
    24,
    700,
)  # lines of closed forms that are shown; that are folded away, above which the page does not have them


def page(spec: Path) -> tuple[str, str]:
    """The page of a spec, and its entry on the cover; the pictures are written beside."""
    name, text = spec.stem, spec.read_text(encoding="utf-8")
    about = " ".join(line.removeprefix("#").strip() for line in _leading(text))
    asked = _asked("show", spec)
    size = asked.strip().splitlines()[-1]
    _asked("show", spec, "--format", "svg", "-o", FOLDER / f"{name}-graph.svg")
    free = [symbol for symbol, declared in bc.load(spec).symbols.items() if declared.value is None]
    values = [f"--set={symbol}={VALUES.get(symbol, 1)}" for symbol in free]
    bounds = _asked("bounds", spec, *values, "--plot", FOLDER / f"{name}-bounds.svg")
    table = bounds[bounds.index("\nnetwork ") :].strip().split("\n\n")[0]
    with_values = next((line for line in bounds.splitlines() if line.startswith("with ")), "")
    lines = [
        f"# {name}\n\n{inline(about)}\n\nAltogether `{size}`. The spec is `specs/{spec.name}`, and this page is what is printed of it.\n",
        f"## Bounds\n\n```text\n{with_values}\n\n{table}\n```\n",
        f"![The bounds of {name} up to each layer.]({name}-bounds.svg)\n",
        *_why_infinite(bounds),
        f"## Closed forms\n\n{_closed_forms(_asked('bounds', spec, '--format', 'latex'), spec.name)}\n",
        f"## Graph\n\n![The layers of {name}, from the input to the output.]({name}-graph.svg)\n",
        f"## Spec\n\n```yaml\n{text}```\n",
    ]
    entry = f"- [![]({FOLDER.name}/{name}-bounds.svg)]({FOLDER.name}/{name}.md)\n\n  [**{name}**]({FOLDER.name}/{name}.md)\n\n  {inline(_first_sentence(about))}\n"
    return "\n".join(lines), entry


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=[^ .]\.) ", text)[0]


def _leading(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if not line.startswith("#"):
            return
        yield line


def _asked(command: str, spec: Path, *arguments: object) -> str:
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(StringIO()):
        try:
            boundcalc([command, str(spec), *map(str, arguments)])
        except SystemExit as stop:
            if stop.code:
                raise ValueError(f"{spec.name}: boundcalc {command} ends with status {stop.code}") from stop
    return output.getvalue()


def _why_infinite(bounds: str) -> Iterator[str]:
    for line in dict.fromkeys(re.findall(r"^\w.* is infinite .*$", bounds, re.MULTILINE)):
        yield f"{line[0].upper()}{line[1:]}.\n"


def _closed_forms(latex: str, spec: str) -> str:
    """Of the LaTeX of `boundcalc bounds`, each line as MathML."""
    body = re.search(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", latex, re.DOTALL)
    if not body:
        raise ValueError(f"{spec}: no closed forms in\n{latex}")
    rows = [re.sub(r"\\\\\*\n", "", row).replace("&", "") for row in re.split(r"\\\\\n", body[1])]
    if len(rows) > LONG:
        return f"They have {len(rows)} lines: `boundcalc bounds specs/{spec} --format latex` writes them."
    html = "".join(f'<div class="math">{typeset(row, "block")}</div>' for row in rows)
    notes = [_plain(note) for note in re.findall(r"\\raggedright (.*?)\\par", latex)]
    html += "".join(f"<p>{note}</p>" for note in notes)
    if len(rows) > SHORT:
        html = f"<details><summary>{len(rows)} lines, a name for each part</summary>{html}</details>"
    return f"```{{raw}} html\n{html}\n```"


def _plain(note: str) -> str:
    """A sentence of LaTeX: mathematics, names of layers, and words."""
    parts = re.split(r"(\$.*?\$|\\texttt\{(?:[^{}]|\{\})*\})", note.replace("\\allowbreak{}", ""))
    return "".join(map(_piece, parts))


def _piece(part: str) -> str:
    if part.startswith("$"):
        return typeset(part.strip("$"))
    if part.startswith("\\texttt"):
        return f"<code>{escape(part[8:-1].replace(chr(92), ''))}</code>"
    return escape(part)


def write(spec: Path) -> None:
    text, entry = page(spec)
    (FOLDER / f"{spec.stem}.txt").write_text(entry, encoding="utf-8")
    (FOLDER / f"{spec.stem}.md").write_text(text, encoding="utf-8")


def main(app: Any = None) -> None:
    FOLDER.mkdir(exist_ok=True)
    specs = sorted((ROOT / "specs").glob("*.yaml"))
    changed = max(path.stat().st_mtime for path in [*(ROOT / "boundcalc").rglob("*.*"), Path(__file__)])
    old = [spec for spec in specs if _written(spec) < max(changed, spec.stat().st_mtime)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as executor:
        list(executor.map(write, old))
    _delete_others(specs)
    entries = [(FOLDER / f"{spec.stem}.txt").read_text(encoding="utf-8") for spec in specs]
    (FOLDER / "cover.inc").write_text("\n".join(entries), encoding="utf-8")


def _written(spec: Path) -> float:
    page = FOLDER / f"{spec.stem}.md"
    return page.stat().st_mtime if page.exists() else 0


def _delete_others(specs: Sequence[Path]) -> None:
    for path in FOLDER.glob("*.md"):
        if path.stem not in {spec.stem for spec in specs}:
            path.unlink()


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", main)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    main()
