"""What the payer of the example has received and is about to receive: prepared, checked twice, previewed, as people do it."""

from datetime import datetime, timedelta

from django.utils import timezone

from config.example.world import World, acting, machine, run_jobs
from feedback import disclosure
from feedback.actions import participation, releases
from feedback.models import Comparison, MeasureRun, Release
from registry.models import ReportingPeriod
from sites.models import Person

RELEASED = ("ssi30", "bowel_prep")
IN_PREVIEW = "glucose48"
# The preview takes ten working days, so what is released today was prepared about three weeks ago.
PREPARED = timedelta(days=21)


def fill(world: World, comparison: Comparison, *, staff: Person, analyst: Person, lead: Person) -> None:
    """Release two aggregates, leave a third and a hospital's statement of participation in preview."""
    now = timezone.now()
    runs = {run.measure.code: run for run in _runs(comparison)}
    for code in RELEASED:
        if code in runs:
            release(runs[code], staff=staff, checkers=(analyst, lead), prepared_at=now - PREPARED)
    if IN_PREVIEW in runs:
        with acting(staff):
            made = releases.prepare(run=runs[IN_PREVIEW], by=staff, at=now)
        _check(made, checkers=(analyst, lead), at=now)
    period = _newest_that_may_leave(comparison)
    if period is not None:
        with acting(staff):
            made = participation.prepare(hospital=world.hospitals["H04"], period=period, by=staff, at=now)
        _check(made, checkers=(lead, analyst), at=now)


def release(run: MeasureRun, *, staff: Person, checkers: tuple[Person, Person], prepared_at: datetime) -> Release:
    """Prepare a release as staff, check it as two others, and release it when its preview is over."""
    with acting(staff):
        made = releases.prepare(run=run, by=staff, at=prepared_at)
    _check(made, checkers=checkers, at=prepared_at + timedelta(days=1))
    _read(made)
    if made.status == Release.Status.PREVIEW:
        with acting(checkers[1]) as by:
            releases.finish(release=made, by=by, at=timezone.now())
        run_jobs()
    return made


def _check(made: Release, *, checkers: tuple[Person, Person], at: datetime) -> None:
    run_jobs()
    _read(made)
    if made.status != Release.Status.SUBMITTED:
        return
    for checker in checkers:
        with acting(checker):
            releases.check(release=made, approve=True, reason="", by=checker, at=at)


def _read(made: Release) -> None:
    with machine():
        made.refresh_from_db()


def _runs(comparison: Comparison) -> list[MeasureRun]:
    with machine():
        rows = MeasureRun.objects.filter(comparison=comparison, refusal=[]).select_related("measure", "comparison")
        return list(rows.order_by("measure__code"))


def _newest_that_may_leave(comparison: Comparison) -> ReportingPeriod | None:
    """Return the newest closed period that is long enough past."""
    with machine():
        rows = ReportingPeriod.objects.filter(registry=comparison.registry, status="CLOSED").select_related("registry")
        latest = timezone.now().date() - disclosure.LAG
        return rows.filter(ends_before__lte=latest).order_by("-ordinal").first()
