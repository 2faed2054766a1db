"""Planted bad releases: each must be refused by the rules of a cell or by the auditor over all releases."""

from collections.abc import Iterator

from feedback.disclosure import Contribution, judge_cell
from feedback.joint_disclosure import audit
from tests.attack.figure import Figure
from tests.feedback.test_joint_disclosure import BAD, GOOD


def sites(*pairs: tuple[int, int]) -> list[Contribution]:
    """Write cells shortly: cases counted and cases with the outcome of each hospital."""
    return [Contribution(denominator=d, numerator=n) for d, n in pairs]


BAD_CELLS = {
    "four hospitals": sites(*[(200, 14)] * 4),
    "five hospitals: who takes its own away sees four": sites(*[(200, 14)] * 5),
    "one over half": sites((2000, 140), *[(100, 7)] * 6),
    "two over three quarters": sites((900, 60), (900, 60), *[(100, 7)] * 5),
    "ten with the outcome": sites(*[(100, 1)] * 10),
    "ten without it": sites(*[(100, 99)] * 10),
    "nobody with it": sites(*[(100, 0)] * 8),
    "everybody with it": sites(*[(100, 100)] * 8),
    "few cases": sites(*[(1, 0)] * 8),
}


def attack() -> Iterator[Figure]:
    """Offer each bad release, and each honest one beside it."""
    passed = [name for name, contributions in BAD_CELLS.items() if not judge_cell(contributions)]
    passed += [name for name, statements in BAD.items() if not _refused(statements)]
    stopped = [name for name, statements in GOOD.items() if _refused(statements)]
    yield Figure(
        attack="A release that gives a hospital or a few people away is offered",
        tried=f"{len(BAD_CELLS) + len(BAD)} bad releases: cells, complements, dominance, differencing, subsets",
        found=f"{len(passed)} passed; of {len(GOOD)} honest ones {len(stopped)} refused",
        held=not passed and not stopped,
        details=(*passed, *stopped),
    )


def _refused(statements: list) -> bool:
    try:
        return bool(audit(statements))
    except ValueError:
        return True
