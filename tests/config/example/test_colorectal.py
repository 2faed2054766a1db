"""The colorectal dictionary: it reads, it is complete, and its words are for people."""

from pathlib import Path

import pytest

from registry.dictionary import redcap
from registry.dictionary.elements import FieldType

FOLDER = Path(__file__).resolve().parents[3] / "config" / "example" / "colorectal"


@pytest.fixture(scope="module")
def dictionary():
    return redcap.read((FOLDER / "dictionary.csv").read_bytes(), companion=(FOLDER / "checks.toml").read_bytes())


def test_it_reads_without_a_fault_or_a_warning(dictionary):
    assert dictionary.title == "Colorectal surgery"
    assert dictionary.warnings == ()
    assert 90 <= len(dictionary.elements) <= 105
    assert len(dictionary.sections) == 9


def test_it_comes_out_again_as_it_was(dictionary):
    assert redcap.write(dictionary) == (FOLDER / "dictionary.csv").read_bytes()


def test_every_element_is_explained(dictionary):
    for element in dictionary.elements:
        assert element.definition, element.name
        assert element.why, element.name
        assert element.examples, element.name
        assert element.source, element.name
        assert element.definition.endswith("."), element.name


def test_every_measured_number_has_a_unit_but_the_ratio(dictionary):
    bare = {element.name for element in dictionary.elements if element.kind == "number" and not element.unit}
    assert bare == {"inr"}


def test_everything_asked_is_required_but_ticks_and_notes(dictionary):
    free = {element.name for element in dictionary.elements if element.is_entered and not element.is_required}
    assert free == {"other_conditions", "evidence_note"}


def test_outcomes_can_be_unknown_and_the_case_key_cannot(dictionary):
    complications = next(section for section in dictionary.sections if section.name == "complications_to_day_30")
    outcomes = [element for element in complications.elements if element.type in (FieldType.RADIO, FieldType.YESNO)]
    assert {element.name for element in outcomes if "UNK" not in element.missing_states} == {"ssi_patos"}
    assert dictionary.element("case_id").missing_states == ()


def test_it_plays_every_role_of_a_surgical_registry(dictionary):
    roles = {role.value: name for role, name in dictionary.roles.items()}
    assert roles == {
        "case_key": "case_id", "occurred_on": "operated_on", "surgeon": "surgeon", "follow_up_on": "fu_on",
        "follow_up_status": "fu_status", "follow_up_method": "fu_method", "discharged_on": "discharged_on", "died_on": "died_on",
    }  # fmt: skip


def test_its_checks_are_hard_and_soft_and_tell_what_to_do(dictionary):
    assert 70 <= len(dictionary.checks) <= 90
    assert {check.severity.value for check in dictionary.checks} == {"hard", "soft"}
    for check in dictionary.checks:
        assert check.message.endswith("."), check.code
        assert check.remedy.endswith("."), check.code


def test_dates_numbers_and_surgeons_are_never_free(dictionary):
    loose = {
        element.name
        for element in dictionary.elements
        if element.kind in ("date", "datetime") and element.identifiability == "free"
    }
    assert loose == set()
    assert dictionary.element("surgeon").identifiability == "limited"
