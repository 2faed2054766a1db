"""What certification lets somebody do with real cases: shut, by release of a colleague, or unreviewed; and the release itself."""

from datetime import datetime

from django.db import transaction

from registry.actions import case_rows
from registry.actions.case_values import derive, hold_open
from registry.calendar import local_day
from registry.lifecycle import CaseState
from registry.models import Case, CaseReview, Registry
from registry.selectors import certifications, dictionaries
from sites import audit as trail
from sites import outbox
from sites.models import Hospital, Person
from sites.refusals import NotFound, Refusal


def refuse_trainee(*, registry: Registry, hospital: Hospital, by: Person, at: datetime) -> certifications.Standing:
    """Refuse somebody for whom real cases of the registry are shut; return where they stand."""
    day = local_day(at, zone=hospital.time_zone)
    standing = certifications.standing(person_id=by.pk, hospital_id=hospital.pk, registry_id=registry.pk, on=day)
    if standing.is_shut:
        raise Refusal(f"Training for {registry.title} comes before its real cases. Your practice cases are on the Training page.")
    return standing


def refuse_unreviewed(*, registry: Registry, hospital: Hospital, by: Person, at: datetime) -> None:
    """Refuse files and deliveries of somebody whose submissions are reviewed one by one."""
    if refuse_trainee(registry=registry, hospital=hospital, by=by, at=at).needs_review:
        raise Refusal(
            "Until you are certified, each case you submit is released by a colleague, so cases enter by the form, not by file."
            " Ask a certified colleague to upload this one."
        )


def state_on_submit(case: Case, *, by: Person, at: datetime) -> CaseState:
    """Say where a case goes that somebody submits: among those that count, or to a colleague's review."""
    if case.status == CaseState.REVIEW:
        raise Refusal("This case was submitted and waits for a colleague's release.")
    standing = refuse_trainee(registry=case.registry, hospital=case.hospital, by=by, at=at)
    return CaseState.REVIEW if standing.needs_review else CaseState.SUBMITTED


def refuse_change(case: Case, *, by: Person, at: datetime) -> None:
    """Refuse to change a case that counts to somebody whose submissions a colleague releases."""
    if case.status == CaseState.SUBMITTED and refuse_trainee(registry=case.registry, hospital=case.hospital, by=by, at=at).needs_review:
        raise Refusal("Until you are certified a colleague releases what you submit. Reopen this case to change it.")


def ask(case: Case, *, by: Person, at: datetime) -> None:
    """Put a case on the list of those that wait for a colleague's release."""
    drop(case, by=by, at=at)
    CaseReview.objects.create(case=case, hospital_id=case.hospital_id, submitted_by=by, submitted_at=at)


def drop(case: Case, *, by: Person, at: datetime) -> None:
    """Take a case off that list: it was taken back or withdrawn."""
    CaseReview.objects.filter(case=case, decision="").update(decision="RETURNED", decided_by=by, decided_at=at, words="taken back")


@transaction.atomic
def release(*, case_id: int, by: Person, at: datetime) -> Case:
    """Let a reviewed case count: by somebody else, who is certified or answers for the hospital."""
    case, review = _held(case_id, by=by, at=at)
    if not hold_open(case.period_id):
        raise Refusal("The reporting period of this case is closed. Propose an amendment: a second person decides on it.")
    derived = derive(
        registry=case.registry,
        hospital=case.hospital,
        dictionary=dictionaries.governed(case.version, registry=case.registry),
        answers=dictionaries.layout(case.version).unpack(case.answers),
        explained=case_rows.explained(case),
        at=at,
    )
    if derived.hard:
        raise Refusal("An error stands in this case now. Send it back with a remark.")
    case.status, case.submitted_at = CaseState.SUBMITTED.value, at
    case_rows.write(case, derived, changes={}, by=review.submitted_by, second=by, at=at, reason="Released after review.")
    _decide(review, case, "RELEASED", words="", by=by, at=at)
    outbox.after_commit("registry.settle_reviews", at=at, review=review.pk)
    return case


@transaction.atomic
def send_back(*, case_id: int, words: str, by: Person, at: datetime) -> Case:
    """Make a reviewed case a draft again, with a remark for whoever submitted it."""
    case, review = _held(case_id, by=by, at=at)
    if not words.strip():
        raise Refusal("Say what to look at again: the abstractor reads it.")
    derived = derive(
        registry=case.registry,
        hospital=case.hospital,
        dictionary=dictionaries.governed(case.version, registry=case.registry),
        answers=dictionaries.layout(case.version).unpack(case.answers),
        explained=case_rows.explained(case),
        at=at,
    )
    case.status = CaseState.DRAFT.value
    case_rows.write(case, derived, changes={}, by=by, at=at, reason=words.strip())
    _decide(review, case, "RETURNED", words=words.strip(), by=by, at=at)
    return case


def _held(case_id: int, *, by: Person, at: datetime) -> tuple[Case, CaseReview]:
    case = case_rows.locked(case_id)
    review = CaseReview.objects.select_for_update(of=("self",)).select_related("submitted_by").filter(case=case, decision="").first()
    if review is None or case.status != CaseState.REVIEW.value:
        raise NotFound
    if review.submitted_by_id == by.pk:
        raise Refusal("You submitted this case; a colleague releases it.")
    standing = refuse_trainee(registry=case.registry, hospital=case.hospital, by=by, at=at)
    if standing.needs_review:
        raise Refusal("A certified colleague or the site lead releases cases; your own are reviewed too for now.")
    return case, review


def _decide(review: CaseReview, case: Case, decision: str, *, words: str, by: Person, at: datetime) -> None:
    review.decision, review.decided_by, review.decided_at, review.words = decision, by, at, words
    review.save(update_fields=["decision", "decided_by", "decided_at", "words"])
    trail.record(
        action="release case" if decision == "RELEASED" else "send case back",
        at=at, by=by, hospital_id=case.hospital_id, kind="case", object_id=case.code, reason=words,
    )  # fmt: skip
