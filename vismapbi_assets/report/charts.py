"""Drawings: bars and lines as inline SVG for a page or as PNG for a log, always the same bytes.

The only module that imports matplotlib, and only when something is drawn. What is drawn belongs
with the callers.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, INK, GRID = "#2f6690", "#c96f2d", "#33414e", "#dfe4e8"
FONTS = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "vismapbi",
    "font.family": ["sans-serif"],
    "font.size": 9.0,
    "text.color": INK,
    "axes.edgecolor": GRID,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.spines.bottom": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
}
NO_METADATA = dict.fromkeys(("Creator", "Date", "Format", "Type"))
SCALES = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers with a name, one for each label; None where there is none."""

    name: str
    values: Sequence[float | None]
    color: str = BLUE


Draw = Callable[["Axes"], None]


def bars(labels: Sequence[str], series: Sequence[Series], line: Series | None = None) -> Draw:
    """Groups of bars, with a line over them where one is given."""

    def draw(axes: Axes) -> None:
        width = 0.8 / len(series)
        for index, each in enumerate(series):
            offset = (index - (len(series) - 1) / 2) * width
            axes.bar(
                [position + offset for position in range(len(labels))],
                [value or 0.0 for value in each.values],
                width * 0.92,
                color=each.color,
                label=each.name,
            )
        if line is not None:
            _line(axes, line)
        _dress(axes, labels, legend=len(series) + (line is not None) > 1)

    return draw


def lines(labels: Sequence[str], series: Sequence[Series]) -> Draw:
    """Lines over labels, from zero."""

    def draw(axes: Axes) -> None:
        for each in series:
            _line(axes, each)
        _dress(axes, labels, legend=True)
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))

    return draw


def svg(name: str, title: str, draw: Draw, *, size: tuple[float, float] = (11.0, 3.1)) -> str:
    """A drawing as inline SVG that scales with its column; `name` is unique on its page."""
    with _figure(draw, size) as figure:
        out = io.StringIO()
        figure.savefig(out, format="svg", metadata=NO_METADATA)
    text = out.getvalue()
    found = re.search(r'viewBox="([^"]+)"', text)
    view = found[1] if found else ""
    body = text[text.index(">", text.index("<svg")) + 1 :]
    body = re.sub(r'\bid="', f'id="{name}-', body)
    body = re.sub(r'href="#', f'href="#{name}-', body)
    body = re.sub(r"url\(#", f"url(#{name}-", body)
    body = re.sub(r"font: ([\d.]+px) [^;\"]*", rf"font: \1 {FONTS}", body)
    body = re.sub(r"font-family: [^;\"]*", f"font-family: {FONTS}", body)
    label = escape(title, quote=True)
    return (
        f'<div class="scroll"><svg class="chart" role="img" aria-label="{label}" viewBox="{view}" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><title>{label}</title>{body}</div>'
    )


def png(title: str, draw: Draw, *, size: tuple[float, float] = (7.6, 2.4)) -> bytes:
    """A drawing as PNG with its title on it."""
    with _figure(draw, size) as figure:
        figure.axes[0].set_title(title, loc="left", fontsize=10)
        out = io.BytesIO()
        figure.savefig(out, format="png", dpi=100, metadata={"Software": None})
    return out.getvalue()


def short(value: float) -> str:
    """A number as an axis shows it: 2.5 m."""
    for size, unit in SCALES:
        if abs(value) >= size:
            return f"{value / size:g} {unit}".replace("-", "\u2212")
    return f"{value:g}".replace("-", "\u2212")


@contextmanager
def _figure(draw: Draw, size: tuple[float, float]) -> Iterator[Figure]:
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: dict[Any, Any] = dict(STYLE)
    with rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        yield figure


def _line(axes: Axes, series: Series) -> None:
    values = [float("nan") if value is None else value for value in series.values]
    axes.plot(range(len(values)), values, color=series.color, label=series.name, marker="o", ms=3.5)


def _dress(axes: Axes, labels: Sequence[str], *, legend: bool) -> None:
    axes.set_xticks(range(len(labels)), labels)
    axes.yaxis.set_major_formatter(lambda value, _: short(value))
    axes.grid(axis="y", color=GRID, linewidth=0.8)
    axes.axhline(0, color=INK, linewidth=0.8)
    if legend:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=4, borderaxespad=0.2)
