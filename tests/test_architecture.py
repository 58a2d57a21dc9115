"""The shape of the code: imports go one way, modules stay small, every kind of the language has a rule."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import networkx as nx
import pytest

from boundcalc.calculus import primitives as primitives_module
from boundcalc.catalogue.activations import SMOOTH
from boundcalc.catalogue.elementwise import ACTIVATIONS
from boundcalc.catalogue.gates import GATES
from boundcalc.catalogue.kinked import KINKED
from boundcalc.language.smoothing import SOFTPLUS
from boundcalc.language.structure import COMMON_FIELDS, CONSTRUCTS
from boundcalc.layers.index import VOCABULARY
from boundcalc.program.ir import Op

PACKAGE = Path(__file__).parents[1] / "boundcalc"
MODULES = sorted(PACKAGE.rglob("*.py"))
STAGES = (
    "mistakes",
    "arguments",
    "collector",
    "exact",
    "display",
    "catalogue",
    "language",
    "program",
    "calculus",
    "graph",
    "layers",
    "blocks",
    "falsification",
    "importers",
    "bounds",
    "studies",
    "output",
    "pipeline",
    "questions",
    "cli",
)  # in the order in which data flows


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def stage(module: str) -> int:
    """The stage that a module belongs to; the package itself and `python -m` stand above all of them."""
    first = module.split(".")[1] if "." in module else "__main__"
    return len(STAGES) if first == "__main__" else STAGES.index(first)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, top_level_only: bool = False) -> Iterator[str]:
    """Modules of the package that a module imports; not those for type checkers alone, nor those inside functions if so asked."""
    known = {module_name(other) for other in MODULES}
    skipped = {
        id(child)
        for node in ast.walk(tree(path))
        if _for_type_checkers(node) or (top_level_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        for child in ast.walk(node)
    }
    for node in ast.walk(tree(path)):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                if inner in known or node.module in known:
                    yield inner if inner in known else node.module


def _for_type_checkers(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_the_modules_are_found() -> None:
    assert {"boundcalc", "boundcalc.language.reader", "boundcalc.calculus.euclidean", "boundcalc.cli"} <= {
        module_name(p) for p in MODULES
    }
    assert "boundcalc.calculus.protocol" in set(imports(PACKAGE / "calculus" / "trace.py"))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_one_way(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return  # the face of the package: it imports what is asked for, when it is asked for
    own = stage(module_name(path))
    later = [name for name in imports(path) if stage(name) > own]
    assert later == []


def test_imports_have_no_cycles() -> None:
    edges = [(module_name(path), name) for path in MODULES for name in imports(path)]
    graph = nx.DiGraph((a, b) for a, b in edges if a != b)
    assert list(nx.simple_cycles(graph)) == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_no_module_is_too_long_or_hides_its_imports(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300
    starred = [n for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) and any(a.name == "*" for a in n.names)]
    assert starred == []
    relative = [n for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) and n.level]
    assert relative == []


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_nothing_executes_text(path: Path) -> None:
    """User text never reaches eval, exec, parse_expr or sympify: all of them execute code. Strict sympify refuses text, and the program
    and the rules see expressions only."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    if module_name(path).startswith(("boundcalc.calculus.", "boundcalc.program.", "boundcalc.blocks.")):
        calls = [call for call in calls if _called(call) != "sympify"]
    strict = [call for call in calls if any(keyword.arg == "strict" for keyword in call.keywords)]
    names = {_called(call) for call in calls if call not in strict}
    assert names & {"eval", "exec", "sympify", "parse_expr", "safe_load", "__import__"} == set()


def _called(call: ast.Call) -> str:
    return (
        call.func.id
        if isinstance(call.func, ast.Name)
        else call.func.attr
        if isinstance(call.func, ast.Attribute)
        else ""
    )


def test_the_vocabulary_has_a_row_for_each_file() -> None:
    files = {path.stem for path in (PACKAGE / "layers").glob("*.py")} - {"__init__", "index"}
    assert {entry.home for entry in VOCABULARY.entries.values()} == files


def test_the_vocabulary_says_of_each_kind_what_the_kind_says() -> None:
    for name, entry in VOCABULARY.entries.items():
        kind = VOCABULARY[name]
        assert (kind.name, kind.loss, kind.aliases) == (name, entry.loss, entry.aliases)
    for file in {entry.home for entry in VOCABULARY.entries.values()}:
        module = import_module(f"boundcalc.layers.{file}")
        made = {
            kind if isinstance(kind, str) else kind.name for kind in getattr(module, "KINDS", None) or (module.KIND,)
        }
        assert made == {name for name, entry in VOCABULARY.entries.items() if entry.home == file}


def test_rows_of_the_catalogue_are_those_of_its_files() -> None:
    assert {entry.name: entry for entry in SMOOTH + GATES + KINKED} == dict(ACTIVATIONS)


def test_a_spec_imports_the_kinds_that_it_names() -> None:
    """The others, and what their constants are made of, wait: also where one is misspelt."""
    code = (
        "import sys, boundcalc as bc\n"
        "bc.compile(bc.load('specs/mlp.yaml'))\n"
        "try:\n    bc.loads('input: {shape: [3], norm: 1}\\nlayers: [cnov2d: 3]')\n"
        "except bc.SpecError as error:\n    print(error)\n"
        "print(sorted(name for name in sys.modules if name.startswith(('boundcalc.layers.', 'boundcalc.catalogue.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    message, loaded = done.stdout.splitlines()
    assert "did you mean 'conv2d'?" in message
    assert "boundcalc.layers.dense" in loaded
    for name in (
        "layers.convolution",
        "layers.attention",
        "catalogue.kinked",
        "catalogue.pair_losses",
        "catalogue.gates",
    ):
        assert f"boundcalc.{name}'" not in loaded


def test_every_activation_of_the_catalogue_is_in_the_language() -> None:
    for name, entry in ACTIVATIONS.items():
        own = {info.alias or field for field, info in VOCABULARY[name].fields.model_fields.items()} - COMMON_FIELDS
        assert own == {parameter.name for parameter in entry.parameters}


ENGINES = ("graph", "calculus", "program", "blocks", "bounds", "output", "language", "studies")


def in_folders(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((PACKAGE / folder).rglob("*.py"))]


def test_engines_spell_no_layer() -> None:
    """Knowledge is handed down: a layer or loss is named where it is defined, and in no engine."""
    primitives = {name.lower() for name, value in vars(primitives_module).items() if isinstance(value, type)}
    fields = {info.alias or name for kind in VOCABULARY.values() for name, info in kind.fields.model_fields.items()}
    allowed = primitives | {op.value for op in Op} | CONSTRUCTS.keys() | fields | {SOFTPLUS}
    names = VOCABULARY.keys() - allowed
    assert {"dense", "softmax", "squared", "flatten"} <= names
    spelled = [
        (module_name(path), node.value)
        for path in in_folders(*ENGINES)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names
    ]
    assert spelled == []


def _names(path: Path) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Name):
            yield node.id, node


@pytest.mark.parametrize("path", in_folders("layers"), ids=module_name)
def test_layers_are_typed(path: Path) -> None:
    """No cast and no object; `Any` is the type of an array of `forward`, and of nothing else."""
    used = {name for name, _ in _names(path)}
    assert not used & {"cast", "object"}
    arrays: set[int] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef) and any(argument.arg == "xp" for argument in node.args.args):
            arrays |= {id(part) for part in ast.walk(node)}
    outside = [node for name, node in _names(path) if name == "Any" and id(node) not in arrays]
    assert outside == []


def test_files_are_short() -> None:
    lengths = sorted(len(path.read_text(encoding="utf-8").splitlines()) for path in MODULES)
    assert lengths[-1] <= 300
    assert lengths[len(lengths) // 2] <= 130


def test_help_does_not_import_sympy() -> None:
    code = (
        "import sys\nfrom boundcalc.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as error:\n    assert not error.code\n"
        "print('loaded:', [name for name in ('sympy', 'numpy', 'flint') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage:" in done.stdout
    assert "loaded: []" in done.stdout


def test_bounds_of_a_spec_need_no_numpy() -> None:
    """It takes as long as a small network: arrays of values, eigenvectors and attacks load it."""
    code = (
        "import sys\nfrom boundcalc.cli import main\n"
        "try:\n    main(['bounds', 'specs/mlp.yaml'])\nexcept SystemExit as error:\n    assert not error.code\n"
        "print('loaded:', [name for name in ('numpy', 'networkx', 'lark', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert "smoothness" in done.stdout
    assert "loaded: []" in done.stdout


@pytest.mark.parametrize("name", ["language.reader", "mistakes"])
def test_reading_yaml_does_not_import_sympy(name: str) -> None:
    code = f"import sys, boundcalc.{name}; print('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
