"""The library: browse, read a toolkit with its evidence and whether it helped, write one, take a step."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from interventions import charts, charts_evidence
from interventions.actions import toolkits as actions
from interventions.forms import AdoptForm, StepForm, ToolkitForm
from interventions.selectors import bright_spots, practices
from interventions.selectors import toolkits as selectors
from interventions.views import evidence, pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import Refusal
from sites.selectors import hospitals

COLUMNS = ["Toolkit", "Measure", "Effort", "Evidence", ("Hospitals", "used", "num"), "Did it help?"]
LABELS = {"measure": "Measure", "effort": "Effort", "state": "Evidence"}
SHAPES = {"ANECDOTE": "todo", "ASSOCIATED": "unclear", "TESTED": "current", "PROMOTED": "done", "RETIRED": "none"}
STEP_COLUMNS = ["When", "Step", "Signed by", "Why"]


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
        {"toolkit": row, "shape": SHAPES[row.state], "said": said.get(row.pk, "Nobody has tried yet."), "used": used.get(row.pk, (None,))[0]}
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
    return page(request, code)


def page(
    request: HttpRequest, code: str, *, step_form: StepForm | None = None, adopt_form: AdoptForm | None = None,
    problems: tuple[str, ...] = (), status: int = 200,
) -> HttpResponse:  # fmt: skip
    """Render a toolkit's page, with a form that was refused where there is one."""
    row = selectors.one(code=code)
    version, impact = selectors.newest_version(row), selectors.newest_impact(row)
    own = [(one.pk, one.name) for one in hospitals.reached(hospital_ids=request.authority.hospitals(P.ADOPT))]
    states = [(state, row.State(state).label) for state in actions.next_states(row.state)]
    named = {one.code: one.hospital for one in bright_spots.named(on=request.now.date())}
    context = {
        "toolkit": row, "version": version, "shape": SHAPES[row.state], "steps": selectors.steps(row), "step_columns": STEP_COLUMNS,
        "learnt": _learnt(version.learnt_from, named),
        "own_adoptions": selectors.adoptions(hospital_ids=request.authority.own_hospitals, toolkit=row),
        "crumbs": [("Library", reverse("interventions:library")), (row.title, "")], "problems": [(words, "#content") for words in problems],
        "step_form": (step_form or StepForm(states=states)) if states and policy.can(request.authority, P.CURATE) else None,
        "adopt_form": (adopt_form or AdoptForm(hospitals=own)) if own and row.state != "RETIRED" else None,
        "means": [_means(row, impact, hospital_id=pk, name=name) for pk, name in own],
        **_helped(request, row, impact), **evidence.context(request, row, impact=impact),
    }  # fmt: skip
    return render(request, "interventions/toolkit.html", context, status=status)


def _learnt(code: str, named: dict[str, str]) -> str:
    if not code:
        return ""
    return f"Learnt from {named[code]}." if code in named else "Learnt from a hospital of the collaborative that is not named."


def _helped(request: HttpRequest, row: Any, impact: Any) -> dict[str, Any]:
    if impact is None:
        return {"verdict": "**Nobody has tried it long enough.** The answer is worked out with the next comparison after a start.", "caveats": []}
    document = impact.document
    head, *caveats = document["sentences"]
    shown: dict[str, Any] = {
        "verdict": f"**{head}**", "caveats": caveats, "until": document["until"],
        "own_series": [
            (one.hospital.name, _own_course(one), one.document, f"own-{one.hospital.code.lower()}", _own_words(one.document))
            for one in selectors.own_series(impact, hospital_ids=request.authority.own_hospitals)
        ],
    }  # fmt: skip
    if "effect" in document:
        shown["chart"] = charts.event_study(document, sentence="", title=f"{row.title}: effect by quarter")
        shown["facts"] = _facts(document)
    return shown


def _own_words(document: dict[str, Any]) -> str:
    """Say what one series shows against its own course before, with the interval; not what brought it about."""
    mean = document.get("alone", {}).get("mean")
    if mean is None:
        return ""
    value, low, high = (f"{100 * mean[name]:+.1f}".replace("-", "−") for name in ("value", "lower", "upper"))
    return f"Against its own course before the start: {value} events per 100 cases ({low} to {high})."


def _own_course(one: Any) -> Any:
    return charts_evidence.own_course(one.document, table=charts.own_table(one.document, hospital=one.hospital.name))


def _facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    events = document["events"]
    low, high = (events["lower"], events["upper"])
    facts = [("Hospitals that started, and that had not", f"{document['adopters']} and {document['comparators']}")]
    facts.append(("Cases under the change", f"{events['cases']:,}"))
    if low is not None:
        facts.append(("Events avoided (95 % interval)", f"{events['prevented']:.0f} ({low:.0f} to {high:.0f})".replace("-", "−")))
    facts.append(("Chance of such a difference with start dates dealt by lot", f"p = {document['p']:.3f}"))
    return facts


def _means(row: Any, impact: Any, *, hospital_id: int, name: str) -> dict[str, str]:
    """Say the own baseline and what the toolkit could bring here, or why that cannot be said."""
    base = selectors.baseline(row, hospital_id=hospital_id)
    if base is None or not base.expected:
        return {"name": name, "words": "Your hospital has no published result of this measure yet."}
    words = f"{base.observed:.0f} in {base.n:,} cases where {base.expected:.1f} were expected ({base.label})."
    document = impact.document if impact else {}
    if document.get("verdict") != "HELPED":
        return {"name": name, "words": words, "gain": "What it would bring here is not known: no effect has been shown yet."}
    effect = document["effect"]
    ends = sorted((-effect["upper"] * base.n, -effect["lower"] * base.n))
    gain = f"If it does here what it did on average, {-effect['value'] * base.n:.0f} events fewer in as many cases ({ends[0]:.0f} to {ends[1]:.0f})."
    return {"name": name, "words": words, "gain": gain.replace("-", "−")}


@requires(P.CURATE)
@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Take a step of evidence."""
    row = selectors.one(code=code)
    form = StepForm(request.POST, states=[(state, row.State(state).label) for state in actions.next_states(row.state)])
    if not form.is_valid():
        return page(request, code, step_form=form, status=400)
    actions.step(toolkit=row, to=form.cleaned_data["to"], reason=form.cleaned_data["reason"], by=request.user, at=request.now)
    messages.success(request, "The step is signed.")
    return redirect("interventions:toolkit", code=code)
