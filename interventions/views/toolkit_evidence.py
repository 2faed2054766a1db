"""What a toolkit's page shows beside the verdict: tests of its elements, practices, checks, versions, discussion."""

from typing import Any

from django.http import HttpRequest

from interventions.forms_evidence import AskForm, CommentForm, FlagForm, RuleForm, VersionForm
from interventions.selectors import elements, practices, toolkits
from interventions.views import element as element_page
from sites.access import policy
from sites.access.permissions import Permission as P

ELEMENT_COLUMNS = ["Element", "Status", "Within hospitals", "Between hospitals", ("Done in", "", "num")]
BESIDE_COLUMNS = ["What", "Declared as", ("Per 100 cases (95 % interval)", "", "num"), "In words"]
ROLES = {"BALANCING": "balancing measure", "PROCESS": "what is done"}


def context(request: HttpRequest, row: Any, *, impact: Any) -> dict[str, Any]:
    """Return what the evidence, the checks, the versions and the discussion of a toolkit's page need."""
    today = request.now.date()
    curates = policy.can(request.authority, P.CURATE)
    asked, together = elements.of_toolkit(row)
    told, untold = practices.of_toolkit(row, on=today)
    versions = toolkits.versions(row)
    speaks = curates or policy.can(request.authority, P.READ_STANDING)
    return {
        "element_columns": ELEMENT_COLUMNS,
        "element_rows": [{"element": one, "shape": element_page.SHAPES[one.state], **element_page.summary(test)} for one, test in asked],
        "bundle": element_page.bundle(together, title=row.measure_title), "told": told, "untold": untold,
        "older": versions[1:], "change": versions[0].change, "in_use": in_use(practices.use(on=today).get(row.pk)),
        "comments": practices.comments(row), "comment_form": CommentForm() if speaks else None, "flag_form": FlagForm(),
        "flagged": practices.flagged(row) if curates else [], "rule_form": RuleForm(),
        "version_form": VersionForm(initial={"components": "\n".join(versions[0].components)}) if curates and row.state != "RETIRED" else None,
        "ask_form": ask_form(request, row) if curates else None, "beside_columns": BESIDE_COLUMNS,
        **(_checked(impact.document) if impact else {}),
    }  # fmt: skip


def in_use(found: tuple[int, int | None] | None) -> str:
    """Say how many hospitals use a toolkit, as far as that may be said."""
    if found is None:
        return "Fewer than five other hospitals use it."
    hospitals, adapted = found
    more = (
        "" if adapted is None else f"; {adapted} of them do something differently, which is recorded and not forbidden"
    )
    return f"{hospitals} hospitals use it now{more}."


def ask_form(request: HttpRequest, row: Any, data: Any = None) -> AskForm:
    """Offer the elements and practices that the toolkit does not have yet."""
    reached = practices.reached(hospital_ids=request.authority.hospitals(P.CURATE))
    known = [(one.code, one.title) for one in reached if one.exemplar.registry_id == row.registry_id]
    return AskForm(data, elements=[(one.code, one.title) for one in elements.not_of(row)], practices=known)


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    """Return the checks of an assessment, and what was looked at beside its outcome."""
    if "effect" not in document:
        return {}
    made_up = document.get("placebos", [])
    checks = [
        (f"A start made up {_quarters(one['shift'])} before the offer, per 100 cases", _effect(one["effect"]))
        for one in made_up
    ]
    checks = checks or [("A made-up earlier start", "too few quarters before the offer")]
    if document.get("without"):
        low, high = document["without"]
        checks.append(
            ("The effect with any one hospital left out, per 100 cases", f"between {_number(low)} and {_number(high)}")
        )
    before = document["before"]
    p = before["p"] if before else None
    checks.append(
        ("Were those who started on another course before?", "cannot be tested" if p is None else f"p = {p:.3f}")
    )
    second = _effect(document["second"]) if document["second"] else "cannot be had"
    checks.append(("By the second method (Callaway and Sant’Anna), per 100 cases", second))
    return {"checks": checks, "beside": [_beside(one) for one in document.get("beside", [])]}


def _beside(one: dict[str, Any]) -> dict[str, str]:
    words = one["words"]
    if one["moved"] is not None:
        effect = one["effect"]["value"]
        way = "more often" if effect > 0 else "less often"
        words = f"It happens {way} than without the change." if one["moved"] else "No clear change."
    return {
        "title": one["title"],
        "role": ROLES[one["role"]],
        "effect": _effect(one["effect"]) if one.get("effect") else "–",
        "words": words,
    }


def _quarters(n: int) -> str:
    return "one quarter" if n == 1 else f"{n} quarters"


def _number(value: float) -> str:
    return f"{100 * value:+.1f}".replace("-", "−")


def _effect(effect: dict[str, Any]) -> str:
    if effect["lower"] is None:
        return _number(effect["value"])
    return f"{_number(effect['value'])} ({_number(effect['lower'])} to {_number(effect['upper'])})"
