"""Colours are readable in light, dark and on paper, and the charts know the same ones."""

import re
from pathlib import Path

import pytest

from feedback.charts import theme

STATIC = Path(__file__).resolve().parents[2] / "static"
TOKENS = (STATIC / "tokens.css").read_text()
SHEETS = ("tokens.css", "layout.css", "components.css", "fields.css", "charts.css")


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"(--[a-z-]+):\s*(#[0-9a-f]{6});", block))


LIGHT = colours(TOKENS[: TOKENS.index("@media")])
DARK = LIGHT | colours(TOKENS[TOKENS.index("prefers-color-scheme: dark") : TOKENS.index("@media print")])
PRINT = LIGHT | colours(TOKENS[TOKENS.index("@media print") :])
MODES = {"light": LIGHT, "dark": DARK, "print": PRINT}

TEXT = [(ink, ground) for ground in ("--paper", "--raised", "--hover", "--fill") for ink in ("--ink", "--muted")] + [
    ("--accent", "--paper"),
    ("--accent", "--raised"),
    ("--ink", "--accent-ground"),
    ("--accent", "--accent-ground"),
    ("--on-accent", "--accent"),
    ("--better", "--paper"),
    ("--worse", "--paper"),
    ("--caution", "--paper"),
    ("--caution", "--caution-ground"),
    ("--ink", "--caution-ground"),
    ("--accent", "--caution-ground"),
    ("--error", "--paper"),
    ("--error", "--raised"),
    ("--ink", "--error-ground"),
    ("--accent", "--error-ground"),
    ("--saved", "--paper"),
    ("--ink", "--saved-ground"),
    ("--muted", "--band"),
]
MARKS = [("--peer", "--paper"), ("--edge", "--paper"), ("--edge", "--raised"), ("--achievable", "--paper")]


def brightness(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((brightness(one), brightness(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_defined():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_is_readable(mode, ink, ground):
    assert contrast(MODES[mode][ink], MODES[mode][ground]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("mark", "ground"), MARKS)
def test_marks_can_be_seen(mode, mark, ground):
    assert contrast(MODES[mode][mark], MODES[mode][ground]) >= 3


def test_the_charts_have_the_same_colours():
    assert {name: LIGHT[name] for name in theme.LIGHT} == theme.LIGHT


def test_colours_stand_in_one_sheet_only():
    for name in SHEETS[1:]:
        found = re.findall(r"#[0-9a-fA-F]{3,8}\b", (STATIC / name).read_text())
        assert not found, f"{name} has colours of its own: {found}"


def test_every_token_that_is_used_is_defined():
    defined = set(re.findall(r"(--[a-z0-9-]+):", TOKENS))
    for name in SHEETS:
        used = set(re.findall(r"var\((--[a-z0-9-]+)", (STATIC / name).read_text()))
        assert used <= defined, f"{name}: {used - defined}"


def test_no_sheet_asks_another_host_for_anything():
    for name in SHEETS:
        assert "url(" not in (STATIC / name).read_text()
        assert "@import" not in (STATIC / name).read_text()
