"""The one exception by which the search for bright spots, or a look at an element, says that it cannot be made."""

from feedback.statistics.refusal import ComparisonRefusal


class DevianceRefusal(ComparisonRefusal):
    """An anticipated reason why nothing can be said; `code` for programs, `reasons` for people, safe to store and to show."""
