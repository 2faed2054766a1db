"""The discussion of a toolkit: members write without name or place, anybody flags, the centre decides."""

from datetime import datetime

from django.db import connection

from interventions.actions.wording import refuse_persons
from interventions.models import Comment, CommentStep, Toolkit
from sites import audit
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal


def write(*, toolkit: Toolkit, hospital_id: int | None, words: str, by: Person, at: datetime) -> Comment:
    """Keep a comment. Without a hospital it is the centre's."""
    if not words.strip():
        raise Refusal("Write something.")
    refuse_persons(words)
    made = Comment.objects.create(
        code=random_code(), toolkit=toolkit, hospital_id=hospital_id, words=words.strip(), at=at, by=by
    )
    audit.record(
        action="comment on toolkit", at=at, by=by, hospital_id=hospital_id, kind="comment", object_id=made.code
    )
    return made


def flag(*, code: str, reason: str, by: Person, at: datetime) -> None:
    """Flag a comment: nobody but the centre reads it until the centre has looked."""
    if not reason.strip():
        raise Refusal("Say what is wrong with it.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT cairn_flag_comment(%s, %s, %s, %s)", [code, reason[:300], at, by.pk])
        (done,) = cursor.fetchone()
    if not done:
        raise NotFound
    audit.record(action="flag comment", at=at, by=by, kind="comment", object_id=code)


def rule(*, code: str, kind: str, reason: str, by: Person, at: datetime) -> None:
    """Keep a comment or take it away, with the reason."""
    row = Comment.objects.filter(code=code).first()
    if row is None:
        raise NotFound
    if kind not in (CommentStep.Kind.KEEP, CommentStep.Kind.REMOVE) or not reason.strip():
        raise Refusal("Keep it or take it away, and say why.")
    CommentStep.objects.create(comment=row, kind=kind, reason=reason[:300], at=at, by=by)
    audit.record(
        action="rule on comment", at=at, by=by, kind="comment", object_id=code, detail={"kind": kind}, reason=reason
    )
