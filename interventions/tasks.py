"""The jobs of this floor: look for bright spots, invite one, assess what was adopted."""

from typing import Any

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from interventions import tasks_notices, tasks_scores, tasks_spread
from interventions.selectors import bright_spots, toolkits
from sites import outbox
from sites.access import policy
from sites.access.scope import bound

# Celery looks for jobs here; those of notices, scorecards, plans, help and recognition live next door.
__all__ = [
    "assess",
    "invite",
    "look_at_impact",
    "search",
    "tasks_notices",
    "tasks_scores",
    "tasks_spread",
    "test_elements",
]


@outbox.job("interventions.search")
def search(run: outbox.Run) -> dict[str, Any]:
    """Look for bright spots in the frozen periods of a registry."""
    # The statistics take seconds to import: only the process that searches pays for them, when it first does.
    from interventions.actions import searches

    run.progress(done=0, of=1, words="Reading the frozen cases.")
    comparison = bright_spots.comparison(comparison_id=run.arguments["comparison"])
    row = searches.search(comparison=comparison, by=bright_spots.person(person_id=run.owner_id), at=timezone.now())
    return {"search": row.code, "nominations": len(row.document.get("nominations", []))}


@outbox.job("interventions.invite")
def invite(run: outbox.Run) -> dict[str, Any]:
    """Find whose label it is and invite that hospital."""
    from interventions.actions import exemplars

    found = bright_spots.candidate(
        search_id=run.arguments["search"], label=run.arguments["label"], measure_code=run.arguments["measure"]
    )
    row = exemplars.invite(candidate=found, by=bright_spots.person(person_id=run.owner_id), at=timezone.now())
    return {"exemplar": row.code}


@outbox.job("interventions.assess")
def assess(run: outbox.Run) -> dict[str, Any]:
    """Test the elements and assess every toolkit of a registry as of a published comparison, reading the cases once."""
    from feedback.selectors import inputs
    from interventions.actions import element_tests, impacts, searches

    run.progress(done=0, of=1, words="Reading the frozen cases.")
    comparison = bright_spots.comparison(comparison_id=run.arguments["comparison"])
    material = inputs.read(comparison=comparison)
    found = searches.scored(comparison, material)
    tested = element_tests.examine(comparison=comparison, at=timezone.now(), material=material, found=found)
    return {"tested": tested, "stored": impacts.assess_all(comparison=comparison, at=timezone.now(), material=material, found=found)}


@outbox.job("interventions.test_elements")
def test_elements(run: outbox.Run) -> dict[str, Any]:
    """Test the elements of a registry as of a published comparison."""
    from interventions.actions import element_tests

    run.progress(done=0, of=1, words="Reading the frozen cases.")
    comparison = bright_spots.comparison(comparison_id=run.arguments["comparison"])
    return {"tested": element_tests.examine(comparison=comparison, at=timezone.now())}


@shared_task(name="interventions.look_at_impact")
def look_at_impact() -> int:
    """Queue an assessment for each newest published comparison that has none yet since a hospital adopted something."""
    now = timezone.now()
    with transaction.atomic():
        actor = policy.system(name="impact")
    with bound(actor.scope()), transaction.atomic():
        due = toolkits.unassessed()
        for comparison in due:
            outbox.after_commit("interventions.assess", at=now, key=f"assess {comparison.pk}", comparison=comparison.pk)
    return len(due)
