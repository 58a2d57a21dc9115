"""Several networks in one table."""

from __future__ import annotations

from boundcalc.bounds.compiled import Bounds
from boundcalc.studies.parts.networks import Network, infinite, missing, table_of
from boundcalc.studies.parts.report import Report


def table(bounds: tuple[Bounds, ...]) -> Report:
    """The study of `table SPECS...`: a row for each network."""
    networks = [Network(each) for each in bounds]
    return Report(
        study="table",
        specs=tuple(each.name for each in bounds),
        options=bounds[0].options,
        subject="bounds",
        parts=(table_of(networks),),
        rows=lambda: [network.to_dict() for network in networks],
        notes=tuple(note for network in networks for note in (*missing(network), *infinite(network))),
    )
