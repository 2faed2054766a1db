"""The jobs of rules, data queries and dictionary versions. The rights of who asked are looked up anew."""

from collections.abc import Callable

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from sites import outbox
from sites.access import policy
from sites.access.permissions import Permission as P
from sites.access.scope import bound
from sites.models import Person
from sites.refusals import Refusal
from sites.selectors import people


@outbox.job("registry.try_rule")
def try_rule(run: outbox.Run) -> dict:
    """Try a draft rule on every stored case; counts only are kept."""
    from registry.actions import rule_trials
    from registry.selectors import rules

    person = _definer(run)
    rule = rules.for_job(rule_id=run.arguments["rule"])
    return rule_trials.run(rule=rule, by=person, at=timezone.now(), progress=_progress(run))


@outbox.job("registry.ask_about_rule")
def ask_about_rule(run: outbox.Run) -> dict:
    """Raise data queries about the stored cases that a newly published rule hits."""
    from registry.actions import query_raising
    from registry.selectors import rules

    person = _definer(run)
    rule = rules.for_job(rule_id=run.arguments["rule"])
    return query_raising.ask_about_rule(
        rule=rule, ask=run.arguments["ask"], by=person, at=timezone.now(), progress=_progress(run)
    )


@outbox.job("registry.withdraw_rule_queries")
def withdraw_rule_queries(run: outbox.Run) -> dict:
    """Take back what a retired rule asked and nobody answered."""
    from registry.actions import query_raising
    from registry.selectors import rules

    rule = rules.for_job(rule_id=run.arguments["rule"])
    return {"withdrawn": query_raising.withdraw_of_rule(rule=rule, by=None, at=timezone.now())}


@outbox.job("registry.carry_drafts")
def carry_drafts(run: outbox.Run) -> dict:
    """Carry open drafts to the newest dictionary version; what does not fit is kept beside the case."""
    from registry.actions import carrying
    from registry.selectors import definitions

    person = _definer(run)
    version = definitions.version_by_id(version_id=run.arguments["version"])
    return carrying.carry(version=version, by=person, at=timezone.now(), progress=_progress(run))


@shared_task(name="registry.open_waiting_queries", ignore_result=True)
def open_waiting_queries() -> int:
    """Open questions that waited for a free place in an abstractor's week."""
    from registry.actions import query_raising
    from registry.selectors import definitions

    with transaction.atomic():
        actor = policy.system(name="data queries")
    with bound(actor.scope()):
        return sum(
            query_raising.open_waiting(registry=registry, at=timezone.now()) for registry in definitions.registries()
        )


def _definer(run: outbox.Run) -> Person:
    person = people.by_id(person_id=run.owner_id) if run.owner_id else None
    if person is None:
        raise Refusal("Nobody asked for this work.")
    policy.require(policy.authority(person, on=timezone.now().date()), P.DEFINE)
    return person


def _progress(run: outbox.Run) -> Callable[[int, int, str], None]:
    return lambda done, of, words: run.progress(done=done, of=of, words=words)
