"""Edit rules: the list, one rule with its trial, writing one, trying, publishing and retiring it; and the overrides."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.actions import rules as actions
from registry.rule_form import RuleForm
from registry.selectors import definitions, rules
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

COLUMNS = ["Rule", "What it says", "State", ("Would fire", "", "num"), "Since"]
WHERE_COLUMNS = ["Hospital", ("Cases", "", "num"), ("Would fire", "", "num"), ("Share", "", "num")]
OVERRIDE_COLUMNS = ["Check", "Hospital", ("Kept", "", "num"), ("Cases", "", "num"), "Reasons given", "Latest"]
SHAPES = {"DRAFT": ("todo", "draft"), "TRIED": ("current", "tried"), "PUBLISHED": ("done", "in force"), "RETIRED": ("none", "retired")}


def _defines(request: HttpRequest) -> bool:
    return policy.can(request.authority, P.DEFINE)


@requires(P.READ_CATALOGUE)
@require_safe
def list_page(request: HttpRequest) -> HttpResponse:
    """List the rules: those in force for everybody, drafts for who defines."""
    found = rules.listed(with_drafts=_defines(request))
    context = {"rows": [(rule, *SHAPES[rule.status]) for rule in found], "columns": COLUMNS, "defines": _defines(request)}
    return render(request, "registry/rules.html", context)


@requires(P.READ_CATALOGUE)
@require_safe
def page(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Show a rule: what it says, where it would fire, who wrote and who published it."""
    return _page(request, rule_id)


def _page(request: HttpRequest, rule_id: int, *, problems: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    rule, defines = rules.one(rule_id=rule_id, with_drafts=_defines(request)), _defines(request)
    where, versions = rules.where(rule) if defines else ([], [])
    shape, words = SHAPES[rule.status]
    n_hits, n_cases = rule.trial.get("n_hits", 0), rule.trial.get("n_cases", 0)
    job = rule.trial_job
    working = job is not None and job.finished_at is None
    context = {
        "rule": rule,
        "shape": shape,
        "words": words,
        "defines": defines,
        "own": rule.author_id == request.user.pk,
        "where": [line for line in where if line.n_hits],
        "n_silent": sum(1 for line in where if not line.n_hits),
        "where_columns": WHERE_COLUMNS,
        "versions": versions,
        "missing": rules.missing_versions(rule, versions) if versions else [],
        "sentence": _sentence(n_hits, n_cases, tried=rule.status == "TRIED") if rule.tried_at else "",
        "problems": [(line, "#publish") for line in problems],
        "working": working,
        "failed": job.error.split("\n") if job is not None and job.status == "FAILED" else [],
        "progress": job_progress(job),
        "credibility": [rule.registry.title, words, f"version {rule.version}", *([f"tried on {n_cases:,} cases"] if rule.tried_at else [])],
    }
    return render(request, "registry/rule.html", context, status=status)


def _sentence(n_hits: int, n_cases: int, *, tried: bool) -> str:
    if not n_cases:
        return "There was **no stored case** to try it on."
    verb = "It would fire in" if tried else "When it was tried, it fired in"
    if not n_hits:
        return f"{verb} **none** of {n_cases:,} stored cases."
    return f"{verb} **{n_hits:,} of {n_cases:,}** stored cases ({100 * n_hits / n_cases:.1f}\u2009%)."


def job_progress(job: Any) -> dict[str, Any]:
    if job is None:
        return {"words": "", "finished": True}
    done = job.finished_at is not None
    words = "Done" if done else job.progress.get("words") or "Waiting for a worker"
    return {"words": words, "done": job.progress.get("done", 0), "total": job.progress.get("of", 0), "finished": done}


@requires(P.DEFINE)
@require_safe
def progress(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Say how far a trial is; the page asks again."""
    said = job_progress(rules.one(rule_id=rule_id, with_drafts=True).trial_job)
    response = render(request, "registry/upload_progress.html", {"progress": said, "url": request.path})
    if said["finished"] and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@requires(P.DEFINE)
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest) -> HttpResponse:
    """Write a new rule, or the next version of one (?of=<id>)."""
    registries = definitions.registries()
    of = request.GET.get("of", "")
    before = rules.one(rule_id=int(of), with_drafts=True) if of.isdecimal() and len(of) < 10 else None
    form = RuleForm(request.POST or None, registries=registries, initial=RuleForm.told(before) if before else {"severity": "soft"})
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.write(
                registry=form.chosen_registry, code=form.cleaned_data["code"], wording=form.wording(), by=request.user, at=request.now
            )
            return redirect("registry:rule", rule_id=made.pk)
        except Refusal as refusal:
            form.add_error(None, list(refusal.reasons))
    return render(request, "registry/rule_form.html", {"form": form, "rule": None}, status=400 if form.is_bound else 200)


@requires(P.DEFINE)
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Change a draft."""
    rule = rules.one(rule_id=rule_id, with_drafts=True)
    form = RuleForm(request.POST or None, registries=[rule.registry], initial=RuleForm.told(rule))
    if request.method == "POST" and form.is_valid():
        try:
            actions.change(rule_id=rule.pk, wording=form.wording(), by=request.user, at=request.now)
            return redirect("registry:rule", rule_id=rule.pk)
        except Refusal as refusal:
            form.add_error(None, list(refusal.reasons))
    return render(request, "registry/rule_form.html", {"form": form, "rule": rule}, status=400 if form.is_bound else 200)


def _act(request: HttpRequest, rule_id: int, name: str) -> HttpResponse:
    rule = rules.one(rule_id=rule_id, with_drafts=True)
    given = {"rule_id": rule.pk, "by": request.user, "at": request.now}
    try:
        if name == "try":
            actions.start_trial(**given)
        elif name == "publish":
            actions.publish(**given, ask=request.POST.get("ask", ""))
            messages.success(request, f"{rule.code} is in force: in the form, in files and in the API.")
        else:
            actions.retire(**given, reason=request.POST.get("reason", ""))
            messages.success(request, f"{rule.code} is retired.")
    except Refusal as refusal:
        return _page(request, rule_id, problems=refusal.reasons, status=400)
    return redirect("registry:rule", rule_id=rule_id)


@requires(P.DEFINE)
@require_POST
def start_trial(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Try a draft on every stored case."""
    return _act(request, rule_id, "try")


@requires(P.DEFINE)
@require_POST
def publish(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Publish a tried rule that somebody else wrote."""
    return _act(request, rule_id, "publish")


@requires(P.DEFINE)
@require_POST
def retire(request: HttpRequest, rule_id: int) -> HttpResponse:
    """Take a rule out of force."""
    return _act(request, rule_id, "retire")


@requires(P.DEFINE)
@require_safe
def overrides(request: HttpRequest) -> HttpResponse:
    """List the findings that hospitals kept with a reason: by check and hospital, without any case."""
    code = request.GET.get("code", "")[:80]
    found = [(registry, rules.overrides(registry_id=registry.pk, code=code)) for registry in definitions.registries()]
    context = {"registries": [(registry, lines) for registry, lines in found if lines], "columns": OVERRIDE_COLUMNS, "code": code}
    return render(request, "registry/overrides.html", context)
