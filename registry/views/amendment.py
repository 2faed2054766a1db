"""Amendments: propose a change to a case of a closed period; a second person decides."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from registry.actions import amendments as amendment_actions
from registry.actions import case_reads
from registry.actions.cases import Change
from registry.forms import AmendForm, ReasonForm, amendable, amended_value, value_control
from registry.selectors import cases
from registry.views import case_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal


@requires(P.ENTER_CASES)
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a field, give its new value and the reason."""
    page = case_page.read(request, code)
    policy.require(request.authority, P.ENTER_CASES, hospital_id=page.case.hospital_id)
    if page.is_open:
        return redirect("registry:case", code=code)
    case_reads.opened(case=page.case, by=request.user, at=request.now, part="amend")
    chosen = request.POST.get("element") or request.GET.get("element", "")
    form = AmendForm(request.POST or None, initial={"element": chosen}, elements=amendable(page.dictionary))
    if request.method == "POST" and form.is_valid():
        name = form.cleaned_data["element"]
        changes = {name: Change(known=page.answers.get(name, ""), new=amended_value(page.dictionary, name, request.POST.get("value", "")))}
        try:
            amendment_actions.propose(
                case_id=page.case.pk, changes=changes, reason=form.cleaned_data["reason"], by=request.user, at=request.now
            )
            messages.success(request, "The change is proposed. Somebody else at your hospital decides on it.")
            return redirect("registry:case", code=code)
        except Refusal as refusal:
            form.add_error(None, " ".join(refusal.reasons))
    control = value_control(page.dictionary, page.answers, chosen)
    context = case_page.head(page, now=request.now) | {"form": form, "control": control}
    return render(request, "registry/amend.html", context, status=400 if form.is_bound else 200)


@requires(P.AMEND_CASES, P.ENTER_CASES)
@require_safe
def amendments(request: HttpRequest) -> HttpResponse:
    """List the proposed changes that wait."""
    return _listed(request)


def _listed(request: HttpRequest, *, errors: tuple[str, ...] = (), status: int = 200) -> HttpResponse:
    reach = request.authority.hospitals(P.AMEND_CASES) or request.authority.hospitals(P.ENTER_CASES)
    lines = cases.amendments(hospital_ids=reach, person_id=request.user.pk)
    may_decide = policy.can(request.authority, P.AMEND_CASES)
    context = {"lines": lines, "may_decide": may_decide, "form": ReasonForm(), "errors": errors}
    return render(request, "registry/amendments.html", context, status=status)


@requires(P.AMEND_CASES)
@require_POST
def approve(request: HttpRequest, amendment_id: int) -> HttpResponse:
    """Approve a change and make it."""
    found = cases.one_amendment(amendment_id=amendment_id, hospital_ids=request.authority.hospitals(P.AMEND_CASES))
    try:
        amendment_actions.approve(amendment_id=found.pk, by=request.user, at=request.now)
    except Refusal as refusal:
        return _listed(request, errors=refusal.reasons, status=400)
    messages.success(request, f"Case {found.case.key} is amended.")
    return redirect("registry:amendments")


@requires(P.AMEND_CASES)
@require_POST
def refuse(request: HttpRequest, amendment_id: int) -> HttpResponse:
    """Refuse a change, with a reason."""
    found = cases.one_amendment(amendment_id=amendment_id, hospital_ids=request.authority.hospitals(P.AMEND_CASES))
    try:
        amendment_actions.refuse(amendment_id=found.pk, reason=request.POST.get("reason", ""), by=request.user, at=request.now)
    except Refusal as refusal:
        return _listed(request, errors=refusal.reasons, status=400)
    messages.success(request, "The change is refused; its author sees why.")
    return redirect("registry:amendments")
