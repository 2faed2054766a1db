"""The rows of the fourth floor."""

from interventions.models.bright_spot import Candidate, Exemplar, ExemplarStep, Search
from interventions.models.committee import Ballot, BallotResult, CommitteeSeat, Vote
from interventions.models.community import (
    DirectoryConsent,
    DirectoryEntry,
    MentorReply,
    MentorRequest,
    PeerAnswer,
    PeerQuestion,
)
from interventions.models.desk import Newsletter, OnboardingTick, SiteContact, SitePromise, SiteVisit
from interventions.models.element import ElementStep, ElementTest, TestableElement, ToolkitElement
from interventions.models.help import Barrier, HelpOffer, HelpRequest, Hindrance, Uptake
from interventions.models.material import Material
from interventions.models.meeting import AgendaItem, DeckSlide, Meeting, MeetingInvitation
from interventions.models.notice import Notice, NoticePreference
from interventions.models.plan import Priority, PriorityStep, ReportStep
from interventions.models.practice import Comment, CommentStep, Practice, PracticeStep, ToolkitPractice
from interventions.models.recognition import Recognition, RecognitionRule
from interventions.models.scorecard import Scorecard, ScoreEntry, ScoreRequest, ScoreStanding, ScoreTotal
from interventions.models.toolkit import (
    Adoption,
    AdoptionNote,
    EvidenceStep,
    Impact,
    ImpactSite,
    Toolkit,
    ToolkitVersion,
)

__all__ = [
    "Adoption",
    "AdoptionNote",
    "AgendaItem",
    "Ballot",
    "BallotResult",
    "Barrier",
    "Candidate",
    "Comment",
    "CommentStep",
    "CommitteeSeat",
    "DeckSlide",
    "DirectoryConsent",
    "DirectoryEntry",
    "ElementStep",
    "ElementTest",
    "EvidenceStep",
    "Exemplar",
    "ExemplarStep",
    "HelpOffer",
    "HelpRequest",
    "Hindrance",
    "Impact",
    "ImpactSite",
    "Material",
    "Meeting",
    "MeetingInvitation",
    "MentorReply",
    "MentorRequest",
    "Newsletter",
    "Notice",
    "NoticePreference",
    "OnboardingTick",
    "PeerAnswer",
    "PeerQuestion",
    "Practice",
    "PracticeStep",
    "Priority",
    "PriorityStep",
    "Recognition",
    "RecognitionRule",
    "ReportStep",
    "ScoreEntry",
    "ScoreRequest",
    "ScoreStanding",
    "ScoreTotal",
    "Scorecard",
    "Search",
    "SiteContact",
    "SitePromise",
    "SiteVisit",
    "TestableElement",
    "Toolkit",
    "ToolkitElement",
    "ToolkitPractice",
    "ToolkitVersion",
    "Uptake",
    "Vote",
]
