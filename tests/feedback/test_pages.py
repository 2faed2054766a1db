"""The pages of this floor, asked for as real people of two hospitals over the real roles of the database."""

import html
import json
import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from feedback.actions import comparisons
from feedback.charts import numbers, sentences
from feedback.models import (
    CaseLedger,
    Comparison,
    MeasureRun,
    MeasureVersion,
    SiteResult,
    Standing,
    SurgeonResult,
)
from feedback.outcome import MeasureOutcome
from sites.access import policy
from sites.access.scope import bound
from sites.models import AuditEvent, Hospital
from tests.collaborative import FIRST, SECOND
from tests.databases import as_role
from tests.feedback.acting import worker
from tests.sites.acting import person, signed_in

FITTED = "/standing/colorectal/serious30/"
REASON = "The hospital asked us to go through its figures."
REFUSED = "planted30"
WHY = "Only 3 cases have the rarer outcome: too few for any adjuster, at least 5 are needed."
pytestmark = pytest.mark.usefixtures("shared_world", "refusal")


@pytest.fixture(scope="module")
def refusal(shared_world):
    """Plant a measure that the published comparison refused; in this world every real one could be fitted."""
    with as_role("superuser"):
        fitted = MeasureRun.objects.select_related("measure").get(
            comparison__status="PUBLISHED", measure__code="serious30"
        )
        known = fitted.measure
        version = MeasureVersion.objects.create(
            registry_id=known.registry_id, code=REFUSED, number=1, title="A planted refusal", kind=known.kind,
            adverse=known.adverse, source=bytes(known.source).replace(b"SERIOUS30", REFUSED.upper().encode()),
            digest="0" * 64, loaded_at=known.loaded_at,
        )  # fmt: skip
        summary = {
            "measure": fitted.summary["measure"] | {"code": REFUSED, "title": version.title, "number": 1},
            "window": fitted.summary["window"],
            "tally": [],
            "refusal_code": "TOO_FEW_EVENTS",
        }
        outcome = MeasureOutcome(refusal=(WHY,), model={}, summary=summary, results={}, ledgers={}, surgeons={})
        return comparisons.store(comparison=fitted.comparison, measure=version, outcome=outcome)


def body(name: str, url: str, *, status: int = 200) -> str:
    answer = signed_in(name).get(url)
    assert answer.status_code == status, answer.content.decode()[:2000]
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content.decode()


def words(text: str) -> str:
    """Read a page as text; what stresses a word does not part it from the next sign."""
    text = re.sub(r"</?strong>", "", text)
    return re.sub(r"[ \n]+", " ", html.unescape(re.sub(r"<[^>]+>", " ", text)))


def figures(text: str) -> dict[str, dict]:
    found = re.findall(r'<script id="([^"]+)-data" type="application/json">(.*?)</script>', text, re.S)
    return {name: json.loads(found_json) for name, found_json in found}


def hospital(code: str) -> Hospital:
    with worker():
        return Hospital.objects.get(code=code)


def stored(*codes: str, measure: str = "serious30") -> dict:
    own_set = sorted(hospital(code).pk for code in codes)
    with worker():
        row = Standing.objects.get(run__measure__code=measure, own_set=own_set)
    return row.document


def everything(name: str) -> dict[str, list]:
    """Return what row security lets a person read of the results, without any filter."""
    held = policy.authority(person(name), on=timezone.now().date())
    with bound(held.scope()), transaction.atomic():
        return {
            "results": list(SiteResult.objects.values_list("hospital_id", flat=True)),
            "ledgers": list(CaseLedger.objects.values_list("hospital_id", flat=True)),
            "standings": [tuple(row) for row in Standing.objects.values_list("own_set", flat=True)],
            "surgeons": list(SurgeonResult.objects.values_list("person_id", flat=True)),
        }


def test_the_overview_is_a_list_of_sentences_with_what_was_refused_and_why():
    page = body("sitelead", "/standing/")
    document = stored(FIRST)
    own = document["own"][str(hospital(FIRST).pk)]
    said = sentences.headline(own, title=document["measure"]["title"], collaborative=document["collaborative"])
    assert numbers.plain(said) in words(page)
    assert "could not be compared" in page
    assert "average" not in words(page)


def test_sentence_figure_and_table_come_from_the_one_stored_result():
    page = body("sitelead", FITTED)
    document = stored(FIRST)
    pk = str(hospital(FIRST).pk)
    own, peers = document["own"][pk], document["peers"]
    said = sentences.headline(own, title=document["measure"]["title"], collaborative=document["collaborative"])
    assert numbers.plain(said) in words(page)
    drawn = figures(page)[f"own-{pk}"]["variants"]
    for variant in drawn:
        marks = [x for trace in variant["data"] for x in trace["x"] if x is not None]
        assert own["shrunken_rate"] in marks
        for value in peers["values"]:
            assert value in marks
    for cell in (numbers.words_rate(own["shrunken_rate"]), numbers.words_rate(document["collaborative"])):
        assert cell in html.unescape(page)


def test_no_peer_leaves_but_as_a_rounded_value():
    pages = [body("sitelead", url) for url in ("/standing/", FITTED, "/panels/standing/", f"{FITTED}model/")]
    with worker():
        foreign = SiteResult.objects.exclude(hospital__code=FIRST)
        assert foreign.exists()
        secret = {
            repr(row.document[name])
            for row in foreign
            for name in ("shrunken_rate", "shrunken_rate_lower", "expected", "oe", "adjusted_rate", "chance_lower")
            if row.document.get(name) not in {None, 0.0}
        }
        own = SiteResult.objects.filter(hospital__code=FIRST)
        secret -= {repr(value) for row in own for value in row.document.values()}
    assert len(secret) > 100
    for page in pages:
        assert not [value for value in secret if value in page]


def test_the_canary_notices_a_leaking_peer():
    with worker():
        row = SiteResult.objects.exclude(hospital__code=FIRST).first()
    leaking = body("sitelead", FITTED) + json.dumps(row.document)
    assert repr(row.document["shrunken_rate"]) in leaking


def test_the_peers_of_a_standing_are_values_and_nothing_else():
    with worker():
        documents = list(Standing.objects.values_list("document", flat=True))
    assert documents
    for document in documents:
        assert set(document["peers"]) == {"shown", "values", "low", "high", "pooled", "because"}
        assert all(isinstance(value, float) and round(value, 3) == value for value in document["peers"]["values"])
        assert list(document["peers"]["values"]) == sorted(document["peers"]["values"])
        for end in ("low", "high"):
            assert document["peers"][end] is None or set(document["peers"][end]) == {"n", "bound"}


@pytest.mark.parametrize("name", ["sitelead", "abstractor"])
def test_row_security_shows_own_results_only_without_any_filter(name):
    own = hospital(FIRST).pk
    seen = everything(name)
    assert set(seen["results"]) == {own}
    assert set(seen["ledgers"]) == {own}
    assert set(seen["standings"]) == {(own,)}
    assert seen["surgeons"] == []
    with worker():
        assert SiteResult.objects.exclude(hospital_id=own).exists()
        assert CaseLedger.objects.exclude(hospital_id=own).exists()
        assert SurgeonResult.objects.exists()


def test_a_surgeon_of_two_hospitals_sees_both_and_the_union_standing():
    both = tuple(sorted(hospital(code).pk for code in (FIRST, SECOND)))
    page = body("surgeon", FITTED)
    for code in (FIRST, SECOND):
        assert f"{hospital(code).name}’s" in html.unescape(page)
    document = stored(FIRST, SECOND)
    assert {int(key) for key in document["own"]} == set(both)
    alone = stored(FIRST)
    assert document["peers"] != alone["peers"]


def test_a_surgeons_results_are_seen_by_that_surgeon_alone():
    me = person("surgeon").pk
    assert set(everything("surgeon")["surgeons"]) == {me}
    with worker():
        assert SurgeonResult.objects.exclude(person_id=me).exists()
    for other in ("sitelead", "abstractor", "staff", "analyst", "lead"):
        assert everything(other)["surgeons"] == []
        assert signed_in(other).get("/my-results/").status_code == 403
    page = body("surgeon", "/my-results/")
    assert "seen by you alone" in page
    assert "cases" in body("surgeon", "/my-results/colorectal/serious30/")


def test_a_foreign_surgeons_measure_is_like_one_that_never_was():
    client = signed_in("surgeon")
    refused, invented = (client.get(f"/my-results/colorectal/{code}/") for code in (REFUSED, "nothing"))
    assert (refused.status_code, invented.status_code) == (404, 404)
    assert refused.content == invented.content


def test_the_cases_behind_a_number_are_the_own_ones_and_the_look_is_in_the_trail():
    page = body("sitelead", f"{FITTED}cases/")
    codes = set(re.findall(r'href="/cases/([^/"]+)/" data-open', page))
    own = hospital(FIRST).pk
    with worker():
        ledger = CaseLedger.objects.get(hospital_id=own, run__measure__code="serious30")
        assert AuditEvent.objects.filter(action="read cases of a measure", hospital_id=own).exists()
    assert codes
    assert codes <= set(ledger.case_codes)
    assert f"of {len(ledger.case_codes)}" in words(page)
    few = body("sitelead", f"{FITTED}cases/?status=1")
    met = sum(status == 1 for status in ledger.status)
    assert len(re.findall(r'/" data-open', few)) == min(met, 50)


def test_a_surgeon_drills_down_to_own_cases_only():
    page = body("surgeon", f"{FITTED}cases/")
    codes = set(re.findall(r'href="/cases/([^/"]+)/" data-open', page))
    with worker():
        own = SurgeonResult.objects.get(person=person("surgeon"), run__measure__code="serious30")
    assert codes
    assert codes <= {case["code"] for case in own.document["cases"]}
    assert body("surgeon", f"/cases/{min(codes)}/")


def test_a_measure_that_is_not_there_is_missing_for_everybody_in_the_same_words():
    for name in ("sitelead", "surgeon", "staff"):
        client = signed_in(name)
        answers = [client.get(f"/standing/colorectal/{code}/") for code in (REFUSED, "nothing")]
        answers.append(client.get("/standing/nothing/serious30/"))
        assert [answer.status_code for answer in answers] == [404] * 3
        assert len({answer.content for answer in answers}) == 1


@pytest.mark.parametrize(
    ("url", "most"),
    [("/standing/", 16), (FITTED, 16), (f"{FITTED}cases/", 18), (f"{FITTED}model/", 18), ("/measures/", 12)],
)
def test_a_page_asks_a_constant_number_of_questions(url, most):
    counts = set()
    for name in ("sitelead", "sitelead2", "abstractor"):
        client = signed_in(name)
        client.get(url)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(url).status_code == 200
        counts.add(len(asked))
    assert len(counts) == 1
    assert counts.pop() <= most


def test_staff_see_the_field_without_any_hospital():
    with worker():
        names = list(Hospital.objects.values_list("name", flat=True))
        comparison = Comparison.objects.get(status="PUBLISHED")
        runs = list(MeasureRun.objects.filter(comparison=comparison).select_related("measure"))
    urls = ["/standing/", FITTED, f"{FITTED}model/", "/comparisons/", f"/comparisons/{comparison.code}/"]
    urls += [f"/comparisons/{comparison.code}/{run.measure.code}/" for run in runs]
    for who in ("staff", "analyst", "lead"):
        for url in urls:
            page = html.unescape(body(who, url))
            assert not [name for name in names if name in page], (who, url)
    assert "You see no hospital’s identity" in html.unescape(body("staff", FITTED))


def test_named_standings_open_in_identified_mode_only_with_a_watermark_and_in_the_hospitals_trail():
    found = hospital(FIRST)
    urls = ["/identified/", f"/identified/{found.code}/", f"/identified/{found.code}/colorectal/serious30/"]
    assert [signed_in("analyst").get(url).status_code for url in urls] == [403] * 3
    client = signed_in("lead")
    assert [client.get(url).status_code for url in urls] == [403] * 3
    assert client.post("/account/identified/", {"reason": REASON}).status_code == 302
    pages = [client.get(url).content.decode() for url in urls]
    assert all(found.name in page for page in pages)
    assert all(re.search(r'class="watermark">Robin Marsh, \d+ \w+ \d{4}, \d\d:\d\d UTC', page) for page in pages)
    with worker():
        looks = AuditEvent.objects.filter(action="read identified standing", hospital=found, person=person("lead"))
        assert [look.object_id for look in looks.order_by("id")] == ["overview", "colorectal serious30"]
    assert client.get("/identified/ZZZ/").status_code == 404
    assert client.get(f"/identified/{found.code}/colorectal/nothing/").status_code == 404
    seen = html.unescape(client.get("/standing/").content.decode())
    assert "open a hospital’s standing" in seen
    assert found.name not in seen


def test_a_measure_has_its_definition_with_own_counts():
    page = words(body("sitelead", "/measures/colorectal/serious30/"))
    own = stored(FIRST)["own"][str(hospital(FIRST).pk)]
    assert f"{own['n']} of your cases" in page
    assert f"{own['observed']} of your cases" in page
    assert "of your cases" not in words(body("staff", "/measures/colorectal/serious30/"))
    assert "of your cases" not in words(body("sitelead", f"/measures/colorectal/{REFUSED}/"))
    assert signed_in("staff").get("/measures/colorectal/nothing/").status_code == 404
    assert "lower is better" in words(body("staff", "/measures/"))


def test_the_model_card_names_every_coefficient():
    page = words(body("sitelead", f"{FITTED}model/"))
    assert "against" in page
    assert ":missing" not in page
    assert ":spline" not in page
    assert "fitted without hospital effects" in page
    assert "integrated over, with the prior σ^0.25 × half-normal, scale 1" in page


def test_a_refused_measure_says_why_to_the_centre():
    with worker():
        run = MeasureRun.objects.exclude(refusal=[]).select_related("comparison", "measure").first()
    page = html.unescape(body("analyst", f"/comparisons/{run.comparison.code}/{run.measure.code}/"))
    assert all(reason in page for reason in run.refusal)


def test_home_panels_hold_what_waits_and_own_priorities():
    assert "<ul" in body("sitelead", "/panels/standing/") or "<h2" not in body("sitelead", "/panels/standing/")
    for name in ("staff", "analyst", "lead"):
        body(name, "/panels/standing/")


def test_who_may_not_see_standings_is_told_whom_to_ask():
    assert "Ask your site lead" in body("sitelead", "/comparisons/", status=403)
    assert signed_in("sitelead").get("/releases/").status_code == 403
