"""Edit rules: write one, try it on stored cases, publish it as a second person, retire it. A published rule never changes."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from registry.dictionary import governing
from registry.dictionary.elements import DataDictionary
from registry.lifecycle import RuleState, may_follow
from registry.models import EditRule, Registry, RuleCount
from registry.selectors import dictionaries
from sites import audit, outbox
from sites.models import Person
from sites.refusals import NotFound, Refusal


@dataclass(frozen=True, kw_only=True)
class Wording:
    """What a rule says: where the expression holds there is a fault; between the two days of the case's own date, half-open."""

    expression: str
    severity: str
    message: str
    remedy: str = ""
    elements: tuple[str, ...] = ()
    starts_on: date | None = None
    ends_before: date | None = None


def write(*, registry: Registry, code: str, wording: Wording, by: Person, at: datetime) -> EditRule:
    """Write a new rule, or the next version of a published one, as a draft."""
    cleaned = code.strip().upper().replace(" ", "_")
    if not cleaned or len(cleaned) > 60 or not cleaned.replace("_", "").isalnum() or not cleaned.isascii():
        raise Refusal("Give the rule a code of letters, digits and underscores, such as BMI_IMPLAUSIBLE.")
    _require_sense(registry, cleaned, wording)
    with transaction.atomic():
        list(Registry.objects.select_for_update(no_key=True).filter(pk=registry.pk).values_list("pk"))
        newest = EditRule.objects.filter(registry=registry, code=cleaned).order_by("-version").first()
        if newest is not None and newest.status in (RuleState.DRAFT.value, RuleState.TRIED.value):
            raise Refusal(f"{cleaned} has a draft already. Change that one.")
        rule = EditRule(
            registry=registry, code=cleaned, version=newest.version + 1 if newest else 1, author=by, written_at=at
        )
        _put(rule, wording)
        rule.save(force_insert=True)
        _record("write rule", rule, by=by, at=at)
    return rule


@transaction.atomic
def change(*, rule_id: int, wording: Wording, by: Person, at: datetime) -> EditRule:
    """Change a draft. Whoever changes it is its author from now on, and what was tried before says nothing any more."""
    rule = _locked(rule_id)
    if rule.status not in (RuleState.DRAFT.value, RuleState.TRIED.value):
        raise Refusal("A published rule never changes. Write its next version.")
    _require_sense(rule.registry, rule.code, wording)
    RuleCount.objects.filter(rule=rule).delete()
    _put(rule, wording)
    rule.status, rule.tried_at, rule.trial, rule.trial_job = RuleState.DRAFT.value, None, {}, None
    rule.author, rule.written_at = by, at
    rule.save()
    _record("change rule", rule, by=by, at=at)
    return rule


def _put(rule: EditRule, wording: Wording) -> None:
    rule.expression, rule.severity = wording.expression.strip(), wording.severity
    rule.message, rule.remedy = wording.message.strip(), wording.remedy.strip()
    rule.elements = list(wording.elements)
    rule.starts_on, rule.ends_before = wording.starts_on, wording.ends_before


def _require_sense(registry: Registry, code: str, wording: Wording) -> None:
    """Refuse with every fault at once."""
    problems = []
    if wording.severity not in ("hard", "soft"):
        problems.append("Say whether the fault must be mended (hard) or explained (soft).")
    if not wording.message.strip():
        problems.append("Write the message that the abstractor reads.")
    if len(wording.message) > 400 or len(wording.remedy) > 400:
        problems.append("Message and remedy may have 400 signs each.")
    problems += governing.faults_of(_written(code, wording), _newest(registry))
    if problems:
        raise Refusal(*problems)


def _newest(registry: Registry) -> DataDictionary:
    version = dictionaries.latest(registry)
    if version is None:
        raise Refusal(f"{registry.title} has no published dictionary yet.")
    return dictionaries.load(version)


def _written(code: str, wording: Wording) -> governing.Written:
    return governing.Written(
        code=code,
        severity=wording.severity,
        expression=wording.expression.strip(),
        message=wording.message.strip(),
        remedy=wording.remedy.strip(),
        elements=tuple(wording.elements),
        starts_on=wording.starts_on,
        ends_before=wording.ends_before,
    )


@transaction.atomic
def start_trial(*, rule_id: int, by: Person, at: datetime) -> EditRule:
    """Queue the trial of a draft on every stored case."""
    rule = _locked(rule_id)
    if rule.status not in (RuleState.DRAFT.value, RuleState.TRIED.value):
        raise Refusal("This rule is published or retired; only a draft is tried.")
    rule.trial_job = outbox.after_commit("registry.try_rule", at=at, by=by, rule=rule.pk)
    rule.save(update_fields=["trial_job"])
    return rule


@transaction.atomic
def publish(*, rule_id: int, ask: str, by: Person, at: datetime) -> EditRule:
    """Publish a tried rule as a second person. ask: "none", or for which stored cases data queries are raised: "open" or "all"."""
    rule = _locked(rule_id)
    if rule.status != RuleState.TRIED.value:
        raise Refusal("Try the rule on the stored cases first, and look at where it would fire.")
    if rule.author_id == by.pk:
        raise Refusal("You wrote this rule; somebody else of the coordinating centre publishes it.")
    if ask not in ("none", "open", "all"):
        raise Refusal("Say whether stored cases are asked about: none, those of open periods, or all.")
    earlier = EditRule.objects.select_for_update().filter(
        registry_id=rule.registry_id, code=rule.code, status=RuleState.PUBLISHED.value
    )
    for old in earlier:
        _retire(old, by=by, at=at, reason=f"Version {rule.version} takes its place.")
    rule.status, rule.published_at, rule.published_by = RuleState.PUBLISHED.value, at, by
    rule.save(update_fields=["status", "published_at", "published_by"])
    _renumber(rule.registry)
    _record("publish rule", rule, by=by, at=at, detail={"hits": rule.trial.get("n_hits"), "ask": ask})
    if ask != "none":
        outbox.after_commit("registry.ask_about_rule", at=at, by=by, key=f"ask-rule:{rule.pk}", rule=rule.pk, ask=ask)
    return rule


@transaction.atomic
def retire(*, rule_id: int, reason: str, by: Person, at: datetime) -> EditRule:
    """Take a rule out of force, with a reason; what it asked and nobody answered is withdrawn by a job."""
    rule = _locked(rule_id)
    if not may_follow(RuleState(rule.status), RuleState.RETIRED):
        raise Refusal("This rule is retired already.")
    if not reason.strip():
        raise Refusal("Say why, in a few words.")
    was_published = rule.status == RuleState.PUBLISHED.value
    _retire(rule, by=by, at=at, reason=reason.strip())
    if was_published:
        _renumber(rule.registry)
    return rule


def _retire(rule: EditRule, *, by: Person, at: datetime, reason: str) -> None:
    rule.status, rule.retired_at, rule.retired_by, rule.reason = RuleState.RETIRED.value, at, by, reason
    rule.save(update_fields=["status", "retired_at", "retired_by", "reason"])
    _record("retire rule", rule, by=by, at=at, reason=reason)
    outbox.after_commit("registry.withdraw_rule_queries", at=at, by=by, key=f"retire-rule:{rule.pk}", rule=rule.pk)


def _renumber(registry: Registry) -> None:
    """Name the set of published rules anew, so that every process reads them."""
    rules = dictionaries.written(dictionaries.published_rules(registry))
    registry.rules_number = governing.number_of(rules)
    registry.save(update_fields=["rules_number"])


def _locked(rule_id: int) -> EditRule:
    rule = EditRule.objects.select_for_update(of=("self",)).select_related("registry").filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule


def _record(action: str, rule: EditRule, *, by: Person, at: datetime, reason: str = "", detail: dict | None = None) -> None:
    audit.record(
        action=action,
        at=at,
        by=by,
        kind="rule",
        object_id=f"{rule.registry.code}/{rule.code}/{rule.version}",
        detail={"severity": rule.severity} | (detail or {}),
        reason=reason,
    )
