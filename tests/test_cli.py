"""The command line as a stranger uses it: results on stdout, the rest on stderr, exit statuses, mistakes as messages."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import boundcalc as bc
from boundcalc.cli import main

SPECS = Path(__file__).parent.parent / "specs"
SMALL = "input: {shape: [4], norm: 1}\nradius: R\nsymbols: {R: 2, w: 3}\nlayers: [{dense: {units: w, name: head}}, softplus]\n"
COMMAND = [sys.executable, "-m", "boundcalc"]


class Answer(NamedTuple):
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Answer]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def run(*arguments: object, stdin: bytes = b"") -> Answer:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(int(stop.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


# Formats and files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["text", "json", "latex", "python"])
def test_every_format_answers_on_stdout_alone(run: Run, small: Path, form: str) -> None:
    answer = run("bounds", small, "--format", form)
    assert answer.status == 0
    assert answer.err == ""
    assert answer.out.endswith("\n")


def test_text_is_the_default_and_shows_both_groupings(run: Run, small: Path) -> None:
    text = run("bounds", small).out
    assert "blocks: total" in text
    assert "blocks: layer" in text
    swapped = run("bounds", small, "--blocks", "layer").out
    assert swapped.index("network") < swapped.index("blocks: layer", swapped.index("network"))
    assert "blocks: total" in swapped


def test_symbols_left_free_show_one_grouping(run: Run, small: Path) -> None:
    text = run("bounds", small, "--set", "R=").out
    assert "blocks: layer" not in text
    assert "free: R" in text


def test_dash_reads_standard_input_once(run: Run) -> None:
    text = run("bounds", "-", stdin=SMALL.encode())
    assert text.status == 0, text.err
    assert run("bounds", "-", "--format", "json", stdin=SMALL.encode()).json["name"] == "architecture"
    assert run("show", "-", stdin=SMALL.encode()).status == 0
    mistake = run("check", "-", stdin=b"layers: [cnov2d: 3]")
    assert mistake.status == 2
    assert "<stdin>:1:10: unknown layer 'cnov2d'; did you mean 'conv2d'?" in mistake.err


def test_output_goes_to_a_file(run: Run, small: Path, tmp_path: Path) -> None:
    target = tmp_path / "out.json"
    answer = run("bounds", small, "--format", "json", "-o", target)
    assert (answer.status, answer.out, answer.err) == (0, "", "")
    assert json.loads(target.read_text()) == run("bounds", small, "--format", "json").json
    assert run("bounds", small, "-o", "-").out == run("bounds", small).out


@pytest.mark.parametrize("target", ["missing/out.json", "."])
def test_an_output_that_cannot_be_written_is_a_mistake(
    run: Run, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    answer = run("bounds", small, "-o", target)
    assert answer.status == 2
    assert "cannot write" in answer.err
    assert answer.out == ""


def test_tables_are_not_cropped_in_a_pipe(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    name = "a_very_long_name_of_a_layer" * 10
    path = tmp_path / "long.yaml"
    path.write_text(SMALL.replace("head", name))
    for command in ("bounds", "show"):
        assert name in run(command, path).out


def test_no_colour_codes_at_all(run: Run, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FORCE_COLOR", "1")
    for command in (("bounds", small), ("show", small), ("bounds", "nothing.yaml")):
        answer = run(*command)
        assert "\x1b" not in answer.out + answer.err


# --set, --values, --wrt, --constants ---------------------------------------------------------------------------------


def number(answer: Answer, name: str = "norm") -> str:
    assert answer.status == 0, answer.err
    return answer.json["bounds"][name]["number"]


@pytest.mark.parametrize(
    ("assignment", "same_as"),
    [
        ("R=1+2", "R=3"),
        ("radius=3", "R=3"),
        ("head.radius=R+1", "R=3"),
        ("w=6/2", "R=2"),
        ("input.norm=sqrt(1)", "batch=1"),
        (" R =3", "R=3"),
    ],
)
def test_set_symbols_and_fields(run: Run, small: Path, assignment: str, same_as: str) -> None:
    one = run("bounds", small, "--format", "json", "--set", assignment)
    other = run("bounds", small, "--format", "json", "--set", same_as)
    assert number(one) == number(other)


def test_set_changes_the_answer(run: Run, small: Path) -> None:
    plain = run("bounds", small, "--format", "json")
    for assignment in ("R=3", "head.units=7", "head.radius=2*R", "batch=9", "input.norm=5", "head.bias=false"):
        assert number(run("bounds", small, "--format", "json", "--set", assignment)) != number(plain), assignment


def test_the_last_set_wins_and_empty_makes_symbolic(run: Run, small: Path) -> None:
    answer = run("bounds", small, "--format", "json", "--set", "R=5", "--set", "R=").json
    assert answer["symbols"] == {"R": None, "w": "3"}
    assert answer["bounds"]["norm"]["number"] is None
    assert answer["bounds"]["norm"]["enclosure"] is None


def test_set_reaches_into_modules_and_repeats(run: Run) -> None:
    spec = SPECS / "vgg16-smooth.yaml"
    plain = number(run("bounds", spec, "--format", "json"), "lipschitz")
    for path in ("stage_3.convs.0.conv_0.conv2d_0.radius=7", "stage_3.radius=7", "stage_0.depth=3", "fc1.units=7"):
        assert number(run("bounds", spec, "--format", "json", "--set", path), "lipschitz") != plain, path


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("ww=3", "--set ww=3: unknown symbol 'ww'; the symbols are R, w"),
        ("head.unit=3", "--set head.unit=3: there is no symbol and no field 'head.unit'; did you mean 'head.units'?"),
        ("haed.units=3", "did you mean 'head.units'?"),
        ("input.nrom=3", "did you mean 'input.norm'?"),
        ("R", "an `=` is missing; write PATH=EXPR"),
        ("=3", "'' is not a symbol or a path"),
        ("R=2*", "--set R=2*: the expression ends too early"),
        ("R=1/0", "division by zero"),
        ("R=-1", "the symbol 'R' is positive, and -1 is not"),
        ("R=foo", "unknown name 'foo'"),
        ("head.units=", "the field 'units' needs a value"),
        ("head.bias=maybe", "expected true or false, found 'maybe'"),
        ("R=__import__('os')", "unexpected"),
        ("R=10**10**10", "too large"),
    ],
)
def test_mistakes_in_set_name_it(run: Run, small: Path, assignment: str, message: str) -> None:
    answer = run("bounds", small, "--set", assignment)
    assert answer.status == 2
    assert message in answer.err
    assert answer.out == ""


def test_several_mistakes_in_set_are_told_together(run: Run, small: Path) -> None:
    answer = run("bounds", small, "--set", "a=1", "--set", "R=2*", "--set", "w=(")
    assert answer.status == 2
    assert len(answer.err.splitlines()) == 3


def test_values_from_a_file(run: Run, small: Path, tmp_path: Path) -> None:
    values = tmp_path / "values.yaml"
    values.write_text("R: 3\nhead.units: 7\n")
    by_file = run("bounds", small, "--format", "json", "--values", values)
    by_set = run("bounds", small, "--format", "json", "--set", "R=3", "--set", "head.units=7")
    assert by_file.json == by_set.json
    values.write_text('{"R": null, "w": "2*2"}')
    assert run("bounds", small, "--format", "json", "--values", values).json["symbols"] == {"R": None, "w": "4"}
    assert number(run("bounds", small, "--format", "json", "--values", values, "--set", "R=3"))


def test_statistics_from_a_file_of_values(run: Run, tmp_path: Path) -> None:
    """What training left of a batch-norm is measured, and stands beside the spec."""
    spec, values = tmp_path / "spec.yaml", tmp_path / "values.yaml"
    spec.write_text(
        "input: {shape: [3, 4, 4], norm: 1}\nradius: 1\nlayers:\n"
        "  - conv2d: {channels: 4, kernel: 3}\n  - batchnorm: {eps: 1/100, mode: eval, name: norm}\n"
    )
    refused = run("bounds", spec)
    assert refused.status == 2
    assert "or both in a file of values" in refused.err
    values.write_text("norm.slope: 3\nnorm.offset: 1/2\n")
    answer = run("bounds", spec, "--format", "json", "--values", values)
    assert answer.status == 0
    assert answer.json["layers"][1]["own"] == {"operator_norm": "3", "offset": "1"}  # of 2 x 2 positions


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("R: 3\nx: 1\n", "values.yaml:2:1: unknown symbol 'x'"),
        ("R: [1]\n", "values.yaml:1:4: the value of 'R' is a list"),
        ("- R\n", "expected a mapping of values, found a list"),
        ("R: 2*\n", "values.yaml:1:6: the expression ends too early"),
        ("R: 1\nR: 2\n", "values.yaml:2:1: 'R' is already given"),
    ],
)
def test_mistakes_in_values_have_places(run: Run, small: Path, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "values.yaml").write_text(text)
    answer = run("bounds", small, "--values", tmp_path / "values.yaml")
    assert answer.status == 2
    assert message in answer.err


def test_wrt(run: Run, small: Path) -> None:
    def lipschitz(wrt: str) -> str:
        return number(run("bounds", small, "--format", "json", "--wrt", wrt), "lipschitz")

    assert lipschitz("input") == "2"  # the radius of the only layer
    assert float(lipschitz("parameters,input")) > float(lipschitz("parameters"))
    assert lipschitz("head") == lipschitz("parameters") == lipschitz("**") == lipschitz("h*d")
    wrong = run("bounds", small, "--wrt", "haed")
    assert wrong.status == 2
    assert "did you mean 'head'?" in wrong.err


def test_published_constants_are_not_certified(run: Run) -> None:
    spec = SPECS / "vgg16-smooth.yaml"
    answer = run("bounds", spec, "--format", "json", "--constants", "published").json
    assert answer["certified"] is False
    warning = "published constants are not upper bounds"
    assert any(warning in text for text in answer["warnings"])
    for form in ("latex", "python"):
        assert warning in run("bounds", spec, "--format", form, "--constants", "published").out
    for form in ("text", "json", "latex", "python"):
        assert f"warning: {warning}" in run("bounds", spec, "--format", form, "--constants", "published").err
    assert "warning:" not in run("bounds", spec, "--constants", "published").out


def test_warnings_of_a_spec_are_on_standard_error(run: Run) -> None:
    text = b"input: {shape: [4], norm: 1}\nradius: 1\nlayers: [dense: 3, softmax]\nloss: logistic\n"
    for command in (["bounds"], ["diff"], ["show"], ["check"], ["check", "--format", "json"]):
        answer = run(*command, "-", stdin=text)
        assert "logistic contains the softmax" in answer.err
        assert answer.err.startswith("warning: ")
        assert answer.status == 0
    answer = run("check", "-", "--format", "json", stdin=text)
    assert answer.json["warnings"] == ["-: logistic contains the softmax; the softmax before it makes a double softmax"]


def test_a_file_of_modules_only_is_no_mistake(run: Run, tmp_path: Path) -> None:
    library = tmp_path / "blocks.yaml"
    library.write_text("symbols: {eps: 1/100}\ndefine: {block: [dense: 3, batchnorm: {eps: eps}]}\n")
    answer = run("check", library)
    assert (answer.status, answer.err) == (0, "")
    assert "only modules" in answer.out
    assert run("check", library, "--format", "json").json == {
        "mistakes": [], "warnings": [], "only_modules": [str(library)]
    }  # fmt: skip
    for command in (["bounds"], ["show"], ["diff"], ["asymptotics", "--in", "eps"]):
        answer = run(*command, library)
        assert answer.status == 2
        assert "only modules and symbols, no network; include it in a spec" in answer.err
    library.write_text("define: {block: {args: {w:}, layers: [dense: v]}}\n")
    answer = run("check", library)
    assert answer.status == 2
    assert "blocks.yaml:1:46: unknown name 'v'; declare it" in answer.err


# check, show, schema, help -------------------------------------------------------------------------------------------


def test_check_tells_every_mistake_of_every_file(run: Run, small: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(SMALL.replace("softplus", "sotfplus, relu: {a: 1}").replace("w: 3", "w: 3*"))
    answer = run("check", small, bad, tmp_path / "none.yaml")
    assert answer.status == 2
    assert answer.out == f"{small}: no mistakes\n"
    assert [line.split(": ")[0].rpartition("/")[2] for line in answer.err.splitlines()] == [
        "bad.yaml:3:22", "bad.yaml:4:43", "bad.yaml:4:60", "none.yaml"
    ]  # fmt: skip
    as_data = run("check", small, bad, tmp_path / "none.yaml", "--format", "json")
    assert as_data.status == 2
    assert as_data.err == ""
    mistakes = as_data.json["mistakes"]
    assert [(m["line"], m["column"]) for m in mistakes] == [(3, 22), (4, 43), (4, 60), (0, 0)]
    assert mistakes[1]["file"] == str(bad)
    assert mistakes[1]["msg"] == "unknown layer 'sotfplus'"
    assert mistakes[1]["ctx"] == {"remedy": "did you mean 'softplus'?"}


def test_check_of_what_is_right(run: Run) -> None:
    specs = sorted(SPECS.glob("*.yaml"))
    answer = run("check", *specs)
    assert answer.status == 0
    assert answer.out.count("no mistakes") == len(specs)
    assert run("check", *specs, "--format", "json").json == {"mistakes": [], "warnings": [], "only_modules": []}


def test_show(run: Run, small: Path) -> None:
    answer = run("show", small, "--set", "w=1000000")
    assert answer.status == 0
    assert "5,000,000" in answer.out  # (4 + 1) w
    assert "head" in answer.out
    assert "dense" in answer.out
    assert run("show", small, "--set", "w=").out.count("5*w") == 2


def test_show_as_a_spec(run: Run, small: Path, tmp_path: Path) -> None:
    written = str(tmp_path / "written.yaml")
    given = ("--set", "w=7", "--set", "head.radius=5", "--smooth", "softplus")
    assert run("show", small, *given, "--format", "yaml", "-o", written).out == ""
    assert bc.load(written).symbols["w"].value is not None
    assert run("bounds", written, "--format", "json").json == run("bounds", small, *given, "--format", "json").json
    assert run("show", small, "--set", "head.radiu=5", "--format", "yaml").status == 2


def test_weights_of_a_file(run: Run, tmp_path: Path) -> None:
    spec, weights, values = (tmp_path / name for name in ("net.yaml", "weights.npz", "values.yaml"))
    spec.write_text("input: {shape: [3], norm: 1}\nradius: 1/10\nlayers: [dense: {units: 2, name: f.0}, tanh]\n")
    np.savez(weights, **{"f.0.weight": np.ones((2, 3)), "f.0.bias": np.zeros(2)})
    assert run("measure", spec, "--arrays", weights, "-o", values).status == 0
    assert values.read_text().startswith("f.0.center: {weight: {norm: 2.44949")
    by_file = run("bounds", spec, "--values", values, "--format", "json")
    assert by_file.json == run("bounds", spec, "--arrays", weights, "--format", "json").json
    assert by_file.json != run("bounds", spec, "--format", "json").json
    assert run("show", spec, "--arrays", weights, "--format", "yaml").out.count("center") == 1
    assert run("bounds", spec, "--arrays", weights, "--set", "f.0.radius=0").status == 0
    np.savez(weights, **{"f.0.weigth": np.ones((2, 3)), "f.0.bias": np.zeros(3)})
    for command in ("measure", "bounds", "show", "objective"):
        answer = run(command, spec, "--arrays", weights)
        assert answer.status == 2
        assert answer.err.count("\n") == 3
        assert f"{weights}: the spec has no array 'f.0.weigth'; did you mean 'f.0.weight'?" in answer.err
    assert run("measure", spec).status == 2
    assert run("measure", spec, "--arrays", tmp_path / "none.npz").status == 2


def test_usage_mistakes(run: Run, small: Path) -> None:
    for arguments in ((), ("bonds",), ("bounds",), ("bounds", small, "--blocks", "x"), ("bounds", small, "--nope")):
        answer = run(*arguments)
        assert answer.status == 2, arguments
        assert answer.out == ""
        assert answer.err


def test_help_and_version_need_no_sympy() -> None:
    code = "import sys; from boundcalc.cli import main\ntry: main(sys.argv[1:])\nfinally: assert 'sympy' not in sys.modules"
    for arguments in (["--help"], ["bounds", "--help"], ["--version"]):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        assert done.stdout


# What goes wrong around us -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["bounds", "show", "check"])
def test_a_spec_that_cannot_be_read(run: Run, tmp_path: Path, command: str) -> None:
    for name, message in (("none.yaml", "there is no such file"), ("", "is a directory")):
        answer = run(command, tmp_path / name)
        assert answer.status == 2
        assert message in answer.err
        assert answer.out == ""


def test_a_closed_pipe_is_no_error() -> None:
    process = subprocess.Popen(
        [*COMMAND, "bounds", "specs/vgg16-bn.yaml", "--format", "json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=SPECS.parent,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=120) == 0


# Interrupts at the import of a module: nothing can be in time for one that comes at a moment of its own.
INTERRUPTED = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
from boundcalc.cli import main
main()
"""


def listening() -> None:
    """A shell starts programs in the background with interrupts ignored, and so would theirs be."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    "module", ["boundcalc.cli.run", "click", "boundcalc.language.load", "yaml", "sympy", "boundcalc.layers.index"]
)
def test_an_interrupt_while_modules_are_imported(module: str, small: Path) -> None:
    code = INTERRUPTED.format(module=module)
    done = subprocess.run(
        [sys.executable, "-c", code, "bounds", str(small)],
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=listening,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_an_interrupt_while_waiting_for_the_spec() -> None:
    process = subprocess.Popen(
        [*COMMAND, "check", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listening,
    )
    assert process.stdin is not None
    process.stdin.write(b"#" * (1 << 20))  # more than a pipe holds: the program reads
    process.stdin.flush()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_an_interrupt_in_another_program_is_its_own(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr("boundcalc.graph.expand.expand", interrupted)
    assert run("show", SPECS / "mlp.yaml").status == 130
    assert signal.getsignal(signal.SIGINT) is before


# Streams and files that are none --------------------------------------------------------------------------------------


def shell(command: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    python = f"{sys.executable} -m boundcalc"
    return subprocess.run(
        ["sh", "-c", command.replace("boundcalc", python), "sh", *map(str, arguments)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def test_closed_standard_input_is_a_mistake() -> None:
    done = shell("boundcalc check - <&-")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "<stdin>: cannot be read: closed; name a file\n"
    assert shell('boundcalc check "$1" <&-', SPECS / "mlp.yaml").returncode == 0


@pytest.mark.parametrize("command", ["bounds", "check", "show", "check --format json"])
def test_closed_standard_output_is_a_mistake(command: str) -> None:
    done = shell(f'boundcalc {command} "$1" >&-', SPECS / "mlp.yaml")
    assert done.returncode == 2
    assert "cannot write: Bad file descriptor" in done.stderr
    assert "Traceback" not in done.stderr


def test_closed_standard_output_does_not_matter_to_a_file(tmp_path: Path) -> None:
    done = shell('boundcalc bounds "$1" -o "$2" >&-', SPECS / "mlp.yaml", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert "lipschitz" in (tmp_path / "out").read_text()


def test_closed_standard_error_changes_no_status(tmp_path: Path) -> None:
    assert shell('boundcalc check "$1" 2>&-', SPECS / "mlp.yaml").returncode == 0
    assert shell('boundcalc check "$1" 2>&-', tmp_path).returncode == 2
    done = shell('{ boundcalc check "$1"; echo $? >"$2"; } 2>&1 | true', tmp_path, tmp_path / "status")
    assert done.returncode == 0
    assert (tmp_path / "status").read_text() == "2\n"


def test_what_is_no_file_is_refused(run: Run, small: Path, tmp_path: Path) -> None:
    fifo, loop = tmp_path / "fifo.yaml", tmp_path / "loop.yaml"
    os.mkfifo(fifo)
    loop.symlink_to(loop)
    for path, reason in ((fifo, "is a pipe, not a file"), ("/dev/zero", "is a device, not a file"), (tmp_path, "is a directory"), (loop, "cannot be read: ")):  # fmt: skip
        for arguments in (("check", path), ("bounds", path), ("show", small, "--values", path)):
            answer = run(*arguments)
            assert answer.status == 2
            assert answer.err.startswith(f"{path}: {reason}")
        included = tmp_path / "includes.yaml"
        included.write_text(f"include: [{Path(path).name}]\n" + SMALL)
        if path != "/dev/zero":
            answer = run("check", included if path != tmp_path else small)
            assert answer.status == (2 if path != tmp_path else 0)


@pytest.mark.parametrize("text", ["\u202ecod", "\x1b[31mred", "a\u2066b", "tag\U000e0041", "\u200b"])
def test_nothing_that_a_terminal_acts_on_reaches_it(run: Run, small: Path, tmp_path: Path, text: str) -> None:
    named = tmp_path / f"{text}.yaml"
    named.write_text(SMALL)
    values = tmp_path / "values.json"
    values.write_text(json.dumps({text: 1}))
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(
        f"name: {json.dumps(text)}\n{SMALL}  # no comment\nbatch: {json.dumps(text)}\n{json.dumps(text)}: 1\n"
    )
    answers = [
        run("check", named), run("bounds", named), run("show", named), run("diff", named), run("asymptotics", named, "--in", "w"),
        run("bounds", named, "--format", "json"), run("bounds", named, "--format", "latex"), run("bounds", named, "--format", "python"),
        run("check", tmp_path / f"{text}.none"), run("check", wrong), run("check", wrong, "--format", "json"),
        run("bounds", small, "--set", f"{text}=1"), run("bounds", small, "--set", f"R={text}"), run("bounds", small, "--set", text),
        run("bounds", small, "--values", values), run("bounds", small, "--wrt", text), run("bounds", small, "--blocks", text),
        run("diff", small, "--by", text), run("asymptotics", small, "--in", text), run("bounds", small, f"--{text}"), run(text),
        run("bounds", small, "-o", tmp_path / text / "x"),
    ]  # fmt: skip
    assert [answer.status for answer in answers] == [0] * 8 + [2] * 14
    for answer in answers:
        assert all(line.isprintable() for line in (answer.out + answer.err).split("\n"))
    assert answers[5].json["name"] == text


def test_a_bug_of_ours_is_called_one(run: Run, small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("boundcalc.graph.expand.expand", broken)
    answer = run("show", small)
    assert answer.status == 70
    assert "internal error: ZeroDivisionError: oops" in answer.err


def test_a_terminal_that_cannot_show_a_character(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text('name: "网络"\n' + SMALL, encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = subprocess.run([*COMMAND, "bounds", str(path)], capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr
    assert b"\\u7f51" in done.stdout


def test_a_depth_that_would_take_hours_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    sets = [f"--set={value}" for value in ("k=10**9", "n=2", "x=1", "width=3", "R=1/2")]
    with pytest.raises(SystemExit) as stopped:
        main(["bounds", str(SPECS / "mlp-deep-bias.yaml"), *sets])
    assert stopped.value.code == 2
    assert "more than 100000 passes" in capsys.readouterr().err
