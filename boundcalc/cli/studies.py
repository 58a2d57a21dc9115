"""The studies: a command for each row of their table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from boundcalc.cli.spec import check_plot, compile_parameters, compiler, configured, output_parameters, plot_option
from boundcalc.cli.streams import progress_bar, warn, write
from boundcalc.output.index import FORMATS
from boundcalc.studies.index import STUDIES, Question, Study
from boundcalc.studies.parts.asked import Asked

NO = 1  # exit status: the answer is no


def study_commands() -> Iterator[click.Command]:
    yield from map(_command, STUDIES.values())


def _command(study: Study) -> click.Command:
    asked = {f"answer_{question.name}": question for question in study.questions}
    reports = {name: row.report for name, row in FORMATS.items() if row.report is not None}
    parameters = [
        *compile_parameters(several=study.several),
        *(_option(key, question) for key, question in asked.items()),
        *([plot_option()] if study.plots else []),
        *output_parameters(list(reports)),
    ]

    def run(
        assignments: Sequence[str],
        values: str | None,
        arrays: str | None,
        vocabulary: str | None,
        max_layers: int,
        form: str,
        output: str | None,
        plot: str | None = None,
        spec: str = "",
        specs: Sequence[str] = (),
        **given: str | bool | Sequence[str] | None,
    ) -> None:
        if plot is not None:
            check_plot(plot)
        answers = {question.name: _texts(given.pop(key)) for key, question in asked.items()}
        options = {name: value for name, value in given.items() if isinstance(value, str | bool)}
        read = tuple(configured(file, assignments, values, vocabulary, max_layers, arrays) for file in specs or [spec])
        with progress_bar(study.name) as progress:
            question = Asked(read, compiler(options, max_layers), answers, progress)
            report = study.ask(question)
        if plot is not None:
            report.plot(plot)
        write(reports[form](report), output)
        warn(dict.fromkeys(warning for bounds in question.bounds for warning in bounds.warnings))
        if not report.answered:
            sys.exit(NO)

    return click.Command(study.name, params=parameters, callback=run, help=study.help)


def _option(key: str, question: Question) -> click.Option:
    return click.Option(
        [f"--{question.name}", key],
        metavar=question.metavar,
        help=question.help,
        required=question.required,
        multiple=question.repeated,
    )


def _texts(said: str | bool | Sequence[str] | None) -> tuple[str, ...]:
    return (
        () if said is None else (said,) if isinstance(said, str) else tuple(said) if isinstance(said, Sequence) else ()
    )
