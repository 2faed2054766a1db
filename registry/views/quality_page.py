"""What the pages of data quality show: words, marks and the small pictures, from a report as stored."""

from typing import Any

from django.urls import reverse

from registry.quality.dimensions import BY_CODE, DIMENSIONS, Light
from registry.quality.drift import BY_CODE as WATCHES

COLUMNS = ["Hospital", ("Cases", "", "num"), *(dimension.title for dimension in DIMENSIONS), "Sentinels"]
REPORT_COLUMNS = ["", "Figure", "Among the others", "Over time", "Why, and what to do"]
SENTINEL_COLUMNS = [
    "Watched",
    ("Here now", "", "num"),
    ("Here before", "", "num"),
    ("Others now", "", "num"),
    "What it says",
]
SHAPES = {Light.GREEN: "done", Light.YELLOW: "due", Light.RED: "error", Light.GREY: "none"}
KINDS = {
    "ADJUSTER": "Adjusters, whose blanks are counted",
    "COMORBIDITY": "Comorbidities, counted per case",
    "PRESENT": "Marks of presence at operation",
    "EVENT": "Events after the operation",
}
WIDTH, PAD = 180, 6


def _share(value: float) -> str:
    return (
        f"{100 * value:.0f}\u202f%" if 0.005 <= value <= 0.995 or value in {0.0, 1.0} else f"{100 * value:.1f}\u202f%"
    )


def _limits(figure: dict[str, Any]) -> str:
    """Write an interval with as many decimals as it needs to have two ends."""
    decimals = 0 if 100 * (figure["upper"] - figure["lower"]) >= 2 else 1
    return f"{100 * figure['lower']:.{decimals}f} to {100 * figure['upper']:.{decimals}f}\u202f%"


def audit_url(report: Any, *, may_read: bool) -> str:
    """Return where the report stands that made the figure of agreement; blank for whoever may not read it, and without an audit."""
    code = report.document.get("audit", "")
    return reverse("registry:audit-report", args=[code]) if code and may_read else ""


def _mark(figure: dict[str, Any]) -> dict[str, str]:
    light = Light(figure["light"])
    words = "–" if figure["value"] is None else _share(figure["value"])
    return {"shape": SHAPES[light], "words": words, "title": light.words, "light": light.value.lower()}


def period_chips(registry: str, periods: list, chosen: int, *, hospital: str = "") -> list[tuple[str, str, None, bool]]:
    """Offer the assessed periods, latest first."""
    name = "registry:quality-hospital" if hospital else "registry:quality-period"
    return [
        (
            row.period.label + ("" if row.period.status == "CLOSED" else " (open)"),
            reverse(name, args=[registry, row.period.pk, *([hospital] if hospital else [])]),
            None,
            row.period.pk == chosen,
        )
        for row in periods
    ]


def line(report: Any, *, may_read_audit: bool) -> dict[str, Any]:
    """Draw one hospital of the matrix."""
    urls = {"audit": audit_url(report, may_read=may_read_audit)}
    speaking = [s for s in report.document["sentinels"] if s["speaks"]]
    return {
        "hospital": report.hospital,
        "url": reverse(
            "registry:quality-hospital", args=[report.registry.code, report.period_id, report.hospital.code]
        ),
        "n_cases": report.n_cases,
        "marks": [
            _mark(figure) | {"label": BY_CODE[figure["code"]].title, "url": urls.get(figure["code"], "")}
            for figure in report.document["figures"]
        ],
        "is_due": report.light == Light.RED.value,
        "sentinels": ", ".join(WATCHES[s["code"]].title for s in speaking),
    }


def sentence_of_all(reports: list) -> str:
    """Say in one sentence how the hospitals stand."""
    red = [report for report in reports if report.light == Light.RED.value]
    if not red:
        return f"No figure of the {len(reports)} hospitals is red; yellow ones are worth a look."
    places: dict[str, int] = {}
    for report in red:
        for figure in report.document["figures"]:
            if figure["light"] == Light.RED.value:
                places[BY_CODE[figure["code"]].title] = places.get(BY_CODE[figure["code"]].title, 0) + 1
    where = ", ".join(
        f"{title.lower()} ({n})" for title, n in sorted(places.items(), key=lambda item: (-item[1], item[0]))
    )
    verb = "has" if len(red) == 1 else "have"
    return f"**{len(red)} of {len(reports)} hospitals** {verb} a red figure: {where}."


def sentence_of_one(report: Any) -> str:
    """Say in one sentence what needs this hospital's attention first."""
    figures = report.document["figures"]
    worst = [f for f in figures if f["light"] == Light.RED.value] or [
        f for f in figures if f["light"] == Light.YELLOW.value
    ]
    if not worst:
        return "Everything that was measured is **good**."
    names = " and ".join(BY_CODE[f["code"]].title.lower() for f in worst)
    word = "Act on" if worst[0]["light"] == Light.RED.value else "Look at"
    return f"{word} **{names}**: {_share(worst[0]['value'])} of the {BY_CODE[worst[0]['code']].of}."


def figures(report: Any, trend: dict[str, list[float | None]], *, may_read_audit: bool) -> list[dict[str, Any]]:
    """Draw each dimension: the figure with its interval and counts, the others, the periods before, and what to do."""
    urls = {"audit": audit_url(report, may_read=may_read_audit)}
    found = []
    for figure in report.document["figures"]:
        dimension, value = BY_CODE[figure["code"]], figure["value"]
        found.append(
            {
                "dimension": dimension,
                "mark": _mark(figure),
                "value": "" if value is None else _share(value),
                "interval": "" if value is None else _limits(figure),
                "counts": ""
                if value is None
                else f"{figure['numerator']:,} of {figure['denominator']:,} {dimension.of}",
                "note": figure["note"],
                "url": urls.get(figure["code"], ""),
                "goal": f"green from {_share(dimension.green)}, yellow from {_share(dimension.yellow)}",
                "peers": _peers(report.document["peers"][figure["code"]], figure),
                "before": ", ".join("–" if v is None else _share(v) for v in trend.get(figure["code"], [])),
                "acts": figure["light"] in {Light.RED.value, Light.YELLOW.value},
            }
        )
    return found


def _peers(peers: dict[str, Any], figure: dict[str, Any]) -> dict[str, Any]:
    values = peers["values"]
    if not values:
        return {"words": "The others are shown once nine of them were measured.", "dots": []}
    lowest = min([*values, 100 * figure["lower"] if figure["lower"] is not None else 100.0, 90.0])
    floor = 10 * int(lowest // 10)

    def x(value: float) -> float:
        return round(PAD + (WIDTH - 2 * PAD) * (value - floor) / (100 - floor), 1)

    stacked: dict[int, int] = {}
    dots = []
    for value in values:
        stacked[value] = stacked.get(value, 0) + 1
        dots.append({"x": x(value), "y": 26 - 4 * min(stacked[value], 5)})
    own = None
    if figure["value"] is not None:
        own = {"x": x(100 * figure["value"]), "from": x(100 * figure["lower"]), "to": x(100 * figure["upper"])}
    return {
        "words": _among(peers),
        "dots": dots,
        "own": own,
        "floor": f"{floor}\u202f%",
        "width": WIDTH,
    }


def _among(peers: dict[str, Any]) -> str:
    low, middle, high = (f"{peers[name]}\u202f%" for name in ("low", "middle", "high"))
    if peers["low"] == 100:
        return "Nearly all of the others are at 100\u202f%."
    return f"The others: from {low} or below to {high} or above, the middle one at {middle}."


def sentinels(report: Any) -> list[dict[str, Any]]:
    """Draw what was watched, the speaking ones first."""
    rows = sorted(report.document["sentinels"], key=lambda s: not s["speaks"])
    return [
        {
            "title": WATCHES[s["code"]].title,
            "unit": WATCHES[s["code"]].unit,
            "speaks": s["speaks"],
            "words": s["words"],
            "values": [_moment(s[name], WATCHES[s["code"]].unit) for name in ("now", "before", "others_now")],
        }
        for s in rows
    ]


def _moment(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if unit == "per case" else f"{100 * value:.1f}\u202f%"


def watched(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Say what the assessment counts, by kind."""
    by_kind: dict[str, list[str]] = {}
    for row in rows:
        names = by_kind.setdefault(KINDS[row["kind"]], [])
        if row["element"] not in names:
            names.append(row["element"])
    return [(kind, ", ".join(names)) for kind, names in by_kind.items()]
