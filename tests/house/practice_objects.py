"""Practices, elements and comments that the tests of the house use."""

from django.utils import timezone

from interventions.actions import exemplars, materials, practices
from interventions.models import Comment, Exemplar, Practice, TestableElement
from tests.sites.acting import machine, person

OF_A_TOOLKIT = ("ask-element", "new-version", "comment", "toolkit-material")
OF_A_PRACTICE = {"interventions:practice", "interventions:share-practice", "interventions:practice-material"}
OF_A_FILE = {"interventions:material", "interventions:withdraw-material"}


def kept(exemplar: str, *, who: str = "sitelead") -> str:
    """Let an invited hospital agree to help without its name, and keep what it does; return the practice's code."""
    with machine():
        row = Exemplar.objects.get(code=exemplar)
        row = exemplars.answer(
            code=exemplar, hospital_ids=(row.hospital_id,), state="UNNAMED", audience="", expires_on=None, contact="", practice="",
            by=person(who), at=timezone.now(),
        )  # fmt: skip
        made = practices.write(
            exemplar=row, origin="VISIT", title="New gloves", who="The scrub nurse", what="Lays out fresh gloves.", when="Before the closure",
            with_what="", material="", by=person(who), at=timezone.now(),
        )  # fmt: skip
    return made.code


def a_file(practice: str, *, who: str) -> str:
    """Keep a file with a practice; return its code."""
    with machine():
        row = Practice.objects.select_related("hospital").get(code=practice)
        made = materials.add_to_practice(
            practice=row, title="The card", file_name="card.txt", content=b"Lay out fresh gloves.", by=person(who), at=timezone.now(), centre=False,
        )  # fmt: skip
    return made.code


def an_element() -> str:
    """Return the code of the oldest element."""
    return TestableElement.objects.order_by("pk").first().code


def a_comment() -> str:
    """Return the code of the oldest comment."""
    return Comment.objects.order_by("pk").first().code


COMMON = {
    "interventions:element": an_element,
    "interventions:element-step": an_element,
    "interventions:flag-comment": a_comment,
    "interventions:rule-comment": a_comment,
}
