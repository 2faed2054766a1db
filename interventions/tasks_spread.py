"""The jobs of spreading: ask peers, and look back at a published comparison for what moved and what is worth thanks."""

from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from interventions.selectors import bright_spots, recognition
from sites import outbox
from sites.access import policy
from sites.access.scope import bound


@outbox.job("interventions.ask_peers")
def ask_peers(run: outbox.Run) -> dict[str, Any]:
    """Ask hospitals that overcame a barrier whether they would help with it."""
    from interventions.actions import help as helps

    return {"asked": helps.ask_peers(request_id=run.arguments["request"], at=timezone.now())}


@outbox.job("interventions.look_back")
def look_back(run: outbox.Run) -> dict[str, Any]:
    """See what moved since earlier reports were acted on, and what the declared rules recognise."""
    from interventions.actions import following, recognising

    run.progress(done=0, of=1, words="Looking back.")
    comparison = bright_spots.comparison(comparison_id=run.arguments["comparison"])
    moved = following.follow(comparison=comparison, at=timezone.now())
    return {"moved": moved, "recognised": recognising.recognise(comparison=comparison, at=timezone.now())}


@shared_task(name="interventions.look_at_spread")
def look_at_spread() -> int:
    """Queue, once a day, a look back for each newest published comparison where something was planned or a rule declared."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="spread")
    with bound(actor.scope()), transaction.atomic():
        due = recognition.to_look_back()
        for row in due:
            outbox.after_commit(
                "interventions.look_back", at=now, key=f"look back {row.pk} {now.date()}", comparison=row.pk
            )
    return len(due)
