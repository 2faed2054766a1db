"""Prepare, check twice, preview, release, deliver and withdraw what goes to the payer; three people, no way around the rules."""

import hashlib
import json
from datetime import date, datetime
from typing import Any

from django.db import connection, connections
from django.db.models import Q

from feedback import disclosure, joint_disclosure, preview
from feedback.actions import participation
from feedback.models import MeasureRun, Release, ReleaseObjection, SiteResult
from registry.models import Snapshot
from sites import audit, outbox
from sites.codes import random_code
from sites.models import Person
from sites.refusals import Refusal
from sites.selectors import agreements

NEVER = "It never contains a case, a patient, a surgeon or a hospital."
CONTRADICTS = (
    "The counts contradict an earlier release of the same periods, because cases were revised since. Together they would"
    " show what was revised; wait for periods that were not released yet."
)
BUILDING = 0x0C_A1_5E_A2
Status = Release.Status
UNDER_WAY = (Status.SUBMITTED, Status.CHECKED, Status.PREVIEW)
ROUNDING = "Counts are rounded to five and the rate is computed from the rounded counts."


def reasons_against(*, run: MeasureRun, contributions: list[disclosure.Contribution], today: date) -> tuple[str, ...]:
    """Return every reason why the aggregate of a measure run may not leave."""
    window = run.summary.get("window", {})
    starts_on, ends_before = (_day(window.get(key)) for key in ("starts_on", "ends_before"))
    published = run.comparison.published_at is not None
    return (
        *(() if published else ("The comparison is not published to the hospitals yet; they see it first.",)),
        *disclosure.judge_period(starts_on=starts_on, ends_before=ends_before, today=today),
        *disclosure.judge_cell(contributions),
    )


def contributions_of(*, run: MeasureRun, on: date) -> list[disclosure.Contribution]:
    """Return what each hospital brings to the aggregate, without saying which; only a job reaches these rows."""
    rows = _counted(run=run, on=on)
    return [disclosure.Contribution(denominator=n, numerator=observed) for _, n, observed in rows]


def _counted(*, run: MeasureRun, on: date) -> list[tuple[int, int, int]]:
    """Return hospital, cases and outcomes of each that had agreed to quality improvement on a day."""
    documents = SiteResult.objects.filter(run=run).values_list("hospital_id", "document__n", "document__observed")
    rows = list(documents)
    out = agreements.left_out(hospital_ids=[pk for pk, _, _ in rows], purpose="QI", on=on)
    return [row for row in rows if row[0] not in out]


def statement(*, run: MeasureRun, on: date) -> joint_disclosure.Statement:
    """Return a run's aggregate as the auditor of all releases reads it: every contributing hospital in every period."""
    rows = [(hospital, n, observed) for hospital, n, observed in _counted(run=run, on=on) if n > 0]
    periods = set(Snapshot.objects.filter(pk__in=run.comparison.snapshot_ids).values_list("period_id", flat=True))
    return joint_disclosure.Statement(
        measure=f"{run.comparison.registry_id} {run.measure.code}",
        atoms=frozenset(joint_disclosure.Atom(site=site, part=part) for site, _, _ in rows for part in periods),
        denominator=disclosure.rounded(sum(n for _, n, _ in rows)),
        numerator=disclosure.rounded(sum(observed for _, _, observed in rows)),
    )


def reasons_against_all(*, release: Release) -> tuple[str, ...]:
    """Return what the payer could work out from this release and every other that left or waits, as reasons against it.

    What was withdrawn after it was released counts for ever: the payer has read it.
    """
    stands = Q(status__in=UNDER_WAY) | Q(released_at__isnull=False)
    rows = Release.objects.filter(stands, kind=Release.Kind.AGGREGATE).exclude(pk=release.pk)
    others = rows.select_related("run__comparison", "run__measure").order_by("pk")
    statements = [statement(run=row.run, on=row.prepared_at.date()) for row in [*others, release]]
    try:
        exposures = joint_disclosure.audit(statements)
    except ValueError:
        return (CONTRADICTS,)
    return tuple(dict.fromkeys(exposure.words for exposure in exposures))


def prepare(*, run: MeasureRun, by: Person, at: datetime) -> Release:
    """Ask for a release; a job builds the artefact, because only a job may add hospitals up."""
    release = Release.objects.create(
        code=random_code(),
        run=run,
        title=run.measure.title,
        artefact=b"",
        sha256="",
        rules=disclosure.RULES,
        prepared_by=by,
        prepared_at=at,
    )
    audit.record(action="prepare release", at=at, by=by, kind="release", object_id=release.code)
    outbox.after_commit("feedback.build_release", at=at, by=by, release=release.pk)
    return release


def build(*, release: Release, today: date) -> None:
    """Build the artefact's bytes, or reject the draft with every reason. One build at a time: each sees those before it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BUILDING])
    of_one = release.kind == Release.Kind.PARTICIPATION
    body = participation.body(release=release, today=today) if of_one else _aggregate(release, today=today)
    release.artefact = json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False).encode()
    release.sha256 = hashlib.sha256(release.artefact).hexdigest()
    release.status = Status.SUBMITTED
    release.save(update_fields=["artefact", "sha256", "status"])


def _aggregate(release: Release, *, today: date) -> dict[str, Any]:
    run = release.run
    contributions = contributions_of(run=run, on=release.prepared_at.date())
    reasons = reasons_against(run=run, contributions=contributions, today=today) or reasons_against_all(release=release)
    if reasons:
        raise Refusal(*reasons)
    cell = disclosure.cell(group="The whole collaborative", contributions=contributions)
    return {
        "title": release.title,
        "measure": run.summary["measure"]["code"],
        "version": run.summary["measure"]["version"],
        "period": run.summary["window"]["label"],
        "cells": [
            {
                "group": cell.group,
                "hospitals": cell.hospitals,
                "denominator": cell.denominator,
                "numerator": cell.numerator,
                "rate": cell.rate,
                "rate_words": f"{100 * cell.rate:.1f}\u202f%",
            }
        ],
        "rounding": ROUNDING,
        "never": NEVER,
        "rules": disclosure.RULES,
    }


def refuse(*, release: Release, reasons: tuple[str, ...]) -> None:
    """Withdraw a draft that the rules forbid, keeping every reason; nobody can override them."""
    release.status = Status.WITHDRAWN
    release.reason = "\n".join(reasons)
    release.save(update_fields=["status", "reason"])


def check(*, release: Release, approve: bool, reason: str, by: Person, at: datetime) -> None:
    """Approve or reject what somebody else prepared, as its first checker or, being yet another person, as its second.

    The second approval opens the preview to the hospitals; nothing leaves before that is over.
    """
    row = Release.objects.select_for_update().get(pk=release.pk)
    if row.status not in {Status.SUBMITTED, Status.CHECKED}:
        raise Refusal("Only a release that waits for a checker can be checked. Reload the page.")
    if row.prepared_by_id == by.pk:
        raise Refusal("You prepared this release, so somebody else must check it.")
    if row.checked_by_id == by.pk:
        raise Refusal("You checked this release already; the second checker is another person.")
    if not approve and not reason.strip():
        raise Refusal("Write why it is rejected; whoever prepared it will read the reason.")
    first = row.status == Status.SUBMITTED
    who = {"checked_by": by, "checked_at": at} if first else {"second_checked_by": by, "second_checked_at": at}
    if not approve:
        changes, words = {"status": Status.REJECTED, "reason": reason}, "reject release"
    elif first:
        changes, words = {"status": Status.CHECKED}, "check release first"
    else:
        until = preview.ends_on(checked_on=at.date())
        changes, words = {"status": Status.PREVIEW, "preview_until": until}, "check release second"
    Release.objects.filter(pk=row.pk).update(**who, **changes)
    _record(words, row, by=by, at=at, reason=reason)


def finish(*, release: Release, by: Person, at: datetime) -> None:
    """Release what two people checked and no hospital objects to, once its preview is over; delivery commits with it."""
    row = Release.objects.select_for_update().get(pk=release.pk)
    if row.status != Status.PREVIEW:
        raise Refusal(
            "Only a release in preview can be released: two people check it first, then the hospitals look at it."
        )
    if row.prepared_by_id == by.pk:
        raise Refusal("You prepared this release, so somebody else must release it.")
    if not preview.is_over(until=row.preview_until, today=at.date()):
        raise Refusal(
            f"The hospitals may object until {row.preview_until:%-d %B %Y}; it can be released from the next day on."
        )
    if ReleaseObjection.objects.filter(release=row, taken_back_at__isnull=True).exists():
        raise Refusal(
            "A hospital objects. It takes the objection back, or the release is withdrawn; nobody can override it."
        )
    Release.objects.filter(pk=row.pk).update(status=Status.RELEASED, released_by=by, released_at=at)
    _record("release to the payer", row, by=by, at=at)
    outbox.after_commit("feedback.deliver", at=at, by=by, key=f"deliver {row.sha256}", release=row.pk)


def withdraw(*, release: Release, by: Person, at: datetime) -> None:
    """Take back what has not left."""
    changed = Release.objects.filter(pk=release.pk, status__in=[Status.DRAFT, *UNDER_WAY]).update(
        status=Status.WITHDRAWN
    )
    if not changed:
        raise Refusal("This release is final; it cannot be taken back like a draft.")
    _record("withdraw release", release, by=by, at=at)


def recall(*, release: Release, reason: str, by: Person, at: datetime) -> None:
    """Withdraw what was released, with a reason that the payer and every member read; it stays in the ledger for ever."""
    if not reason.strip():
        raise Refusal("Write why it is withdrawn; the payer and every member read it.")
    changed = Release.objects.filter(pk=release.pk, status=Status.RELEASED).update(
        status=Status.WITHDRAWN, withdrawn_by=by, withdrawn_at=at, withdrawal=reason
    )
    if not changed:
        raise Refusal("Only what was released can be withdrawn with a notice. Reload the page.")
    _record("withdraw what was released", release, by=by, at=at, reason=reason)
    outbox.after_commit("feedback.withdraw_delivered", at=at, by=by, release=release.pk)


def deliver(*, release: Release, at: datetime) -> None:
    """Insert the artefact into the portal's database, once for the same bytes."""
    body = bytes(release.artefact)
    if release.released_at is None or hashlib.sha256(body).hexdigest() != release.sha256:
        raise Refusal("Only a released artefact whose bytes match its hash is delivered.")
    with connections["portal"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_artefact (sha256, title, period, body, released_at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (sha256) DO NOTHING",
            [release.sha256, release.title, json.loads(body)["period"], body, release.released_at],
        )
    Release.objects.filter(pk=release.pk).update(delivered_at=at)


def tell_withdrawn(*, release: Release) -> None:
    """Tell the portal, once, that a release was withdrawn and why; from then on it shows no figure of it."""
    if release.withdrawn_at is None or release.released_at is None:
        raise Refusal("Only what was released and then withdrawn is announced.")
    with connections["portal"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_withdrawal (sha256, reason, withdrawn_at) VALUES (%s, %s, %s) ON CONFLICT (sha256) DO NOTHING",
            [release.sha256, release.withdrawal, release.withdrawn_at],
        )


def _record(action: str, release: Release, *, by: Person, at: datetime, reason: str = "") -> None:
    audit.record(
        action=action, at=at, by=by, hospital_id=release.hospital_id, kind="release", object_id=release.code,
        detail={"sha256": release.sha256}, reason=reason,
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
