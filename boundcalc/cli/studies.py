"""The studies: a command for each row of their table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from boundcalc.cli.spec import compile_parameters, compiled, configured, output_parameters
from boundcalc.cli.streams import progress_bar, warn, write
from boundcalc.output.index import FORMATS
from boundcalc.studies.index import STUDIES, Study

NO = 1  # exit status: the answer is no


def study_commands() -> Iterator[click.Command]:
    yield from map(_command, STUDIES.values())


def _command(study: Study) -> click.Command:
    asked = {f"answer_{question.name}": question for question in study.questions}
    reports = {name: row.report for name, row in FORMATS.items() if row.report is not None}
    parameters = [
        *compile_parameters(),
        *(
            click.Option([f"--{q.name}", key], metavar=q.metavar, help=q.help, required=q.required)
            for key, q in asked.items()
        ),
        *output_parameters(list(reports)),
    ]

    def run(
        spec: str,
        assignments: Sequence[str],
        values: str | None,
        arrays: str | None,
        vocabulary: str | None,
        max_layers: int,
        form: str,
        output: str | None,
        **given: str | bool | None,
    ) -> None:
        answers = {question.name: given.pop(key) for key, question in asked.items()}
        options = {name: value for name, value in given.items() if value is not None}
        answer = compiled(configured(spec, assignments, values, vocabulary, arrays), options, max_layers)
        texts = {name: None if value is None else str(value) for name, value in answers.items()}
        with progress_bar(study.name) as progress:
            report = study.ask(answer, texts, progress)
        write(reports[form](report), output)
        warn(answer.warnings)
        if not report.answered:
            sys.exit(NO)

    return click.Command(study.name, params=parameters, callback=run, help=study.help)
