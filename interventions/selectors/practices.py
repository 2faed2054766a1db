"""Read practices (own ones, the centre's, and what consent lets others read) and the discussion of a toolkit."""

from dataclasses import dataclass
from datetime import date

from django.db import connection

from interventions.models import Comment, CommentStep, Practice, PracticeStep, Toolkit, ToolkitPractice
from sites.refusals import NotFound

ORIGINS = dict(Practice.Origin.choices)
BY_ITSELF, UNSHARED = Practice.Origin.EXEMPLAR.value, Practice.Audience.CENTRE.value


@dataclass(frozen=True)
class Told:
    """A practice as others read it: the hospital and whom to ask are blank unless the exemplar's consent names it."""

    practice_id: int
    code: str
    registry_id: int
    measure_code: str
    measure_title: str
    origin: str
    title: str
    who: str
    what: str
    when: str
    with_what: str
    material: str
    hospital: str
    contact: str


@dataclass(frozen=True)
class Said:
    """A comment as a member reads it: the words are blank while it is flagged, and for good once it is taken away."""

    code: str
    words: str
    on: date
    own: bool
    centre: bool
    standing: str


def told(*, on: date) -> list[Told]:
    """Return what may be read of all practices today; the database decides."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT practice_id, code, registry_id, measure_code, measure_title, origin, title, who, what, \"when\", with_what, material, hospital,"
            " contact FROM cairn_told_practices(%s)", [on],
        )  # fmt: skip
        return [Told(*row) for row in cursor.fetchall()]


def told_one(*, code: str, on: date) -> Told | None:
    """Return one practice as others read it, or None."""
    return next((one for one in told(on=on) if one.code == code), None)


def reached(*, hospital_ids: tuple[int, ...]) -> list[Practice]:
    """Return the practices of these hospitals, newest first."""
    return list(
        Practice.objects.filter(hospital_id__in=hospital_ids).select_related("hospital", "exemplar").order_by("-pk")
    )


def one(*, code: str, hospital_ids: tuple[int, ...]) -> Practice | None:
    """Return a practice of these hospitals, or None."""
    return (
        Practice.objects.filter(code=code, hospital_id__in=hospital_ids)
        .select_related("hospital", "exemplar", "written_by")
        .first()
    )


def steps(practice: Practice) -> list[PracticeStep]:
    """Return the consent's history, newest first."""
    return list(PracticeStep.objects.filter(practice=practice).select_related("by").order_by("-pk"))


def of_toolkit(toolkit: Toolkit, *, on: date) -> tuple[list[Told], int]:
    """Return the practices a toolkit was made from that may be read, and how many others there are."""
    ids = set(ToolkitPractice.objects.filter(toolkit=toolkit).values_list("practice_id", flat=True))
    found = [one for one in told(on=on) if one.practice_id in ids]
    return found, len(ids) - len(found)


def toolkits_of(practice_id: int) -> list[Toolkit]:
    """Return the toolkits that were made from a practice."""
    ids = ToolkitPractice.objects.filter(practice_id=practice_id).values_list("toolkit_id", flat=True)
    return list(Toolkit.objects.filter(pk__in=list(ids)).order_by("title"))


def comments(toolkit: Toolkit) -> list[Said]:
    """Return the discussion, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, words, on_day, own, centre, standing FROM cairn_comments(%s)", [toolkit.pk])
        return [Said(*row) for row in cursor.fetchall()]


def flagged(toolkit: Toolkit) -> list[tuple[Comment, CommentStep]]:
    """Return the comments that wait for the centre, with their flags; the centre alone reaches these rows."""
    waiting = []
    for row in Comment.objects.filter(toolkit=toolkit).order_by("pk"):
        newest = CommentStep.objects.filter(comment=row).order_by("-pk").first()
        if newest is not None and newest.kind == CommentStep.Kind.FLAG:
            waiting.append((row, newest))
    return waiting


def toolkit_of(*, code: str) -> Toolkit:
    """Return the toolkit that a comment is about; the centre, or its writer's hospital."""
    row = Comment.objects.filter(code=code).select_related("toolkit").first()
    if row is None:
        raise NotFound
    return row.toolkit


def use(*, on: date) -> dict[int, tuple[int, int | None]]:
    """Return by toolkit how many hospitals use it and how many of them adapted it, where five or more others do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT toolkit_id, hospitals, adapted FROM cairn_toolkit_use(%s)", [on])
        return {toolkit: (hospitals, adapted) for toolkit, hospitals, adapted in cursor.fetchall()}
