"""What is eligible and how cycles are drawn, version by version; the centre publishes the next one."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from registry.actions import cycles as actions
from registry.actions.cycles import Procedure
from registry.intake.dates import day_in
from registry.selectors import definitions, sampling
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotAllowed, NotFound, Refusal

MOST_LINES = 500


@requires(P.READ_CATALOGUE)
@require_http_methods(["GET", "HEAD", "POST"])
def rules(request: HttpRequest, registry: str) -> HttpResponse:
    """Show the versions; publish the next list or the next rules."""
    found = definitions.registry(code=registry)
    may_publish = policy.can(request.authority, P.DEFINE)
    problems: tuple[str, ...] = ()
    if request.method == "POST":
        if not may_publish:
            raise NotAllowed("Only the coordinating centre publishes what is sampled.")
        try:
            words = _publish(request, found)
        except NotFound:
            raise
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            messages.success(request, words)
            return redirect("registry:sampling-rules", registry=registry)
    versions, lists = sampling.rules(found), sampling.procedure_lists(found)
    latest = versions[-1] if versions else None
    context = {
        "registry": found,
        "versions": versions[::-1],
        "lists": lists[::-1],
        "latest_list": lists[-1] if lists else None,
        "may_publish": may_publish,
        "problems": [(words, "#publish") for words in problems],
        "given": request.POST if problems else _given(latest, lists),
        "procedure_columns": ["Code", "Procedure", "Group"],
    }
    return render(request, "registry/sampling_rules.html", context, status=400 if problems else 200)


def _given(latest: Any, lists: list[Any]) -> dict[str, str]:
    """Fill the forms with what holds now, so that one changes only what changes."""
    listed = "\n".join(f"{record['code']}; {record['label']}; {record['group']}" for record in lists[-1].procedures) if lists else ""
    return {
        "core": str(latest.core_per_cycle) if latest else "25",
        "caps": "\n".join(f"{group} = {n}" for group, n in sorted(latest.caps.items())) if latest else "",
        "rare": ", ".join(latest.rare) if latest else "",
        "risk_mix": ", ".join(latest.risk_mix) if latest else "",
        "procedures": listed,
        "element": lists[-1].element if lists else "",
    }


def _publish(request: HttpRequest, registry: Any) -> str:
    sent = request.POST
    starts_on = day_in(sent.get("starts_on"))
    if starts_on is None:
        raise Refusal("Say from which day the version holds.")
    if sent.get("what") == "list":
        procedures = _procedures(sent.get("procedures", ""))
        element = sent.get("element", "").strip()
        made = actions.publish_list(registry=registry, starts_on=starts_on, element=element, procedures=procedures, by=request.user, at=request.now)
        return f"List {made.number} of eligible procedures is published."
    core = sent.get("core", "").strip()
    if not core.isdecimal() or len(core) > 3:
        raise Refusal("Say how many core cases a cycle has at most: a whole number.")
    made = actions.publish_rules(
        registry=registry, starts_on=starts_on, core=int(core), caps=_caps(sent.get("caps", "")), rare=_names(sent.get("rare", "")),
        risk_mix=_names(sent.get("risk_mix", "")), by=request.user, at=request.now,
    )  # fmt: skip
    return f"Sampling rules {made.number} are published."


def _names(text: str) -> list[str]:
    return [name for part in text.replace("\n", ",").split(",") if (name := part.strip())]


def _caps(text: str) -> dict[str, int]:
    caps = {}
    for line in text.splitlines():
        group, sign, n = (part.strip() for part in line.partition("="))
        if not line.strip():
            continue
        if not sign or not n.isdecimal() or len(n) > 3:
            raise Refusal(f"“{line.strip()[:60]}” is no cap. Write a group, an equals sign and a number.")
        caps[group] = int(n)
    return caps


def _procedures(text: str) -> list[Procedure]:
    lines = [line for line in text.splitlines() if line.strip()][:MOST_LINES]
    found = []
    for cells in csv.reader(io.StringIO("\n".join(lines)), delimiter=";"):
        if len(cells) != 3:
            raise Refusal(f"“{'; '.join(cells)[:60]}” is no procedure. Write code; words; group.")
        code, label, group = (cell.strip() for cell in cells)
        found.append(Procedure(code=code, label=label[:120], group=group[:40]))
    return found
