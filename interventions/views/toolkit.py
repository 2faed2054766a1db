"""The library: browse, read a toolkit with its evidence and whether it helped, write one, take a step."""


from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions.actions import toolkits as actions
from interventions.forms import StepForm, ToolkitForm
from interventions.selectors import practices
from interventions.selectors import toolkits as selectors
from interventions.views import pages, toolkit_page
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal

COLUMNS = ["Toolkit", "Measure", "Effort", "Evidence", ("Hospitals", "used", "num"), "Did it help?"]
LABELS = {"measure": "Measure", "effort": "Effort", "state": "Evidence"}


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """List the toolkits that hold the words looked for, of a measure, an effort and a state of evidence."""
    words = request.GET.get("q", "")[:100]
    every = selectors.library(words="")
    choices = {
        "measure": list(dict.fromkeys((row.measure_code, row.measure_title) for row in every)),
        "effort": selectors.EFFORTS, "state": selectors.STATES,
    }  # fmt: skip
    chosen = {name: value if (value := request.GET.get(name, "")) in dict(known) else "" for name, known in choices.items()}
    said = {pk: impact.document["sentences"][0] for pk, impact in selectors.newest_impacts().items()}
    used = practices.use(on=request.now.date())
    rows = [
        {
            "toolkit": row,
            "shape": toolkit_page.SHAPES[row.state],
            "said": said.get(row.pk, "Nobody has tried yet."),
            "used": used.get(row.pk, (None,))[0],
        }
        for row in selectors.library(words=words, **chosen)
    ]
    if request.GET.get("sort") == "-used":
        rows.sort(key=lambda row: -(row["used"] or 0))
    promoted = sum(1 for row in every if row.state == "PROMOTED")
    many = {0: "No toolkit is", 1: "**One toolkit is**"}.get(promoted, f"**{promoted} toolkits are**")
    context = {
        "tabs": pages.tabs(request, "interventions:library"), "sort": "-used" if request.GET.get("sort") == "-used" else "",
        "rows": rows, "columns": COLUMNS, "words": words, "sentence": f"{many} promoted. You choose what to work on; nothing here is prescribed.",
        "curates": policy.can(request.authority, P.CURATE), "looking": bool(words or any(chosen.values())),
        "filters": [(name, LABELS[name], known, chosen[name]) for name, known in choices.items()],
    }  # fmt: skip
    return render(request, "interventions/library.html", context)


@requires(P.CURATE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write a toolkit."""
    known = {row.code: row for row in selectors.registries()}
    form = ToolkitForm(request.POST if request.method == "POST" else None, registries=[(row.code, row.title) for row in known.values()])
    problems: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        given["registry"] = known[given["registry"]]
        given["balancing"] = tuple(given["balancing"].lower().replace(",", " ").split())
        given["components"] = [line.strip() for line in given["components"].splitlines() if line.strip()]
        try:
            made = actions.write(**given, by=request.user, at=request.now)
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            return redirect("interventions:toolkit", code=made.code)
    crumbs = [("Library", reverse("interventions:library")), ("New", "")]
    context = {"form": form, "problems": [(words, "#content") for words in problems], "crumbs": crumbs}
    return render(request, "interventions/new_toolkit.html", context, status=400 if request.method == "POST" else 200)


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def toolkit(request: HttpRequest, code: str) -> HttpResponse:
    """Show a toolkit: what it is, how far it is proved, whether it helped, and what it could mean here."""
    return toolkit_page.page(request, code)


@requires(P.CURATE)
@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Take a step of evidence."""
    row = selectors.one(code=code)
    form = StepForm(request.POST, states=[(state, row.State(state).label) for state in actions.next_states(row.state)])
    if not form.is_valid():
        return toolkit_page.page(request, code, step_form=form, status=400)
    actions.step(toolkit=row, to=form.cleaned_data["to"], reason=form.cleaned_data["reason"], by=request.user, at=request.now)
    messages.success(request, "The step is signed.")
    return redirect("interventions:toolkit", code=code)
