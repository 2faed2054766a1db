"""The words of findings: what is wrong and what to do about it, as one would tell a colleague."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .elements import FieldType, Severity
from .order import ORDER_PREFIX
from .validation import expected
from .wording import dates_compared, filled, in_sentence, plain_label, shown

if TYPE_CHECKING:
    from .rules import Rule

MOST_CHOICES = 8
RANGE_WORDS = {
    (True, False): ("below", "lowest"),
    (False, False): ("above", "highest"),
    (True, True): ("before", "earliest"),
    (False, True): ("after", "latest"),
}


def message_of(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    """Give (message, remedy) of a rule that was broken by these answers."""
    family = rule.kind.partition(".")[0]
    writer = WRITERS.get(family) if not hasattr(rule, "check") else _check
    return writer(rule, answers)


def _type(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    element = rule.element
    wanted = expected(element.validation) if element.type is FieldType.TEXT and element.validation else "a number"
    remedy = f"Enter {wanted}" + (f", for example {element.examples[0]}." if element.examples else ".")
    return f"{plain_label(element)}: “{answers[rule.column]}” is not {wanted}.", remedy + _or_state(rule)


def _choice(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    element, text = rule.element, answers[rule.column]
    if element.type is FieldType.CHECKBOX:
        return (
            f"{plain_label(element)}: “{text}” is neither ticked (1) nor not ticked (0).",
            f"Write 1 or 0 in {rule.column}.",
        )
    known = [
        f"{choice.code} ({plain})" if (plain := choice.label) != choice.code else choice.code
        for choice in element.choices
    ]
    listed = ", ".join(known[:MOST_CHOICES]) + (f" … ({len(known)} in all)" if len(known) > MOST_CHOICES else "")
    return f"{plain_label(element)}: “{text}” is not one of the choices.", f"Choose one of {listed}.{_or_state(rule)}"


def _range(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    element, limit = rule.element, rule.limit
    is_timed = element.kind in ("date", "datetime", "time")
    verb, end = RANGE_WORDS[".below" in rule.kind, is_timed]
    if limit.startswith("["):
        other = rule.dictionary.element_of(limit[1:-1])
        bound = f"{in_sentence(plain_label(other))}, {shown(other, answers[limit[1:-1]], rule.dictionary)}"
    elif limit in ("today", "now"):
        bound = limit
    else:
        usual = "usual" if "usual" in rule.kind else "allowed"
        what = "time" if element.kind == "time" else "date" if is_timed else "value"
        bound = f"the {end} {usual} {what}, {shown(element, limit, rule.dictionary)}"
    message = f"{plain_label(element)}: {shown(element, answers[rule.column], rule.dictionary)} is {verb} {bound}."
    if rule.severity is Severity.HARD:
        return message, "Correct the value." + _or_state(rule)
    return message, "Check the chart: correct the value, or keep it and say why."


def _missing_state(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    words = rule.dictionary.missing_labels[answers[rule.column]]
    allowed = [rule.dictionary.missing_labels[code] for code in rule.element.missing_states]
    remedy = f"Enter the value, or one of: {', '.join(allowed)}." if allowed else "Enter the value."
    return f"{plain_label(rule.element)}: “{words}” is not accepted here.", remedy


def _required(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    return f"{plain_label(rule.element)} is blank.", _entry(rule)


def _required_when(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    return (
        f"{plain_label(rule.element)} is blank, but is needed because of {_because(rule.dictionary, rule.when.elements)}.",
        _entry(rule),
    )


def _branching(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    because = _because(rule.dictionary, rule.element.branching.elements)
    element = rule.element
    if element.type is FieldType.CHECKBOX:
        ticked = [
            choice.label
            for choice, column in zip(element.choices, element.columns, strict=True)
            if answers.get(column) == "1"
        ]
        held = ", ".join(ticked)
    else:
        held = shown(element, answers[rule.column], rule.dictionary)
    return (
        f"{plain_label(element)} holds “{held}” but does not apply, because of {because}.",
        f"Clear it, or correct {because}.",
    )


def _because(dictionary, names: tuple[str, ...]) -> str:
    labels = [
        in_sentence(plain_label(dictionary.element(name))) if dictionary.has_element(name) else name for name in names
    ]
    return " and ".join(labels) if labels else "its own rule"


def _entry(rule: "Rule") -> str:
    if rule.element.type is FieldType.CHECKBOX:
        return "Tick at least one."
    return f"Enter it, or choose why there is none{_such_as(rule)}." if rule.element.missing_states else "Enter it."


def _or_state(rule: "Rule") -> str:
    return f" If there is none, choose why{_such_as(rule)}." if rule.element.missing_states else ""


def _such_as(rule: "Rule") -> str:
    return f" (such as {in_sentence(rule.dictionary.missing_labels[rule.element.missing_states[0]])})"


def _check(rule: "Rule", answers: Mapping[str, str]) -> tuple[str, str]:
    check, dictionary = rule.check, rule.dictionary
    words = {}
    for column in rule.columns:
        text = answers.get(column, "")
        if dictionary.has_column(column):
            words[column] = shown(dictionary.element_of(column), text, dictionary) if text else "blank"
    if check.code.startswith(ORDER_PREFIX):
        later, earlier = check.elements
        words["later"] = plain_label(dictionary.element(later))
        words["earlier"] = in_sentence(plain_label(dictionary.element(earlier)))
        words["dates"] = dates_compared(answers[later], answers[earlier])
    return filled(check.message, words), filled(check.remedy, words)


WRITERS = {
    "type": _type,
    "choice": _choice,
    "range": _range,
    "missing_state": _missing_state,
    "required": _required,
    "required_when": _required_when,
    "branching": _branching,
}
