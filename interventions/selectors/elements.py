"""Read testable elements with their newest tests and the steps of their evidence."""

from interventions.models import ElementStep, ElementTest, TestableElement, Toolkit, ToolkitElement
from sites.refusals import NotFound


def every() -> list[TestableElement]:
    """Return every element, by measure, promoted ones first."""
    order = [
        Toolkit.State.PROMOTED,
        Toolkit.State.TESTED,
        Toolkit.State.ASSOCIATED,
        Toolkit.State.ANECDOTE,
        Toolkit.State.RETIRED,
    ]
    rows = TestableElement.objects.select_related("registry")
    return sorted(rows, key=lambda row: (row.measure_title, order.index(Toolkit.State(row.state)), row.title))


def one(*, code: str) -> TestableElement:
    """Return one element."""
    row = TestableElement.objects.filter(code=code).select_related("registry", "made_by").first()
    if row is None:
        raise NotFound
    return row


def newest_tests() -> dict[int, ElementTest]:
    """Return the newest test of each element by its id."""
    rows = ElementTest.objects.filter(element__isnull=False).order_by("element_id", "-pk").distinct("element_id")
    return {row.element_id: row for row in rows}


def newest_test(element: TestableElement) -> ElementTest | None:
    """Return the newest test of an element."""
    return ElementTest.objects.filter(element=element).select_related("comparison").order_by("-pk").first()


def bundles(*, registry_id: int, measure_code: str) -> list[ElementTest]:
    """Return the newest test of each declared bundle of a measure."""
    rows = ElementTest.objects.filter(registry_id=registry_id, measure_code=measure_code).exclude(bundle="")
    return list(rows.order_by("bundle", "-pk").distinct("bundle"))


def of_toolkit(toolkit: Toolkit) -> tuple[list[tuple[TestableElement, ElementTest | None]], ElementTest | None]:
    """Return the elements a toolkit asks for with their newest tests, and the newest test of them together."""
    rows = ToolkitElement.objects.filter(toolkit=toolkit).select_related("element").order_by("pk")
    tests = newest_tests()
    together = ElementTest.objects.filter(toolkit=toolkit).order_by("-pk").first()
    return [(row.element, tests.get(row.element_id)) for row in rows], together


def toolkits_of(element: TestableElement) -> list[Toolkit]:
    """Return the toolkits that ask for an element."""
    ids = ToolkitElement.objects.filter(element=element).values_list("toolkit_id", flat=True)
    return list(Toolkit.objects.filter(pk__in=list(ids)).order_by("title"))


def steps(element: TestableElement) -> list[ElementStep]:
    """Return the steps of evidence, newest first."""
    return list(ElementStep.objects.filter(element=element).select_related("by").order_by("-pk"))


def not_of(toolkit: Toolkit) -> list[TestableElement]:
    """Return the elements of the toolkit's measure that it does not ask for yet."""
    asked = ToolkitElement.objects.filter(toolkit=toolkit).values_list("element_id", flat=True)
    rows = TestableElement.objects.filter(registry_id=toolkit.registry_id, measure_code=toolkit.measure_code).exclude(
        pk__in=list(asked)
    )
    return list(rows.exclude(state=Toolkit.State.RETIRED).order_by("title"))
