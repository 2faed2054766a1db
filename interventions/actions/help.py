"""Barriers and help: pick one, overcome it, ask; two hospitals learn each other's names only while both agree."""

from datetime import datetime

from interventions.models import Adoption, Barrier, HelpOffer, HelpRequest
from interventions.selectors import help as selectors
from sites import audit, outbox
from sites.codes import random_code
from sites.models import Person
from sites.refusals import NotFound, Refusal

Way = HelpRequest.Way
BETWEEN = (Way.PEER, Way.CHOSEN)
"""Ways that introduce two hospitals to each other."""
MOST_ASKED = 3
"""How many hospitals one request asks at a time: enough that somebody answers, few enough not to be a nuisance."""
ASKING = {HelpRequest.State.OPEN: ("AGREED", "WITHDRAWN"), HelpRequest.State.AGREED: ("WITHDRAWN",)}
ASKED = {
    HelpOffer.State.ASKED: ("AGREED", "DECLINED"), HelpOffer.State.AGREED: ("WITHDRAWN",),
    HelpOffer.State.DECLINED: ("AGREED",), HelpOffer.State.WITHDRAWN: ("AGREED",),
}  # fmt: skip


def pick(
    *, adoption: Adoption, hindrance: str, solved: bool, may_be_asked: bool, words: str, by: Person, at: datetime
) -> Barrier:
    """Keep what stands in the way of an adoption, or that it was overcome and whether one may be asked about it."""
    if may_be_asked and not solved:
        raise Refusal("Others ask who overcame it. Tick that you did, or leave the second box empty.")
    made = Barrier.objects.create(
        adoption=adoption,
        hospital_id=adoption.hospital_id,
        hindrance=hindrance,
        solved=solved,
        may_be_asked=may_be_asked,
        words=words,
        at=at,
        by=by,
    )
    audit.record(
        action="overcome barrier" if solved else "pick barrier", at=at, by=by, hospital_id=adoption.hospital_id, kind="adoption",
        object_id=adoption.code, detail={"hindrance": hindrance, "may_be_asked": may_be_asked},
    )  # fmt: skip
    return made


def ask(*, adoption: Adoption, hindrance: str, way: str, question: str, by: Person, at: datetime) -> HelpRequest:
    """Ask for help with a barrier. For a peer, a job asks who overcame it, without saying who wants to know."""
    open_ones = HelpRequest.objects.filter(
        adoption=adoption, hindrance=hindrance, way=way, state__in=("OPEN", "AGREED")
    )
    if open_ones.exists():
        raise Refusal("You have asked for this already.")
    made = HelpRequest.objects.create(
        code=random_code(), hospital_id=adoption.hospital_id, adoption=adoption, toolkit_id=adoption.toolkit_id, hindrance=hindrance, way=way,
        question=question, at=at, by=by,
    )  # fmt: skip
    audit.record(
        action="ask for help", at=at, by=by, hospital_id=made.hospital_id, kind="help", object_id=made.code,
        detail={"hindrance": hindrance, "way": way},
    )  # fmt: skip
    if way in BETWEEN:
        outbox.after_commit("interventions.ask_peers", at=at, by=by, key=f"ask peers {made.code}", request=made.pk)
    return made


def ask_peers(*, request_id: int, at: datetime) -> int:
    """Ask up to three hospitals that overcame the same barrier with the same toolkit and may be asked; return how many were."""
    request = HelpRequest.objects.get(pk=request_id)
    latest: dict[int, Barrier] = {}
    for row in Barrier.objects.filter(adoption__toolkit_id=request.toolkit_id, hindrance=request.hindrance).order_by(
        "pk"
    ):
        latest[row.hospital_id] = row
    willing = [
        row.hospital_id
        for row in latest.values()
        if row.solved and row.may_be_asked and row.hospital_id != request.hospital_id
    ]
    busy = {pk: HelpOffer.objects.filter(hospital_id=pk).count() for pk in willing}
    chosen = sorted(willing, key=lambda pk: (busy[pk], latest[pk].pk))[:MOST_ASKED]
    for hospital_id in chosen:
        made = HelpOffer.objects.create(
            code=random_code(), request=request, hospital_id=hospital_id, toolkit_id=request.toolkit_id, hindrance=request.hindrance,
            question=request.question, way=request.way, at=at,
        )  # fmt: skip
        audit.record(
            action="ask peer for help", at=at, by="job", hospital_id=hospital_id, kind="help offer", object_id=made.code
        )
    return len(chosen)


def answer_request(
    *, code: str, hospital_ids: tuple[int, ...], state: str, contact: str, by: Person, at: datetime
) -> HelpRequest:
    """Agree to be named to a peer that agreed, or withdraw the request: at once, whatever was agreed before."""
    row = HelpRequest.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if state not in ASKING.get(HelpRequest.State(row.state), ()) or (state == "AGREED" and row.way not in BETWEEN):
        raise Refusal("This cannot follow what was answered before. Reload the page to see where it stands.")
    if state == "AGREED" and not contact.strip():
        raise Refusal("Say whom to reach, and how.")
    row.state, row.contact = state, contact if state == "AGREED" else ""
    row.save(update_fields=["state", "contact"])
    audit.record(
        action="answer introduction",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="help",
        object_id=row.code,
        detail={"state": state},
    )
    return row


def answer_offer(
    *, code: str, hospital_ids: tuple[int, ...], state: str, contact: str, by: Person, at: datetime
) -> HelpOffer:
    """Agree to help and be named to whoever asks, decline, or take the consent back."""
    row = HelpOffer.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids).first()
    if row is None:
        raise NotFound
    if state not in ASKED[HelpOffer.State(row.state)]:
        raise Refusal("This cannot follow what was answered before. Reload the page to see where it stands.")
    if state == "AGREED" and not contact.strip():
        raise Refusal("Say whom to reach, and how.")
    row.state, row.contact = state, contact if state == "AGREED" else ""
    row.save(update_fields=["state", "contact"])
    audit.record(
        action="answer introduction",
        at=at,
        by=by,
        hospital_id=row.hospital_id,
        kind="help offer",
        object_id=row.code,
        detail={"state": state},
    )
    return row


def choose(*, code: str, offer: str, hospital_ids: tuple[int, ...], by: Person, at: datetime) -> HelpRequest:
    """Introduce one of the hospitals that agreed to one that agreed and asked the centre to choose."""
    row = HelpRequest.objects.select_for_update(of=("self",)).filter(code=code, hospital_id__in=hospital_ids, way=Way.CHOSEN).first()
    ready = {one.offer_code: one for one in selectors.choices() if one.request_code == code}
    if row is None or offer not in ready:
        raise NotFound
    if row.chosen_id in {one.offer_id for one in ready.values()}:
        raise Refusal("They are introduced already.")
    row.chosen_id = ready[offer].offer_id
    row.save(update_fields=["chosen"])
    for hospital_id, kind, object_id in ((row.hospital_id, "help", row.code), (ready[offer].hospital_id, "help offer", offer)):
        audit.record(action="choose introduction", at=at, by=by, hospital_id=hospital_id, kind=kind, object_id=object_id)
    return row


def settle(*, code: str, answer: str, by: Person, at: datetime) -> HelpRequest:
    """Say what the centre did about a call or material that was asked for."""
    row = HelpRequest.objects.select_for_update(of=("self",)).filter(code=code).exclude(way__in=BETWEEN).first()
    if row is None:
        raise NotFound
    if row.state != HelpRequest.State.OPEN:
        raise Refusal("This request is not open any more.")
    if not answer.strip():
        raise Refusal("Say what was done.")
    row.state, row.answer = HelpRequest.State.ANSWERED, answer
    row.save(update_fields=["state", "answer"])
    audit.record(
        action="answer request for help", at=at, by=by, hospital_id=row.hospital_id, kind="help", object_id=row.code
    )
    return row
