"""The one exception by which a look at an effect says that it cannot be had."""

from feedback.statistics.refusal import ComparisonRefusal


class ImpactRefusal(ComparisonRefusal):
    """An anticipated reason why no effect can be estimated; `code` for programs, `reasons` for people, safe to store and to show."""
