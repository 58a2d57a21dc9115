"""What is handed out: a source archive, the wheel that is built from it, and that wheel by itself in an environment with what it asks for."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import Parser
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Run as `python -c RUN ALLOWED-FOLDER MODULE,MODULE ... ARGUMENTS`: modules of other distributions cannot be imported.
RUN = """
import runpy, sys
folder, blocked, *arguments = sys.argv[1:]
sys.modules.update(dict.fromkeys(blocked.split(",")))
import boundcalc
assert boundcalc.__file__.startswith(folder), boundcalc.__file__
sys.argv = ["boundcalc", *arguments]
runpy.run_path(folder + "/bin/boundcalc", run_name="__main__")
"""


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("sdist", ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As installers do: from the source archive."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    return built("wheel", unpacked / sdist.name.removesuffix(".tar.gz"), tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*pip, "--target", str(folder), str(wheel)], check=True)
    return folder


def built(target: str, source: Path, folder: Path) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (archive,) = folder.iterdir()
    return archive


def names(sdist: Path) -> set[str]:
    """The files of the archive, without the folder that they all stand in."""
    with tarfile.open(sdist) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers()}


def files(*folders: str) -> set[str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in found if "__pycache__" not in path.parts}


def test_the_source_archive_has_all_that_tests_and_documentation_need(sdist: Path) -> None:
    found = names(sdist)
    assert files("boundcalc", "specs", "tests", "benchmarks") <= found
    alone = {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "Makefile", "constraints.txt", "conftest.py"}
    assert alone <= found
    assert {name for name in files("docs") if not re.match(r"docs/(_build|_pictures|gallery)/", name)} <= found


def test_the_source_archive_has_nothing_that_is_built(sdist: Path) -> None:
    assert not [
        name for name in names(sdist) if re.search(r"__pycache__|^\.venv|^docs/(_build|_pictures|gallery)/", name)
    ]


def test_the_wheel_has_the_package_with_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert found == files("boundcalc")
    assert "boundcalc/py.typed" in found
    assert any(name.startswith("boundcalc/std/") for name in found)


def test_what_is_installed_runs_by_itself(installed: Path, tmp_path: Path) -> None:
    """Outside of the repository, with what it requires and nothing else, and a library of its own that a spec includes."""
    (tmp_path / "net.yaml").write_text(
        "include: [std/transformer.yaml]\nname: net\nsymbols: {R: 2}\nradius: R\n"
        "input: {shape: [3], norm: 1}\nlayers: [dense: {units: 2, bias: false}]\n",
        encoding="utf-8",
    )
    found = run(installed, tmp_path, "bounds", "net.yaml")
    assert re.search(r"^lipschitz +1 +1 +1$", found, re.MULTILINE), found
    assert run(installed, tmp_path, "--version").strip() == f"boundcalc, version {version(installed)}"
    assert run(installed, tmp_path, "bounds", "net.yaml", "--format", "latex").startswith("% net")


def run(installed: Path, folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-c", RUN, str(installed), ",".join(sorted(blocked(installed))), *arguments]
    environment = {"PYTHONPATH": str(installed), "PATH": ""}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def version(installed: Path) -> str:
    (metadata,) = installed.glob("boundcalc-*.dist-info/METADATA")
    return str(Parser().parsestr(metadata.read_text(encoding="utf-8"))["Version"])


def blocked(installed: Path) -> set[str]:
    """The modules here that do not come with what the wheel requires."""
    (metadata,) = installed.glob("boundcalc-*.dist-info/METADATA")
    asked = Parser().parsestr(metadata.read_text(encoding="utf-8")).get_all("Requires-Dist") or []
    allowed: set[str] = {"boundcalc"}
    while asked:
        requirement = asked.pop()
        name = canonical(re.split(r"[^\w.-]", requirement)[0])
        if "extra ==" in requirement or name in allowed:
            continue
        allowed.add(name)
        try:
            asked += requires(name) or []
        except PackageNotFoundError:  # of another platform
            continue
    modules = packages_distributions().items()
    return {module for module, owners in modules if not allowed & {canonical(owner) for owner in owners}}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
