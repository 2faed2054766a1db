"""Case by case: a planted harm is found, chance rarely alarms, and what cannot be followed has no chart."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from feedback import watch
from feedback.charts.watch import sentence, watch_chart
from feedback.measures.load import load
from feedback.statistics.cusum_limits import average_run_length
from feedback.statistics.risk_model import RiskModelFit
from feedback.window import Window
from registry.dictionary.types import Types
from tests.feedback.test_movement import MEASURE

RATE = 0.1
MODEL = RiskModelFit(
    names=("(Intercept)",),
    codings=(),
    beta=(float(np.log(RATE / (1 - RATE))),),
    covariance=((0.01,),),
    n=1000,
    events=100,
    sigma=None,
)
PLAIN = MEASURE.replace(
    b'[[adjusters]]\nelement = "old"\nlabel = "Old"\ncoding = "categorical"\nreference = "0"\n', b""
)
GOOD = PLAIN.replace(b"adverse = true", b"adverse = false")
WINDOW = Window(
    label="now", starts_on=None, ends_before=None, final_from=None, periods=((1, "P1"),), inside=(1,), digests=(), as_of=date(2026, 1, 1)
)  # fmt: skip


def history(rates: dict[int, float], *, n: int = 900, days: int = 1000, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    parts = []
    for site, rate in rates.items():
        day = np.sort(rng.integers(0, days, n))
        parts.append(
            pd.DataFrame(
                {
                    "hospital_id": site,
                    "period": 1,
                    "case_code": [f"S{site}C{i:05d}" for i in range(n)],
                    "occurred_on": pd.Timestamp("2023-01-01") + pd.to_timedelta(day, unit="D"),
                    "in": "1",
                    "died": (rng.random(n) < rate).astype(int).astype(str),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def watched(frame: pd.DataFrame, *, source: bytes = PLAIN) -> dict:
    return watch.by_site(
        measure=load(source), history=frame, types=Types(), window=WINDOW, model=MODEL, follow_up_days=30
    )


def test_doubled_odds_give_a_signal_and_usual_odds_do_not():
    found = watched(history({1: RATE, 2: 2 * RATE / (1 + RATE)}))
    assert found[1]["signals"] == []
    assert found[2]["signals"]
    assert found[2]["vlad_end"] < 0


def test_the_limit_keeps_the_promised_time_between_false_alarms():
    document = watched(history({1: RATE}))[1]
    length = average_run_length(risk=np.array([RATE]), limit=document["limit"], odds_ratio=2.0)
    assert length == pytest.approx(watch.YEARS_BETWEEN_FALSE_ALARMS * document["per_year"], rel=0.05)


def test_for_a_good_outcome_too_little_of_it_gives_the_signal():
    found = watched(history({1: RATE, 2: RATE / 4}, n=2000), source=GOOD)
    assert found[1]["signals"] == []
    assert found[2]["signals"]
    assert "half the odds" in watch_chart(found[2], title="Care").caption


@pytest.mark.parametrize(
    "frame",
    [history({1: RATE}, n=49), history({1: RATE}, n=400, days=200), history({1: RATE}).drop(columns="occurred_on")],
    ids=["too few cases", "less than a year", "no dates"],
)
def test_what_cannot_be_followed_has_no_chart(frame):
    assert watched(frame) == {}


def test_a_case_mix_without_any_reachable_limit_has_no_chart(monkeypatch):
    monkeypatch.setattr(watch, "YEARS_BETWEEN_FALSE_ALARMS", 1e30)
    assert watched(history({1: RATE})) == {}


def test_the_days_are_those_on_which_outcomes_became_known():
    frame = history({1: RATE})
    document = watched(frame)[1]
    assert document["latest"] == str((frame["occurred_on"].max() + pd.Timedelta(days=30)).date())
    assert document["days"][-1] == document["latest"]
    assert len(document["days"]) == len(document["path"]) <= watch.DRAWN * 2 + 1


def test_sentence_table_and_figure_tell_the_same():
    for document in watched(history({1: RATE, 2: 2.2 * RATE})).values():
        chart = watch_chart(document, title="Death")
        assert chart.sentence == sentence(document)
        assert ("no signal" in chart.sentence) == (not document["signals"])
        assert sum(row[0] == "Signal" for row in chart.table.rows) == len(document["signals"])
        lines = [trace for trace in chart.figure["variants"][0]["data"] if trace["mode"] == "lines"]
        assert lines[0]["y"] == document["path"]
