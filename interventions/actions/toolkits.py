"""Toolkits: write one and its versions, and take a step in its evidence. Signed, with reasons kept."""

from datetime import date, datetime

from feedback.models import MeasureVersion
from interventions.models import EvidenceStep, Toolkit, ToolkitVersion
from registry.models import Registry
from sites import audit
from sites.models import Person
from sites.refusals import Refusal

ORDER = (Toolkit.State.ANECDOTE, Toolkit.State.ASSOCIATED, Toolkit.State.TESTED, Toolkit.State.PROMOTED)


def next_states(state: str) -> tuple[str, ...]:
    """Return what may follow: the next step, or retirement; nothing follows that."""
    if state == Toolkit.State.RETIRED:
        return ()
    at = ORDER.index(Toolkit.State(state))
    return (*ORDER[at + 1 : at + 2], Toolkit.State.RETIRED)


def write(
    *, registry: Registry, code: str, title: str, measure_code: str, summary: str, effort: str, offered_on: date,
    components: list[str], learnt_from: str, by: Person, at: datetime, balancing: tuple[str, ...] = (),
) -> Toolkit:  # fmt: skip
    """Write a toolkit with its first version. The day it is first on offer is declared once: baselines end there.

    balancing: the measures that might get worse in exchange, declared beforehand like the outcome.
    """
    version = MeasureVersion.objects.filter(registry=registry, code=measure_code).order_by("-number").first()
    if version is None:
        raise Refusal("This registry has no such measure.")
    known = set(MeasureVersion.objects.filter(registry=registry, code__in=balancing).values_list("code", flat=True))
    if set(balancing) - known or measure_code in balancing:
        raise Refusal("Balancing measures are other measures of this registry, by their short names.")
    if offered_on < at.date():
        raise Refusal("A toolkit is on offer from today on, or later; who starts before cannot be compared fairly.")
    if Toolkit.objects.filter(code=code).exists():
        raise Refusal("There is a toolkit with this short name already.")
    made = Toolkit.objects.create(
        code=code, registry=registry, title=title, measure_code=measure_code, measure_title=version.title, summary=summary, effort=effort,
        offered_on=offered_on, balancing=list(dict.fromkeys(balancing)), made_at=at,
    )  # fmt: skip
    _version(made, number=1, components=components, learnt_from=learnt_from, by=by, at=at)
    audit.record(action="write toolkit", at=at, by=by, kind="toolkit", object_id=code, detail={"offered_on": offered_on.isoformat()})
    return made


def renew(*, toolkit: Toolkit, components: list[str], change: str, by: Person, at: datetime) -> ToolkitVersion:
    """Write the next version, with what changed and why. Who adopted an earlier one keeps it; the earlier ones stay readable."""
    row = Toolkit.objects.select_for_update().get(pk=toolkit.pk)
    if row.state == Toolkit.State.RETIRED:
        raise Refusal("This toolkit is retired.")
    newest = ToolkitVersion.objects.filter(toolkit=row).order_by("-number").first()
    if not change.strip():
        raise Refusal("Say what changed and why.")
    if components == newest.components:
        raise Refusal("These are the components of the newest version already.")
    made = _version(row, number=newest.number + 1, components=components, learnt_from=newest.learnt_from, change=change, by=by, at=at)
    audit.record(action="renew toolkit", at=at, by=by, kind="toolkit", object_id=row.code, detail={"version": made.number})
    return made


def _version(
    toolkit: Toolkit, *, number: int, components: list[str], learnt_from: str, by: Person, at: datetime, change: str = ""
) -> ToolkitVersion:
    if not components:
        raise Refusal("Name at least one component: what is done, by whom, when.")
    return ToolkitVersion.objects.create(
        toolkit=toolkit, number=number, components=components, learnt_from=learnt_from, change=change, by=by, at=at
    )


def step(*, toolkit: Toolkit, to: str, reason: str, by: Person, at: datetime) -> None:
    """Take a toolkit one step further, or retire it, with the reason."""
    row = Toolkit.objects.select_for_update().get(pk=toolkit.pk)
    if to not in next_states(row.state):
        raise Refusal("Evidence goes step by step: anecdote, associated, tested, promoted; or retired.")
    if not reason.strip():
        raise Refusal("Say why.")
    EvidenceStep.objects.create(toolkit=row, was=row.state, now=to, reason=reason, by=by, at=at)
    audit.record(action="step of evidence", at=at, by=by, kind="toolkit", object_id=row.code, detail={"from": row.state, "to": to})
    row.state = to
    row.save(update_fields=["state"])
