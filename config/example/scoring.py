"""The scorecards of the example: one year finished and released, one running; records, a waiver, an appeal."""

from datetime import UTC, date, datetime
from pathlib import Path

from config.example import people as cast
from config.example.world import World, acting, run_jobs
from interventions.actions import scorecards, scores
from interventions.models import Scorecard, ScoreRequest
from registry.models import Registry
from sites.models import Hospital, Person

SOURCE = Path(__file__).parent / "colorectal" / "scorecard.toml"
# Item, day in the year, words, and of every so many hospitals one missed it.
DONE = (
    ("meetings", (2, 11), "Winter meeting", 9),
    ("meetings", (5, 20), "Spring meeting", 4),
    ("meetings", (9, 16), "Autumn meeting", 5),
    ("project", (3, 2), "Plan of the project, handed in", 11),
    ("project", (7, 6), "Half-year note, handed in", 3),
)
LATE = (("meetings", (12, 9), "December meeting", 6), ("project", (12, 14), "Summary of the project, handed in", 5))


def fill(world: World, registry: Registry, *, staff: Person, lead: Person) -> None:
    """Freeze two years, record what was done, let hospitals ask, and finish and release the older year."""
    hospitals = [one for code, one in sorted(world.hospitals.items()) if code.startswith("H")]
    for year, done in ((2025, DONE + LATE), (2026, DONE)):
        row = _frozen(year, staff=staff, lead=lead)
        with acting(staff):
            for item, (month, day), words, missed in done:
                came = tuple(one.pk for number, one in enumerate(hospitals, start=year) if number % missed)
                scores.record(
                    scorecard=row, hospital_ids=came, item=item, on_day=date(year, month, day), words=words, withdrawn=False, by=staff,
                    at=_noon(year, month, day),
                )  # fmt: skip
    older, running = (Scorecard.objects.get(year=year) for year in (2025, 2026))
    by = world.people[f"sitelead2@{cast.DOMAIN}"]
    _ask(
        running,
        world.hospitals["H07"],
        by=by,
        kind="WAIVER",
        item="meetings",
        words="Both theatres were flooded in May; nobody could travel.",
    )
    with acting(staff):
        scorecards.step(code=older.code, to="appeals", by=staff, at=_noon(2026, 1, 12))
    older.refresh_from_db()
    lead4 = world.people[f"sitelead@{cast.DOMAIN}"]
    asked = _ask(
        older, world.hospitals["H04"], by=lead4, kind="APPEAL", item="project", at=_noon(2026, 1, 20),
        words="The half-year note was handed in on time; the covering letter went to the old address.",
    )  # fmt: skip
    with acting(staff):
        scores.decide(
            scorecard=older, hospital_id=world.hospitals["H04"].pk, request_id=asked.pk, grant=True, share=1.0,
            reason="The letter was found; all three were handed in.", by=staff, at=_noon(2026, 2, 3),
        )  # fmt: skip
        scorecards.step(code=older.code, to="finish", by=staff, at=_noon(2026, 2, 20))
    run_jobs()
    with acting(lead):
        scorecards.step(code=older.code, to="release", by=lead, at=_noon(2026, 2, 27))


def _frozen(year: int, *, staff: Person, lead: Person) -> Scorecard:
    source = SOURCE.read_text().replace("2025", str(year - 1)).replace("2026", str(year))
    with acting(staff):
        row = scorecards.draft(source=source, by=staff, at=_noon(year - 1, 11, 17))
    with acting(lead):
        return scorecards.step(code=row.code, to="freeze", by=lead, at=_noon(year - 1, 12, 8))


def _ask(
    row: Scorecard, hospital: Hospital, *, by: Person, kind: str, item: str, words: str, at: datetime | None = None
) -> ScoreRequest:
    with acting(by):
        return scores.ask(
            scorecard=row,
            hospital_id=hospital.pk,
            kind=kind,
            item=item,
            words=words,
            by=by,
            at=at or _noon(row.year, 6, 8),
        )


def _noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)
