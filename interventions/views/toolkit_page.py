"""A toolkit's page as every view of it renders it: what it is, how far it is proved, whether it helped, what it could mean here."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from feedback.charts import sentences
from feedback.selectors import believed
from interventions import charts, charts_evidence
from interventions.actions import toolkits as actions
from interventions.forms import AdoptForm, StepForm
from interventions.forms_evidence import MaterialForm
from interventions.selectors import bright_spots, materials
from interventions.selectors import toolkits as selectors
from interventions.views import toolkit_evidence
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.selectors import hospitals

SHAPES = {"ANECDOTE": "todo", "ASSOCIATED": "unclear", "TESTED": "current", "PROMOTED": "done", "RETIRED": "none"}
STEP_COLUMNS = ["When", "Step", "Signed by", "Why"]
NOBODY_YET = "**Nobody has tried it long enough.** The answer is worked out with the next comparison after a start."


def page(
    request: HttpRequest, code: str, *, step_form: StepForm | None = None, adopt_form: AdoptForm | None = None,
    material_form: MaterialForm | None = None, problems: tuple[str, ...] = (), status: int = 200,
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
        "files": materials.of_toolkit(row.pk), "material_note": "Read by whoever reads the library.",
        "material_form": (material_form or MaterialForm()) if policy.can(request.authority, P.CURATE) and row.state != "RETIRED" else None,
        "material_url": reverse("interventions:toolkit-material", args=[row.code]),
        "means": [_means(row, impact, hospital_id=pk, name=name) for pk, name in own],
        **_helped(request, row, impact), **toolkit_evidence.context(request, row, impact=impact),
    }  # fmt: skip
    return render(request, "interventions/toolkit.html", context, status=status)


def _learnt(code: str, named: dict[str, str]) -> str:
    if not code:
        return ""
    return f"Learnt from {named[code]}." if code in named else "Learnt from a hospital of the collaborative that is not named."


def _helped(request: HttpRequest, row: Any, impact: Any) -> dict[str, Any]:
    if impact is None:
        return {"verdict": NOBODY_YET, "caveats": [], "rests": []}
    document = impact.document
    head, *caveats = document["sentences"]
    shown: dict[str, Any] = {
        "verdict": f"**{head}**", "caveats": caveats, "until": document["until"],
        "own_series": [
            (
                one.hospital.name, _own_course(one), one.document, f"own-{one.hospital.code.lower()}", _own_words(one.document),
                _own_line(impact, row, one.hospital_id),
            )
            for one in selectors.own_series(impact, hospital_ids=request.authority.own_hospitals)
        ],
    }  # fmt: skip
    line = sentences.believed_of_all(believed.of_comparison(comparison_id=impact.comparison_id, measure_code=row.measure_code))
    shown["rests"] = line
    if "effect" in document:
        shown["rests"] = [f"{document['events']['cases']:,} cases under the change", *line]
        shown["chart"] = charts.event_study(document, sentence="", title=f"{row.title}: effect by quarter")
        shown["facts"] = _facts(document)
    return shown


def _own_line(impact: Any, row: Any, hospital_id: int) -> list[str]:
    found = believed.of_hospital(comparison_id=impact.comparison_id, measure_code=row.measure_code, hospital_id=hospital_id)
    return sentences.credibility(found[0], window=found[1], provisional=False) if found else []


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
