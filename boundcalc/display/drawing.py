"""Pictures drawn by matplotlib: in colours that the colour-blind tell apart, with other dashes and markers as well, for print."""

from __future__ import annotations

import os
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from boundcalc.display.picture import Bars, Lines, Picture
from boundcalc.mistakes import ExtraMissingError, Mistake, Place, SpecError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# M. Okabe, K. Ito, Color universal design (2008), the darker ones first.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xxx", "\\\\\\")
SUFFIXES = (".svg", ".png", ".pdf")
WIDTH, HEIGHT, TITLE = 5.0, 3.6, 0.5  # inches: of a panel, and of a title
ROW, TICK, LETTER = 0.22, 0.17, 0.06  # of a name beside a bar, of one below a curve, and of its length
LETTERS = 13  # of a title, on an inch
ACROSS = 3  # panels beside each other
MOST_TICKS = 40


def checked_file(file: str) -> str:
    """Raises SpecError where the end of the name is no format of pictures."""
    if not file.lower().endswith(SUFFIXES):
        finding = "this is no format of pictures"
        raise SpecError(
            [Mistake(Place(f"--plot {file}"), finding, f"end the name with {', '.join(SUFFIXES)}", "format")]
        )
    return file


def draw(picture: Picture, file: str | os.PathLike[str] | None = None) -> Figure:
    """A figure of matplotlib, written to the file if there is one. Raises ExtraMissingError (an ImportError) without matplotlib,
    SpecError for a file that cannot be written."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise ExtraMissingError("plot", "a picture", "matplotlib") from None
    with mpl.rc_context():
        mpl.rcParams["font.size"] = 9
        mpl.rcParams["svg.hashsalt"] = "boundcalc"  # the same picture is the same file
        mpl.rcParams["svg.fonttype"] = "none"
        mpl.rcParams["axes.axisbelow"] = True
        panels = picture.panels
        columns = min(len(panels), ACROSS)
        rows = -(-len(panels) // columns)
        sizes = [_size(panel) for panel in panels]
        width, height = (max(size[side] for size in sizes) for side in range(2))
        figure = Figure(figsize=(width * columns, height * rows + TITLE), layout="constrained")
        lines = (part for line in picture.title.splitlines() for part in wrap(line, int(width * columns * LETTERS)))
        figure.suptitle("\n".join(lines), fontsize=10)
        places = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, panel in zip(places, panels, strict=False):
            _bars(axes, panel) if isinstance(panel, Bars) else _lines(axes, panel)
        for axes in places[len(panels) :]:
            axes.remove()
        if file is not None:
            path = checked_file(os.fspath(file))
            try:
                figure.savefig(path, dpi=200, metadata={"Date": None} if path.lower().endswith(".svg") else None)
            except OSError as error:
                raise SpecError([Mistake(Place(f"--plot {path}"), f"cannot be written: {error.strerror}")]) from None
    return figure


def _size(panel: Lines | Bars) -> tuple[float, float]:
    """Inches that its names need."""
    if isinstance(panel, Bars):
        return WIDTH + LETTER * max(map(len, panel.names), default=0), max(HEIGHT, 1 + ROW * len(panel.names))
    names = panel.ticks[:: _every(panel)]
    return max(WIDTH, 1 + TICK * len(names)), HEIGHT + LETTER * max(map(len, names), default=0)


def _every(panel: Lines) -> int:
    """Of how many names one is written."""
    return max(1, -(-len(panel.ticks) // MOST_TICKS))


def _power(y: float, _: object) -> str:
    """Of ten, as people write it."""
    return f"$10^{{{y:g}}}$" if y == round(y) and abs(y) > 2 else f"{10**y:.3g}" if abs(y) < 15 else f"$10^{{{y:.2f}}}$"


def _lines(axes: Any, panel: Lines) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for i, curve in enumerate(panel.curves):
        heights = [float("nan") if y is None else y for y in curve.y]
        axes.plot(
            curve.x,
            heights,
            label=curve.name,
            color=COLOURS[i % len(COLOURS)],
            linestyle=DASHES[i % len(DASHES)],
            marker=MARKERS[i % len(MARKERS)],
            markevery=max(1, len(curve.x) // 12),
            markersize=4,
            linewidth=1.4,
        )
    for x in panel.marks:
        axes.axvline(x, color="#555555", linewidth=0.8, linestyle=":")
    if panel.log_x:
        axes.set_xscale("log")
    if panel.ticks:
        step = _every(panel)
        axes.set_xticks(range(0, len(panel.ticks), step), panel.ticks[::step], rotation=90, fontsize=7)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_power))
    axes.set(title=panel.title, xlabel=panel.x_label, ylabel=panel.y_label)
    axes.grid(visible=True, linewidth=0.4, color="#cccccc")
    if len(panel.curves) > 1:
        axes.legend(fontsize=8)


def _bars(axes: Any, panel: Bars) -> None:
    thickness = 0.8 / max(1, len(panel.series))
    for i, (name, lengths) in enumerate(panel.series):
        places = [place + (i - (len(panel.series) - 1) / 2) * thickness for place in range(len(panel.names))]
        axes.barh(
            places,
            lengths,
            thickness,
            label=name,
            color=COLOURS[i % len(COLOURS)],
            hatch=HATCHES[i % len(HATCHES)],
            edgecolor="white",
        )
    axes.set_yticks(range(len(panel.names)), panel.names)
    axes.invert_yaxis()
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set(title=panel.title, xlabel=panel.x_label)
    axes.grid(visible=True, axis="x", linewidth=0.4, color="#cccccc")
    if len(panel.series) > 1:
        axes.legend(fontsize=8)
