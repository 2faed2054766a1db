"""This floor's part of the home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from feedback.charts import priorities
from feedback.selectors import comparisons as comparison_selectors
from feedback.selectors import dashboard as selectors
from feedback.selectors import releases as release_selectors
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.selectors import agreements

SHOWN = 3


@requires(P.READ_STANDING, P.READ_BLINDED, P.PREPARE_RELEASES, P.CHECK_RELEASES)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what this floor has for the person: own priorities, comparisons to review, releases to check."""
    rows = [*_waiting(request), *_standing(request)]
    return render(request, "feedback/home_panel.html", {"rows": rows})


def _standing(request: HttpRequest) -> list[tuple]:
    reach = request.authority.hospitals(P.READ_STANDING)
    if not reach:
        return []
    names = {hospital_id: request.own_names[hospital_id] for hospital_id in reach}
    shelves = selectors.shelves(hospital_ids=reach)
    found = [
        row
        for seen in selectors.read(tuple(key for shelf in shelves for key in shelf.keys))
        for row in priorities.rows(seen, names=names, today=request.now.date())
    ]
    return [
        (
            row.shape,
            row.sentence,
            " · ".join(row.credibility),
            reverse("feedback:standing-measure", args=[row.registry, row.code]),
            "Look",
            row.spark,
        )
        for row in priorities.first(found)
    ]


def _waiting(request: HttpRequest) -> list[tuple]:
    rows = []
    if policy.can(request.authority, P.PUBLISH_COMPARISONS) or policy.can(request.authority, P.RUN_COMPARISONS):
        rows += [
            (
                "due",
                f"The comparison {row.label} is computed and waits for review.",
                "",
                reverse("feedback:comparison", args=[row.code]),
                "Review",
            )
            for row in comparison_selectors.listed().filter(status="FINISHED")[:SHOWN]
        ]
    if policy.can(request.authority, P.CHECK_RELEASES):
        rows += [
            (
                "due",
                f"The preview of “{row.title}” is over; it can be released.",
                "",
                reverse("feedback:release", args=[row.code]),
                "Look",
            )
            for row in release_selectors.ready(today=request.now.date())
        ][:SHOWN]
        rows += [
            (
                "due",
                f"The release “{row.title}” waits for a checker.",
                "",
                reverse("feedback:release", args=[row.code]),
                "Check",
            )
            for row in release_selectors.waiting_for(person_id=request.user.pk)
        ][:SHOWN]
    if policy.can(request.authority, P.AGREE):
        reach = request.authority.hospitals(P.AGREE)
        if agreements.left_out(hospital_ids=reach, purpose="QI", on=request.now.date()):
            words = "Your hospital has **not agreed** to quality improvement; it enters neither the next comparison nor the next release."
            rows.append(("warning", words, "", reverse("feedback:agreements"), "Read"))
        rows += [
            (
                "current",
                f"“{row.title}” is to go to the payer. Your hospital may object until **{row.preview_until:%-d %B}**.",
                "",
                reverse("feedback:payer-release", args=[row.code]),
                "Look",
            )
            for row in release_selectors.in_preview()
        ][:SHOWN]
    return rows
