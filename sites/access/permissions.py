"""Every right in Cairn, each written once."""

from enum import StrEnum


class Permission(StrEnum):
    """One right; ``words`` is the sentence a person reads."""

    words: str

    def __new__(cls, value: str, words: str) -> "Permission":
        """Build the member from its stored value and its words."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.words = words
        return member

    ENTER_CASES = "enter_cases", "enter and correct cases of the hospital"
    IMPORT_CASES = "import_cases", "upload files of cases of the hospital"
    IMPORT_ACROSS = "import_across", "upload one file that spans hospitals"
    READ_CASES = "read_cases", "read every case of the hospital"
    READ_OWN_CASES = "read_own_cases", "read the cases they operated on"
    AMEND_CASES = "amend_cases", "approve a change to a case of a closed period"
    ATTEST_PERIODS = "attest_periods", "attest that a period of the hospital is complete, and ask for more time"
    READ_STANDING = "read_standing", "see the hospital's standing among blinded peers"
    READ_OWN_STANDING = "read_own_standing", "see their own results as a surgeon"
    READ_BLINDED = "read_blinded", "see comparisons without any hospital's identity"
    IDENTIFY = "identify", "enter identified mode, with a reason, for thirty minutes"
    READ_QUALITY = "read_quality", "see the quality of the data"
    DEFINE = "define", "publish dictionaries, edit rules and measures"
    RAISE_QUERIES = "raise_queries", "ask hospitals about values and publish rulings"
    RUN_AUDITS = "run_audits", "give notice of audits, draw their samples and settle what differs; keep training"
    REABSTRACT = "reabstract", "read assigned charts again, blind to the first reading"
    TRAIN = "train", "practise on invented cases"
    CLOSE_PERIODS = "close_periods", "close reporting periods"
    RUN_COMPARISONS = "run_comparisons", "run comparisons and review them"
    PUBLISH_COMPARISONS = "publish_comparisons", "publish comparisons to the hospitals"
    PREPARE_RELEASES = "prepare_releases", "prepare an aggregate for release to the payer"
    CHECK_RELEASES = "check_releases", "check a release that others prepared, and release it after its preview"
    AGREE = "agree", "accept agreements, give consents and object to releases for the hospital"
    READ_AGREEMENTS = "read_agreements", "read which agreements and consents hold"
    MANAGE_PEOPLE = "manage_people", "see the people of the hospital and their roles"
    ENROL_HOSPITALS = "enrol_hospitals", "enrol hospitals and grant roles"
    USE_API = "use_api", "create tokens for the hospital's computers"
    READ_TRAIL = "read_trail", "read who did or saw what"
    CURATE = "curate", "look for bright spots, invite them and keep the toolkits"
    ADOPT = "adopt", "answer invitations and adopt toolkits for the hospital"
    READ_CATALOGUE = "read_catalogue", "read the measures, the dictionaries and what the payer gets"
