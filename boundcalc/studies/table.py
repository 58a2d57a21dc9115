"""Several networks in one table."""

from __future__ import annotations

from boundcalc.studies.parts.asked import Asked
from boundcalc.studies.parts.networks import infinite, missing, networks_of, table_of
from boundcalc.studies.parts.report import Report


def table(asked: Asked) -> Report:
    """The study of `table SPECS...`: a row for each network."""
    networks = networks_of(asked)
    return Report(
        study="table",
        specs=asked.labels,
        options=asked.bounds[0].options,
        subject="bounds",
        parts=(table_of(networks),),
        rows=lambda: [network.to_dict() for network in networks],
        notes=tuple(note for network in networks for note in (*missing(network), *infinite(network))),
    )
