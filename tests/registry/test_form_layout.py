"""How a form draws what is not a single answer: rows of a matrix, files that stay at the hospital."""

from datetime import date

from django.template.loader import render_to_string

from registry.forms import case_form
from tests.registry.dictionary.samples import dictionary, row

CHOICES = "1, Never | 2, Sometimes | 3, Always"


def fields(*rows):
    form = case_form(
        dictionary=dictionary(*rows), answers={}, findings=(), sources={}, today=date(2026, 3, 1), notes={}
    )
    return {item.name: item for section in form.sections for item in section.fields}


def drawn(item):
    return render_to_string("registry/case_form.html", {"field": item})


def test_the_words_of_a_matrix_stand_once_above_its_rows():
    made = fields(
        row("pain", "radio", choices=CHOICES, matrix_group="symptoms"),
        row("cough", "radio", choices=CHOICES, matrix_group="symptoms"),
        row("alone", "radio", choices=CHOICES),
        row("sleep", "checkbox", choices=CHOICES, matrix_group="habits"),
    )
    assert {name: item.opens_matrix for name, item in made.items() if item.matrix} == {
        "pain": True, "cough": False, "sleep": True,
    }  # fmt: skip
    first, second, alone = (drawn(made[name]) for name in ("pain", "cough", "alone"))
    assert 'class="matrix-head" data-matrix="3"' in first
    assert first.count("<span>Sometimes</span>") == 2, "above, and in the row for whoever sees it stacked"
    assert "matrix-head" not in second
    assert 'data-matrix="3"' in second
    assert "matrix" not in alone


def test_a_file_is_said_to_stay_at_the_hospital():
    page = drawn(fields(row("scan", "file"))["scan"])
    assert "It stays at the hospital" in page
    assert "<input" not in page


def test_what_a_tag_calculates_is_shown_and_cannot_be_entered():
    made = fields(
        row("on", validation="date_ymd"), row("due", validation="date_ymd", annotation="@CALCDATE([on], 30, 'd')")
    )
    page = drawn(made["due"])
    assert made["due"].control == "calc"
    assert 'data-kind="day"' in page
    assert "calculated" in page
    assert "<input" not in page
