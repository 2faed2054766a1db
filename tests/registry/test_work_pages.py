"""The pages around the worklist: sampling, operating lists, follow-up, locks; what they cost, and what the form's seconds become."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry import tasks
from registry.actions import case_minutes, cycles
from registry.models import (
    CaseMinutes,
    ContactAttempt,
    Cycle,
    FrameUpload,
    LockWaiver,
    PeriodAttestation,
    SamplingRules,
)
from registry.selectors import cycles as selectors
from registry.selectors import dictionaries, pace
from sites import outbox
from sites.models import Job
from tests.databases import as_role
from tests.registry.frame_files import FIRST, OPEN, committed, csv, drawn, operations, set_up
from tests.registry.little import NOW, WHOLE, everywhere
from tests.registry.test_case_pages import signed_in

WORK = {"registry.check_frame": tasks.check_frame, "registry.commit_frame": tasks.commit_frame}


def where(little):
    return f"{little.registry.pk}:{little.north.pk}"


def work():
    with as_role("cairn_worker"):
        for job in list(Job.objects.filter(status="QUEUED", task__in=WORK).order_by("id")):
            outbox.run_once(job.pk, work=WORK[job.task].work)
            job.refresh_from_db()
            yield job.status


def post_list(client, little, data):
    return client.post(reverse("registry:operating-lists"), {"where": where(little), "file": SimpleUploadedFile("list.csv", data)})


def test_a_list_goes_from_the_page_to_a_drawn_cycle(little):
    set_up(little, core=3)
    client = signed_in("nora")
    answer = post_list(client, little, csv(operations(12)))
    assert list(work()) == ["DONE"]
    page = client.get(answer.url).content.decode()
    assert "Add 12 operations, leave 0" in page
    assert client.post(f"{answer.url}commit/").status_code == 302
    assert list(work()) == ["DONE"]
    assert "12 operations added, 0 were here already" in client.get(answer.url).content.decode()
    assert "is over: draw it." in client.get("/panels/registry/").content.decode()
    home = client.get(f"/cases/sampling/?where={where(little)}").content.decode()
    assert "At most 3 core cases in each 8 days" in home
    assert "No case is measured so far; a forecast needs 6" in home
    to = client.post("/cases/sampling/draw/", {"where": where(little), "number": "1"})
    assert to.status_code == 302
    cycle = client.get(to.url).content.decode()
    with everywhere(), transaction.atomic():
        seed = Cycle.objects.get(registry=little.registry).seed
    assert str(seed) in cycle
    assert "the same operations are taken" in cycle
    assert client.post("/cases/sampling/draw/", {"where": where(little), "number": "1"}).status_code == 409
    period = little.periods["Q2 2026"].pk
    found = client.get(f"/cases/sampling/reconciliation/?where={where(little)}&period={period}").content.decode()
    assert "3 of 12 eligible operations of the drawn cycles are taken (25 %), 0 of them are abstracted." in found


def test_a_faulty_list_shows_every_fault_and_takes_nothing(little):
    set_up(little)
    client = signed_in("nora")
    answer = post_list(client, little, csv([("A", "2026-04-01", "11111", "S1", 50, 2), ("A", "never", "44140", "S1", 50, 2)]))
    list(work())
    page = client.get(answer.url).content.decode()
    assert "3 values cannot be taken" in page
    assert "“11111” is no procedure of this registry." in page
    assert client.post(f"{answer.url}commit/").status_code == 400
    assert client.post(f"{answer.url}abandon/").status_code == 302
    assert "put away" in client.get("/cases/sampling/lists/").content.decode()


@pytest.mark.parametrize(("sent", "words"), [({}, "Choose the registry"), ({"where": "here"}, "Choose a file")])
def test_what_is_no_list_is_told(little, sent, words):
    set_up(little)
    given = {"where": where(little)} if sent else {"where": "0:0"}
    answer = signed_in("nora").post(reverse("registry:operating-lists"), given)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_columns_that_nobody_knows_are_asked_for(little):
    set_up(little)
    client = signed_in("nora")
    answer = post_list(client, little, csv(operations(2), header=("Study no", "operated_on", "procedure", "surgeon", "age_years", "asa")))
    assert "still without a column" in client.get(answer.url).content.decode()
    assert client.post(f"{answer.url}columns/", {}).status_code == 400
    with everywhere(), transaction.atomic():
        upload = FrameUpload.objects.order_by("-id").first()
    chosen = {f"column-{place}": upload.mapping["columns"][header] or "case_id" for place, header in enumerate(upload.headers)}
    assert client.post(f"{answer.url}columns/", chosen).status_code == 302


def test_the_centre_publishes_what_is_sampled_and_others_only_read_it(little):
    page = f"/dictionaries/{little.registry.code}/sampling/"
    listed = {"what": "list", "starts_on": "2026-04-01", "element": "procedure", "procedures": "44140; Open; open\n44204; Keyhole; keyhole"}
    rules = {"what": "rules", "starts_on": "2026-04-01", "core": "9", "caps": "open = 2", "rare": "keyhole", "risk_mix": "asa"}
    assert signed_in("nora").post(page, listed).status_code == 403
    cleo = signed_in("cleo")
    assert cleo.post(page, listed | {"procedures": "44140; Open"}).status_code == 400
    assert cleo.post(page, listed).status_code == 302
    assert cleo.post(page, rules | {"caps": "open: 2"}).status_code == 400
    assert cleo.post(page, rules | {"core": "many"}).status_code == 400
    assert cleo.post(page, rules).status_code == 302
    with everywhere(), transaction.atomic():
        made = SamplingRules.objects.get(registry=little.registry)
    assert (made.core_per_cycle, made.caps, made.rare, made.risk_mix) == (9, {"open": 2}, ["keyhole"], ["asa"])
    read = signed_in("nora").get(page).content.decode()
    assert "at most 9" in read
    assert "Publish rules" not in read


def test_seconds_come_with_a_save_and_count_once(little):
    case = little.open("M-1", WHOLE | {"asa": ""})
    client = signed_in("nora")

    def send(seq, seconds, changes):
        body = {"seq": seq, "base": 1, "changes": changes, "reasons": [], "seconds": seconds}
        return client.post(f"/cases/{case.code}/save/", json.dumps(body), content_type="application/json", headers={"Accept": "application/json"})

    assert send("t:1", {"asa": 4, "nothing": 9}, {"asa": ["", "3"]}).status_code == 200
    assert send("t:1", {"asa": 4}, {"asa": ["", "3"]}).status_code == 200
    assert send("t:2", {"asa": 2, "smoker": 3}, {}).status_code == 200
    assert send("t:3", {"asa": "long"}, {}).status_code == 400
    with everywhere(), transaction.atomic():
        row = CaseMinutes.objects.get(case=case)
    assert (row.seconds, row.elements) == (9, {"asa": 6, "smoker": 3})
    with little.acting("suri"):
        assert not CaseMinutes.objects.exists()


def test_a_forecast_needs_six_measured_cases_and_then_tells_its_interval(little):
    for number in range(6):
        case = little.submitted(f"P-{number}")
        with little.acting("nora") as person:
            dictionary = dictionaries.load(little.version)
            case_minutes.add(case=case, dictionary=dictionary, seconds={"asa": 300 + 60 * number}, seq="s", by=person, at=NOW)
        with little.acting("nora"):
            found = pace.forecast(registry_id=little.registry.pk, hospital_ids=(little.north.pk,), n_waiting=12, n_year=0)
        assert (found.pace is None) == (number < 5)
    assert (found.pace.value, found.pace.lower, found.pace.upper, found.waiting.value) == (7.5, 5.0, 10.0, 1.5)
    with little.acting("nora"):
        mean, n = pace.of_elements(registry_id=little.registry.pk, hospital_ids=(little.north.pk,))["asa"]
    assert (mean, n) == (450.0, 6)


def test_a_contact_is_recorded_from_its_page(little):
    case = little.open("C-1", {"operated_on": "2026-04-20"})
    client, page = signed_in("nora"), f"/cases/{case.code}/contacts/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"method": "SMOKE"}).status_code == 400
    today = datetime.now(UTC).date().isoformat()
    sent = {"method": "TELEPHONE", "outcome": "NO_ANSWER", "contact_on": today, "again_on": "", "note": ""}
    assert client.post(page, sent | {"contact_on": "2026-01-01"}).status_code == 400
    assert client.post(page, sent).url == "/cases/follow-up/"
    assert client.post(page, sent | {"outcome": "REACHED"}).url == f"/cases/{case.code}/"
    with everywhere(), transaction.atomic():
        assert ContactAttempt.objects.filter(case=case).count() == 2
    assert signed_in("sam").get(page).status_code == 404


def test_the_lead_attests_and_asks_and_the_centre_decides(little):
    little.submitted("A")
    period, lead = little.periods["Q2 2026"], signed_in("lena")
    page = lead.get("/cases/locks/").content.decode()
    assert "Q2 2026" in page
    assert "was due to lock" in page
    mine = {"hospital": little.north.pk}
    assert "is complete: attest it." in lead.get("/panels/registry/").content.decode()
    assert lead.post(f"/cases/locks/{period.pk}/attest/", mine).status_code == 400
    assert lead.post(f"/cases/locks/{period.pk}/attest/", mine | {"sure": "1"}).status_code == 302
    assert signed_in("nora").post(f"/cases/locks/{period.pk}/attest/", mine | {"sure": "1"}).status_code == 403
    assert lead.post(f"/cases/locks/{period.pk}/ask/", mine | {"until": "", "reason": "x"}).status_code == 400
    until = (period.ends_before + timedelta(days=100)).isoformat()
    assert lead.post(f"/cases/locks/{period.pk}/ask/", mine | {"until": until, "reason": "Ill."}).status_code == 302
    with everywhere(), transaction.atomic():
        assert PeriodAttestation.objects.get(period=period).n_submitted == 1
        waiver = LockWaiver.objects.get(period=period)
    staff = signed_in("cleo")
    assert "asks for more time" in staff.get(f"/periods/{period.pk}/").content.decode()
    assert staff.post(f"/waivers/{waiver.pk}/decide/", {"decision": "grant", "until": until}).status_code == 302
    assert "has more time" in staff.get(f"/periods/{period.pk}/").content.decode()
    assert "More time was given" in lead.get("/cases/locks/").content.decode()


def n_queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_pages_cost_the_same_however_much_there_is(little):
    set_up(little, core=2)
    committed(little, csv(operations(6)))
    cycle = drawn(little)
    client = signed_in("nora")
    here = f"where={where(little)}"
    period = little.periods["Q2 2026"].pk
    paths = (
        f"/cases/sampling/?{here}", "/cases/sampling/lists/", f"/cases/sampling/reconciliation/?{here}&period={period}",
        f"/cases/sampling/{little.registry.code}/north/{cycle.number}/", "/cases/follow-up/", "/cases/",
    )  # fmt: skip
    before = {path: n_queries(client, path) for path in paths}
    for number in range(2, 6):
        start = FIRST + timedelta(days=8 * (number - 1))
        committed(little, csv(operations(12, first=start, start=100 * number)))
        drawn(little, number)
    committed(little, csv(operations(30, start=900)))
    after = {path: n_queries(client, path) for path in paths}
    assert after == before


def test_the_mix_of_the_sample_is_compared_once_cases_are_abstracted(little):
    set_up(little, core=50)
    committed(little, csv(operations(8)))
    drawn(little)
    with little.acting("nora"):
        found = selectors.reconciliation(registry=little.registry, hospital_id=little.north.pk, since=date(2026, 4, 1), before=date(2026, 7, 1))
    assert found.mix == ()
    assert (found.whole.n_list, found.whole.n_taken, found.whole.n_missed_rare) == (8, 8, 0)


def test_eligible_counts_what_waits_for_its_cycle_too(little):
    """Twelve of a drawn cycle; of seven of the next, which wait, the list of their days holds four."""
    set_up(little, core=3)
    committed(little, csv(operations(12)))
    drawn(little)
    later = FIRST + timedelta(days=8)
    committed(little, csv(operations(7, first=later, start=100)))
    only = [cycles.Procedure(code=OPEN, label="Partial colectomy, open", group="open")]
    with everywhere(), transaction.atomic():
        cycles.publish_list(registry=little.registry, starts_on=later, element="procedure", procedures=only, by="test", at=NOW)
    with little.acting("nora"):
        found = selectors.reconciliation(registry=little.registry, hospital_id=little.north.pk, since=date(2026, 4, 1), before=date(2026, 7, 1))
    whole = found.whole
    assert (whole.n_list, whole.n_eligible, whole.n_drawn, whole.n_taken, found.n_waiting) == (19, 16, 12, 3, 7)
    assert whole.fraction == 0.25
    assert sum(row.n_eligible for row in found.procedures) == 16
    period = little.periods["Q2 2026"].pk
    page = signed_in("nora").get(f"/cases/sampling/reconciliation/?where={where(little)}&period={period}").content.decode()
    assert "4 more are eligible and wait for their cycle." in page
    assert "In drawn cycles" in page
