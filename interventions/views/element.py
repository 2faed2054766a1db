"""Testable elements: the list, one with its test, writing one, asking for tests, signing a step."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from feedback.charts import sentences
from feedback.selectors import believed
from interventions import charts_evidence as charts
from interventions.actions import elements as actions
from interventions.actions.toolkits import next_states
from interventions.forms import StepForm
from interventions.forms_evidence import ElementForm
from interventions.selectors import bright_spots, practices, toolkits
from interventions.selectors import elements as selectors
from interventions.views import pages
from sites.access import policy
from sites.access.gates import requires
from sites.access.permissions import Permission as P
from sites.refusals import NotFound, Refusal

COLUMNS = ["Element", "Status", "Within hospitals", "Between hospitals", ("Done in", "", "num")]
SHAPES = {"ANECDOTE": "todo", "ASSOCIATED": "unclear", "TESTED": "current", "PROMOTED": "done", "RETIRED": "none"}
LABELS = dict(toolkits.STATES)
STEP_COLUMNS = ["When", "Step", "Signed by", "Why"]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def elements(request: HttpRequest) -> HttpResponse:
    """List the elements by measure with what the frozen cases say of each."""
    rows, tests = selectors.every(), selectors.newest_tests()
    groups: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in rows:
        line = {
            "element": row,
            "shape": SHAPES[row.state],
            **summary(tests.get(row.pk)),
            "over": row.added and row.ends_on <= request.now.date(),
        }
        groups.setdefault((row.registry_id, row.measure_code), []).append(line)
    curates = policy.can(request.authority, P.CURATE)
    context = {
        "tabs": pages.tabs(request, "interventions:elements"), "columns": COLUMNS, "curates": curates, "sentence": _sentence(rows),
        "groups": [_group(lines, selectors.bundles(registry_id=key[0], measure_code=key[1])) for key, lines in groups.items()],
        "comparisons": [one for one in bright_spots.comparisons() if one.registry_id in {row.registry_id for row in rows}] if curates else [],
    }  # fmt: skip
    return render(request, "interventions/elements.html", context)


def _sentence(rows: list[Any]) -> str:
    promoted = sum(row.state == "PROMOTED" for row in rows)
    if not rows:
        return "**Nothing can be tested yet.** An element is written from what an exemplar does."
    return f"**{promoted} of {len(rows)} elements {'is' if promoted == 1 else 'are'} promoted.** An association is not a cause; only a test tells."


def summary(test: Any) -> dict[str, str]:
    """Say in a line what a test found."""
    if test is None:
        return {"within": "not tested yet", "between": "–", "done": "–"}
    if test.refusal:
        return {"within": test.refusal[0], "between": "–", "done": "–"}
    found = test.document
    return {
        "within": charts.ratio(found["within"]),
        "between": charts.ratio(found["between"]),
        "done": f"{100 * found['varies']['overall']:.0f} %",
    }


def _group(lines: list[dict[str, Any]], tests: list[Any]) -> dict[str, Any]:
    key = f"{lines[0]['element'].registry.code}-{lines[0]['element'].measure_code}"
    title = lines[0]["element"].measure_title
    bundles = [
        {"key": f"{key}-{at}", "name": test.bundle, **bundle(test, title=title)} for at, test in enumerate(tests)
    ]
    return {"title": title, "lines": lines, "bundles": bundles}


def bundle(together: Any, *, title: str) -> dict[str, Any]:
    """Return what the page needs of a dose response: the figure, a sentence, the caveats; or why there is none."""
    if together is None:
        return {}
    if together.refusal:
        return {"refusal": together.refusal}
    found = together.document
    return {
        "chart": charts.doses(found, title=f"{title}, by how many of {len(found['elements'])} elements were done"),
        "dose_sentence": (
            f"With each further element the odds are **{found['within']['odds_ratio']:.2f} times** as high within hospitals"
            f" ({found['within']['lower']:.2f} to {found['within']['upper']:.2f}), for patients alike; between hospitals, where a tenth of an"
            f" element more is done, {found['between']['odds_ratio']:.2f} times ({found['between']['lower']:.2f} to {found['between']['upper']:.2f})."
        ),
        "caveats": found["caveats"], "about": credibility(together),
    }  # fmt: skip


def credibility(test: Any) -> list[str]:
    """Say what a test rests on: its own cases, then what was contributed to the comparison it was made with."""
    found = test.document
    kept = believed.of_comparison(comparison_id=test.comparison_id, measure_code=test.measure_code)
    rests = sentences.believed_of_all(kept)[1:]
    span, unknown = f"{found['from']} to {found['until']}", f"not known in {100 * found['unknown']:.0f} %"
    return [f"{found['cases']:,} cases", f"{found['hospitals']} hospitals", span, unknown, *rests]


@requires(P.READ_STANDING, P.READ_BLINDED)
@require_safe
def element(request: HttpRequest, code: str) -> HttpResponse:
    """Show an element: what counts as done, what the frozen cases say, how far it is proved."""
    return _page(request, code)


def _page(
    request: HttpRequest, code: str, *, form: StepForm | None = None, problems: tuple[str, ...] = (), status: int = 200
) -> HttpResponse:
    row = selectors.one(code=code)
    states = [(state, LABELS[state]) for state in next_states(row.state)]
    told = next((one for one in practices.told(on=request.now.date()) if one.practice_id == row.practice_id), None)
    context = {
        "row": row, "shape": SHAPES[row.state], "steps": selectors.steps(row), "step_columns": STEP_COLUMNS, "toolkits": selectors.toolkits_of(row),
        "practice": told, "form": (form or StepForm(states=states)) if states and policy.can(request.authority, P.CURATE) else None,
        "problems": [(words, "#content") for words in problems], "over": row.added and row.ends_on <= request.now.date(),
        "crumbs": [("Elements", reverse("interventions:elements")), (row.title, "")], **_tested(selectors.newest_test(row), title=row.title),
    }  # fmt: skip
    return render(request, "interventions/element.html", context, status=status)


def _tested(test: Any, *, title: str) -> dict[str, Any]:
    if test is None:
        return {
            "headline": "**Not tested yet.** The test is made with the next comparison, or when the centre asks for it."
        }
    if test.refusal:
        return {"headline": f"**It cannot be tested.** {' '.join(test.refusal)}"}
    found, varies = test.document, test.document["varies"]
    chart = charts.forest(
        [("Within hospitals", found["within"]), ("Between hospitals", found["between"])],
        title=f"{title}: association with {found['title']}", words="Compared",
        caption="Odds ratios on a doubling scale with 95 % intervals, for patients alike by the frozen model. Within hospitals: with it against"
        " without it. Between hospitals: for ten more in a hundred cases. Left of 1 the event is rarer with it.",
    )  # fmt: skip
    ends = ""
    if varies["low"] is not None:
        ends = f"; from {100 * varies['low']:.0f} to {100 * varies['high']:.0f} % in the middle eighty per cent of hospitals"
    return {
        "headline": _association(found), "chart": chart, "caveats": [*found["caveats"], _many(found)], "about": credibility(test),
        "varies": f"Done in {100 * varies['overall']:.0f} % of cases{ends}. {_chance(varies['reliable'])}",
        "agree": _agree(found["agreement_p"]),
    }  # fmt: skip


def _association(found: dict[str, Any]) -> str:
    within, rarer = found["within"], found["adverse"]
    if within["lower"] <= 1 <= within["upper"]:
        return "**No clear association within hospitals.** The interval holds 1."
    better = (within["odds_ratio"] < 1) == rarer
    return f"**{'Associated with better results' if better else 'Associated with worse results'} within hospitals.** An association, not a cause."


def _many(found: dict[str, Any]) -> str:
    n = found["tested"]
    return f"{n} elements of this measure are tested at once; of twenty that have nothing to do with it, one would leave out 1 by chance."


def _chance(reliable: float) -> str:
    if reliable < 0.5:
        return "Chance alone would make most of the difference between hospitals."
    return f"{100 * reliable:.0f} % of the difference between hospitals is more than chance."


def _agree(p: float) -> str:
    if p < 0.05:
        return "The two differ more than chance would make them: hospitals that use it more differ in something else as well."
    return "The two agree as far as these cases tell."


@requires(P.CURATE)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write an element."""
    known = {row.code: row for row in toolkits.registries()}
    choices = [(row.code, row.title) for row in known.values()]
    posted = request.method == "POST"
    form = ElementForm(
        request.POST if posted else None, registries=choices, initial={"practice": request.GET.get("practice", "")[:12]}
    )
    problems: tuple[str, ...] = ()
    if posted and form.is_valid():
        given = dict(form.cleaned_data)
        given["registry"] = known[given["registry"]]
        of = given.pop("practice")
        practice = practices.one(code=of, hospital_ids=request.authority.hospitals(P.CURATE)) if of else None
        try:
            if of and practice is None:
                raise Refusal("There is no practice with this code.")
            made = actions.write(
                **given, practice_id=practice.pk if practice else None, by=request.user, at=request.now
            )
        except Refusal as refusal:
            problems = refusal.reasons
        else:
            if made.added:
                messages.info(request, "A draft of the dictionary holds the new element. Look at it under Dictionary, then publish it.")
            return redirect("interventions:element", code=made.code)
    context = {
        "form": form, "problems": [(words, "#content") for words in problems],
        "crumbs": [("Elements", reverse("interventions:elements")), ("New", "")],
    }  # fmt: skip
    return render(request, "interventions/element_new.html", context, status=400 if posted else 200)


@requires(P.CURATE)
@require_POST
def test(request: HttpRequest) -> HttpResponse:
    """Ask for a test of every element of a registry."""
    chosen = {row.code: row for row in bright_spots.comparisons()}.get(request.POST.get("comparison", ""))
    if chosen is None:
        raise NotFound
    actions.ask_for_tests(comparison=chosen, by=request.user, at=request.now)
    messages.info(request, "The tests run now; reload the page in a minute. The same cases give the same tests.")
    return redirect("interventions:elements")


@requires(P.CURATE)
@require_POST
def step(request: HttpRequest, code: str) -> HttpResponse:
    """Sign a step."""
    row = selectors.one(code=code)
    form = StepForm(request.POST, states=[(state, LABELS[state]) for state in next_states(row.state)])
    if not form.is_valid():
        return _page(request, code, form=form, status=400)
    try:
        actions.step(
            element=row, to=form.cleaned_data["to"], reason=form.cleaned_data["reason"], by=request.user, at=request.now
        )
    except Refusal as refusal:
        return _page(request, code, problems=refusal.reasons, status=400)
    messages.success(request, "The step is signed.")
    return redirect("interventions:element", code=code)
