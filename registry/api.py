"""The API: a hospital's computer sends cases and asks where one stands. The token says whose cases they are."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from registry.actions import deliveries
from registry.actions.deliveries import Delivered, Done, NotTaken
from registry.api_limits import BoundedJSON, PerToken
from registry.selectors import deliveries as selectors
from registry.serializers import BatchIn, CaseOut, DoneOut, RefusedOut, SingleIn
from sites import audit
from sites.access.gates import requires_permission
from sites.access.permissions import Permission as P
from sites.selectors import hospitals

REGISTRY = OpenApiParameter("registry", str, OpenApiParameter.PATH, description="The registry's code.")
KEY = OpenApiParameter(
    "key", str, OpenApiParameter.QUERY, required=True, description="The hospital's own number of the case."
)
ANSWERS = {
    200: DoneOut,
    201: DoneOut,
    400: None,
    401: None,
    403: None,
    404: None,
    409: None,
    413: None,
    422: RefusedOut,
    429: None,
}


class _Door(APIView):
    """What all addresses of the API share."""

    gate = "api"
    parser_classes = [BoundedJSON]
    throttle_classes = [PerToken]

    def _take(self, request: Request, registry: str, cases: list[dict], change_reason: str) -> Response:
        hospital_id = request.auth.hospital_id
        try:
            done = deliveries.deliver(
                registry=selectors.registry_of(code=registry, hospital_id=hospital_id),
                hospital=hospitals.one(hospital_id=hospital_id),
                cases=[Delivered(key=case["key"], answers=case["answers"], reasons=case["reasons"]) for case in cases],
                change_reason=change_reason,
                by=request.user,
                at=request._request.now,
            )
        except NotTaken as refusal:
            findings = [finding.as_json() for finding in refusal.findings]
            return Response(RefusedOut({"reasons": refusal.reasons, "findings": findings}).data, status=422)
        return Response(DoneOut(_said(done)).data, status=201 if done.new else 200)


def _said(done: Done) -> dict:
    return {"new": done.new, "changed": done.changed, "same": done.same, "codes": done.codes}


class Cases(_Door):
    """One case."""

    permission_classes = [requires_permission(P.ENTER_CASES)]

    @extend_schema(
        parameters=[REGISTRY], request=SingleIn, responses=ANSWERS, operation_id="submit_case", tags=["cases"]
    )
    def post(self, request: Request, registry: str) -> Response:
        """Submit one case, new or changed. Every finding comes back at once; nothing is kept of a case that is refused."""
        sent = SingleIn(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._take(request, registry, [sent.validated_data], sent.validated_data["change_reason"])

    @extend_schema(
        parameters=[REGISTRY, KEY],
        responses={200: CaseOut, 401: None, 403: None, 404: None, 429: None},
        operation_id="case_status",
        tags=["cases"],
    )
    def get(self, request: Request, registry: str) -> Response:
        """Say where the case with this key stands. Its answers are not sent."""
        hospital_id = request.auth.hospital_id
        found = selectors.case(
            registry=selectors.registry_of(code=registry, hospital_id=hospital_id),
            hospital_id=hospital_id,
            key=request.query_params.get("key", ""),
        )
        audit.record(
            action="read case status",
            at=request._request.now,
            by=request.user,
            hospital_id=hospital_id,
            kind="case",
            object_id=found.code,
        )
        facts = {
            name: getattr(found, name)
            for name in (
                "key",
                "code",
                "status",
                "revision",
                "occurred_on",
                "follow_up_due_on",
                "n_answered",
                "changed_at",
                "submitted_at",
            )
        }
        return Response(
            CaseOut(
                facts
                | {"dictionary_version": found.version.number, "period": found.period.label if found.period else None}
            ).data
        )


class Batch(_Door):
    """Several cases, all or none."""

    permission_classes = [requires_permission(P.IMPORT_CASES)]

    @extend_schema(
        parameters=[REGISTRY], request=BatchIn, responses=ANSWERS, operation_id="submit_cases", tags=["cases"]
    )
    def post(self, request: Request, registry: str) -> Response:
        """Submit up to 500 cases; if one is refused, none is taken. Every case of a batch sends the same columns."""
        sent = BatchIn(data=request.data)
        sent.is_valid(raise_exception=True)
        return self._take(request, registry, sent.validated_data["cases"], sent.validated_data["change_reason"])
