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
