"""The cards: record what was done, ask for a waiver or appeal, decide, work the cards out, make the totals final."""

import hashlib
import json
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from interventions.actions import scorecards as years
from interventions.models import Scorecard, ScoreEntry, ScoreRequest, ScoreStanding, ScoreTotal
from interventions.scorecard.refusal import ScoreRefusal
from interventions.scorecard.rules import COLLABORATIVE, PARTICIPATION, PERFORMANCE, Rules
from interventions.scorecard.score import Card, Line, Reading, score
from interventions.selectors import score_readings, scorecards
from sites import audit
from sites.models import Person
from sites.refusals import NotFound, Refusal

Status = ScoreRequest.Status


def record(
    *,
    scorecard: Scorecard,
    hospital_ids: tuple[int, ...],
    item: str,
    on_day: date,
    words: str,
    withdrawn: bool,
    by: Person,
    at: datetime,
) -> None:
    """Record that hospitals did what a counted item asks for, or withdraw one such record; with the words of its evidence."""
    rules = _open(scorecard)
    asked = next((one for one in rules.items if one.code == item and one.source in ("recorded", "attendance")), None)
    if asked is None:
        raise Refusal("This item is not one that the centre records.")
    if on_day.year != scorecard.year or on_day > at.date():
        raise Refusal(f"Give a day of {scorecard.year}, not later than today.")
    if not words.strip():
        raise Refusal("Say what was done and where it can be read.")
    ScoreEntry.objects.bulk_create(
        ScoreEntry(
            scorecard=scorecard,
            hospital_id=one,
            item=item,
            on_day=on_day,
            words=words,
            withdrawn=withdrawn,
            at=at,
            by=by,
        )
        for one in hospital_ids
    )
    for hospital_id in hospital_ids:
        audit.record(
            action="withdraw a record of the scorecard" if withdrawn else "record for the scorecard", at=at, by=by, hospital_id=hospital_id,
            kind="scorecard", object_id=scorecard.code, detail={"item": item, "on": on_day.isoformat()},
        )  # fmt: skip
    years.refresh(scorecard, by=by, at=at)


def ask(
    *, scorecard: Scorecard, hospital_id: int, kind: str, item: str, words: str, by: Person, at: datetime
) -> ScoreRequest:
    """Ask for a waiver until the totals are final, or appeal while the window is open."""
    rules = _open(scorecard)
    asked = next((one for one in rules.items if one.code == item), None)
    if asked is None or kind not in ScoreRequest.Kind.values:
        raise Refusal("Choose what you ask for, and the item.")
    if kind == "WAIVER" and asked.scope == COLLABORATIVE:
        raise Refusal("What the hospitals reach together cannot be waived for one.")
    if kind == "APPEAL" and (scorecard.appeals_until is None or at.date() > scorecard.appeals_until):
        raise Refusal("Appeals are open after the year, for as long as the rules say.")
    if not words.strip():
        raise Refusal("Say why.")
    if ScoreRequest.objects.filter(
        scorecard=scorecard, hospital_id=hospital_id, kind=kind, item=item, status=Status.ASKED
    ).exists():
        raise Refusal("This was asked already and waits for the centre.")
    made = ScoreRequest.objects.create(
        scorecard=scorecard, hospital_id=hospital_id, kind=kind, item=item, words=words, asked_at=at, asked_by=by
    )
    audit.record(
        action=f"ask for a {made.get_kind_display()}", at=at, by=by, hospital_id=hospital_id, kind="scorecard", object_id=scorecard.code,
        detail={"item": item},
    )  # fmt: skip
    return made


def decide(
    *,
    scorecard: Scorecard,
    hospital_id: int,
    request_id: int,
    grant: bool,
    share: float | None,
    reason: str,
    by: Person,
    at: datetime,
) -> None:
    """Decide what a hospital asked, once, with a reason; an appeal that is granted says what share of the weight it earns."""
    _open(scorecard)
    rows = ScoreRequest.objects.select_for_update().filter(pk=request_id, scorecard=scorecard, hospital_id=hospital_id)
    row = rows.first()
    if row is None:
        raise NotFound
    if row.status != Status.ASKED:
        raise Refusal("This was decided already.")
    if not reason.strip():
        raise Refusal("Say why: the hospital reads it.")
    if row.kind == "APPEAL" and grant and (share is None or not 0 <= share <= 1):
        raise Refusal("Say what share of the weight the appeal earns, 0 to 100 per cent.")
    row.status, row.reason, row.decided_at, row.decided_by = (
        Status.GRANTED if grant else Status.DECLINED,
        reason,
        at,
        by,
    )
    row.share = share if row.kind == "APPEAL" and grant else None
    row.save(update_fields=["status", "reason", "share", "decided_at", "decided_by"])
    audit.record(
        action=f"decide a {row.get_kind_display()}", at=at, by=by, hospital_id=hospital_id, kind="scorecard", object_id=scorecard.code,
        detail={"item": row.item, "granted": grant}, reason=reason,
    )  # fmt: skip
    years.refresh(scorecard, by=by, at=at)


def _open(scorecard: Scorecard) -> Rules:
    if scorecard.frozen_at is None or scorecard.final_at is not None:
        raise Refusal("This scorecard is not open: its rules are not frozen yet, or its totals are final.")
    return scorecards.rules(scorecard)


def work_out(*, scorecard: Scorecard, at: datetime) -> dict[int, Card]:
    """Work out every hospital's card and keep it: in full for the hospital, participation alone for the centre. Run by the job."""
    rules, hospitals = scorecards.rules(scorecard), scorecards.taking_part(scorecard)
    ids = tuple(hospital.pk for hospital, _ in hospitals)
    readings = {
        item.code: score_readings.of(item, scorecard=scorecard, hospital_ids=ids, today=at.date()) for item in rules.items
    }  # fmt: skip
    asked: dict[int, list[ScoreRequest]] = {}
    for row in scorecards.requests(scorecard=scorecard):
        if row.status == Status.GRANTED:
            asked.setdefault(row.hospital_id, []).append(row)
    made: dict[int, Card] = {}
    for hospital, joined_on in hospitals:
        granted = asked.get(hospital.pk, [])
        known = {
            code: found.get(hospital.pk, Reading(settled=_over(scorecard, at))) for code, found in readings.items()
        }
        try:
            made[hospital.pk] = score(
                rules, rules.cohort(joined_on), known, waived=frozenset(row.item for row in granted if row.kind == "WAIVER"),
                upheld={row.item: row.share for row in granted if row.kind == "APPEAL"},
            )  # fmt: skip
        except ScoreRefusal:
            continue
    _keep(scorecard, made, rules=rules, at=at)
    return made


def _over(scorecard: Scorecard, at: datetime) -> bool:
    return at.date() >= date(scorecard.year + 1, 1, 1)


def _keep(scorecard: Scorecard, made: dict[int, Card], *, rules: Rules, at: datetime) -> None:
    rows = [
        ScoreStanding(
            scorecard=scorecard, hospital_id=hospital_id, audience=audience, document=build(card, rules), at=at
        )
        for hospital_id, card in made.items()
        for audience, build in (("OWN", whole), ("CENTRE", participation))
    ]
    ScoreStanding.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["scorecard", "hospital", "audience"],
        update_fields=["document", "at"],
    )


def whole(card: Card, rules: Rules) -> dict[str, Any]:
    """Return a card as its hospital reads it."""
    return {
        "cohort": _title(card, rules), "lines": [_line(line) for line in card.lines], "participation": round(card.of_kind(PARTICIPATION), 4),
        "performance": round(card.of_kind(PERFORMANCE), 4), "points": round(card.points, 4), "earnable": round(card.earnable, 4),
        "lost": round(card.lost, 4),
    }  # fmt: skip


def participation(card: Card, rules: Rules) -> dict[str, Any]:
    """Return what the centre reads: participation by the weights of the rules, so that nothing of performance shows through them."""
    lines = [
        _unscaled(line, rules.item(line.code).weights[card.cohort]) for line in card.lines if line.kind == PARTICIPATION
    ]
    return {
        "cohort": _title(card, rules), "lines": [_line(line) for line in lines],
        **{name: round(sum(getattr(line, name) for line in lines), 4) for name in ("weight", "points", "earnable", "lost")},
    }  # fmt: skip


def _title(card: Card, rules: Rules) -> str:
    return next(cohort.title for cohort in rules.cohorts if cohort.code == card.cohort)


def _unscaled(line: Line, weight: float) -> Line:
    factor = weight / line.weight if line.weight else 0.0
    return replace(
        line,
        weight=line.weight * factor,
        points=line.points * factor,
        earnable=line.earnable * factor,
        lost=line.lost * factor,
    )


def _line(line: Line) -> dict[str, Any]:
    return {
        "code": line.code, "title": line.title, "why": line.why, "kind": line.kind, "scope": line.scope, "state": line.state,
        "weight": round(line.weight, 4), "points": round(line.points, 4), "earnable": round(line.earnable, 4), "lost": round(line.lost, 4),
        "route": line.route, "words": line.reading.words, "evidence": [[words, page, list(given)] for words, page, given in line.reading.evidence],
        "value": line.reading.value, "baseline": line.reading.baseline, "reliability": line.reading.reliability,
    }  # fmt: skip


def finish(*, scorecard: Scorecard, at: datetime) -> int:
    """Work the cards out a last time and keep each total with the hash of its card; nothing changes afterwards. Run by the job."""
    if scorecard.final_at is None or scorecards.totals(scorecard=scorecard):
        return 0
    made = work_out(scorecard=scorecard, at=at)
    rows = ScoreStanding.objects.filter(scorecard=scorecard, audience="OWN", hospital_id__in=made)
    digests = {
        row.hospital_id: hashlib.sha256(json.dumps(row.document, sort_keys=True).encode()).hexdigest() for row in rows
    }
    ScoreTotal.objects.bulk_create(
        ScoreTotal(
            scorecard=scorecard, hospital_id=hospital_id, total=Decimal(f"{card.points:.1f}"), digest=digests[hospital_id], at=at
        )
        for hospital_id, card in made.items()
    )  # fmt: skip
    return len(made)
