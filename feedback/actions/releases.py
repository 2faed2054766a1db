"""Prepare, check and deliver aggregates to the payer; two people, no way around the rules."""

import hashlib
import json
from datetime import date, datetime

from django.db import connection, connections

from feedback import disclosure, joint_disclosure
from feedback.models import MeasureRun, Release, SiteResult
from registry.models import Snapshot
from sites import audit, outbox
from sites.codes import random_code
from sites.models import Person
from sites.refusals import Refusal

NEVER = "It never contains a case, a patient, a surgeon or a hospital."
CONTRADICTS = (
    "The counts contradict an earlier release of the same periods, because cases were revised since. Together they would"
    " show what was revised; wait for periods that were not released yet."
)
BUILDING = 0x0C_A1_5E_A2
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


def contributions_of(*, run: MeasureRun) -> list[disclosure.Contribution]:
    """Return what each hospital brings to the aggregate, without saying which; only a job reaches these rows."""
    documents = SiteResult.objects.filter(run=run).values_list("document", flat=True)
    return [disclosure.Contribution(denominator=row["n"], numerator=row["observed"]) for row in documents]


def statement(*, run: MeasureRun) -> joint_disclosure.Statement:
    """Return a run's aggregate as the auditor of all releases reads it: every contributing hospital in every period."""
    documents = SiteResult.objects.filter(run=run).values_list("hospital_id", "document__n", "document__observed")
    rows = [(hospital, n, observed) for hospital, n, observed in documents if n > 0]
    periods = set(Snapshot.objects.filter(pk__in=run.comparison.snapshot_ids).values_list("period_id", flat=True))
    return joint_disclosure.Statement(
        measure=f"{run.comparison.registry_id} {run.measure.code}",
        atoms=frozenset(joint_disclosure.Atom(site=site, part=part) for site, _, _ in rows for part in periods),
        denominator=disclosure.rounded(sum(n for _, n, _ in rows)),
        numerator=disclosure.rounded(sum(observed for _, _, observed in rows)),
    )


def reasons_against_all(*, release: Release) -> tuple[str, ...]:
    """Return what the payer could work out from this release and every other that left or waits, as reasons against it."""
    stands = Release.objects.filter(status__in=[Release.Status.SUBMITTED, Release.Status.RELEASED])
    others = stands.exclude(pk=release.pk).select_related("run__comparison", "run__measure").order_by("pk")
    statements = [statement(run=row.run) for row in [*others, release]]
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
    run = release.run
    contributions = contributions_of(run=run)
    reasons = reasons_against(run=run, contributions=contributions, today=today) or reasons_against_all(release=release)
    if reasons:
        raise Refusal(*reasons)
    cell = disclosure.cell(group="The whole collaborative", contributions=contributions)
    body = {
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
    release.artefact = json.dumps(body, sort_keys=True, indent=1, ensure_ascii=False).encode()
    release.sha256 = hashlib.sha256(release.artefact).hexdigest()
    release.status = Release.Status.SUBMITTED
    release.save(update_fields=["artefact", "sha256", "status"])


def refuse(*, release: Release, reasons: tuple[str, ...]) -> None:
    """Withdraw a draft that the rules forbid, keeping every reason; nobody can override them."""
    release.status = Release.Status.WITHDRAWN
    release.reason = "\n".join(reasons)
    release.save(update_fields=["status", "reason"])


def check(*, release: Release, approve: bool, reason: str, by: Person, at: datetime) -> None:
    """Release or reject what somebody else prepared; approval, trail and delivery job commit together."""
    if release.prepared_by_id == by.pk:
        raise Refusal("You prepared this release, so somebody else must check it.")
    if not approve and not reason.strip():
        raise Refusal("Write why it is rejected; whoever prepared it will read the reason.")
    status = Release.Status.RELEASED if approve else Release.Status.REJECTED
    changed = Release.objects.filter(pk=release.pk, status=Release.Status.SUBMITTED).update(
        status=status, checked_by=by, checked_at=at, reason=reason
    )
    if not changed:
        raise Refusal("Only a release that waits for a checker can be checked. Reload the page.")
    words = "release to the payer" if approve else "reject release"
    audit.record(
        action=words,
        at=at,
        by=by,
        kind="release",
        object_id=release.code,
        detail={"sha256": release.sha256},
        reason=reason,
    )
    if approve:
        outbox.after_commit("feedback.deliver", at=at, by=by, key=f"deliver {release.sha256}", release=release.pk)


def withdraw(*, release: Release, by: Person, at: datetime) -> None:
    """Take back a release that nobody has checked yet."""
    changed = Release.objects.filter(pk=release.pk, status__in=[Release.Status.DRAFT, Release.Status.SUBMITTED]).update(
        status=Release.Status.WITHDRAWN
    )
    if not changed:
        raise Refusal("This release is final; it cannot be withdrawn.")
    audit.record(action="withdraw release", at=at, by=by, kind="release", object_id=release.code)


def deliver(*, release: Release, at: datetime) -> None:
    """Insert the artefact into the portal's database, once for the same bytes."""
    body = bytes(release.artefact)
    if release.status != Release.Status.RELEASED or hashlib.sha256(body).hexdigest() != release.sha256:
        raise Refusal("Only a released artefact whose bytes match its hash is delivered.")
    with connections["portal"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_artefact (sha256, title, period, body, released_at) VALUES (%s, %s, %s, %s, %s)"
            " ON CONFLICT (sha256) DO NOTHING",
            [release.sha256, release.title, json.loads(body)["period"], body, release.checked_at],
        )
    Release.objects.filter(pk=release.pk).update(delivered_at=at)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
