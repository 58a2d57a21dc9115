"""A Sphinx extension: pictures that commands of boundcalc draw, when the documentation is built.

    ```{picture} What is seen.
    $ boundcalc bounds mlp.yaml --plot mlp.svg
    ```

The command is shown, and below it the last file that it names. It runs in a folder with `specs` and the specs that the page has so far, as the
tests run it (conftest.py). A picture is drawn again where the command, one of these specs or boundcalc changed.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive

DOCS = Path(__file__).parent
ROOT = DOCS.parent
FOLDER = DOCS / "_pictures"
SPEC = re.compile(r"^```yaml\n(# ([\w-]+\.yaml)\n.*?)^```$", re.MULTILINE | re.DOTALL)


class Picture(Directive):
    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        command = "\n".join(self.content)
        document: nodes.document = self.state.document
        page = Path(document.current_source or "").read_text(encoding="utf-8")
        file = drawn(command.removeprefix("$ "), {name: text for text, name in SPEC.findall(page)})
        figure = nodes.figure("", nodes.image(uri=f"/{file.relative_to(DOCS).as_posix()}", alt=self.arguments[0]))
        figure += nodes.caption("", *self.state.inline_text(self.arguments[0], self.lineno)[0])
        return [nodes.literal_block(command, command, language="console"), figure]


def drawn(command: str, specs: dict[str, str]) -> Path:
    """The picture that a command draws, from the specs of a page by their names."""
    program, *arguments = shlex.split(command)
    if program != "boundcalc":
        raise ValueError(f"only boundcalc is run, not {program}")
    name = next(word for word in reversed(arguments) if word.endswith(".svg"))
    file = FOLDER / f"{sha256(repr((command, specs, version())).encode()).hexdigest()[:16]}.svg"
    if not file.exists():
        FOLDER.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "specs").symlink_to(ROOT / "specs", target_is_directory=True)
            for path, text in specs.items():
                Path(folder, path).write_text(text, encoding="utf-8")
            subprocess.run([sys.executable, "-m", "boundcalc", *arguments], cwd=folder, check=True, capture_output=True)
            file.write_bytes(Path(folder, name).read_bytes())
    return file


def version() -> float:
    """Of the specs and of boundcalc, as they are on disk: when they last changed."""
    return max(path.stat().st_mtime for folder in ("boundcalc", "specs") for path in (ROOT / folder).rglob("*.*"))


def setup(app: Any) -> dict[str, bool]:
    app.add_directive("picture", Picture)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
