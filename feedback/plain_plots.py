"""Two plain SVG pictures of a comparison for people without the web application: the funnel and the shrunken rates."""

from __future__ import annotations

from xml.sax.saxutils import escape

import numpy as np

from feedback.statistics.funnel import ratio_limits

WIDTH, HEIGHT, MARGIN = 720, 480, 60
INK, QUIET = "#1b3a4b", "#8a9ba5"


def _frame(*, title: str, across: str, up: str, body: list[str]) -> str:
    bottom, right = HEIGHT - MARGIN, WIDTH - MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-family="sans-serif">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            f'<path d="M{MARGIN} {MARGIN}V{bottom}H{right}" fill="none" stroke="{INK}"/>',
            f'<text x="{MARGIN}" y="30" font-size="16" fill="{INK}">{escape(title)}</text>',
            f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 14}" font-size="13" text-anchor="middle">{escape(across)}</text>',
            f'<text x="18" y="{HEIGHT / 2:.0f}" font-size="13" text-anchor="middle" '
            f'transform="rotate(-90 18 {HEIGHT / 2:.0f})">{escape(up)}</text>',
            *body,
            "</svg>\n",
        ]
    )


def _place(value: float, *, low: float, high: float, begin: float, end: float) -> float:
    return begin + (end - begin) * (value - low) / (high - low)


def _ticks(high: float, *, horizontal: bool) -> list[str]:
    out = []
    for part in range(5):
        value = high * part / 4
        if horizontal:
            x = _place(value, low=0, high=high, begin=MARGIN, end=WIDTH - MARGIN)
            out.append(
                f'<text x="{x:.1f}" y="{HEIGHT - MARGIN + 18}" font-size="11" text-anchor="middle">{value:.3g}</text>'
            )
        else:
            y = _place(value, low=0, high=high, begin=HEIGHT - MARGIN, end=MARGIN)
            out.append(f'<text x="{MARGIN - 6}" y="{y + 4:.1f}" font-size="11" text-anchor="end">{value:.3g}</text>')
    return out


def funnel(document: dict) -> str:
    """Draw O/E against expected events with plain exact limits, as an SVG text."""
    sites = [site for site in document["sites"] if site["oe"] is not None]
    wide = 1.05 * max(site["expected"] for site in sites)
    tall = min(4.0, 1.15 * max(1.5, *(site["oe"] for site in sites)))
    grid = np.linspace(wide / 200, wide, 160)
    body = _ticks(wide, horizontal=True) + _ticks(tall, horizontal=False)

    def point(expected: float, ratio: float) -> str:
        x = _place(expected, low=0, high=wide, begin=MARGIN, end=WIDTH - MARGIN)
        y = _place(min(ratio, tall), low=0, high=tall, begin=HEIGHT - MARGIN, end=MARGIN)
        return f"{x:.1f} {y:.1f}"

    for level, dash in ((0.95, "4 3"), (0.998, "")):
        for limit in ratio_limits(grid, level=level, funnel="none"):
            path = "L".join(point(e, r) for e, r in zip(grid, limit, strict=True))
            body.append(f'<path d="M{path}" fill="none" stroke="{QUIET}" stroke-dasharray="{dash}"/>')
    for site in sites:
        x, y = point(site["expected"], site["oe"]).split()
        words = f"{site['site']}: {site['observed']:g} observed, {site['expected']:.2f} expected"
        body.append(f'<circle cx="{x}" cy="{y}" r="4" fill="{INK}"><title>{escape(words)}</title></circle>')
    return _frame(
        title="Observed over expected, with 95 % and 99.8 % limits", across="expected events", up="O/E", body=body
    )


def shrunken(document: dict) -> str:
    """Draw the shrunken rates in order with their intervals (the adjusted rates where there is no random intercept)."""
    kind = "shrunken_rate" if document["model"]["sigma"] is not None else "adjusted_rate"
    sites = sorted((site for site in document["sites"] if site[kind] is not None), key=lambda site: site[kind])
    tall = 1.05 * min(1.0, max(site[f"{kind}_upper"] for site in sites))
    body = _ticks(tall, horizontal=False)

    def height(value: float) -> float:
        return _place(min(value, tall), low=0, high=tall, begin=HEIGHT - MARGIN, end=MARGIN)

    pooled = height(document["overall"]["rate"])
    body.append(f'<path d="M{MARGIN} {pooled:.1f}H{WIDTH - MARGIN}" stroke="{QUIET}"/>')
    for number, site in enumerate(sites):
        x = _place(number + 0.5, low=0, high=len(sites), begin=MARGIN, end=WIDTH - MARGIN)
        low, middle, high = (height(site[f"{kind}{end}"]) for end in ("_lower", "", "_upper"))
        body.append(f'<path d="M{x:.1f} {low:.1f}V{high:.1f}" stroke="{INK}"/>')
        words = escape(f"{site['site']}: {site[kind]:.4f}")
        body.append(f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="3" fill="{INK}"><title>{words}</title></circle>')
    title = kind.replace("_", " ").capitalize() + "s with their intervals, in order"
    return _frame(title=title, across=f"{len(sites)} sites", up="rate", body=body)
