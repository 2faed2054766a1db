"""Says of every case whether it met a measure, with the reason; a missing outcome is never "no". Nothing is compared here.

An outcome is read in three values: true, false, or unknown where an element it asks for is blank or in a missing state.
“A or B” is met when A is, whatever B; it is not met only when both are known not to be.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from feedback.measures.definition import Measure, Status
from registry.dictionary.expression import Expression, Types, holds_frame, parse
from registry.dictionary.frame import TypedFrame
from registry.dictionary.references import Reference, references_in

ASKING = frozenset({"isblankormissingcode", "isblanknotmissingcode", "ismissingcode", "hasmissingcode"})
NOT_IN_POPULATION = "not in the population"


@dataclass(frozen=True)
class Reason:
    """Why a case has its status: a code for counting and the words a nurse reads."""

    status: Status
    code: str
    words: str


@dataclass(frozen=True)
class Evaluation:
    """What a measure says of n cases.

    status: int8 of shape (n,), the numbers of Status. reason: int16 of shape (n,), positions in `reasons`.
    """

    status: np.ndarray
    reason: np.ndarray
    reasons: tuple[Reason, ...]

    @property
    def counted(self) -> np.ndarray:
        """Return the bool mask of shape (n,) of cases that enter a comparison: MET or NOT_MET."""
        return self.status <= Status.MET

    @property
    def met(self) -> np.ndarray:
        """Return the bool mask of shape (n,) of cases that are MET."""
        return self.status == Status.MET

    def tally(self) -> tuple[tuple[Reason, int], ...]:
        """Return every reason with its number of cases, in order; the numbers add up to n."""
        counts = np.bincount(self.reason, minlength=len(self.reasons))
        return tuple((reason, int(count)) for reason, count in zip(self.reasons, counts, strict=True))


def evaluate(measure: Measure, frame: pd.DataFrame | TypedFrame, *, types: Types, today: date) -> Evaluation:
    """Evaluate a measure on every case of a frame.

    frame: one row per case, one column per export column; blank = NA or "". types: as the dictionary version gives them.
    today: the day that “today” means in an expression.
    Order of judgement: outside the population → EXCLUDED; the first exclusion that holds → EXCLUDED; `missing_when` or an
    unknown outcome → MISSING, naming the first element that is not known; otherwise MET or NOT_MET. A population or an
    exclusion that cannot be told because an element is blank does not hold.
    """
    typed = TypedFrame.of(frame, types=types)
    reasons = _reasons(measure)
    met, known = judge(measure.outcome.tree, typed, today=today)
    conditions = [~holds_frame(measure.population, typed, types=types, today=today)]
    conditions += [holds_frame(rule.when, typed, types=types, today=today) for rule in measure.exclusions]
    if measure.missing_when is not None:
        conditions.append(holds_frame(measure.missing_when, typed, types=types, today=today))
    conditions += [~known & _unknown(reference, typed, today) for reference in _asked(measure.outcome)]
    conditions += [met, np.ones(len(typed), bool)]
    reason = np.argmax(np.array(conditions), axis=0).astype(np.int16)
    statuses = np.array([rule.status for rule in reasons], dtype=np.int8)
    return Evaluation(status=statuses[reason], reason=reason, reasons=reasons)


def judge(tree: list, frame: TypedFrame, *, today: date) -> tuple[np.ndarray, np.ndarray]:
    """Read an expression's tree in three values on every row of a typed frame.

    Returns (true, known), two bool arrays of shape (n,); `true` implies `known`.
    Source: Kleene, Introduction to Metamathematics, 1952, §64 (strong three-valued logic).
    """
    kind = tree[0]
    if kind == "not":
        true, known = judge(tree[1], frame, today=today)
        return known & ~true, known
    if kind in ("and", "or"):
        parts = [judge(part, frame, today=today) for part in tree[1:]]
        every = np.logical_and.reduce([known for _, known in parts])
        if kind == "and":
            true = np.logical_and.reduce([true for true, _ in parts])
            return true, every | np.logical_or.reduce([known & ~true for true, known in parts])
        true = np.logical_or.reduce([true for true, _ in parts])
        return true, every | true
    leaf = Expression(text="", tree=tree, references=references_in(tree))
    known = np.ones(len(frame), bool)
    if not _asks_for_missing(tree):
        for reference in leaf.references:
            known &= ~_unknown(reference, frame, today)
    return known & holds_frame(leaf, frame, types=frame.types, today=today), known


def _reasons(measure: Measure) -> tuple[Reason, ...]:
    """List the reasons in the order in which `evaluate` judges."""
    found = [Reason(Status.EXCLUDED, "POPULATION", NOT_IN_POPULATION)]
    found += [Reason(Status.EXCLUDED, rule.code, rule.words) for rule in measure.exclusions]
    if measure.missing_when is not None:
        found.append(Reason(Status.MISSING, "MISSING_WHEN", "the outcome cannot be known"))
    found += [
        Reason(Status.MISSING, f"UNKNOWN:{reference.name}", f"“{reference.name}” is not known")
        for reference in _asked(measure.outcome)
    ]
    return (
        *found,
        Reason(Status.MET, "MET", measure.numerator_words),
        Reason(Status.NOT_MET, "NOT_MET", f"not: {measure.numerator_words}"),
    )


def _asked(expression: Expression) -> tuple[Reference, ...]:
    """Return the references an expression reads, one for each element, in order."""
    return tuple(
        {reference.name: reference for reference in reversed(expression.references)}[name]
        for name in expression.elements
    )


def _asks_for_missing(tree: list) -> bool:
    """Say whether a leaf asks whether something is blank or missing, so that its answer is always known."""
    if tree[0] in ("=", "<>") and (["text", ""] in tree[1:] or ["blank"] in tree[1:]):
        return True
    return tree[0] == "call" and tree[1] in ASKING


def _unknown(reference: Reference, frame: TypedFrame, today: date) -> np.ndarray:
    """Return the rows (bool, shape (n,)) in which the element is blank or missing; an unticked box is known."""
    question = "ismissingcode" if reference.name in frame.types.ticks else "isblankormissingcode"
    member = f"({reference.code})" if reference.code is not None and reference.name in frame.types.ticks else ""
    return holds_frame(parse(f"{question}([{reference.name}{member}])"), frame, types=frame.types, today=today)
