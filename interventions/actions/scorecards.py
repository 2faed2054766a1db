"""The rules of a scorecard and its year: draft, freeze before the year, open appeals after it, finish, release the totals."""

from datetime import UTC, date, datetime, timedelta

from interventions.models import Scorecard, ScoreRequest
from interventions.scorecard.refusal import RulesRefusal
from interventions.scorecard.rules import Rules, load
from interventions.selectors import scorecards
from sites import audit, outbox
from sites.models import Person
from sites.refusals import Refusal

STEPS = {
    "freeze": "Freeze the rules",
    "appeals": "Open the appeals",
    "finish": "Make the totals final",
    "release": "Release the totals",
}


def draft(*, source: str, by: Person, at: datetime) -> Scorecard:
    """Keep a document of rules as a draft; the same code replaces a draft, never what is frozen."""
    try:
        rules = load(source.encode())
    except RulesRefusal as refusal:
        raise Refusal(*refusal.faults) from refusal
    registry = scorecards.registry(code=rules.registry)
    if registry is None:
        raise Refusal(f"There is no registry “{rules.registry}”.")
    known = Scorecard.objects.select_for_update().filter(code=rules.code).first()
    if known is not None and known.frozen_at is not None:
        raise Refusal("These rules are frozen. Rules of another year need another code.")
    row = known or Scorecard(code=rules.code)
    row.registry, row.year, row.version, row.title = registry, rules.year, rules.version, rules.title
    row.source, row.digest, row.drafted_at, row.drafted_by = source, rules.digest, at, by
    row.save()
    audit.record(
        action="draft scorecard", at=at, by=by, kind="scorecard", object_id=row.code, detail={"digest": row.digest}
    )
    return row


def next_step(row: Scorecard) -> str:
    """Return which step comes next; nothing after the release."""
    if row.frozen_at is None:
        return "freeze"
    if row.appeals_until is None:
        return "appeals"
    if row.final_at is None:
        return "finish"
    return "release" if row.released_at is None else ""


def step(*, code: str, to: str, by: Person, at: datetime) -> Scorecard:
    """Take a scorecard one step further."""
    row = Scorecard.objects.select_for_update(of=("self",)).select_related("registry").filter(code=code).first()
    if row is None or to != next_step(row):
        raise Refusal("This is not the next step of this scorecard. Reload the page.")
    {"freeze": _freeze, "appeals": _open_appeals, "finish": _finish, "release": _release}[to](
        row, scorecards.rules(row), by, at
    )
    row.save(
        update_fields=["frozen_at", "frozen_by", "appeals_until", "final_at", "final_by", "released_at", "released_by"]
    )
    audit.record(
        action=f"scorecard: {to}", at=at, by=by, kind="scorecard", object_id=row.code, detail={"digest": row.digest}
    )
    if to in ("freeze", "appeals"):
        refresh(row, by=by, at=at)
    elif to == "finish":
        outbox.after_commit(
            "interventions.finish_scores", at=at, by=by, key=f"finish scores {row.code}", scorecard=row.pk
        )
    return row


def _freeze(row: Scorecard, rules: Rules, by: Person, at: datetime) -> None:
    if at >= datetime(row.year, 1, 1, tzinfo=UTC):
        raise Refusal(f"The year {row.year} has begun: rules are frozen before it, or they are no rules.")
    if row.drafted_by_id == by.pk:
        raise Refusal("Somebody else than who wrote the draft freezes it.")
    if Scorecard.objects.filter(registry_id=row.registry_id, year=row.year, frozen_at__isnull=False).exists():
        raise Refusal(f"The rules of {row.year} are frozen already.")
    row.frozen_at, row.frozen_by = at, by


def _open_appeals(row: Scorecard, rules: Rules, by: Person, at: datetime) -> None:
    if at.date() < date(row.year + 1, 1, 1):
        raise Refusal(f"The year {row.year} is not over.")
    row.appeals_until = at.date() + timedelta(days=rules.appeal_days)


def _finish(row: Scorecard, rules: Rules, by: Person, at: datetime) -> None:
    if at.date() <= row.appeals_until:
        raise Refusal(f"Appeals are open until {row.appeals_until:%-d %B %Y}.")
    if ScoreRequest.objects.filter(scorecard=row, status=ScoreRequest.Status.ASKED).exists():
        raise Refusal("A request still waits for the centre's answer.")
    row.final_at, row.final_by = at, by


def _release(row: Scorecard, rules: Rules, by: Person, at: datetime) -> None:
    if row.final_by_id == by.pk:
        raise Refusal("Somebody else than who made the totals final releases them.")
    if not scorecards.totals(scorecard=row):
        raise Refusal("The totals are still being worked out. Try again in a moment.")
    row.released_at, row.released_by = at, by


def refresh(row: Scorecard, *, by: Person | None, at: datetime) -> None:
    """Have the cards of a scorecard worked out anew."""
    outbox.after_commit("interventions.score", at=at, by=by, scorecard=row.pk)
