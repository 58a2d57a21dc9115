"""A row of the table of operators."""

from __future__ import annotations

from dataclasses import dataclass

from boundcalc.importers.call import Rule


@dataclass(frozen=True, slots=True)
class Operator:
    """One row. `names`: of the operators that are read so; `becomes`: the kinds of the language, in words; `note`: what of it is
    refused; `rest`: why what it gives beside what the rule does is refused where it is read."""

    names: tuple[str, ...]
    becomes: str
    rule: Rule
    note: str = ""
    rest: str = "more than its first array is read"
