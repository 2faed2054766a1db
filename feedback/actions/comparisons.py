"""Request, run, publish and discard comparisons."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Func, TextField, Value

from feedback import blinding
from feedback.models import (
    CaseLedger,
    Comparison,
    MeasureRun,
    MeasureVersion,
    ReferenceModel,
    SiteResult,
    Standing,
    SurgeonResult,
)
from feedback.outcome import MeasureOutcome
from registry.models import Registry, Snapshot
from sites import audit, outbox
from sites.codes import random_code
from sites.models import Person
from sites.refusals import Refusal


def request(*, registry: Registry, snapshots: list[Snapshot], label: str, by: Person, at: datetime) -> Comparison:
    """Ask for a comparison over an ordered window of snapshots; a job computes it."""
    if not snapshots:
        raise Refusal("Close a reporting period first; a comparison speaks about frozen periods.")
    measures = latest_measures(registry=registry)
    if not measures:
        raise Refusal("Load a measure first; there is nothing to compare.")
    comparison = Comparison.objects.create(
        code=random_code(),
        registry=registry,
        snapshot_ids=[snapshot.pk for snapshot in snapshots],
        label=label,
        settings={"measures": [measure.pk for measure in measures], "seed": 1},
        requested_by=by,
        requested_at=at,
    )
    comparison.job = outbox.after_commit("feedback.compare", at=at, by=by, comparison=comparison.pk)
    comparison.save(update_fields=["job"])
    audit.record(
        action="request comparison",
        at=at,
        by=by,
        kind="comparison",
        object_id=comparison.code,
        detail={"snapshots": [snapshot.digest for snapshot in snapshots]},
    )
    return comparison


def latest_measures(*, registry: Registry) -> list[MeasureVersion]:
    """Return the newest version of each measure of a registry, by code."""
    newest: dict[str, MeasureVersion] = {}
    for version in MeasureVersion.objects.filter(registry=registry).order_by("code", "number"):
        newest[version.code] = version
    return list(newest.values())


def store(*, comparison: Comparison, measure: MeasureVersion, outcome: MeasureOutcome) -> MeasureRun:
    """Insert everything a measure gave, once; the digest is over the canonical bytes of all of it."""
    run = MeasureRun.objects.create(
        comparison=comparison,
        measure=measure,
        refusal=list(outcome.refusal),
        model=outcome.model,
        summary=outcome.summary,
        digest=digest_of(outcome),
    )
    SiteResult.objects.bulk_create(
        [SiteResult(run=run, hospital_id=h, document=document) for h, document in sorted(outcome.results.items())]
    )
    CaseLedger.objects.bulk_create(
        [
            CaseLedger(
                run=run,
                hospital_id=h,
                case_codes=_array(ledger.case_codes, kind="text"),
                status=_array(ledger.status, kind="smallint"),
                reasons=_array(ledger.reasons, kind="text"),
                expected=_array(ledger.expected, kind="float8"),
            )
            for h, ledger in sorted(outcome.ledgers.items())
        ]
    )
    SurgeonResult.objects.bulk_create(
        [SurgeonResult(run=run, person_id=p, document=document) for p, document in sorted(outcome.surgeons.items())]
    )
    return run


def _array(values: Sequence[str | int | float | None], *, kind: str) -> Func:
    """Hand an array over as one JSON text: a driver that quotes each of 30,000 elements takes longer than the insert."""
    return Func(
        Value(json.dumps(values, allow_nan=False)),
        template=f"ARRAY(SELECT jsonb_array_elements_text(%(expressions)s::jsonb))::{kind}[]",
        output_field=TextField(),
    )


def digest_of(outcome: MeasureOutcome) -> str:
    """Return the SHA-256 of all that a measure gave, in canonical JSON: equal inputs give equal bytes."""
    return hashlib.sha256(canonical(outcome.to_document())).hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write a document as canonical JSON; a number that is not finite is a defect."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def finish(*, comparison: Comparison, at: datetime, n_left_out: int = 0) -> None:
    """Mark a comparison as computed, for review; how many hospitals had not agreed to it stands beside it, not which."""
    runs = MeasureRun.objects.filter(comparison=comparison).order_by("measure__code").values_list("digest", flat=True)
    comparison.status = Comparison.Status.FINISHED
    comparison.digest = hashlib.sha256("".join(runs).encode()).hexdigest()
    comparison.finished_at = at
    comparison.settings = comparison.settings | ({"left_out": n_left_out} if n_left_out else {})
    comparison.save(update_fields=["status", "digest", "finished_at", "settings"])


def fail(*, comparison: Comparison, reasons: tuple[str, ...], at: datetime) -> None:
    """Keep why a comparison could not be made at all."""
    comparison.status = Comparison.Status.FAILED
    comparison.settings = comparison.settings | {"refused": list(reasons)}
    comparison.finished_at = at
    comparison.save(update_fields=["status", "settings", "finished_at"])


def publish(*, comparison: Comparison, by: Person, at: datetime) -> None:
    """Ask for publication; a job writes the blinded standings, and only then the hospitals see anything."""
    changed = Comparison.objects.filter(pk=comparison.pk, status=Comparison.Status.FINISHED).update(
        status=Comparison.Status.PUBLISHING, published_by=by
    )
    if not changed:
        raise Refusal("Only a finished comparison can be published. Reload the page to see where it stands.")
    job = outbox.after_commit("feedback.publish", at=at, by=by, comparison=comparison.pk)
    Comparison.objects.filter(pk=comparison.pk).update(job=job)
    audit.record(action="publish comparison", at=at, by=by, kind="comparison", object_id=comparison.code)


def discard(*, comparison: Comparison, by: Person, at: datetime, reason: str) -> None:
    """Put a finished comparison aside; it stays readable to the centre and never reaches a hospital."""
    changed = Comparison.objects.filter(pk=comparison.pk, status=Comparison.Status.FINISHED).update(
        status=Comparison.Status.DISCARDED
    )
    if not changed:
        raise Refusal("Only a finished comparison can be discarded.")
    audit.record(action="discard comparison", at=at, by=by, kind="comparison", object_id=comparison.code, reason=reason)


def write_standings(*, run: MeasureRun, own_sets: tuple[tuple[int, ...], ...]) -> int:
    """Write the blinded standing of each own-hospital set that has none yet; return how many were written."""
    results = dict(SiteResult.objects.filter(run=run).values_list("hospital_id", "document"))
    present = {tuple(own_set) for own_set in Standing.objects.filter(run=run).values_list("own_set", flat=True)}
    if run.refusal:
        return 0
    reference = {"model": _reference_words(run), "points": run.summary["reference"]["points"]}
    change = blinding.moved([*_contributed_before(run), {h for h, result in results.items() if result["n"] > 0}])
    made = [
        Standing(
            run=run,
            own_set=list(own_set),
            document=blinding.standing(
                own_set=own_set,
                results=results,
                measure=run.summary["measure"],
                window=run.summary["window"],
                collaborative=run.summary["rate"],
                achievable=run.summary["achievable"],
                change=change,
                reference=reference,
            ).to_document(),
        )
        for own_set in own_sets
        if own_set not in present
    ]
    Standing.objects.bulk_create(made)
    return len(made)


def _reference_words(run: MeasureRun) -> dict[str, str | None]:
    """Name the model a run's trends stand against: what it was fitted to, and since when it is frozen.

    A run that found no frozen model stands against its own; that one is frozen by the first publication.
    """
    found = (
        ReferenceModel.objects.filter(
            registry=run.comparison.registry,
            measure_code=run.measure.code,
            frozen_at__lte=run.comparison.finished_at,
        )
        .select_related("run__comparison")
        .order_by("frozen_at")
        .first()
    )
    if found is None:
        return {"label": run.comparison.label, "frozen_on": None}
    return {"label": found.run.comparison.label, "frozen_on": found.frozen_at.date().isoformat()}


def _contributed_before(run: MeasureRun) -> list[set[int]]:
    """Return which hospitals had counted cases in each earlier published run of the same measure, oldest first."""
    earlier = MeasureRun.objects.filter(
        comparison__registry=run.comparison.registry,
        comparison__status=Comparison.Status.PUBLISHED,
        measure__code=run.measure.code,
    )
    if run.comparison.published_at is not None:
        earlier = earlier.filter(comparison__published_at__lt=run.comparison.published_at)
    order = list(earlier.order_by("comparison__published_at", "comparison_id").values_list("pk", flat=True))
    found: dict[int, set[int]] = {pk: set() for pk in order}
    counted = SiteResult.objects.filter(run_id__in=order, document__n__gt=0)
    for run_id, hospital_id in counted.values_list("run_id", "hospital_id"):
        found[run_id].add(hospital_id)
    return [hospitals for hospitals in found.values() if hospitals]


def freeze_reference(*, run: MeasureRun, by: Person | None, at: datetime) -> None:
    """Keep the first published model of a measure as the frozen reference of its trends."""
    known = ReferenceModel.objects.filter(registry=run.comparison.registry, measure_code=run.measure.code)
    if run.refusal or known.exists():
        return
    ReferenceModel.objects.create(
        registry=run.comparison.registry,
        measure_code=run.measure.code,
        run=run,
        document=run.model,
        frozen_at=at,
        frozen_by=by,
    )


def mark_published(*, comparison: Comparison, at: datetime) -> None:
    """Open a comparison to the hospitals."""
    comparison.status = Comparison.Status.PUBLISHED
    comparison.published_at = at
    comparison.save(update_fields=["status", "published_at"])
