"""Agreements and consents: what each hospital has agreed to, who may be named where, and the words that change it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from feedback.actions import consents as consent_actions
from feedback.forms_agreements import AcceptForm, ConsentForm, EndAgreementForm, PublishForm
from feedback.selectors import consents
from sites.access import policy
from sites.access.gates import fresh, requires
from sites.access.permissions import Permission as P
from sites.actions import agreements as actions
from sites.refusals import NotFound
from sites.selectors import agreements, hospitals

COLUMNS = ["Hospital", "Agreement", "State", "By", "In which capacity"]
CONSENT_COLUMNS = ["Hospital", "Measure", "Who may read the name", "Until", "State"]
# More hospitals than this are read as a table of purposes, those that lack most first.
FEW = 3
NAMED_COLUMNS = ["Hospital", "Measure", "Who may read the name", "Until"]


@requires(P.READ_AGREEMENTS)
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what was agreed and consented to, at one's hospitals or, for the centre, at all."""
    return _page(request)


def _page(request: HttpRequest, *, status: int = 200, **forms: Any) -> HttpResponse:
    reach, own = request.authority.hospitals(P.READ_AGREEMENTS), request.authority.hospitals(P.AGREE)
    names, today = hospitals.names(hospital_ids=reach), request.now.date()
    own_names = {pk: names[pk] for pk in own}
    standings = agreements.standings(hospital_ids=tuple(sorted(names, key=names.get)), on=today)
    measures = consents.measures(hospital_ids=own) if own else []
    context = {
        "newest": agreements.newest(),
        "rows": [{"standing": row, "hospital": names[row.hospital_id]} for row in standings],
        "columns": COLUMNS,
        "matrix": _matrix(standings, names) if len(names) > FEW else [],
        "matrix_columns": ["Hospital", *(row.get_purpose_display().capitalize() for row in agreements.newest())],
        "sentence": _sentence(standings, centre=request.authority.is_centre),
        "consents": [
            {"consent": row, "holds": row.revoked_at is None and row.expires_on > today, "may": row.hospital_id in own}
            for row in consents.of(hospital_ids=reach)
        ],
        "consent_columns": CONSENT_COLUMNS,
        "named": consents.named(on=today),
        "named_columns": NAMED_COLUMNS,
        "accept_form": forms.get("accept") or (AcceptForm(hospitals=own_names) if own else None),
        "end_form": forms.get("end") or (EndAgreementForm(hospitals=own_names) if own else None),
        "consent_form": forms.get("consent")
        or (ConsentForm(hospitals=own_names, measures=measures) if measures else None),
        "publish_form": forms.get("publish")
        or (PublishForm() if policy.can(request.authority, P.ENROL_HOSPITALS) else None),
        "open_form": next(iter(forms), ""),
    }
    return render(request, "feedback/agreements.html", context, status=status)


def _matrix(standings: list[agreements.Standing], names: dict[int, str]) -> list[dict[str, Any]]:
    rows: dict[int, list[agreements.Standing]] = {}
    for row in standings:
        rows.setdefault(row.hospital_id, []).append(row)
    ordered = sorted(rows, key=lambda pk: ([row.holds for row in rows[pk]], names[pk]))
    return [{"hospital": names[pk], "standings": rows[pk]} for pk in ordered]


def _counts(standings: list[agreements.Standing]) -> str:
    held: dict[str, list[bool]] = {}
    for row in standings:
        held.setdefault(row.agreement.get_purpose_display(), []).append(row.holds)
    words = [f"**{'all' if all(each) else sum(each) or 'none'}** agreed to {purpose}" for purpose, each in held.items()]
    return ", ".join(words)


def _sentence(standings: list[agreements.Standing], *, centre: bool) -> str:
    missing = [row for row in standings if not row.holds]
    if not standings:
        return "No agreement has been published yet."
    if centre:
        return f"Of {len({row.hospital_id for row in standings})} hospitals {_counts(standings)}. What is not agreed is not done."
    purposes = ", ".join(sorted({row.agreement.get_purpose_display() for row in missing}))
    return (
        f"Not agreed: **{purposes}**. What is not agreed is not done."
        if missing
        else "Everything asked for is **agreed**."
    )


def _own(request: HttpRequest) -> dict[int, str]:
    return hospitals.names(hospital_ids=request.authority.hospitals(P.AGREE))


@requires(P.AGREE)
@require_POST
def accept(request: HttpRequest) -> HttpResponse:
    """Accept the newest version of an agreement for one's hospital."""
    form = AcceptForm(request.POST, hospitals=_own(request))
    if not form.is_valid():
        return _page(request, accept=form, status=400)
    clean = form.cleaned_data
    found = next((row for row in agreements.newest() if str(row.pk) == clean["agreement"]), None)
    if found is None:
        raise NotFound
    actions.accept(
        agreement=found, hospital_id=clean["hospital"], capacity=clean["capacity"], by=request.user, at=request.now
    )
    return redirect("feedback:agreements")


@requires(P.AGREE)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End an agreement of one's hospital."""
    form = EndAgreementForm(request.POST, hospitals=_own(request))
    if not form.is_valid():
        return _page(request, end=form, status=400)
    clean = form.cleaned_data
    actions.end(
        purpose=clean["purpose"], hospital_id=clean["hospital"], reason=clean["reason"], by=request.user, at=request.now
    )
    return redirect("feedback:agreements")


@requires(P.AGREE)
@fresh
@require_POST
def give(request: HttpRequest) -> HttpResponse:
    """Consent that one's hospital is named beside a measure."""
    own = _own(request)
    measures = consents.measures(hospital_ids=tuple(own))
    form = ConsentForm(request.POST, hospitals=own, measures=measures)
    if not form.is_valid():
        return _page(request, consent=form, status=400)
    clean = form.cleaned_data
    measure = next(row for row in measures if str(row.pk) == clean["measure"])
    consent_actions.give(
        hospital_id=clean["hospital"], measure=measure, audience=clean["audience"], expires_on=clean["expires_on"],
        by=request.user, at=request.now,
    )  # fmt: skip
    return redirect("feedback:agreements")


@requires(P.AGREE)
@require_POST
def revoke(request: HttpRequest, consent_id: int) -> HttpResponse:
    """Take a consent of one's hospital back."""
    reach = request.authority.hospitals(P.AGREE)
    consent_actions.revoke(consent_id=consent_id, hospital_ids=reach, by=request.user, at=request.now)
    return redirect("feedback:agreements")


@requires(P.ENROL_HOSPITALS)
@require_POST
def publish(request: HttpRequest) -> HttpResponse:
    """Publish the next version of an agreement."""
    form = PublishForm(request.POST)
    if not form.is_valid():
        return _page(request, publish=form, status=400)
    clean = form.cleaned_data
    actions.publish(
        purpose=clean["purpose"], title=clean["title"], text=clean["text"], required_from=clean["required_from"],
        by=request.user, at=request.now,
    )  # fmt: skip
    return redirect("feedback:agreements")
