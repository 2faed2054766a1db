"""What is due first among drafts and questions, without looking at every case of a hospital."""

from datetime import date

from django.db.models import F, Min, Q, QuerySet

from registry.lifecycle import CaseState
from registry.models import Case, DataQuery
from registry.selectors import cases

DRAFT = Q(status=CaseState.DRAFT.value)


class MostUrgent:
    """Cases in the order of what is due first: the answer to a question or day 30 of a draft, whichever comes earlier; then by id.

    Sliced like a list. Who is among the first k by the earlier of two dates is among the first k by one of them, so k of each are
    read and merged, whatever the hospital has. ``questions`` : those that wait for an answer, within reach; ``only_asked`` : leave
    out drafts without one. Each case is given ``first_due_on``.
    """

    ordered = True

    def __init__(self, reach: QuerySet[Case], questions: QuerySet[DataQuery], *, only_asked: bool) -> None:
        drafts = reach.filter(DRAFT)
        self.reach, self.questions = reach, questions
        self.drafts = drafts.filter(pk__in=questions.values("case_id")) if only_asked else drafts

    def __getitem__(self, part: slice) -> list[Case]:
        """Return the cases of one page."""
        first, last = part.start or 0, part.stop
        answers = self.questions.values_list("case_id").annotate(on=Min("due_on")).order_by("on", "case_id")[:last]
        drafts = self.drafts.order_by(F("follow_up_due_on").asc(nulls_last=True), "id").values_list("pk", "follow_up_due_on")[:last]
        due = dict(drafts)
        for pk, on in answers:
            due[pk] = on if due.get(pk) is None else min(on, due[pk])
        chosen = sorted(due, key=lambda pk: (due[pk] is None, due[pk] or date.max, pk))[first:last]
        rows = Case.objects.filter(pk__in=chosen).select_related("registry", "hospital", "version").defer(*cases.HEAVY)
        found = {row.pk: row for row in rows}
        for pk, row in found.items():
            row.first_due_on = due[pk]
        return [found[pk] for pk in chosen if pk in found]
