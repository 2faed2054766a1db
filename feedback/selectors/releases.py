"""Read releases and what could be released."""

from feedback.models import Comparison, MeasureRun, Release
from sites.refusals import NotFound


def listed() -> list[Release]:
    """Return all releases, newest first."""
    rows = Release.objects.select_related("run__comparison", "run__measure", "prepared_by", "checked_by")
    return list(rows.order_by("-pk"))


def one(*, code: str) -> Release:
    """Return one release."""
    rows = Release.objects.select_related("run__comparison", "run__measure", "prepared_by", "checked_by")
    row = rows.filter(code=code).first()
    if row is None:
        raise NotFound
    return row


def by_id(*, release_id: int) -> Release:
    """Return the release a job works on."""
    return Release.objects.select_related("run__comparison", "run__measure").get(pk=release_id)


def candidates() -> list[MeasureRun]:
    """Return the published, compared measures, newest comparison first."""
    rows = MeasureRun.objects.filter(comparison__status=Comparison.Status.PUBLISHED, refusal=[])
    return list(
        rows.select_related("measure", "comparison__registry").order_by("-comparison__published_at", "measure__title")
    )


def candidate(*, run_id: str) -> MeasureRun:
    """Return one of them."""
    row = next((run for run in candidates() if str(run.pk) == run_id), None)
    if row is None:
        raise NotFound
    return row
