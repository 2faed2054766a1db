"""The jobs of this floor: compare, publish, deliver a release.

The statistics take seconds to import: only the process that compares or builds pays for them, when it first does.
"""

from typing import Any

from django.utils import timezone

from feedback.actions import comparisons
from feedback.selectors import audiences
from feedback.selectors import comparisons as comparison_selectors
from feedback.selectors import releases as release_selectors
from sites import outbox
from sites.refusals import Refusal


@outbox.job("feedback.compare")
def compare(run: outbox.Run) -> dict[str, Any]:
    """Fit every measure of a comparison over its frozen window and store what it gave."""
    comparison = comparison_selectors.by_id(comparison_id=run.arguments["comparison"])
    if comparison.status != comparison.Status.QUEUED:
        return {"skipped": comparison.status}
    from feedback.selectors import inputs

    measures = comparison_selectors.measures(comparison=comparison)
    run.progress(done=0, of=len(measures) + 1, words="Reading the frozen cases.")
    try:
        material = inputs.read(comparison=comparison)
    except Refusal as refusal:
        comparisons.fail(comparison=comparison, reasons=refusal.reasons, at=timezone.now())
        return {"refused": list(refusal.reasons)}
    for position, measure in enumerate(measures, start=1):
        run.progress(done=position, of=len(measures) + 1, words=f"Comparing: {measure.title}.")
        outcome = inputs.run_measure(material, measure=measure)
        comparisons.store(comparison=comparison, measure=measure, outcome=outcome)
    comparisons.finish(comparison=comparison, at=timezone.now(), n_left_out=material.n_left_out)
    return {"comparison": comparison.code, "measures": len(measures)}


@outbox.job("feedback.publish")
def publish(run: outbox.Run) -> dict[str, Any]:
    """Write the blinded standing of each own-hospital set, freeze first models, then open the comparison."""
    now = timezone.now()
    comparison = comparison_selectors.by_id(comparison_id=run.arguments["comparison"])
    if comparison.status != comparison.Status.PUBLISHING:
        return {"skipped": comparison.status}
    runs = comparison_selectors.runs(comparison=comparison)
    own_sets = audiences.own_sets(registry=comparison.registry, on=now.date())
    written = 0
    for position, measure_run in enumerate(runs, start=1):
        run.progress(done=position, of=len(runs), words=f"Blinding: {measure_run.measure.title}.")
        written += comparisons.write_standings(run=measure_run, own_sets=own_sets)
        comparisons.freeze_reference(run=measure_run, by=comparison.published_by, at=now)
    comparisons.mark_published(comparison=comparison, at=now)
    return {"standings": written}


@outbox.job("feedback.standings")
def standings(run: outbox.Run) -> dict[str, Any]:
    """Write the standings of own-hospital sets that came into being after publication."""
    written = 0
    today = timezone.now().date()
    for comparison in comparison_selectors.published():
        own_sets = audiences.own_sets(registry=comparison.registry, on=today)
        for measure_run in comparison_selectors.runs(comparison=comparison):
            written += comparisons.write_standings(run=measure_run, own_sets=own_sets)
    return {"standings": written}


@outbox.job("feedback.deliver")
def deliver(run: outbox.Run) -> dict[str, Any]:
    """Insert a released artefact into the portal's database; the same bytes are inserted once."""
    from feedback.actions import releases

    release = release_selectors.by_id(release_id=run.arguments["release"])
    releases.deliver(release=release, at=timezone.now())
    return {"sha256": release.sha256}


@outbox.job("feedback.withdraw_delivered")
def withdraw_delivered(run: outbox.Run) -> dict[str, Any]:
    """Tell the portal that a release was withdrawn."""
    from feedback.actions import releases

    release = release_selectors.by_id(release_id=run.arguments["release"])
    releases.tell_withdrawn(release=release)
    return {"sha256": release.sha256}


@outbox.job("feedback.build_release")
def build_release(run: outbox.Run) -> dict[str, Any]:
    """Add the hospitals up into the artefact that a second person will check, or say every reason why not."""
    from feedback.actions import releases

    release = release_selectors.by_id(release_id=run.arguments["release"])
    if release.status != release.Status.DRAFT:
        return {"skipped": release.status}
    try:
        releases.build(release=release, today=timezone.now().date())
    except Refusal as refusal:
        releases.refuse(release=release, reasons=refusal.reasons)
    return {"sha256": release.sha256, "status": release.status}
