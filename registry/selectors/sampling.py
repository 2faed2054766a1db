"""The versions of eligible lists and sampling rules, and which of them is in force on a day."""

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from registry.models import ProcedureList, Registry, SamplingRules
from registry.sampling.cycles import Calendar
from registry.sampling.selection import Rules

Version = TypeVar("Version", ProcedureList, SamplingRules)


def procedure_lists(registry: Registry) -> list[ProcedureList]:
    """Return the lists of eligible procedures, the earliest first."""
    return list(ProcedureList.objects.filter(registry=registry).order_by("starts_on"))


def rules(registry: Registry) -> list[SamplingRules]:
    """Return the sampling rules, the earliest first."""
    return list(SamplingRules.objects.filter(registry=registry).order_by("starts_on"))


def in_force(versions: Sequence[Version], day: date) -> Version | None:
    """Return the version that holds on a day: the latest that began by then; None before the first."""
    return next((version for version in reversed(versions) if version.starts_on <= day), None)


def calendar(registry_rules: Sequence[SamplingRules]) -> Calendar | None:
    """Return the cycles of a registry: fixed by its first rules, so that no later version moves them; None without rules."""
    first = registry_rules[0] if registry_rules else None
    return Calendar(first_on=first.first_cycle_on, days=first.cycle_days) if first else None


def as_rules(version: SamplingRules) -> Rules:
    """Hand a version to the draw."""
    return Rules(core=version.core_per_cycle, caps=version.caps, rare=frozenset(version.rare))


def groups(listed: ProcedureList) -> dict[str, str]:
    """Return the group of each eligible procedure by its code."""
    return {record["code"]: record["group"] for record in listed.procedures}


def labels(listed: ProcedureList) -> dict[str, str]:
    """Return the words of each eligible procedure by its code."""
    return {record["code"]: record["label"] for record in listed.procedures}
