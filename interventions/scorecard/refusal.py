"""What the scorecard refuses: rules that contradict themselves, and scores that nobody could compute."""


class RulesRefusal(ValueError):
    """The document of rules does not hold together; every fault at once, in words a person can act on."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


class ScoreRefusal(ValueError):
    """There is nothing to score: every item is waived or cannot be judged."""
