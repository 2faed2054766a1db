"""The jobs of the scorecard: work the cards out, make the totals final, and once a day look whether anything moved."""

from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from interventions.actions import scores
from interventions.selectors import scorecards
from sites import outbox
from sites.access import policy
from sites.access.scope import bound


@outbox.job("interventions.score")
def work_out(run: outbox.Run) -> dict[str, Any]:
    """Work out the cards of a scorecard whose totals are not final."""
    row = scorecards.by_id(scorecard_id=run.arguments["scorecard"])
    return {"cards": 0 if row.final_at else len(scores.work_out(scorecard=row, at=timezone.now()))}


@outbox.job("interventions.finish_scores")
def finish(run: outbox.Run) -> dict[str, Any]:
    """Work out the totals of a year that the centre finished."""
    row = scorecards.by_id(scorecard_id=run.arguments["scorecard"])
    return {"totals": scores.finish(scorecard=row, at=timezone.now())}


@shared_task(name="interventions.look_at_scores")
def look_at_scores() -> int:
    """Queue, once a day, the running scorecards: audits, attestations and comparisons move them without anybody asking."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="scorecard")
    with bound(actor.scope()), transaction.atomic():
        rows = scorecards.running(on=now.date())
        for row in rows:
            outbox.after_commit("interventions.score", at=now, key=f"score {row.pk} {now:%Y-%m-%d}", scorecard=row.pk)
    return len(rows)
