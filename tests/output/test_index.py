"""The table of formats, and that every option stands in every output."""

from __future__ import annotations

import csv
import inspect
import io
import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest

import boundcalc as bc
from boundcalc.bounds.options import NOT_SAID, OPTIONS, Detail, Options
from boundcalc.display.markdown import escaped
from boundcalc.output.index import FORMATS
from boundcalc.output.parts.layout import Layout
from boundcalc.pipeline import Compiler, compile_with
from boundcalc.studies.index import STUDIES
from boundcalc.studies.parts.asked import Asked

FOLDER = Path(__file__).parents[2] / "boundcalc" / "output"
SPEC = bc.loads(
    "symbols: {R: 2}\ninput: {shape: [4], norm: 1}\nradius: R\nlayers: [{dense: {units: 3, name: head}}, softplus, dense: 2]\nloss: logistic"
)
# A value of each option that is not its default.
OTHERS: dict[str, Any] = {
    "blocks": "layer", "norms": "mixed", "measure": "sample", "wrt": ("head",), "constants": "published", "refine": True,
    "third_order": True, "smooth": "softplus",
}  # fmt: skip
ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    "compare": {"over": ()},
    "sweep": {"over": ("R=1:2:2",), "points": (), "jobs": (), "checkpoint": ()},
    "table": {},
    "diff": {"by": ()},
    "asymptotics": {"in": ("R",)},
    "explain": {},
    "objective": {"delta": (), "gap": (), "variance": (), "batch": ()},
    "falsify": {"trials": ("1",), "seconds": (), "seed": (), "save": (), "witness": ()},
    "design": {"minimise": ("lipschitz",), "maximise": (), "vary": ("R",), "subject": ("R >= 1",)},
}


def test_there_is_a_row_for_each_file() -> None:
    assert {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "index"} == set(FORMATS)


def test_the_tests_know_every_option_and_study() -> None:
    assert list(OTHERS) == list(OPTIONS) == [field.name for field in fields(Options)]
    assert {name: [*answers] for name, answers in ANSWERS.items()} == {
        name: [question.name for question in study.questions] for name, study in STUDIES.items()
    }
    assert all(other != OPTIONS[name].default for name, other in OTHERS.items())


def outputs(options: Options) -> dict[str, str]:
    """Every output of the same bounds: each format, each study in each format that has one."""
    bounds = compile_with(SPEC, options)
    found = {name: row.document(bounds.document, Layout()) for name, row in FORMATS.items()}
    for study in STUDIES.values():
        report = study.ask(Asked((SPEC,), Compiler(options), ANSWERS[study.name]))
        found |= {f"{study.name} {name}": row.report(report) for name, row in FORMATS.items() if row.report}
    return found


@pytest.mark.parametrize("name", OPTIONS)
def test_every_option_is_in_every_output(name: str) -> None:
    chosen = replace(Options(), **{name: OTHERS[name]})
    phrase, default = OPTIONS[name].phrase(OTHERS[name]), OPTIONS[name].phrase(OPTIONS[name].default)
    before = outputs(Options())
    for output, text in outputs(chosen).items():
        if "csv" in output:
            value = chosen.to_dict()[name]
            cell = json.dumps(value) if isinstance(value, list) else "" if value is None else str(value)
            rows = list(csv.DictReader(io.StringIO(text)))
            assert rows, output
            assert {row[name] for row in rows} == {cell}, output
        elif "json" in output:
            for options, answer in ((chosen, text), (Options(), before[output])):
                data = json.loads(answer)
                assert data.get("options", data)[name] == options.to_dict()[name], output
        else:
            asked, otherwise = (escaped(each) if "markdown" in output else each for each in (phrase, default))
            assert asked in text, output
            assert otherwise not in text.partition("\n")[0], output
            assert asked not in before[output].partition("\n")[0], output


def test_compile_takes_the_options_with_their_defaults() -> None:
    parameters = inspect.signature(bc.compile).parameters
    assert all(parameters[name].default is NOT_SAID for name in OPTIONS)
    assert bc.compile(SPEC).options == Options()
    assert bc.compile(SPEC, sharpest=True).options == Options.sharpest()
    assert parameters.keys() - OPTIONS.keys() == {"architecture", "sharpest", "vocabulary", "max_layers"}


def test_choices_are_those_of_the_types() -> None:
    types = inspect.get_annotations(Options, eval_str=True)
    for name, option in OPTIONS.items():
        if option.choices:
            assert get_args(types[name]) == option.choices


def test_a_sentence_says_defaults_as_far_as_is_asked() -> None:
    plain, changed = Options(), Options.checked(wrt="head, fc", refine=True)
    assert plain.sentence("bounds", Detail.BOUNDS) == (
        "bounds with respect to parameters, sharp constants, blocks: total"
    )
    assert plain.sentence("slopes", Detail.STUDY) == "slopes, sharp constants, blocks: total"
    assert plain.phrases(Detail.COMMENT) == ([], [])
    assert changed.phrases(Detail.COMMENT) == (["with respect to head, fc"], ["refined slopes"])


def test_what_stands_beside() -> None:
    refined = Options.checked(refine=True)
    layer, sharpest = replace(refined, blocks="layer"), Options.sharpest()
    assert refined.beside == layer.beside == sharpest.beside == (refined, layer, sharpest)
    total = replace(refined, norms="mixed")
    assert total.beside == (refined, total, layer, sharpest)
    published = Options.checked(constants="published")
    assert published.beside == (published, replace(published, blocks="layer"))


def test_options_that_contradict_each_other() -> None:
    with pytest.raises(ValueError, match="the published constants hold for the whole batch only"):
        Options.checked(norms="mixed", constants="published")
    for contrary in ({"blocks": "total"}, {"norms": "euclidean"}, {"refine": False}):
        with pytest.raises(ValueError, match="sharpest means"):
            Options.sharpest(**contrary)
    assert Options.sharpest(blocks="layer", measure="sample") == replace(Options.sharpest(), measure="sample")


def test_the_tables_import_nothing_heavy() -> None:
    code = (
        "import sys, boundcalc.output.index, boundcalc.studies.index, boundcalc.bounds.options\n"
        "print([name for name in ('sympy', 'numpy', 'rich', 'flint') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
