"""The difference of two versions names every change, and the stored values it touches."""

from registry.dictionary.diff import Change, ChoiceChange, diff
from tests.registry.dictionary.samples import dictionary, row

OLD = dictionary(
    row("sex", "radio", choices="1, Male | 2, Female | 9, Other"),
    row("box", "checkbox", choices="1, A | 2, B"),
    row("size", validation="number", minimum="1"),
    row("gone", "checkbox", choices="1, A"),
    row("kind", "radio", choices="1, A | 2, B"),
    companion="[[check]]\ncode = 'old'\nwhen = '[size] > 5'\nmessage = 'm'\n[[check]]\ncode = 'kept'\nwhen = '[size] > 5'\nmessage = 'm'\n",
)
NEW = dictionary(
    row("box", "checkbox", choices="1, A | 3, C"),
    row("sex", "radio", choices="1, Man | 2, Female", label="Sex at birth", branching="[size] > 1"),
    row("size", validation="integer", minimum="2", required="y"),
    row("kind", "yesno"),
    row("fresh"),
    companion="""
[missing_states]
UNK = "Unknown"
[element.size]
required_when = "[sex] = '1'"
[[check]]
code = 'kept'
when = '[size] > 6'
message = 'm'
[[check]]
code = 'young'
when = '[size] > 6'
message = 'm'
""",
)


def test_every_change_is_named():
    found = diff(OLD, NEW)
    assert found.added == ("fresh",)
    assert found.removed == ("gone",)
    assert found.retyped == (
        Change("size", "type", "text number", "text integer"),
        Change("kind", "type", "radio", "yesno"),
    )
    assert found.relabelled == (Change("sex", "label", "Sex", "Sex at birth"),)
    assert found.changed == (
        Change("sex", "branching", "", "[size] > 1"),
        Change("size", "minimum", "1", "2"),
        Change("size", "is_required", "False", "True"),
        Change("size", "required_when", "", "[sex] = '1'"),
    )
    assert found.choices_added == (ChoiceChange("box", "3", "", "C"), ChoiceChange("kind", "0", "", "No"))
    assert found.choices_removed == (
        ChoiceChange("box", "2", "B", ""),
        ChoiceChange("sex", "9", "Other", ""),
        ChoiceChange("kind", "2", "B", ""),
    )
    assert found.choices_relabelled == (ChoiceChange("sex", "1", "Male", "Man"), ChoiceChange("kind", "1", "A", "Yes"))
    assert (found.checks_added, found.checks_removed, found.checks_changed) == (("young",), ("old",), ("kept",))
    assert found.states_removed == ("ND", "NDOC", "NAP", "NC")
    assert found.is_reordered
    assert found.touched == (("gone___1", None), ("size", None), ("kind", None), ("box___2", None), ("sex", "9"))
    assert not found.is_empty


def test_a_version_does_not_differ_from_itself():
    assert diff(OLD, OLD).is_empty
    assert diff(OLD, OLD).touched == ()
