"""Small figures as inline SVG: scatters, lines and bars, readable in light and dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from core.training.metrics import Array

WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 14, 34, 44
COLORS = ("#2f6fb0", "#d9822b", "#4a9b6e", "#a05195")


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis: its label and the range it shows."""

    label: str
    low: float
    high: float

    def place(self, value: float, start: float, length: float) -> float:
        """Where a value lies, in pixels."""
        return start + (value - self.low) / max(self.high - self.low, 1e-9) * length

    def ticks(self) -> list[float]:
        """About six round values."""
        span = max(self.high - self.low, 1e-9)
        step = 10.0 ** np.floor(np.log10(span / 5))
        step *= next(m for m in (1, 2, 5, 10) if span / (step * m) <= 7)
        first = np.ceil(self.low / step) * step
        return [float(v) + 0.0 for v in np.arange(first, self.high + step * 1e-6, step)]  # no -0


def range_of(values: Sequence[float] | Array, margin: float = 0.06) -> tuple[float, float]:
    """A little more than the finite values span."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    room = (high - low) * margin or 0.5
    return low - room, high + room


def _x(axis: Axis, value: float) -> float:
    return axis.place(value, LEFT, WIDTH - LEFT - RIGHT)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - axis.place(value, 0, HEIGHT - TOP - BOTTOM)


def frame(title: str, x: Axis, y: Axis, body: Sequence[str]) -> str:
    """Axes with ticks and labels around ``body``."""
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<text x="{LEFT}" y="20" class="t">{escape(title)}</text>',
    ]
    bottom = HEIGHT - BOTTOM
    for tick in x.ticks():
        at = _x(x, tick)
        parts.append(f'<line class="g" x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{bottom}"/>')
        parts.append(f'<text x="{at:.1f}" y="{bottom + 15}" class="n m">{tick:g}</text>')
    for tick in y.ticks():
        at = _y(y, tick)
        parts.append(
            f'<line class="g" x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" class="n e">{tick:g}</text>')
    parts += body
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 8}" class="m">{escape(x.label)}</text>')
    parts.append(
        f'<text transform="translate(14 {(TOP + bottom) / 2}) rotate(-90)" class="m">'
        f"{escape(y.label)}</text></svg>"
    )
    return "".join(parts)


def scatter(
    title: str,
    xs: Array,
    ys: Array,
    x_label: str,
    y_label: str,
    *,
    lines: Sequence[tuple[float, str]] = (),
) -> str:
    """Points, and lines through the origin as (slope, name)."""
    x = Axis(x_label, *range_of(xs))
    y = Axis(y_label, *range_of(ys))
    body = [
        f'<circle cx="{_x(x, float(a)):.1f}" cy="{_y(y, float(b)):.1f}" r="3" class="p"/>'
        for a, b in zip(xs, ys, strict=True)
        if np.isfinite(a) and np.isfinite(b)
    ]
    for slope, name in lines:
        low, high = max(x.low, y.low / slope), min(x.high, y.high / slope)
        if low >= high:
            continue
        body.append(
            f'<line class="l" x1="{_x(x, low):.1f}" y1="{_y(y, low * slope):.1f}" '
            f'x2="{_x(x, high):.1f}" y2="{_y(y, high * slope):.1f}"/>'
            f'<text x="{_x(x, high) - 4:.1f}" y="{_y(y, high * slope) + 14:.1f}" class="n e">'
            f"{escape(name)}</text>"
        )
    return frame(title, x, y, body)


def curves(
    title: str,
    xs: Sequence[float],
    series: Sequence[tuple[str, Sequence[float]]],
    x_label: str,
    y_label: str,
    *,
    diagonal: bool = False,
) -> str:
    """Named lines with points over common x values; NaN leaves a gap."""
    x = Axis(x_label, *range_of(xs))
    flat = [v for _, values in series for v in values] + (list(xs) if diagonal else [])
    y = Axis(y_label, *range_of(flat))
    body = []
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        body.append(
            f'<line class="l" x1="{_x(x, low):.1f}" y1="{_y(y, low):.1f}" '
            f'x2="{_x(x, high):.1f}" y2="{_y(y, high):.1f}"/>'
        )
    for number, (name, values) in enumerate(series):
        color = COLORS[number % len(COLORS)]
        points = [(_x(x, a), _y(y, b)) for a, b in zip(xs, values, strict=True) if np.isfinite(b)]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
        body.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"/>')
        body += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{color}"/>' for a, b in points]
        body.append(
            f'<text x="{WIDTH - RIGHT - 6}" y="{TOP + 14 + 16 * number}" class="e" '
            f'fill="{color}">{escape(name)}</text>'
        )
    return frame(title, x, y, body)


def bars(title: str, names: Sequence[str], values: Sequence[float], y_label: str) -> str:
    """One bar per name, from zero."""
    finite = [v for v in values if np.isfinite(v)]
    x = Axis("", 0.0, float(len(names)))
    y = Axis(y_label, 0.0, max([*finite, 1e-6]) * 1.15)
    body = []
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        left, right = _x(x, number + 0.18), _x(x, number + 0.82)
        middle = (left + right) / 2
        body.append(
            f'<text x="{middle:.1f}" y="{HEIGHT - BOTTOM + 30}" class="n m">{escape(name)}</text>'
        )
        if np.isfinite(value):
            top = _y(y, value)
            body.append(
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
                f'height="{HEIGHT - BOTTOM - top:.1f}" fill="{COLORS[0]}"/>'
                f'<text x="{middle:.1f}" y="{top - 5:.1f}" class="n m">{value:.2f}</text>'
            )
    return _without_x_ticks(frame(title, x, y, body))


def _without_x_ticks(svg: str) -> str:
    """Bars have names instead of numbers along the bottom."""
    at = HEIGHT - BOTTOM + 15
    kept = [part for part in svg.split("<text ") if f'y="{at}" class="n m"' not in part]
    return "<text ".join(kept)


STYLE = """
:root { color-scheme: light dark; --ink: #222; --paper: #fff; --faint: #ddd; }
@media (prefers-color-scheme: dark) { :root { --ink: #ddd; --paper: #1c1c1e; --faint: #3a3a3c; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1000px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; } caption { text-align: left; font-weight: 600; }
th, td { padding: .25em .8em; border-bottom: 1px solid var(--faint); text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { width: 460px; max-width: 100%; font-size: 12px; fill: var(--ink); }
svg .t { font-weight: 600; font-size: 13px; } svg .m { text-anchor: middle; }
svg .e { text-anchor: end; } svg .n { font-size: 11px; } svg .g { stroke: var(--faint); }
svg .p { fill: #2f6fb0; fill-opacity: .55; } svg .l { stroke: #c0392b; stroke-width: 1.5; }
.figures { display: flex; flex-wrap: wrap; gap: 1em; } .photos { display: flex; flex-wrap: wrap;
  gap: 8px; } figure { margin: 0; width: 170px; font-size: 12px; }
figure img { width: 170px; height: 130px; object-fit: cover; }
.side { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 1em; }
.side figure { width: 145px; } .side figure img { width: 145px; height: 110px; }
"""
