"""Testable elements: written from a practice, asked for by toolkits, and taken from anecdote to promoted step by step."""

from datetime import date, datetime

from feedback.models import Comparison, MeasureVersion
from interventions.actions.toolkits import next_states
from interventions.models import ElementStep, ElementTest, Impact, TestableElement, Toolkit, ToolkitElement
from registry.actions import dictionaries as drafting
from registry.dictionary.expression import ExpressionFault, parse
from registry.models import Registry
from registry.selectors import dictionaries
from sites import audit, outbox
from sites.models import Job, Person
from sites.refusals import Refusal

State = Toolkit.State


def write(
    *, registry: Registry, code: str, title: str, measure_code: str, done_when: str, ends_on: date | None, practice_id: int | None,
    by: Person, at: datetime, bundle: str = "",
) -> TestableElement:  # fmt: skip
    """Write an element: which cases count as done, in the language of the measures. With an end it may be new: a draft then adds it."""
    version = MeasureVersion.objects.filter(registry=registry, code=measure_code).order_by("-number").first()
    if version is None:
        raise Refusal("This registry has no such measure.")
    if TestableElement.objects.filter(code=code).exists():
        raise Refusal("There is an element with this short name already.")
    if ends_on is not None and ends_on <= at.date():
        raise Refusal("An added element ends on a day in the future.")
    name, is_new = _asked(registry, done_when, added=ends_on is not None)
    if is_new:
        drafting.draft_added(registry=registry, name=name, label=title, until=ends_on, by=by, at=at)
    made = TestableElement.objects.create(
        code=code, registry=registry, measure_code=measure_code, measure_title=version.title, title=title, element=name, done_when=done_when,
        bundle=bundle.strip(), added=ends_on is not None, ends_on=ends_on, practice_id=practice_id, made_at=at, made_by=by,
    )  # fmt: skip
    audit.record(action="write element", at=at, by=by, kind="element", object_id=code, detail={"done_when": done_when})
    return made


def _asked(registry: Registry, done_when: str, *, added: bool) -> tuple[str, bool]:
    """Return the first element an expression reads, and whether it is new to the dictionary; every other one must be there."""
    try:
        names = parse(done_when).elements
    except ExpressionFault as fault:
        raise Refusal(f"“Done when” cannot be read: {fault.message}") from fault
    if not names:
        raise Refusal("“Done when” must read at least one element, such as [oral_antibiotics] = '1'.")
    newest = dictionaries.latest(registry)
    dictionary = dictionaries.load(newest) if newest else None
    unknown = [
        name
        for name in names
        if dictionary is None or not (dictionary.has_column(name) or name in dictionary.types.ticks)
    ]
    if unknown and not (added and unknown == list(names[:1])):
        raise Refusal(
            f"The dictionary has no element “{unknown[0]}”. One that is added for a while needs the day on which it ends."
        )
    return names[0], bool(unknown)


def ask_of(*, toolkit: Toolkit, element: TestableElement, by: Person, at: datetime) -> None:
    """Let a toolkit ask for an element."""
    if element.registry_id != toolkit.registry_id or element.measure_code != toolkit.measure_code:
        raise Refusal("A toolkit asks for elements of its own measure.")
    _, new = ToolkitElement.objects.get_or_create(toolkit=toolkit, element=element, defaults={"at": at, "by": by})
    if not new:
        raise Refusal("The toolkit asks for this element already.")
    audit.record(
        action="ask for element", at=at, by=by, kind="toolkit", object_id=toolkit.code, detail={"element": element.code}
    )


def step(*, element: TestableElement, to: str, reason: str, by: Person, at: datetime) -> None:
    """Take an element one step further, or retire it. Associated and tested need a stored result that says so."""
    row = TestableElement.objects.select_for_update().get(pk=element.pk)
    if to not in next_states(row.state):
        raise Refusal("Evidence goes step by step: anecdote, associated, tested, promoted; or retired.")
    if not reason.strip():
        raise Refusal("Say why.")
    if to == State.ASSOCIATED and not _associated(row):
        raise Refusal("No stored test shows an association whose interval leaves out 1; test it first.")
    if to == State.TESTED and not _tried(row):
        raise Refusal(
            "No toolkit that asks for it has been assessed yet. Tested means: started, and what followed was looked at."
        )
    ElementStep.objects.create(element=row, was=row.state, now=to, reason=reason, by=by, at=at)
    audit.record(
        action="step of evidence",
        at=at,
        by=by,
        kind="element",
        object_id=row.code,
        detail={"from": row.state, "to": to},
    )
    row.state = to
    row.save(update_fields=["state"])


def _associated(row: TestableElement) -> bool:
    found = ElementTest.objects.filter(element=row, refusal=[]).order_by("-pk").first()
    if found is None:
        return False
    return any(
        not effect["lower"] <= 1 <= effect["upper"] for effect in (found.document["within"], found.document["between"])
    )


def _tried(row: TestableElement) -> bool:
    toolkits = ToolkitElement.objects.filter(element=row).values_list("toolkit_id", flat=True)
    return any(
        impact.document["verdict"] != "TOO_EARLY" for impact in Impact.objects.filter(toolkit_id__in=list(toolkits))
    )


def ask_for_tests(*, comparison: Comparison, by: Person, at: datetime) -> Job:
    """Ask for a test of every element of a registry against the frozen cases of its newest published comparison."""
    audit.record(action="test elements", at=at, by=by, kind="comparison", object_id=comparison.code)
    return outbox.after_commit("interventions.test_elements", at=at, by=by, comparison=comparison.pk)
