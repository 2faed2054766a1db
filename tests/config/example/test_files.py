"""The files of the example registries are found, and belong to their registry."""

import pytest

from config.example import files
from feedback.measures.load import load
from registry.dictionary import redcap


@pytest.mark.parametrize("registry", files.REGISTRIES)
def test_each_registry_has_a_dictionary_and_measures_of_its_own(registry):
    data, companion = files.dictionary(registry)
    assert redcap.read(data, companion=companion).title
    assert {load(data).registry for data in files.measures(registry).values()} == {registry}


def test_there_are_six_measures_of_colorectal_surgery_and_one_of_medpar():
    assert (len(files.measures("colorectal")), len(files.measures("medpar"))) == (6, 1)


def test_the_published_cases_are_all_there():
    assert files.published_cases().count(b"\n") == 1496


def test_an_unknown_registry_is_refused():
    with pytest.raises(KeyError, match="There is no example registry"):
        files.dictionary("cardiac")
