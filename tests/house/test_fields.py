"""Every stored field has been thought about: does it name, could it help to name, may people write what they like?"""

import tomllib
from pathlib import Path

from django.apps import apps
from django.db import models

from tests.house.test_rows import GUARDED

TABLE = tomllib.loads(Path(__file__).with_name("fields.toml").read_text())
KINDS = {"identifying", "limited", "free", "plain"}
SPEAKING = (
    models.CharField, models.TextField, models.JSONField, models.BinaryField, models.DateField, models.EmailField,
)  # fmt: skip
# These may hold what names somebody without being row-secured, and why.
OPEN = {
    "sites_person": "people are found by address before any scope exists",
    "sites_passkey": "the policy of its rows shows each person their own passkeys alone",
    "sites_job": "arguments and results are numbers of rows; pages show a job to its owner only",
    "registry_dictionaryversion": "",
    "registry_editrule": "rules are read by everybody; reasons are written by the centre about rules",
    "registry_ruling": "rulings are for everybody; the centre writes them without naming a hospital or a case",
    "interventions_commentstep": "the policy of its rows lets the centre and jobs alone read why a comment was flagged",
    "interventions_meeting": "the policy of its rows lets those invited and the centre alone read it; notes of a call are for all",
    "interventions_agendaitem": "readable with its meeting alone",
    "feedback_comparison": "",
    "feedback_measurerun": "summaries of the whole collaborative",
}


def speaking(model):
    fields = [
        field for field in model._meta.get_fields() if getattr(field, "concrete", False) and not field.is_relation
    ]
    return {field.name for field in fields if isinstance(field, SPEAKING) or field.get_internal_type() == "ArrayField"}


def classified(app, name):
    return {kind: set(words.split()) for kind, words in TABLE[app].get(name, {}).items()}


def ours():
    return [
        model
        for model in apps.get_models()
        if model._meta.app_label in {"sites", "registry", "feedback", "interventions"}
    ]


def unclassified(models_):
    found = []
    for model in models_:
        app, name = model._meta.app_label, model.__name__
        known = set().union(*classified(app, name).values()) if name in TABLE.get(app, {}) else set()
        found += [f"{app}.{name}.{field}" for field in sorted(speaking(model) ^ known)]
    return found


def test_every_field_is_classified():
    assert unclassified(ours()) == []


def test_the_kinds_are_the_four():
    for app, rows in TABLE.items():
        for name in rows:
            assert set(classified(app, name)) <= KINDS, (app, name)


def test_a_field_that_nobody_thought_about_is_noticed(monkeypatch):
    monkeypatch.setitem(TABLE["sites"], "Person", {"identifying": "email"})
    assert "sites.Person.name" in unclassified(ours())


def test_what_names_somebody_stands_behind_row_security_or_has_a_reason():
    for model in ours():
        kinds = classified(model._meta.app_label, model.__name__)
        if kinds.get("identifying") or kinds.get("free"):
            assert model._meta.db_table in GUARDED or model._meta.db_table in OPEN, model
