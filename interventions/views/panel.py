"""This floor's part of the home page: what to do next, and what was learnt, for site leads and surgeons."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from interventions.selectors import bright_spots, plan, recognition, toolkits
from interventions.selectors import help as helps
from sites.access.gates import requires
from sites.access.permissions import Permission as P

SHOWN = 5
NEWS = timedelta(days=60)
Row = tuple[str, str, str, str, str]


@requires(P.READ_STANDING)
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Draw at most five rows: what waits for an answer, what is due, what is new."""
    rows = [*_asked(request), *_planned(request), *_found(request)]
    return render(request, "interventions/home_panel.html", {"rows": rows[:SHOWN]})


def _asked(request: HttpRequest) -> list[Row]:
    """Invitations, requests of peers, peers that agreed, recognitions nobody has looked at: the site lead's."""
    own = request.authority.hospitals(P.ADOPT)
    if not own:
        return []
    rows: list[Row] = [
        ("due", f"Your hospital is invited to say what it does: **{row.measure_title}**.", "",
         reverse("interventions:invitation", args=[row.code]), "Answer")
        for row in bright_spots.exemplars(hospital_ids=own) if row.state == "INVITED"
    ]  # fmt: skip
    known = helps.introductions()
    agreed = sum(
        1
        for row in helps.requests(hospital_ids=own)
        if row.state == "OPEN" and row.code in known and known[row.code].agreed
    )
    asked = sum(1 for row in helps.offers(hospital_ids=own) if row.state == "ASKED")
    where = reverse("interventions:help")
    rows += [("due", "A hospital that overcame what you met **agreed to help**.", "", where, "Get introduced")] * bool(
        agreed
    )
    rows += [("due", "A hospital **asks for your help** with something you overcame.", "", where, "Read")] * bool(asked)
    earned = [row for row in recognition.earned(hospital_ids=own) if row.state == "PRIVATE"]
    rows += [
        ("saved", f"Your hospital earned: **{row.rule.title}**.", "", reverse("interventions:recognition"), "Read")
        for row in earned[:1]
    ]
    return rows


def _of(one: plan.Shown, several: bool) -> str:
    """Name the hospital to somebody of more than one."""
    return f" ({one.row.hospital.name})" if several else ""


def _planned(request: HttpRequest) -> list[Row]:
    """Next steps whose day has come or comes this week, and for a site lead without a plan how to begin one."""
    reach = request.authority.hospitals(P.READ_STANDING)
    running = [one for one in plan.priorities(hospital_ids=reach) if one.row.state == "OPEN"]
    soon = request.now.date() + timedelta(days=7)
    several = len(reach) > 1
    rows: list[Row] = [
        ("due" if one.following.due_on <= request.now.date() else "todo", f"**{one.row.measure_title}**{_of(one, several)}: {one.following.words}",
         f"by {one.following.due_on:%-d %b}", reverse("interventions:plan", args=[one.row.code]), "Open")
        for one in running if one.following is not None and one.following.due_on <= soon
    ]  # fmt: skip
    if not running and request.authority.hospitals(P.ADOPT) and plan.reports(hospital_ids=reach):
        rows.append(
            (
                "todo",
                "Nothing is planned yet. **Choose up to three** things from your standing.",
                "",
                reverse("interventions:plans"),
                "Plan",
            )
        )
    return rows


def _found(request: HttpRequest) -> list[Row]:
    """Whether what the own hospital adopted helped, as long as the answer is new."""
    held = {row.toolkit_id: row.toolkit for row in toolkits.adoptions(hospital_ids=request.authority.own_hospitals)}
    return [
        ("current", f"{held[pk].title}: {impact.document['sentences'][0]}", "",
         reverse("interventions:toolkit", args=[held[pk].code]), "Did it help?")
        for pk, impact in toolkits.newest_impacts().items()
        if pk in held and impact.at >= request.now - NEWS
    ]  # fmt: skip
