"""Read jobs."""

from sites.models import Job
from sites.refusals import NotFound


def mine(*, job_id: int, person_id: int) -> Job:
    """Return a job that this person started."""
    job = Job.objects.filter(pk=job_id, owner_id=person_id).first()
    if job is None:
        raise NotFound
    return job


def by_id(*, job_id: int) -> Job | None:
    """Return a job, for the page of the thing it works on."""
    return Job.objects.filter(pk=job_id).first()


def words(job: Job) -> str:
    """Return one sentence about where a job stands."""
    if job.status == Job.Status.DONE:
        return "Done."
    if job.status == Job.Status.FAILED:
        return job.error or "It failed."
    if job.status == Job.Status.QUEUED:
        return "Waiting for a worker."
    return job.progress.get("words", "Working.")
