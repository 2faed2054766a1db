"""What the API takes and gives, as serializers: one case, a batch, and what became of them."""

from rest_framework import serializers

MOST_CASES = 500
LONGEST_ANSWER = 20_000


class CaseIn(serializers.Serializer):
    """One case: its key within the hospital, its answers by export column, and reasons for what a soft check questions."""

    key = serializers.CharField(
        max_length=64, help_text="The number your hospital keeps for the case; it names the case for ever."
    )
    answers = serializers.DictField(
        child=serializers.CharField(max_length=LONGEST_ANSWER, allow_blank=True),
        help_text="Export column of the data dictionary → text. Dates are YYYY-MM-DD, choices their codes. A blank text clears the answer;"
        " a column that is not sent stays as it is.",
    )
    reasons = serializers.DictField(
        child=serializers.CharField(max_length=1000),
        required=False,
        default=dict,
        help_text="Why a questioned value is right, by “code|column” of the soft finding.",
    )


class BatchIn(serializers.Serializer):
    """Several cases: all are taken, or none."""

    cases = CaseIn(many=True, max_length=MOST_CASES, min_length=1)
    change_reason = serializers.CharField(
        max_length=1000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Why submitted cases change; needed when one does.",
    )


class SingleIn(CaseIn):
    """One case, with the reason why it changes if it was submitted before."""

    change_reason = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)


class FindingOut(serializers.Serializer):
    """One finding of the edit checks."""

    row = serializers.IntegerField(help_text="Place of the case in the batch, counted from 1.")
    column = serializers.CharField()
    code = serializers.CharField()
    severity = serializers.ChoiceField(choices=["hard", "soft"])
    message = serializers.CharField()
    remedy = serializers.CharField()
    value = serializers.CharField()


class DoneOut(serializers.Serializer):
    """What was written."""

    new = serializers.IntegerField()
    changed = serializers.IntegerField()
    same = serializers.IntegerField()
    codes = serializers.DictField(child=serializers.CharField(), help_text="Key → the case's public code.")


class RefusedOut(serializers.Serializer):
    """Why nothing was written: every finding at once."""

    reasons = serializers.ListField(child=serializers.CharField())
    findings = FindingOut(many=True)


class CaseOut(serializers.Serializer):
    """Where a case stands."""

    key = serializers.CharField()
    code = serializers.CharField()
    status = serializers.ChoiceField(choices=["DRAFT", "SUBMITTED", "WITHDRAWN"])
    revision = serializers.IntegerField()
    dictionary_version = serializers.IntegerField()
    period = serializers.CharField(allow_null=True)
    occurred_on = serializers.DateField(allow_null=True)
    follow_up_due_on = serializers.DateField(allow_null=True)
    n_answered = serializers.IntegerField()
    changed_at = serializers.DateTimeField()
    submitted_at = serializers.DateTimeField(allow_null=True)
