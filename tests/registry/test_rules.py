"""Edit rules: tried on stored cases, published by a second person, asked at every door, retired; and the questions they raise."""

import pytest
from django.db import DatabaseError, transaction

from registry.actions import data_queries, query_raising, rule_trials, rules
from registry.actions.rules import Wording
from registry.dictionary.elements import Role as ElementRole
from registry.models import Case, DataQuery, EditRule, FindingReason, RuleCount
from registry.selectors import data_queries as counts
from registry.selectors import dictionaries, element_uses
from registry.selectors import rules as selectors
from sites.access.roles import Role
from sites.actions import memberships
from sites.models import AuditEvent
from sites.refusals import Refusal
from tests.registry.little import NOW, WHOLE, everywhere

OLD_AND_WELL = Wording(
    expression="[age_years] > 60 and [asa] = '3'", severity="soft", message="Old and ill.", remedy="Look again.", elements=("asa",)
)


def silent(done, of, words):
    """Tell nobody."""


@pytest.fixture(scope="module")
def second(little_place):
    """Give the centre a second person."""
    from datetime import date

    from tests.databases import as_role

    with as_role("cairn_migrator"), transaction.atomic():
        person = memberships.add_person(email="rita@example.org", name="Rita Vos", password=None, by="test", at=NOW)
        memberships.grant(person=person, role=Role.CENTRE_LEAD, hospital=None, starts_on=date(2024, 1, 1), by="test", at=NOW)
    little_place.people["rita"] = person
    return person


def written(little, wording=OLD_AND_WELL, code="OLD_AND_ILL"):
    with little.acting("cleo") as cleo:
        return rules.write(registry=little.registry, code=code, wording=wording, by=cleo, at=NOW)


def tried(little, rule):
    with everywhere(), transaction.atomic():
        rule_trials.run(rule=selectors.for_job(rule_id=rule.pk), by=little.people["cleo"], at=NOW, progress=silent)


def published(little, wording=OLD_AND_WELL, code="OLD_AND_ILL", ask="none"):
    rule = written(little, wording, code)
    tried(little, rule)
    with little.acting("rita") as rita:
        rule = rules.publish(rule_id=rule.pk, ask=ask, by=rita, at=NOW)
    little.registry.refresh_from_db()
    return rule


def asked(little, rule, ask="open"):
    with everywhere(), transaction.atomic():
        return query_raising.ask_about_rule(rule=selectors.for_job(rule_id=rule.pk), ask=ask, by=little.people["rita"], at=NOW, progress=silent)


def test_every_role_of_a_dictionary_has_words_for_what_it_is_used():
    assert set(element_uses.ROLES) == {role.value for role in ElementRole}


def test_a_rule_with_faults_is_refused_with_all_of_them(little):
    wording = Wording(expression="[nothing] > 3 and [conditions(9)] = '1'", severity="grave", message=" ")
    with little.acting("cleo") as cleo, pytest.raises(Refusal) as refusal:
        rules.write(registry=little.registry, code="X", wording=wording, by=cleo, at=NOW)
    words = " ".join(refusal.value.reasons)
    assert "“nothing”" in words
    assert "choice “9”" in words
    assert "mended" in words
    assert "message" in words


def test_an_expression_that_cannot_be_read_says_where(little):
    with little.acting("cleo") as cleo, pytest.raises(Refusal, match="at character"):
        rules.write(registry=little.registry, code="X", wording=Wording(expression="[asa] =", severity="soft", message="m"), by=cleo, at=NOW)


def test_a_trial_counts_by_hospital_and_shows_the_centre_no_case(little, second):
    little.open("A-1", WHOLE)
    little.open("A-2", WHOLE | {"age_years": "50"})
    little.open("B-1", WHOLE, by="sam")
    rule = written(little)
    tried(little, rule)
    with little.acting("cleo"):
        assert Case.objects.filter(registry=little.registry).count() == 0
        rule = selectors.one(rule_id=rule.pk, with_drafts=True)
        where, versions = selectors.where(rule)
    assert rule.trial == {"n_cases": 3, "n_hits": 2}
    assert {(line.hospital, line.n_cases, line.n_hits) for line in where} == {("North Lake Hospital", 2, 1), ("South Bend Clinic", 1, 1)}
    assert versions == [(1, 3, 2)]
    with little.acting("nora"):
        assert {row.hospital_id for row in RuleCount.objects.filter(rule=rule)} == {little.north.pk}
    with little.acting("suri"):
        assert not RuleCount.objects.filter(rule=rule).exists()


def test_the_author_does_not_publish_and_nothing_untried_is_published(little, second):
    rule = written(little)
    with little.acting("rita") as rita, pytest.raises(Refusal, match="Try the rule"):
        rules.publish(rule_id=rule.pk, ask="none", by=rita, at=NOW)
    tried(little, rule)
    with little.acting("cleo") as cleo, pytest.raises(Refusal, match="somebody else"):
        rules.publish(rule_id=rule.pk, ask="none", by=cleo, at=NOW)


def test_changing_a_tried_rule_makes_it_a_draft_again(little, second):
    rule = written(little)
    tried(little, rule)
    with little.acting("rita") as rita:
        changed = rules.change(rule_id=rule.pk, wording=OLD_AND_WELL, by=rita, at=NOW)
    assert (changed.status, changed.trial, changed.author_id) == ("DRAFT", {}, rita.pk)
    with everywhere():
        assert not RuleCount.objects.filter(rule=rule).exists()


def test_the_database_refuses_to_change_a_published_rule(little, second):
    rule = published(little)
    with pytest.raises(DatabaseError, match="never changes"), little.acting("cleo"):
        EditRule.objects.filter(pk=rule.pk).update(expression="1 = 1")


def test_a_published_rule_is_asked_in_the_form_and_wants_a_reason(little, second):
    published(little)
    case = little.open("A-1", WHOLE)
    assert case.n_soft == 1
    with little.acting("nora") as nora:
        from registry.actions import cases

        with pytest.raises(cases.NotReady) as refusal:
            cases.submit(case_id=case.pk, by=nora, at=NOW)
    assert [item.code for item in refusal.value.findings] == ["OLD_AND_ILL"]


def test_the_browser_gets_the_tree_of_a_published_rule(little, second):
    from registry.dictionary.form_schema import form_schema

    published(little)
    dictionary = dictionaries.governed(little.version, registry=little.registry)
    check = next(check for check in form_schema(dictionary)["checks"] if check["code"] == "OLD_AND_ILL")
    assert check["when"][0] == "and"


def test_the_api_asks_a_published_rule_too(little, second):
    from registry.actions import deliveries

    published(little)
    with little.acting("nora") as nora, pytest.raises(deliveries.NotTaken) as refusal:
        deliveries.deliver(
            registry=little.registry, hospital=little.north, change_reason="", by=nora, at=NOW,
            cases=[deliveries.Delivered(key="A-9", answers=WHOLE, reasons={})],
        )  # fmt: skip
    assert {finding.code for finding in refusal.value.findings} == {"OLD_AND_ILL"}


def test_a_rule_is_in_force_between_its_days_only(little, second):
    from dataclasses import replace
    from datetime import date

    published(little, replace(OLD_AND_WELL, starts_on=date(2026, 5, 1)))
    assert little.open("A-1", WHOLE | {"operated_on": "2026-04-30"}).n_soft == 0
    assert little.open("A-2", WHOLE | {"operated_on": "2026-05-01"}).n_soft == 1


def test_retiring_takes_a_rule_out_of_force_and_its_open_questions_back(little, second):
    little.submitted("A-1")
    rule = published(little)
    assert asked(little, rule)["raised"] == 1
    with little.acting("cleo") as cleo:
        rules.retire(rule_id=rule.pk, reason="Too many.", by=cleo, at=NOW)
    with everywhere(), transaction.atomic():
        assert query_raising.withdraw_of_rule(rule=selectors.for_job(rule_id=rule.pk), by=None, at=NOW) == 1
    little.registry.refresh_from_db()
    assert little.registry.rules_number == 0
    assert little.open("A-2", WHOLE).n_soft == 0


def test_the_next_version_takes_the_place_of_the_one_before(little, second):
    from dataclasses import replace

    first = published(little)
    published(little, replace(OLD_AND_WELL, expression="[age_years] > 80"))
    first.refresh_from_db()
    assert (first.status, first.reason) == ("RETIRED", "Version 2 takes its place.")
    assert little.open("A-1", WHOLE).n_soft == 0


def test_a_rule_raises_questions_up_to_the_weeks_cap_and_the_rest_waits(little, second):
    for number in range(5):
        little.submitted(f"A-{number}")
    with everywhere(), transaction.atomic():
        type(little.registry).objects.filter(pk=little.registry.pk).update(weekly_queries=2)
    rule = published(little)
    said = asked(little, rule)
    # Two abstractors at this hospital, two questions each.
    assert said == {"hits": 5, "raised": 5, "opened": 4, "left_out": 0}
    with little.acting("nora"):
        assert sorted(DataQuery.objects.filter(rule=rule).values_list("status", flat=True)) == ["OPEN"] * 4 + ["WAITING"]
        waiting = DataQuery.objects.get(rule=rule, status="WAITING")
        ids = list(Case.objects.filter(registry=little.registry).values_list("pk", flat=True))
        assert waiting.case_id not in counts.open_counts(case_ids=ids)
    from datetime import timedelta

    with everywhere(), transaction.atomic():
        assert query_raising.open_waiting(registry=little.registry, at=NOW + timedelta(days=3)) == 0
        assert query_raising.open_waiting(registry=little.registry, at=NOW + timedelta(days=8)) == 1


def test_the_weeks_cap_is_set_by_staff_audited_and_opens_what_waits(little, second):
    for number in range(5):
        little.submitted(f"A-{number}")
    with little.acting("cleo") as cleo:
        assert query_raising.set_weekly(registry=little.registry, n=1, by=cleo, at=NOW).weekly_queries == 1
        for n in (0, 201):
            with pytest.raises(Refusal, match="from 1 to 200"):
                query_raising.set_weekly(registry=little.registry, n=n, by=cleo, at=NOW)
        with pytest.raises(Refusal, match="no question of a rule would ever open"):
            query_raising.set_weekly(registry=little.registry, n=0, by=cleo, at=NOW)
    little.registry.refresh_from_db()
    rule = published(little)
    assert asked(little, rule)["opened"] == 2
    with little.acting("cleo") as cleo:
        query_raising.set_weekly(registry=little.registry, n=2, by=cleo, at=NOW)
    with everywhere(), transaction.atomic():
        assert DataQuery.objects.filter(rule=rule, status="OPEN").count() == 4
        events = AuditEvent.objects.filter(action="set weekly questions", object_id=little.registry.code).order_by("id")
        assert [event.detail for event in events] == [{"from": 10, "to": 1}, {"from": 1, "to": 2}]


def test_asking_twice_raises_nothing_twice(little, second):
    little.submitted("A-1")
    rule = published(little)
    assert asked(little, rule)["raised"] == 1
    assert asked(little, rule)["raised"] == 0


def test_confirming_a_soft_rule_is_its_reason_and_the_centre_reads_it_without_the_case(little, second):
    little.submitted("A-1")
    rule = published(little)
    asked(little, rule)
    with little.acting("nora") as nora:
        query = DataQuery.objects.get(rule=rule)
        data_queries.confirm(query_id=query.pk, words="As in chart 4711234.", by=nora, at=NOW)
        query.refresh_from_db()
        assert (query.status, query.outcome) == ("RESOLVED", "CONFIRMED")
        assert FindingReason.objects.get(code=rule.code).value == "3"
    with little.acting("cleo"):
        (line,) = selectors.overrides(registry_id=little.registry.pk)
    assert (line.code, line.hospital, line.n, line.reasons) == ("OLD_AND_ILL", "North Lake Hospital", 1, (("As in chart ….", 1),))
    with little.acting("sam"):
        assert selectors.overrides(registry_id=little.registry.pk) == []
    with little.acting("suri"):
        assert selectors.overrides(registry_id=little.registry.pk) == []
