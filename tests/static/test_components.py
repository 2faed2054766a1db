"""Every component draws its states, escapes what people typed, and stays logic-free and small."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.core.paginator import Paginator
from django.test import RequestFactory

from feedback.charts.sparkline import sparkline
from feedback.charts.table import Table
from tests.static.pages import draw, page

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
BAD = '<script>alert("x")</script>'


@pytest.mark.parametrize("path", sorted((TEMPLATES / "components").glob("*.html")), ids=lambda path: path.stem)
def test_a_component_is_at_most_forty_lines(path):
    assert len(path.read_text().splitlines()) <= 40


@pytest.mark.parametrize(
    "path", sorted(TEMPLATES.glob("*.html")) + sorted(TEMPLATES.glob("*/*.html")), ids=lambda p: p.name
)
def test_no_template_carries_inline_script_or_style(path):
    words = path.read_text()
    assert " style=" not in words
    assert "<style" not in words
    assert "javascript:" not in words
    for handler in (" onclick=", " onchange=", " onsubmit=", " onload=", " oninput="):
        assert handler not in words
    for start in words.split("<script")[1:]:
        assert "src=" in start.split(">")[0]


@pytest.mark.parametrize(
    "words",
    [
        "{% page_title bad credibility=list %}",
        "{% headline bad %}",
        "{% section bad note=bad %}{% endsection %}",
        "{% banner 'info' bad %}",
        "{% finding 'hard' bad %}{% endfinding %}",
        "{% empty_state bad %}{% endempty_state %}",
        "{% status 'better' bad %}",
        "{% source_mark bad %}",
        "{% input_field bad bad bad hint=bad unit=bad source=bad %}",
        "{% choice_field 'n' bad pairs bad missing=triples findings=pairs %}",
        "{% select_field 'n' bad pairs %}",
        "{% text_area 'n' bad bad %}",
        "{% check_field bad bad hint=bad %}",
        "{% progress bad late=bad %}",
        "{% dialog 'd' bad %}{% enddialog %}",
        "{% needs_me rows %}",
        "{% data_table caption=bad columns=list %}{% enddata_table %}",
        "{{ bad|emphasis }}",
    ],
)
def test_what_people_typed_is_escaped(words):
    rows = [("worse", BAD, BAD, BAD, BAD)]
    drawn = draw(words, bad=BAD, list=[BAD], pairs=[(BAD, BAD)], triples=[(BAD, BAD, BAD)], rows=rows)
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn


def test_a_credibility_line_leaves_out_what_is_not_known():
    assert (
        draw("{% page_title 't' credibility=parts %}", parts=["12 of 412", "", "reliability 0.71"]).count("<li>") == 2
    )
    assert "<ul" not in draw("{% page_title 't' %}")
    assert "<h2>t</h2>" in draw("{% page_title 't' level=2 %}")


def test_a_headline_makes_the_marked_words_strong():
    assert "You are <strong>likely better</strong>." in draw("{% headline '**You** are **likely better**.' %}").replace(
        "<strong>You</strong>", "You"
    )


def test_a_column_with_a_key_sorts_and_keeps_the_other_parameters():
    request = RequestFactory().get("/cases/?q=ssi&page=3&sort=due")
    columns = [("Due", "due", ""), ("Case", "case", "num"), "Plain"]
    drawn = draw(
        "{% data_table caption='c' columns=columns sort='due' %}{% enddata_table %}", columns=columns, request=request
    )
    assert 'aria-sort="ascending"' in drawn
    assert 'href="?q=ssi&amp;sort=-due"' in drawn
    assert 'href="?q=ssi&amp;sort=case"' in drawn
    assert '<th scope="col">Plain</th>' in drawn
    down = draw("{% data_table caption='c' columns=columns sort='-due' %}{% enddata_table %}", columns=columns)
    assert 'aria-sort="descending"' in down
    assert 'href="?sort=due"' in down


def test_pages_keep_the_other_parameters():
    request = RequestFactory().get("/cases/?q=ssi&page=2")
    drawn = draw("{% pagination page noun='cases' %}", page=Paginator(range(1214), 25).page(2), request=request)
    assert "26 to 50 of 1,214 cases" in drawn
    assert 'href="?q=ssi&amp;page=1"' in drawn
    assert 'href="?q=ssi&amp;page=3"' in drawn
    assert "No cases" in draw("{% pagination page noun='cases' %}", page=Paginator([], 25).page(1))
    assert 'href="?page=2"' in draw("{% pagination page %}", page=Paginator(range(30), 25).page(1))


def test_a_state_is_a_shape_and_a_word():
    for kind in ("better", "worse", "same", "unclear", "done", "due", "locked", "error"):
        drawn = draw("{% status kind words %}", kind=kind, words="some words")
        assert 'aria-hidden="true"' in drawn
        assert "some words" in drawn
    shapes = {draw("{% shape kind %}", kind=kind) for kind in ("better", "worse", "same", "unclear")}
    assert len(shapes) == 4
    with pytest.raises(KeyError):
        draw("{% shape 'blinking' %}")


def test_what_needs_me_has_at_most_seven_rows():
    rows = [("due", f"row {index}", "", "#", "Open") for index in range(9)]
    drawn = draw("{% needs_me rows %}", rows=rows)
    assert drawn.count("data-row>") == 7
    spark = sparkline(values=(1.0, 2.0), words="rising")
    assert 'aria-label="rising"' in draw("{% needs_me rows %}", rows=[("worse", "s", "", "#", "Open", spark)])


def test_a_banner_understands_messages():
    assert "banner-saved" in draw("{% banner 'success' 'w' %}")
    assert "banner-caution" in draw("{% banner 'warning' 'w' %}")
    assert "banner-info" in draw("{% banner '' 'w' %}")
    assert 'role="alert"' in draw("{% banner 'identified' 'w' url='/x/' action='Leave' %}")


def test_an_error_summary_without_errors_is_nothing():
    assert draw("{% error_summary items %}", items=[]) == ""
    drawn = draw("{% error_summary items %}", items=[("Check both dates.", "#field-day")])
    assert '<a href="#field-day">Check both dates.</a>' in drawn
    assert "data-focus" in drawn


def test_a_job_is_asked_after_until_it_is_finished():
    assert 'hx-get="/jobs/1/"' in draw("{% progress 'w' done=1 total=3 url='/jobs/1/' %}")
    assert "hx-get" not in draw("{% progress 'w' done=3 total=3 url='/jobs/1/' finished=True %}")
    assert "<progress aria" in draw("{% progress 'w' %}")


def test_a_field_ties_label_hint_and_findings_to_its_control():
    findings = [SimpleNamespace(severity="soft", message="Low.", remedy="Keep it and say why.")]
    drawn = draw(
        "{% input_field 'albumin' 'Albumin' '2.1' kind='number' unit='g/dL' hint='h' findings=f missing=m attrs=a row_attrs=r %}",
        f=findings,
        m=[("ND", "not done", "n")],
        a={"data-element": "albumin"},
        r={"data-row-of": "albumin"},
    )
    assert 'for="field-albumin"' in drawn
    assert 'aria-describedby="field-albumin-hint field-albumin-findings"' in drawn
    assert 'inputmode="decimal"' in drawn
    assert 'data-element="albumin"' in drawn
    assert 'data-row-of="albumin"' in drawn
    assert 'name="albumin-missing"' in drawn
    assert 'data-key="n"' in drawn
    assert "Low. Keep it and say why." in drawn
    assert "aria-invalid" not in drawn


def test_a_hard_finding_marks_the_control():
    drawn = draw("{% input_field 'h' 'Height' '1.68' findings=f required=True %}", f=[("hard", "Not possible.")])
    assert 'aria-invalid="true"' in drawn
    assert 'aria-required="true"' in drawn
    assert "finding-error" in drawn


def test_choices_are_radio_buttons_in_a_named_group():
    drawn = draw(
        "{% choice_field 'asa' 'ASA' choices '3' missing=m hint='h' %}",
        choices=[("1", "I"), ("3", "III")],
        m=[("UNK", "unknown", "u")],
    )
    assert drawn.startswith("<fieldset")
    assert drawn.count('type="radio"') == 3
    assert drawn.count(" checked") == 1
    assert 'value="3" checked' in drawn
    assert 'data-key="1"' in drawn
    assert drawn.count('id="field-asa"') == 1
    many = draw(
        "{% choice_field 'o' 'O' choices value many=True %}", choices=[("1", "I"), ("3", "III")], value=["1", "3"]
    )
    assert many.count('type="checkbox"') == 2
    assert many.count(" checked") == 2


def test_a_file_or_password_is_never_filled_in_again():
    assert "value=" not in draw("{% input_field 'p' 'P' 'secret' kind='password' %}")
    assert "value=" not in draw("{% input_field 'p' 'P' 'x.csv' kind='file' %}")


class Sample(forms.Form):
    name = forms.CharField(
        label="Name", help_text="As on the badge", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    note = forms.CharField(label="Note", required=False, widget=forms.Textarea)
    role = forms.ChoiceField(label="Role", choices=[("", "-"), ("a", "Abstractor"), ("b", "Lead")])
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    many = forms.MultipleChoiceField(
        label="Many", choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple
    )
    on = forms.DateField(label="On", widget=forms.DateInput)
    ok = forms.BooleanField(label="Agreed")
    file = forms.FileField(label="File")


def test_a_django_form_is_drawn_by_its_widgets():
    form = Sample({"name": "Ada", "role": "b", "kind": "a", "many": ["a", "b"], "ok": "on", "on": "2026-01-31"})
    drawn = draw("{% for field in form %}{% form_field field %}{% endfor %}", form=form)
    assert 'value="Ada"' in drawn
    assert 'autocomplete="name"' in drawn
    assert "As on the badge" in drawn
    assert "Note (optional)" in drawn
    assert '<option value="b" selected>' in drawn
    assert drawn.count('type="radio"') == 2
    assert drawn.count('type="checkbox"') == 3
    assert 'type="date"' in drawn
    assert 'type="file"' in drawn
    assert "This field is required." in drawn


def test_numbers_are_written_by_filters():
    assert draw("{{ 0.0291|rate }}") == "2.9\u202f%"
    assert draw("{{ 1.234|fixed:1 }}") == "1.2"
    assert draw("{{ 1204|count }}") == "1,204"
    assert draw("{% rates 0.022 0.043 %}") == "2.2 to 4.3\u202f%"
    assert draw("{% number_range 0.617 1.3 %}") == "0.62 to 1.30"


def test_a_table_of_values_names_its_rows():
    table = Table(columns=("What", "Value"), rows=(("Observed", "9"),), caption="Counts", numeric=True)
    drawn = draw("{% value_table table fit=True %}", table=table)
    assert '<th scope="row">Observed</th>' in drawn
    assert '<td class="num">9</td>' in drawn
    stacked = draw("{% value_table table stacks=True %}", table=table)
    assert stacked.startswith('<div class="stacks">')
    assert '<td class="num" data-label="Value">9</td>' in stacked


def test_a_button_that_acts_posts_with_the_token():
    drawn = draw("{% post_button 'Publish' '/publish/' kind='quiet' name='run' value='3' %}", csrf_token="t0ken")
    assert 'method="post"' in drawn
    assert "t0ken" in drawn
    assert 'name="run" value="3"' in drawn
    assert "button-link" in draw("{% post_button 'Leave' '/x/' kind='link' %}", csrf_token="t")


def test_the_frame_is_absent_for_a_stranger():
    framed = page("base.html")
    assert 'aria-current="page"' in framed
    assert "Harbor General" in framed
    stranger = page("base.html", frame=SimpleNamespace(signed_in=False))
    assert 'class="rail"' not in stranger
    assert "<header" not in stranger
    assert "peer-review" in stranger


@pytest.mark.parametrize(
    "template",
    ["errors/403.html", "errors/404.html", "errors/500.html", "errors/refused.html", "home.html", "print.html"],
)
def test_pages_that_need_nothing_are_drawn(template):
    assert "<h1" in page(template, reasons=("Because.",), panels=["/panel/"]) or template == "print.html"


def test_a_missing_page_says_nothing_about_what_it_might_have_been():
    assert page("errors/404.html", reasons=("7F3K-22 belongs to another hospital.",)).count("7F3K") == 0
