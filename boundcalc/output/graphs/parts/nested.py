"""The boxes of a drawing inside the repeats around them."""

from __future__ import annotations

from dataclasses import dataclass, field

from boundcalc.output.graphs.parts.drawn import Box, Drawn


@dataclass(frozen=True, slots=True)
class Group:
    """A repeat, or the whole (an empty path): boxes and repeats in order. `identifier`: in this drawing."""

    path: str
    identifier: str
    parts: list[Box | Group] = field(default_factory=list["Box | Group"])


def nested(found: Drawn) -> Group:
    whole = Group("", "g")
    groups: dict[tuple[str, ...], Group] = {(): whole}
    for box in found.boxes:
        for depth in range(1, len(box.groups) + 1):
            around = box.groups[:depth]
            if around not in groups:
                groups[around] = Group(around[-1], f"g{len(groups)}")
                groups[around[:-1]].parts.append(groups[around])
        groups[box.groups].parts.append(box)
    return whole
