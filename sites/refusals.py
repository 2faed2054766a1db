"""What this floor refuses, in words that may be shown to the person who asked."""


class Refusal(Exception):
    """An anticipated no. ``reasons`` are whole sentences, safe to show."""

    def __init__(self, *reasons: str) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class NotAllowed(Refusal):
    """The person may see the object but not do this with it."""


class TooOften(Refusal):
    """The person may do this, but has done it too often in the last hour."""


class StepUp(Refusal):
    """The person may do this, but must first show once more who they are."""

    def __init__(self) -> None:
        super().__init__("Confirm who you are first; what you were about to do is then one click away.")


class NotFound(Refusal):
    """The object does not exist for this person: outside their scope is the same as missing."""

    def __init__(self) -> None:
        super().__init__("There is nothing here.")
