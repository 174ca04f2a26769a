"""Charts as SVG text that stands in a page: no library, no file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f3c8d", "#666666")
DASHES = ("", "6 3", "2 3", "8 3 2 3")  # told apart without colours too
WIDTH, HEIGHT = 320, 190
LEFT, RIGHT, TOP, BOTTOM = 38, 16, 10, 34


def colour(agent: int) -> str:
    return COLOURS[agent % len(COLOURS)]


def lines(
    series: Sequence[Sequence[float]],
    labels: Sequence[str],
    x_title: str,
    marks: Sequence[int] = (),
    low: float | None = None,
    high: float | None = None,
) -> str:
    """One line for each agent over labelled places. marks: places with a vertical line. low, high: of the axis."""
    values = [v for s in series for v in s]
    low, high = _range(min(values) if low is None else low, max(values) if high is None else high)
    n = max(len(labels), 2)

    def x(k: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * k / (n - 1)

    def y(v: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (v - low) / (high - low)

    parts = [*_grid(low, high, y), *_places(labels, x, x_title)]
    parts += [f'<line x1="{x(k):.1f}" x2="{x(k):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" class="mark"/>' for k in marks]
    for i, s in enumerate(series):
        points = " ".join(f"{x(k):.1f},{y(v):.1f}" for k, v in enumerate(s))
        dash = DASHES[i % len(DASHES)]
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour(i)}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        if len(s) <= 14:
            parts += [f'<circle cx="{x(k):.1f}" cy="{y(v):.1f}" r="2.5" fill="{colour(i)}"/>' for k, v in enumerate(s)]
    return _svg(parts, f"{x_title}: credit of {len(series)} agents")


def bars(series: Sequence[Sequence[float]], low: float, high: float, x_title: str) -> str:
    """Histograms of several agents side by side: shares of equal parts of ``low .. high``."""
    most = max(max(s) for s in series) or 1.0
    bins, room = len(series[0]), (WIDTH - LEFT - RIGHT) / len(series[0])
    width = room * 0.9 / len(series)

    def y(v: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * v / most

    edges = [f"{low + (high - low) * k / bins:.2f}" for k in range(bins + 1)]
    parts = [*_grid(0.0, most, y, percent=True), *_places(edges, lambda k: LEFT + room * k, x_title)]
    for i, s in enumerate(series):
        for k, share in enumerate(s):
            left = LEFT + room * (k + 0.05) + width * i
            height = HEIGHT - BOTTOM - y(share)
            place = f'x="{left:.1f}" y="{y(share):.1f}" width="{width:.1f}" height="{height:.1f}"'
            parts.append(f'<rect {place} fill="{colour(i)}"/>')
    return _svg(parts, f"{x_title}: share of states for {len(series)} agents")


def legend(names: Sequence[str]) -> str:
    """What the colours stand for."""
    keys = "".join(
        f'<span class="key"><svg viewBox="0 0 28 8" width="28" height="8" aria-hidden="true"><line x1="0" x2="28" '
        f'y1="4" y2="4" stroke="{colour(i)}" stroke-width="3" stroke-dasharray="{DASHES[i % len(DASHES)]}"/></svg>'
        f"{escape(name)}</span>"
        for i, name in enumerate(names)
    )
    return f'<p class="legend">{keys}</p>'


def _range(low: float, high: float) -> tuple[float, float]:
    if high - low < 1e-6:
        return low - 0.5, high + 0.5
    return low - (high - low) * 0.05, high + (high - low) * 0.05


def _grid(low: float, high: float, y: Callable[[float], float], percent: bool = False) -> list[str]:
    parts = []
    for k in range(4):
        v = low + (high - low) * (k + 0.5 if not percent else k + 1) / 4
        text = f"{v:.0%}" if percent else f"{v:.2f}"
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(v):.1f}" y2="{y(v):.1f}" class="grid"/>')
        parts.append(f'<text x="{LEFT - 4}" y="{y(v) + 3:.1f}" text-anchor="end">{text}</text>')
    return parts


def _places(labels: Sequence[str], x: Callable[[int], float], title: str) -> list[str]:
    step = max(1, -(-len(labels) * max(map(len, labels), default=1) // 40))  # so that they do not touch
    shown = [k for k in range(len(labels)) if k % step == 0]
    parts = [
        f'<text x="{x(k):.1f}" y="{HEIGHT - BOTTOM + 13}" text-anchor="middle">{escape(labels[k])}</text>'
        for k in shown
    ]
    middle = (LEFT + WIDTH - RIGHT) / 2
    return [*parts, f'<text x="{middle}" y="{HEIGHT - 5}" text-anchor="middle" class="axis">{escape(title)}</text>']


def _svg(parts: Sequence[str], told: str) -> str:
    drawn = "".join(parts)
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}" class="chart">{drawn}</svg>'
