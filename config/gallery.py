"""What the gallery of components shows: invented hospitals, invented figures, every state once."""

from typing import Any

from django.core.paginator import Paginator

from feedback.charts.calibration import calibration
from feedback.charts.caterpillar import Line, caterpillar
from feedback.charts.funnel import funnel
from feedback.charts.run_chart import Point, run_chart
from feedback.charts.sparkline import sparkline
from feedback.charts.standing import standing
from feedback.charts.table import Chart

CREDIBILITY = (
    "9 of 412 cases",
    "38 % of operations sampled",
    "99 % followed to day 30",
    "reliability 0.71",
    "audited Oct 2025, 97 % agreement",
)
TITLE = "Surgical-site infection after colectomy"
PEERS = (0.033, 0.036, 0.038, 0.038, 0.040, 0.042, 0.042, 0.042, 0.044, 0.046, 0.046, 0.048, 0.050, 0.050, 0.053)
QUARTERS = ("Q1 24", "Q2 24", "Q3 24", "Q4 24", "Q1 25", "Q2 25", "Q3 25", "Q4 25")


LISTS: dict[str, Any] = {
    "chips": (
        ("All", "?", 214, True),
        ("Draft", "?status=draft", 31, False),
        ("With findings", "?status=findings", 14, False),
        ("Locked", "?status=locked", None, False),
    ),
    "columns": (
        ("Due", "due", ""),
        ("Case", "case", ""),
        "Operation",
        "What is missing",
        ("Answered", "answered", "num"),
    ),
    "crumbs": (("Cases", "/cases/"), ("Colectomy", "/cases/?q=colectomy"), ("7F3K-22", "")),
    "definitions": (
        ("Population", "Adults with an elective or urgent colectomy"),
        ("Outcome", "Infection of the incision or the organ space within 30 days"),
        ("Snapshot", "9f3c8a51d0…e1"),
    ),
    "hints": (
        ("Enter", "next"),
        ("1–9", "choose"),
        ("u", "unknown"),
        ("n", "not done"),
        ("Alt ↓", "next finding"),
        ("?", "all keys"),
    ),
    "sections": (
        ("done", "Patient", "#", "9/9", False),
        ("current", "Risk", "#", "12/19", True),
        ("todo", "Laboratory", "#", "8/14", False),
        ("due", "Day 30", "#", "due in 6 d", False),
    ),
    "statuses": (
        ("better", "likely better"),
        ("worse", "likely higher"),
        ("same", "not distinguishable from the collaborative"),
        ("unclear", "too few cases to tell"),
        ("done", "submitted"),
        ("current", "being entered"),
        ("todo", "not begun"),
        ("due", "due in 6 days"),
        ("warning", "2 to check"),
        ("error", "1 to mend"),
        ("locked", "locked"),
        ("none", "withdrawn"),
    ),
    "steps": (
        ("File", "done", "cases-2025.xlsx"),
        ("Columns", "done", "88 of 91 matched"),
        ("Findings", "current", "20 in 14 rows"),
        ("Commit", "todo", ""),
    ),
    "summary": (
        ("Height of 1.68 cm is not possible.", "#field-height"),
        ("Discharge is before admission (9 < 12 March). Check both dates.", "#field-discharged_on"),
    ),
    "tabs": (("Now", "?view=now", True), ("Trend", "?view=trend", False), ("Model card", "?view=model", False)),
    "rows": (
        ("due", "2 days ago", "7F3K-22", "Colectomy, laparoscopic", "Albumin, day 30", "63 / 91"),
        ("due", "in 6 days", "9QLA-04", "Low anterior resection", "Day 30", "88 / 91"),
        ("todo", "in 3 weeks", "2BTM-71", "Colectomy, open", "Everything", "0 / 91"),
    ),
}


def samples() -> dict[str, Any]:
    """Build the values the gallery's template needs."""
    return {"charts": _charts(), "lists": _lists(), "fields": _fields(), "credibility": CREDIBILITY, "title": TITLE}


def _charts() -> dict[str, Any]:
    return {
        "standing": _standing(),
        "crowded": _crowded(),
        "alone": _alone(),
        "funnel": _funnel(),
        "trend": _trend(),
        "calibration": _calibration(),
        "caterpillar": _caterpillar(),
        "spark": sparkline(
            values=(9.1, 9.4, 8.9, 10.2, 10.6, 10.8, 11.9, 12.4), reference=9.8, words="rising above 9.8 %"
        ),
        "spark_mark": sparkline(values=(5.2, 5.1, 5.4, 4.9, 4.1, 3.6, 3.2, 3.0), mark=3, words="falling since April"),
    }


def _standing() -> Chart:
    details = (
        ("Observed", "9"),
        ("Expected", "18.4"),
        ("O/E, unshrunken", "0.49 (0.22 to 0.93)"),
        ("Chance of being below 4.6 %", "98 %"),
    )
    return standing(
        own=0.029,
        interval=(0.017, 0.045),
        n_cases=412,
        collaborative=0.046,
        achievable=0.026,
        band=(0.033, 0.061),
        peers=PEERS,
        below=(2, 0.033),
        above=(2, 0.055),
        n_hospitals=20,
        details=details,
        title=TITLE,
        sentence="You are **likely better** than the collaborative’s 4.6 %: **2.9 %** after adjustment (1.7 to 4.5 %).",
    )


def _crowded() -> Chart:
    return standing(
        own=0.0462,
        interval=(0.031, 0.064),
        n_cases=38,
        collaborative=0.046,
        achievable=0.0445,
        band=(0.012, 0.093),
        peers=tuple(round(0.040 + 0.0002 * index, 3) for index in range(60)),
        below=(2, 0.040),
        above=(2, 0.052),
        n_hospitals=65,
        reliable=False,
        reason="reliability 0.22, and 0.40 is needed",
        title="Readmission after colectomy",
        sentence="**Too few cases to tell**: 4.6 % after adjustment (3.1 to 6.4 %), the collaborative has 4.6 %.",
    )


def _alone() -> Chart:
    return standing(
        own=0.61,
        interval=(0.55, 0.67),
        n_cases=240,
        collaborative=0.72,
        achievable=0.84,
        band=(0.66, 0.78),
        pooled=0.73,
        peer_note="Single dots are drawn from 8 other hospitals on; this is their rate together.",
        title="Glucose control",
        sentence="Your glucose control is **likely lower** than the collaborative’s 72.0 %: **61.0 %** (55.0 to 67.0 %).",
    )


def _trend() -> Chart:
    return run_chart(
        points=[
            Point(
                period=quarter,
                value=value,
                limits=(0.015, 0.078),
                signal="five periods below the centre" if index == 7 else "",
                note="Oral antibiotic preparation adopted" if index == 4 else "",
                provisional=index == 7,
            )
            for index, (quarter, value) in enumerate(
                zip(QUARTERS, (0.052, 0.049, 0.058, None, 0.041, 0.035, 0.031, 0.027), strict=True)
            )
        ],
        centre=0.046,
        centre_words="4.6 %, by the model frozen in 2023",
        title="Infections by quarter",
        sentence="Infections have been **below what was expected** for the latest five quarters.",
    )


def _calibration() -> Chart:
    return calibration(
        predicted=(0.008, 0.015, 0.021, 0.028, 0.036, 0.045, 0.057, 0.073, 0.098, 0.16),
        observed=(0.007, 0.017, 0.019, 0.031, 0.034, 0.046, 0.055, 0.076, 0.094, 0.163),
        intervals=tuple(
            (max(value - 0.011, 0.0), value + 0.014)
            for value in (0.007, 0.017, 0.019, 0.031, 0.034, 0.046, 0.055, 0.076, 0.094, 0.163)
        ),
        counts=(2990,) * 10,
        predictions="Predictions without the hospital’s effect.",
        title="Calibration of the risk model",
        sentence="What the model predicts **agrees** with what was seen in all ten risk groups.",
    )


def _caterpillar() -> Chart:
    return caterpillar(
        lines=[
            Line(
                label="Harbor General",
                value=0.029,
                interval=(0.017, 0.045),
                n_cases=412,
                verdict="likely better",
                kind="better",
            ),
            Line(
                label="Saint Brendan of the Western Isles University Hospital",
                value=0.041,
                interval=(0.03, 0.055),
                n_cases=790,
                verdict="not distinguishable",
            ),
            Line(
                label="Millbrook",
                value=0.047,
                interval=(0.022, 0.083),
                n_cases=61,
                verdict="too few cases to tell",
                kind="unclear",
            ),
            Line(
                label="Eastgate",
                value=0.071,
                interval=(0.058, 0.086),
                n_cases=1204,
                verdict="likely higher",
                kind="worse",
            ),
        ],
        reference=0.046,
        reference_words="collaborative",
        title="Estimates of the run",
        sentence="Two of four hospitals are distinguishable from the collaborative.",
    )


def _funnel() -> Chart:
    sizes = tuple(float(size) for size in (2, 3, 4, 6, 8, 10, 13, 17, 22, 28, 36, 46, 58, 72, 90))
    near, far = (tuple((max(0.0, 1 - z / size**0.5), 1 + z / size**0.5) for size in sizes) for z in (1.96, 3.09))
    return funnel(
        size=18.4,
        value=0.49,
        target=1.0,
        own_95=(0.57, 1.5),
        own_998=(0.36, 1.8),
        grid=sizes,
        limits_95=near,
        limits_998=far,
        title="Own position on the funnel",
        sentence="Your O/E of **0.49** lies outside the 95\u202f% limits and inside the 99.8\u202f% limits for 18.4 expected cases.",
    )


def _lists() -> dict[str, Any]:
    return LISTS | {
        "needs": (
            (
                "worse",
                "Readmission after colectomy is **likely higher** than the collaborative’s 9.8 %: 12.9 % after adjustment (10.4 to 15.8 %).",
                "",
                "#",
                "Plan a step",
                _charts_spark(),
            ),
            (
                "due",
                "**14 cases** wait for their day 30, the first since Monday.",
                "due in 2 days",
                "#",
                "Open the list",
            ),
            ("done", "The third quarter is complete.", "", "#", "See it"),
        ),
        "page": Paginator(range(214), 25).page(2),
    }


def _charts_spark() -> Any:
    return sparkline(values=(9.1, 9.4, 8.9, 10.2, 10.6, 10.8, 11.9, 12.4), reference=9.8, words="rising above 9.8 %")


def _fields() -> dict[str, Any]:
    unknown, not_done = ("UNK", "unknown", "u"), ("ND", "not done", "n")
    return {
        "asa": (("1", "1"), ("2", "2"), ("3", "3"), ("4", "4"), ("5", "5")),
        "diabetes": (("0", "No"), ("1", "Oral"), ("2", "Insulin")),
        "status": (("0", "Independent"), ("1", "Partly dependent"), ("2", "Dependent")),
        "unknown": (unknown,),
        "not_done": (not_done,),
        "low": (("soft", "2.1 is below the usual 2.5 to 5.5. If the chart says so, keep it and choose why."),),
        "impossible": (("hard", "A height of 1.68 cm is not possible. Metres? Type 168."),),
        "chosen": ["0", "2"],
    }
