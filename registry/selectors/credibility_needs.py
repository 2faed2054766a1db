"""What audits, second readings, reviews and training ask of a person now, for the panel at home."""

from collections.abc import Callable
from datetime import date
from typing import Any

from registry.lifecycle import AuditState
from registry.models import Participation
from registry.selectors import audit_lists, certifications, readings, training
from sites.access.permissions import Permission as P
from sites.access.policy import Authority


def rows(*, authority: Authority, person_id: int, on: date, need: Callable[..., Any]) -> list[Any]:
    """Return what waits, most urgent first; ``need`` makes one row of the panel."""
    held, found = authority.permissions(), []
    if P.REABSTRACT in held and (n := readings.n_open(person_id=person_id)):
        found.append(_row(need, "todo", f"**{n} {'chart' if n == 1 else 'charts'}** to read again.", "registry:audits", "Read"))
    if P.TRAIN in held and P.ENTER_CASES not in held:
        found.append(_row(need, "todo", "**Practise** on invented cases; real ones open when you have passed.", "registry:training", "Practise"))
    if P.ENTER_CASES in held:
        reach = Participation.objects.filter(hospital_id__in=authority.hospitals(P.ENTER_CASES)).order_by("registry__title")
        places = reach.values_list("hospital_id", "registry_id", "registry__title")
        for title in certifications.shut_titles(person_id=person_id, places=places, on=on):
            words = f"**Practise** on invented cases of {title}; real ones open when you have passed."
            found.append(_row(need, "todo", words, "registry:training", "Practise"))
        found += _hospital(authority, person_id, need)
    if P.RUN_AUDITS in held:
        n = audit_lists.waiting(hospital_ids=authority.hospitals(P.RUN_AUDITS), status=AuditState.RESPONDED.value).count()
        if n:
            words = f"**{n} {'audit waits' if n == 1 else 'audits wait'}** for a ruling."
            found.append(_row(need, "due", words, "registry:audits", "Settle"))
    return found


def _hospital(authority: Authority, person_id: int, need: Callable[..., Any]) -> list[Any]:
    reach, found = authority.hospitals(P.ENTER_CASES), []
    n = audit_lists.waiting(hospital_ids=reach, status=AuditState.PRELIMINARY.value).count()
    if n:
        words = f"**{n} {'audit waits' if n == 1 else 'audits wait'}** for your hospital's answer."
        found.append(_row(need, "due", words, "registry:audits", "Answer"))
    n = training.n_reviews(hospital_ids=reach, person_id=person_id)
    if n:
        words = f"**{n} {'case' if n == 1 else 'cases'}** of a colleague to look at and release."
        found.append(_row(need, "due", words, "registry:reviews", "Look"))
    return found


def _row(need: Callable[..., Any], shape: str, sentence: str, url_name: str, action: str) -> Any:
    return need(shape=shape, sentence=sentence, when="", url_name=url_name, query="", action=action)
