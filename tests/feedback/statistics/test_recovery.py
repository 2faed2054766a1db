"""Every claim of the recovery study on few collaboratives; `make recover` repeats them on 1,000 and writes docs/recovery.md."""

import numpy as np
import pytest

from tests.feedback.statistics import recovery, recovery_report
from tests.feedback.statistics.recovery import share


@pytest.fixture(scope="module")
def drawn():
    """Ten collaboratives of 30 hospitals at the spread where intervals are hardest."""
    return recovery.study(sites=30, cases=300, sigma=0.1, registries=10, seed=2000)


def held(values):
    found = share(values)
    return found.mean, max(found.band, 0.01)


def test_shrunken_intervals_cover_what_they_promise(drawn):
    inside, band = held([one.shrunken for one in drawn])
    assert 0.93 - band <= inside <= 0.97 + band


@pytest.mark.parametrize("kind", ["exact", "rank"])
def test_exact_and_rank_intervals_cover_at_least_as_much(drawn, kind):
    inside, band = held([getattr(one, kind) for one in drawn])
    assert inside >= 0.93 - band


def test_words_rarely_point_the_wrong_way(drawn):
    for told in recovery.wrong_direction(drawn):
        assert told.mean <= 0.025
    average = recovery.study(sites=30, cases=100, sigma=0.0, registries=5, seed=4000, average=30)
    for told in recovery.words_for_average(average, average=30):
        assert told.mean <= 0.025


def test_coefficients_are_unbiased_and_sigma_nearly_so_at_a_hundred_hospitals():
    seen = recovery.study(sites=100, cases=100, sigma=0.3, registries=12, seed=1000, shrunken=False)
    for place in range(3):
        z = share([one.z[place] for one in seen])
        assert abs(z.mean) <= max(z.band, 0.75)
    assert np.mean([one.held for one in seen]) >= 0.8
    sigma = share([one.sigma for one in seen])
    assert abs(sigma.mean - 0.3) <= max(sigma.band, 0.03)


def test_a_planted_bad_hospital_is_found_and_calm_ones_alarm_as_promised():
    found = recovery.watch(hospitals=60, seed=5)
    assert abs(found.seen.mean - found.promised) <= 1.2 * found.seen.band
    assert abs(found.delay.mean - found.expected_delay) <= 1.2 * found.delay.band
    assert found.found_in_two_years > 0.95


def test_the_page_is_written_line_by_line(monkeypatch, tmp_path, capsys):
    page = tmp_path / "recovery.md"
    monkeypatch.setattr(recovery_report, "PAGE", page)
    small = recovery.study(sites=6, cases=60, sigma=0.3, registries=2, seed=1, average=6)
    monkeypatch.setattr(recovery_report.recovery, "study", lambda **_: small)
    recovery_report.main(2)
    text = page.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        f"## {title}" for title, _ in recovery_report.PARTS
    ]
    assert "were not run" not in text
    assert len(capsys.readouterr().out.splitlines()) == len(recovery_report.LINES)
    first = recovery_report.page(2, [(0, ["30"] * 8)])
    assert "14 of the study’s 15 lines were not run" in first
